//! Histories beside git's own.

mod against_git;
mod goes_on;
mod kept;
mod odd;
mod renames;
mod tree;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use tempfile::TempDir;

use super::{Done, Limits, NoHistory, Past, read};

/// When the first commit is made, in seconds since 1970.
pub(super) const CLOCK: u64 = 1_600_000_000;

/// A repository in a directory of its own, with commits a minute apart.
pub(super) struct World {
    _dir: TempDir,
    pub(super) repo: PathBuf,
    clock: u64,
}

impl World {
    pub(super) fn new() -> World {
        let dir = tempfile::tempdir().expect("a directory");
        let repo = dir.path().canonicalize().expect("there").join("repo");
        fs::create_dir(&repo).expect("made");
        let world = World { _dir: dir, repo, clock: CLOCK };
        world.git(&["init", "-q", "-b", "main"]);
        world.git(&["config", "user.name", "Tess Ter"]);
        world.git(&["config", "user.email", "tess@example.com"]);
        world
    }

    /// A place beside the repository.
    pub(super) fn beside(&self, name: &str) -> PathBuf {
        self.repo.parent().expect("a parent").join(name)
    }

    #[track_caller]
    pub(super) fn git(&self, args: &[&str]) -> String {
        git_at(&self.repo, args, self.clock)
    }

    pub(super) fn write(&self, path: &str, text: &str) {
        let path = self.repo.join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(path, text).expect("written");
    }

    pub(super) fn remove(&self, path: &str) {
        fs::remove_file(self.repo.join(path)).expect("it was there");
    }

    /// Commits everything, a minute after the commit before.
    pub(super) fn commit(&mut self, message: &str) -> String {
        self.clock += 60;
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    pub(super) fn merge(&mut self, branch: &str) {
        self.clock += 60;
        self.git(&["merge", "-q", "--no-ff", "-m", "merge", branch]);
    }

    #[track_caller]
    pub(super) fn past(&self) -> Arc<Past> {
        read(&self.repo, None, &Limits::default()).expect("a history")
    }
}

/// Git in a directory, without anybody's configuration, at a time.
#[track_caller]
pub(super) fn git_at(dir: &Path, args: &[&str], clock: u64) -> String {
    let date = format!("{clock} +0000");
    let out = Command::new("git")
        .args(args)
        .current_dir(dir)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .env("GIT_AUTHOR_DATE", &date)
        .env("GIT_COMMITTER_DATE", &date)
        .output()
        .expect("git is there");
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "git {args:?}: {said}");
    String::from_utf8_lossy(&out.stdout).trim_end().to_owned()
}

/// A history as lines, the newest first: `id`, then `M path`, `R old new` and so on.
pub(super) fn lines(past: &Past) -> Vec<String> {
    let mut lines = Vec::new();
    let name = |path| past.path(path).as_str().expect("UTF-8");
    for commit in past.commits() {
        lines.push(commit.id.iter().map(|byte| format!("{byte:02x}")).collect());
        let mut touches: Vec<String> = commit
            .touches
            .iter()
            .map(|touch| match touch.done {
                Done::Added => format!("A {}", name(touch.path)),
                Done::Modified => format!("M {}", name(touch.path)),
                Done::Deleted => format!("D {}", name(touch.path)),
                Done::Renamed(from) => format!("R {} {}", name(from), name(touch.path)),
            })
            .collect();
        touches.sort();
        lines.extend(touches);
    }
    lines
}

/// What the files are called at the tip that a commit, counted from the newest, has touched.
pub(super) fn now(past: &Past, commit: usize) -> Vec<&str> {
    let commit = past.commits().nth(commit).expect("so many commits");
    commit.touches.iter().map(|touch| past.path(touch.now).as_str().expect("UTF-8")).collect()
}
