//! What a request points at, seen from the file system: canonical paths, and whether a search from
//! memory could differ from a walk because of links, pipes or the output file.
//!
//! It looks at names and metadata only, and never opens anything.

use std::{
    ffi::OsStr,
    fs, io,
    os::{
        fd::{AsFd, BorrowedFd},
        unix::ffi::OsStrExt,
    },
    path::{Component, Path, PathBuf},
};

use coderoom_engine::Mode;
use rustix::fs::{FileType, fstat};

use crate::Request;

/// Where to search, as the daemon wants it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Targets {
    /// The current directory.
    pub cwd: String,
    /// Canonical paths, in the order given; the current directory if none was given.
    pub paths: Vec<String>,
    /// What to print in front of what is found below each; empty for the implied current directory.
    pub displays: Vec<String>,
    /// What does not exist or cannot be reached, in ripgrep's words.
    pub missing: Vec<String>,
    /// A single file is searched, and nothing else.
    pub single_file: bool,
}

/// Finds out what `request` points at.
///
/// # Errors
/// Says why only a walk can answer it.
pub fn resolve(request: &Request) -> Result<Targets, &'static str> {
    let cwd_path = std::env::current_dir().map_err(|_| "the current directory is gone")?;
    let cwd = text(cwd_path.as_os_str())?.to_owned();
    let mut targets = Targets { cwd, ..Targets::default() };
    if request.paths.is_empty() {
        if request.query.mode != Mode::Files && is_readable(io::stdin().as_fd()) {
            return Err("standard input would be searched");
        }
        targets.paths.push(targets.cwd.clone());
        targets.displays.push(String::new());
    }
    let single = request.paths.len() == 1;
    for given in &request.paths {
        add(&mut targets, &cwd_path, given, single, request)?;
    }
    if request.query.mode != Mode::Files && output_is_inside(&targets) {
        return Err("standard output goes to a file inside what is searched");
    }
    Ok(targets)
}

fn add(
    targets: &mut Targets,
    cwd: &Path,
    given: &OsStr,
    single: bool,
    request: &Request,
) -> Result<(), &'static str> {
    if given == "-" {
        return Err("standard input would be searched");
    }
    let display = text(given)?;
    match fs::canonicalize(given) {
        Ok(canonical) if canonical == plain(cwd, Path::new(given)) => {
            targets.single_file = single && !canonical.is_dir();
            targets.paths.push(text(canonical.as_os_str())?.to_owned());
            targets.displays.push(display.to_owned());
            Ok(())
        }
        Ok(_) => Err("a path leads through a symbolic link"),
        Err(error) => {
            targets.single_file = single;
            let one_thread = single || request.one_thread || request.query.files.sort.is_some();
            targets.missing.push(if one_thread {
                format!("rg: {display}: IO error for operation on {display}: {error}")
            } else {
                format!("rg: {display}: {error}")
            });
            Ok(())
        }
    }
}

fn text(path: &OsStr) -> Result<&str, &'static str> {
    path.to_str().ok_or("a path is not UTF-8")
}

/// What `given` would be if nothing on its way were a link.
fn plain(cwd: &Path, given: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in cwd.join(given).components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

/// ripgrep's guess, without paths: something that can be read is what should be searched.
fn is_readable(stdin: BorrowedFd<'_>) -> bool {
    let Ok(stat) = fstat(stdin) else { return false };
    matches!(
        FileType::from_raw_mode(stat.st_mode),
        FileType::RegularFile | FileType::Fifo | FileType::Socket
    )
}

/// A walk leaves out the file that it prints to; memory does not know which one that is.
fn output_is_inside(targets: &Targets) -> bool {
    let stdout = io::stdout();
    let Ok(stat) = fstat(stdout.as_fd()) else {
        return false;
    };
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return false;
    }
    match fs::read_link("/proc/self/fd/1") {
        // Deleted files are no longer inside anything, whatever their old name.
        Ok(output) if output.as_os_str().as_bytes().ends_with(b" (deleted)") => false,
        Ok(output) => targets.paths.iter().any(|path| output.starts_with(path)),
        // Without /proc there is no telling.
        Err(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_paths_are_what_no_link_changes() {
        let plain = |given: &str| plain(Path::new("/a/b"), Path::new(given));
        assert_eq!(plain("./c//d/"), Path::new("/a/b/c/d"));
        assert_eq!(plain("../x"), Path::new("/a/x"));
        assert_eq!(plain("/y/."), Path::new("/y"));
    }

    #[test]
    fn a_link_on_the_way_is_left_to_a_walk() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let root = dir.path().canonicalize().expect("canonical");
        fs::create_dir_all(root.join("real/deep")).expect("directory");
        std::os::unix::fs::symlink("real/deep", root.join("link")).expect("link");
        let ask = |name: &str| {
            let paths = vec![root.join(name).into_os_string()];
            resolve(&Request { paths, ..Request::default() })
        };
        assert!(ask("real").is_ok_and(|targets| !targets.single_file));
        assert!(ask("link").is_err());
        assert!(ask("link/..").is_err());
        let missing = ask("none").expect("soft error").missing;
        assert!(missing[0].contains("IO error for operation on"), "{missing:?}");
    }
}
