//! A workspace, a runner, and what tests say about them.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs,
    os::unix::{
        ffi::{OsStrExt, OsStringExt},
        fs::MetadataExt,
    },
    path::{Path, PathBuf},
    time::Duration,
};

use coderoom_engine::RelPath;
use coderoom_system::run::{
    Command, Content, Control, Helper, Now, Overlaid, Request, Run, RunError, Runner, Touched,
    TouchedKind, Way,
};

pub(crate) struct Bed {
    _dir: tempfile::TempDir,
    pub(crate) root: PathBuf,
    pub(crate) scratch: PathBuf,
    pub(crate) runner: Runner,
}

pub(crate) fn helper() -> Helper {
    Helper { program: env!("CARGO_BIN_EXE_coderoom-run-helper").into(), args: Vec::new() }
}

impl Bed {
    /// A workspace with these files.
    pub(crate) fn new(files: &[(&str, &str)]) -> Bed {
        Bed::named("workspace".as_ref(), files)
    }

    pub(crate) fn named(name: &OsStr, files: &[(&str, &str)]) -> Bed {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().canonicalize().unwrap();
        let root = base.join(name);
        fs::create_dir(&root).unwrap();
        for (path, text) in files {
            put(&root, path, text);
        }
        let scratch = base.join("scratch");
        let runner = Runner::open(&scratch, helper()).unwrap();
        Bed { _dir: dir, root, scratch, runner }
    }

    pub(crate) fn request(&self, way: Way, edits: Vec<Overlaid>, command: Command) -> Request {
        let mut request = Request::new(&self.root, edits, command);
        request.ways = vec![way];
        request.limits.timeout = Some(Duration::from_secs(60));
        request
    }

    pub(crate) fn try_run(&self, request: &Request) -> Result<Run, RunError> {
        self.runner.run(request, &Control::default(), &mut |_, _| {})
    }

    /// Runs a shell script and checks that the workspace is as it was.
    pub(crate) fn sh(&self, way: Way, edits: Vec<Overlaid>, script: &str) -> Run {
        let before = state(&self.root);
        let run = self.try_run(&self.request(way, edits, sh(script))).unwrap();
        assert_eq!(state(&self.root), before, "the workspace was changed by {script:?}");
        assert_eq!(run.way, way);
        run
    }
}

/// The ways that work here. An overlay may be forbidden where tests run.
pub(crate) fn ways() -> Vec<Way> {
    let bed = Bed::new(&[]);
    match bed.try_run(&bed.request(Way::Overlay, vec![], sh("true"))) {
        Ok(_) => vec![Way::Overlay, Way::Copy],
        Err(e) => {
            assert!(std::env::var_os("CODEROOM_TEST_OVERLAY").is_none(), "{e}");
            eprintln!("only copies are tested: {e}");
            vec![Way::Copy]
        }
    }
}

pub(crate) fn sh(script: &str) -> Command {
    Command::new(["sh", "-ec", script])
}

pub(crate) fn put(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

pub(crate) fn path(text: &str) -> RelPath {
    RelPath::new(text.as_bytes()).unwrap()
}

pub(crate) fn written(at: &str, text: &str) -> Overlaid {
    let bytes = text.as_bytes().to_vec().into();
    Overlaid { path: path(at), content: Content::Written { bytes, mode: None } }
}

pub(crate) fn removed(at: &str) -> Overlaid {
    Overlaid { path: path(at), content: Content::Removed }
}

pub(crate) fn linked(at: &str, target: &str) -> Overlaid {
    Overlaid { path: path(at), content: Content::Link { target: target.into() } }
}

pub(crate) fn out(run: &Run) -> String {
    assert_eq!(run.ending.code(), 0, "{}{}", run.stdout.to_text(), run.stderr.to_text());
    run.stdout.to_text()
}

/// Everything about a tree that a command could change, but the times of directories' entries.
pub(crate) fn state(root: &Path) -> BTreeMap<PathBuf, String> {
    let mut all = BTreeMap::new();
    let mut dirs = vec![root.to_path_buf()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(&dir).unwrap() {
            let at = entry.unwrap().path();
            let meta = fs::symlink_metadata(&at).unwrap();
            let content = match meta.file_type() {
                t if t.is_dir() => {
                    dirs.push(at.clone());
                    Vec::new()
                }
                t if t.is_symlink() => fs::read_link(&at).unwrap().into_os_string().into_vec(),
                t if t.is_file() => fs::read(&at).unwrap(),
                _ => b"special".to_vec(),
            };
            let hash = blake3::hash(&content);
            let times = (meta.mtime(), meta.mtime_nsec(), meta.ctime(), meta.ctime_nsec());
            all.insert(at, format!("{:o} {} {times:?} {hash}", meta.mode(), meta.ino()));
        }
    }
    all
}

/// Changes in short: a letter for the kind, the path, and what is there.
pub(crate) fn short(run: &Run) -> Vec<String> {
    run.changes.touched.iter().map(|touched| short_one(run, touched)).collect()
}

fn short_one(run: &Run, touched: &Touched) -> String {
    let kind = match touched.kind {
        TouchedKind::Created => '+',
        TouchedKind::Modified => '~',
        TouchedKind::Deleted => '-',
        TouchedKind::ModeChanged => 'm',
    };
    let path = &touched.path;
    match &touched.now {
        Now::Absent => format!("{kind} {path}"),
        Now::Link { target } => {
            format!("{kind} {path} -> {}", OsStr::from_bytes(target).to_string_lossy())
        }
        Now::File { mode, len } => {
            let bytes = run.read(touched, 1 << 20).unwrap();
            assert_eq!(bytes.len() as u64, *len);
            let text = String::from_utf8_lossy(&bytes).replace('\n', ";");
            let executable = if mode & 0o111 == 0 { "" } else { " x" };
            format!("{kind} {path} {text}{executable}")
        }
    }
}
