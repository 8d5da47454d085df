//! A daemon in a mount namespace of its own, whose disks the test fills up and makes read-only. That
//! bites whoever runs the test, root too.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use super::{Client, Fixture, Home};

/// Set to run the tests where user namespaces are refused; then these say that they were left out.
const WITHOUT: &str = "CODEROOM_WITHOUT_NAMESPACES";

/// A daemon, and what its file systems look like from outside.
pub(super) struct Confined {
    pub(super) fixture: Fixture,
    pid: u32,
}

impl Confined {
    /// A daemon for which `mounts` was run first; `$HOME` is the home, `$HOME/../project` the root.
    /// `None` if the machine gives no namespaces and the user has said that this is known.
    pub(super) fn start(mounts: &str) -> Option<Confined> {
        let works = Command::new("unshare").args(["-rm", "true"]).status();
        if !works.is_ok_and(|status| status.success()) {
            assert!(
                std::env::var_os(WITHOUT).is_some(),
                "`unshare -rm true` fails: this test needs user namespaces; set {WITHOUT} to go \
                 without it"
            );
            eprintln!("LEFT OUT: no user namespaces here ({WITHOUT} is set)");
            return None;
        }
        let home = Home::new();
        let root = home.tree("project", &[]);
        std::fs::create_dir(home.path("state")).expect("made");
        let mut command = Command::new("unshare");
        let script = format!("set -e; cd \"$HOME/..\"; {mounts}; exec \"$0\" serve --no-http");
        command.args(["-rm", "sh", "-c", &script, env!("CARGO_BIN_EXE_coderoom")]);
        home.settle(&mut command);
        let daemon = home.start(command);
        let client = Client::connect(&home.socket());
        let pid = daemon.pid();
        Some(Confined { fixture: Fixture { home, daemon: Some(daemon), client, root }, pid })
    }

    /// What the daemon finds at a path.
    pub(super) fn inside(&self, path: &Path) -> PathBuf {
        let below = path.strip_prefix("/").expect("an absolute path");
        Path::new(&format!("/proc/{}/root", self.pid)).join(below)
    }

    /// A file of the workspace as the daemon finds it.
    pub(super) fn file(&self, path: &str) -> PathBuf {
        self.inside(&self.fixture.root).join(path)
    }

    /// Runs a command where the daemon is.
    #[track_caller]
    pub(super) fn shell(&self, script: &str) {
        let pid = self.pid.to_string();
        let entered = ["-t", &pid, "-U", "-m", "--preserve-credentials", "sh", "-ec", script];
        let out = Command::new("nsenter")
            .args(entered)
            .env("ROOT", &self.fixture.root)
            .output()
            .expect("nsenter is there");
        assert!(out.status.success(), "{script}: {}", String::from_utf8_lossy(&out.stderr));
    }
}
