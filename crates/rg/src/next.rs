//! The `rg` that would have run if this one were not first on PATH.

use std::{
    env,
    ffi::{OsStr, OsString},
    fs::{self, Metadata},
    io,
    os::unix::{
        fs::{MetadataExt, PermissionsExt},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::Command,
};

/// Lists the copies of this program that were asked already, so that two of them on one PATH do
/// not hand a search to each other for ever.
const PASSED: &str = "CODEROOM_RG_PASSED";

/// Another `rg`, and what it has to know about us.
#[derive(Debug)]
pub struct NextRg {
    program: PathBuf,
    passed: String,
}

impl NextRg {
    /// Looks for the next `rg` on PATH that is not this program.
    pub fn find() -> Option<NextRg> {
        let passed = passed(env::var_os(PASSED).as_deref());
        let program = find_in(&env::var_os("PATH")?, &passed)?;
        Some(NextRg { program, passed })
    }

    /// Becomes that program. Returns only if that fails.
    pub fn exec(&self, args: &[OsString]) -> io::Error {
        Command::new(&self.program).arg0("rg").args(args).env(PASSED, &self.passed).exec()
    }

    /// Where it is.
    pub fn program(&self) -> &Path {
        &self.program
    }
}

/// The identities in `before`, and ours.
fn passed(before: Option<&OsStr>) -> String {
    let mut passed = before.and_then(OsStr::to_str).unwrap_or_default().to_owned();
    let own = env::current_exe().and_then(fs::metadata);
    let own = own.map(|metadata| identity(&metadata)).unwrap_or_default();
    if !passed.split(',').any(|one| one == own) {
        passed.push(',');
        passed.push_str(&own);
    }
    passed
}

fn identity(metadata: &Metadata) -> String {
    format!("{}:{}", metadata.dev(), metadata.ino())
}

fn find_in(path: &OsStr, passed: &str) -> Option<PathBuf> {
    env::split_paths(path)
        .map(|dir| if dir.as_os_str().is_empty() { ".".into() } else { dir })
        .map(|dir| dir.join("rg"))
        .find(|program| {
            fs::metadata(program).is_ok_and(|metadata| {
                let own = identity(&metadata);
                metadata.is_file()
                    && metadata.permissions().mode() & 0o111 != 0
                    && !passed.split(',').any(|one| one == own)
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_to_what_was_asked_are_skipped() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let make = |name: &str, mode: u32| {
            let sub = dir.path().join(name);
            fs::create_dir(&sub).expect("directory");
            fs::write(sub.join("rg"), "#!/bin/sh\n").expect("script");
            fs::set_permissions(sub.join("rg"), fs::Permissions::from_mode(mode)).expect("mode");
            sub
        };
        let (ours, plain, next) = (make("ours", 0o755), make("plain", 0o644), make("next", 0o755));
        let linked = dir.path().join("linked");
        fs::create_dir(&linked).expect("directory");
        std::os::unix::fs::symlink(ours.join("rg"), linked.join("rg")).expect("link");
        let path = env::join_paths([&ours, &linked, &plain, &next]).expect("path");
        let passed = identity(&fs::metadata(ours.join("rg")).expect("metadata"));
        assert_eq!(find_in(&path, &passed), Some(next.join("rg")));
        assert_eq!(find_in(OsStr::new("/nonexistent"), &passed), None);
    }
}
