//! What the tests share: trees on disk, and a straight walk of them to compare with.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)] // Each test binary uses a part.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use coderoom_engine::{Body, RelPath, Snapshot, TextStore, Unheld, Visibility};
use coderoom_system::{Freshness, LoadOptions, Workspace, scan};

/// A generator of pseudo-random numbers: the same seed gives the same run.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 33) % n as u64) as usize
    }

    pub fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }
}

/// A temporary tree; `root` is canonical.
pub struct Disk {
    _dir: tempfile::TempDir,
    pub root: PathBuf,
}

impl Disk {
    pub fn new() -> Disk {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap().join("root");
        fs::create_dir(&root).unwrap();
        Disk { _dir: dir, root }
    }

    pub fn with(files: &[(&str, &str)]) -> Disk {
        let disk = Disk::new();
        for (path, text) in files {
            disk.write(path, text);
        }
        disk
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    pub fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub fn remove(&self, path: &str) {
        fs::remove_file(self.path(path)).unwrap();
    }

    pub fn open(&self) -> Arc<Workspace> {
        self.open_with(LoadOptions::default())
    }

    pub fn open_with(&self, options: LoadOptions) -> Arc<Workspace> {
        Workspace::open(&self.root, options, TextStore::default()).unwrap()
    }
}

/// A deadline that no test should come near.
pub fn patience() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

/// What a snapshot or the disk has: files with who sees them and their bytes, and what is unheld.
#[derive(PartialEq)]
pub struct World {
    pub files: BTreeMap<RelPath, (Visibility, Vec<u8>)>,
    pub unheld: Vec<Unheld>,
}

impl World {
    pub fn of_snapshot(snapshot: &Snapshot) -> World {
        let bytes = |body: &Body| match body {
            Body::Text(text) => text.bytes().to_vec(),
            Body::Binary => b"<binary>".to_vec(),
            Body::TooLarge => b"<too large>".to_vec(),
            Body::Unreadable(words) => format!("<unreadable: {words}>").into_bytes(),
        };
        World {
            files: snapshot
                .files()
                .map(|file| (file.path.clone(), (file.visibility, bytes(&file.body))))
                .collect(),
            unheld: snapshot.unheld().to_vec(),
        }
    }

    pub fn of_disk(root: &Path, options: &LoadOptions) -> World {
        let listing = scan(root, options).unwrap();
        let bytes = |path: &RelPath| {
            let bytes = fs::read(root.join(path.as_path())).unwrap();
            if bytes.len() as u64 > options.max_file_size {
                b"<too large>".to_vec()
            } else if bytes.contains(&0) {
                b"<binary>".to_vec()
            } else {
                bytes
            }
        };
        World {
            files: listing
                .files
                .iter()
                .map(|file| (file.path.clone(), (file.visibility, bytes(&file.path))))
                .collect(),
            unheld: listing.unheld,
        }
    }

    /// What differs, for people.
    pub fn difference(&self, disk: &World) -> String {
        let mut lines = Vec::new();
        for path in self.files.keys().chain(disk.files.keys()) {
            let show = |world: &World| match world.files.get(path) {
                None => "nothing".to_owned(),
                Some((visibility, bytes)) => {
                    let bytes = &bytes[..bytes.len().min(60)];
                    format!("{visibility:?} {:?}", String::from_utf8_lossy(bytes))
                }
            };
            let (ours, theirs) = (show(self), show(disk));
            if ours != theirs {
                lines.push(format!("{path}: held {ours}, on disk {theirs}"));
            }
        }
        if self.unheld != disk.unheld {
            lines.push(format!("unheld {:?}, on disk {:?}", self.unheld, disk.unheld));
        }
        lines.join("\n")
    }
}

/// Asserts that a fresh snapshot is exactly what is on disk.
#[track_caller]
pub fn assert_fresh(workspace: &Workspace, after: &str) {
    let (snapshot, freshness) = workspace.fresh(patience());
    assert_eq!(freshness, Freshness::Exact, "after {after}");
    let held = World::of_snapshot(&snapshot);
    let disk = World::of_disk(workspace.root(), workspace.options());
    assert!(held == disk, "after {after}:\n{}", held.difference(&disk));
    let texts = snapshot.files().filter(|file| file.text().is_some());
    assert_eq!(snapshot.totals().text_files, texts.count() as u64);
}

/// The real ripgrep, from `RG` or from PATH.
pub fn rg() -> Command {
    let program = std::env::var_os("RG").unwrap_or_else(|| "rg".into());
    let version = Command::new(&program).arg("--version").output();
    let is_ripgrep = version.is_ok_and(|out| out.stdout.starts_with(b"ripgrep "));
    assert!(
        is_ripgrep,
        "this test compares with the real ripgrep: `cargo install ripgrep --version 15.2.0`, or \
         set RG to its path (tried {program:?})"
    );
    let mut command = Command::new(program);
    command.arg("--no-config");
    command
}

/// What `rg --files` with these flags lists in `root`, without what is in `.git` directories.
pub fn rg_files(root: &Path, flags: &[&str]) -> Vec<RelPath> {
    let mut command = rg();
    command.args(["--files", "--null", "--no-messages"]).args(flags);
    let output = command.current_dir(root).output().unwrap();
    let is_git = |path: &RelPath| {
        let mut dir = path.parent();
        while let Some(at) = dir {
            if at.file_name() == b".git" {
                return true;
            }
            dir = at.parent();
        }
        false
    };
    let mut files: Vec<RelPath> = output
        .stdout
        .split(|&b| b == 0)
        .filter(|path| !path.is_empty())
        .map(|path| RelPath::new(path).unwrap())
        .filter(|path| !is_git(path))
        .collect();
    files.sort();
    files
}

/// A name from bytes.
pub fn name(bytes: &[u8]) -> &Path {
    Path::new(std::ffi::OsStr::from_bytes(bytes))
}
