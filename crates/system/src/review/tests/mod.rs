//! Review commits beside git's own: the same trees, and nothing else touched.

mod against_git;
mod cleaned;
mod history;
mod refusals;
mod special;
mod trees;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use bytes::Bytes;
use coderoom_engine::{
    Content, ContentHash, Entry, EntryKind, FileDelta, FileMode, RelPath, Session, State,
    TextStore, Version,
};
use tempfile::TempDir;

use super::{Moment, Request, ReviewError, Reviewed, Reviewer};
use crate::{
    LoadOptions,
    disk::{Disk, Expected, Target},
    load,
};

pub(super) const BRANCH: &str = "refs/heads/in-memory-edits/s";

/// A command line, run in a directory without anybody's configuration.
#[track_caller]
pub(super) fn git_with(dir: &Path, args: &[&str], env: &[(&str, &str)], input: &str) -> String {
    use std::{io::Write, process::Stdio};
    let mut child = Command::new("git")
        .args(args)
        .current_dir(dir)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .envs(env.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("git is there");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(input.as_bytes()).expect("written");
    drop(stdin);
    let out = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "git {args:?}: {said}");
    String::from_utf8_lossy(&out.stdout).trim_end().to_owned()
}

#[track_caller]
pub(super) fn git(dir: &Path, args: &[&str]) -> String {
    git_with(dir, args, &[], "")
}

/// A repository with a session over a directory of it.
pub(super) struct World {
    _dir: TempDir,
    pub(super) repo: PathBuf,
    pub(super) root: PathBuf,
    pub(super) store: TextStore,
    trunk: Session,
    session: Session,
    pub(super) state: State,
    pub(super) reviewer: Reviewer,
}

impl World {
    /// `fill` makes the repository's files and commits; the session is over `sub` of it.
    pub(super) fn new(sub: &str, fill: impl FnOnce(&Path)) -> World {
        let dir = tempfile::tempdir().expect("a directory");
        let repo = dir.path().canonicalize().expect("there").join("repo");
        fs::create_dir(&repo).expect("made");
        git(&repo, &["init", "-q", "-b", "main"]);
        git(&repo, &["config", "user.name", "Tess Ter"]);
        git(&repo, &["config", "user.email", "tess@example.com"]);
        fill(&repo);
        World::over(dir, repo, sub)
    }

    pub(super) fn over(dir: TempDir, repo: PathBuf, sub: &str) -> World {
        let root = repo.join(sub).canonicalize().expect("there");
        let store = TextStore::default();
        let options = LoadOptions::default();
        let trunk = load(&root, &options, &store, None, &|_| ()).expect("loaded").session;
        let session = trunk.fork();
        let state = State::over(session.snapshot());
        let reviewer = Reviewer::new(&root);
        World { _dir: dir, repo, root, store, trunk, session, state, reviewer }
    }

    pub(super) fn version(&self, bytes: &[u8], mode: Option<FileMode>) -> Version {
        let bytes = Bytes::copy_from_slice(bytes);
        let content = match self.store.intern(bytes.clone()) {
            Some(text) => Content::Text(text),
            None => Content::Bytes(bytes.clone()),
        };
        Version { hash: ContentHash::of(&bytes), content, mode }
    }

    /// What a path is in the session, read from the disk if it is not held.
    pub(super) fn now(&self, path: &RelPath) -> Option<Version> {
        if let Some(dirty) = self.state.dirty_file(path) {
            return dirty.now.clone();
        }
        if let Some(version) = self.state.version(path) {
            return Some(version);
        }
        let file = Disk::open(&self.root).expect("there").read(path, u64::MAX).ok()??;
        let link = (file.mode == FileMode::Link).then_some(FileMode::Link);
        Some(self.version(&file.bytes, link))
    }

    /// Makes files of the session so; `None` deletes.
    pub(super) fn edit(&mut self, changes: &[(&str, Option<Version>)], reason: &str) {
        let delta = |(path, after): &(&str, Option<Version>)| {
            let path = RelPath::new(path.as_bytes()).expect("a clean path");
            FileDelta { before: self.now(&path), after: after.clone(), path }
        };
        let deltas: Vec<FileDelta> = changes.iter().map(delta).collect();
        let deltas = deltas.into_iter().filter(|it| it.before != it.after).collect();
        let entry = Entry::new(EntryKind::Edit, deltas).by("tester", reason, 1);
        self.state = self.state.next(&self.session, entry).expect("it fits");
    }

    pub(super) fn write(&mut self, path: &str, text: &str) {
        let version = self.version(text.as_bytes(), None);
        self.edit(&[(path, Some(version))], &format!("write {path}"));
    }

    pub(super) fn try_commit(&self) -> Result<Reviewed, ReviewError> {
        let trunk = self.trunk.snapshot();
        let how =
            Request { branch: BRANCH, session: "s", agent: "tester", reason: "", durable: true };
        self.reviewer.commit(Moment { state: &self.state, trunk: &trunk }, &how)
    }

    #[track_caller]
    pub(super) fn commit(&self) -> Reviewed {
        match self.try_commit() {
            Ok(reviewed) => reviewed,
            Err(err) => panic!("no commit: {err}"),
        }
    }

    pub(super) fn against_head(&self) -> Vec<super::HeadPair> {
        let trunk = self.trunk.snapshot();
        let at = Moment { state: &self.state, trunk: &trunk };
        self.reviewer.against_head(at).expect("a difference")
    }

    /// Writes the session's changes to disk, as a sync does.
    pub(super) fn sync(&mut self) {
        let disk = Disk::open(&self.root).expect("there");
        let mut order: Vec<_> = self.state.dirty().map(|(p, d)| (p.clone(), d.clone())).collect();
        order.sort_by_key(|(_, dirty)| dirty.now.is_some());
        let mut entry = Entry::new(EntryKind::Sync, Vec::new());
        for (path, dirty) in order {
            let expected = match &dirty.base {
                None => Expected::Absent,
                Some(base) => Expected::File(base.hash, None),
            };
            let target = match &dirty.now {
                None => Target::Absent,
                Some(now) => Target::File(now.bytes().expect("held").clone(), now.mode),
            };
            let written = disk.write(&path, &expected, &target, false);
            assert!(matches!(written, Ok(crate::disk::Written::Done)), "{path}: {written:?}");
            entry.base.push(FileDelta { path, before: dirty.base, after: dirty.now });
        }
        self.state = self.state.next(&self.session, entry).expect("it fits");
    }

    /// The tree that git makes of the working directory, leaving its index alone.
    pub(super) fn gits_tree(&self) -> String {
        let copy = self.repo.join(".git/index.copy");
        let _ = fs::remove_file(&copy);
        let index = git(&self.repo, &["rev-parse", "--git-path", "index"]);
        let index = self.repo.join(index);
        if fs::copy(&index, &copy).is_ok() {
            // When it was written says which of its entries are too new to be trusted.
            let time = fs::metadata(&index).and_then(|meta| meta.modified()).expect("a time");
            let file = fs::File::options().append(true).open(&copy).expect("there");
            file.set_modified(time).expect("set");
        }
        let copy = copy.to_str().expect("UTF-8");
        git_with(&self.repo, &["add", "-A"], &[("GIT_INDEX_FILE", copy)], "");
        git_with(&self.repo, &["write-tree"], &[("GIT_INDEX_FILE", copy)], "")
    }

    /// All that must stay as it is.
    pub(super) fn surroundings(&self) -> (String, Vec<u8>, String) {
        let read = |path: &str| fs::read(self.repo.join(".git").join(path)).unwrap_or_default();
        let status = git(&self.repo, &["--no-optional-locks", "status", "--porcelain", "-uall"]);
        (String::from_utf8(read("HEAD")).expect("UTF-8"), read("index"), status)
    }
}

/// Numbers that are the same every time.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }

    pub(super) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len())]
    }
}
