//! Commits as files, beside what git shows of them.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
};

use coderoom_engine::{Body, RelPath, Snapshot, TextStore};

use super::*;
use crate::{
    LoadOptions, load,
    past::{RevisionError, TreeChange, TreeLimits, change_to, revision},
};

struct Loaded {
    session: coderoom_engine::Session,
    store: TextStore,
    root: PathBuf,
}

fn loaded(root: &Path) -> Loaded {
    let store = TextStore::default();
    let loaded = load(root, &LoadOptions::default(), &store, None, &|_| ()).expect("loaded");
    Loaded { session: loaded.session, store, root: root.to_path_buf() }
}

impl Loaded {
    fn change(&self, name: &str, limits: &TreeLimits) -> Result<TreeChange, RevisionError> {
        let to = revision(&self.root, name)?;
        change_to(&self.root, &to, &self.session.snapshot(), &self.store, limits, &|| false)
    }

    fn at(&self, name: &str) -> Arc<Snapshot> {
        let made = self.change(name, &TreeLimits::default()).expect("a change");
        self.session.prepare(&self.session.snapshot(), made.change).expect("it applies")
    }
}

fn texts(snapshot: &Snapshot) -> BTreeMap<String, Vec<u8>> {
    let text = |body: &Body| match body {
        Body::Text(text) => text.bytes().to_vec(),
        body => format!("{body:?}").into_bytes(),
    };
    snapshot.files().map(|file| (file.path.to_string(), text(&file.body))).collect()
}

/// What git says that a commit has below a folder: files alone.
fn by_git(world: &World, commit: &str, below: &str) -> BTreeMap<String, Vec<u8>> {
    let names = world.git(&["ls-tree", "-r", "--format=%(objectmode) %(path)", commit]);
    let files = names.lines().filter_map(|line| line.strip_prefix("100")?.split_once(' '));
    files
        .filter_map(|(_, path)| {
            let blob = world.git(&["cat-file", "blob", &format!("{commit}:{path}")]);
            Some((path.strip_prefix(below)?.to_owned(), blob.into_bytes()))
        })
        .collect()
}

/// Every commit, from whatever is checked out: the same files as git's, those of a folder by their
/// paths in it. Links and other repositories are no files.
#[test]
fn trees_are_gits() {
    let mut world = World::new();
    for (path, text) in [("a", "1"), ("lib/b", "same"), ("lib/.hidden/c", "2"), ("lib.d", "3")] {
        world.write(path, text);
    }
    world.commit("0");
    world.write("a", "2");
    world.remove("lib/b");
    world.write("lib/b/inner", "a folder that was a file");
    world.git(&["rm", "-q", "--cached", "lib.d"]);
    world.remove("lib.d");
    std::os::unix::fs::symlink("a", world.repo.join("link")).expect("linked");
    world.commit("1");
    world.write("copy", "same");
    world.write("lib/e", "4");
    let head = world.git(&["rev-parse", "HEAD"]);
    world.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{head},other")]);
    world.commit("2");
    for out in ["main~2", "main~1", "main"] {
        world.git(&["checkout", "-q", "-f", out]);
        let all = loaded(&world.repo);
        for commit in ["main", "main~1", "main~2"] {
            assert_eq!(texts(&all.at(commit)), by_git(&world, commit, ""), "{commit} from {out}");
        }
        let part = loaded(&world.repo.join("lib"));
        for commit in ["main", "main~1", "main~2"] {
            let wanted = by_git(&world, commit, "lib/");
            assert_eq!(texts(&part.at(commit)), wanted, "{commit} from {out}");
        }
    }
}

/// What is the same is neither read nor part of the change, by the bytes or by the index's stamps;
/// what only looks alike is.
#[test]
fn what_is_the_same_is_not_read() {
    let mut world = World::new();
    world.write("a", "1\r\n");
    world.write("b", "1\n");
    // Not held, and yet the same.
    world.write("image", "\0not text");
    world.commit("0");
    world.write("b", "2\n");
    world.commit("1");
    let changed = |name: &str| -> Vec<String> {
        let made = loaded(&world.repo).change(name, &TreeLimits::default()).expect("a change");
        made.change.files.keys().map(ToString::to_string).collect()
    };
    assert!(changed("HEAD").is_empty());
    assert_eq!(changed("HEAD~1"), ["b"]);
    world.write("b", "3\n");
    assert_eq!(changed("HEAD"), ["b"], "of one size, and git's index has another stamp");
    world.write("b", "2\n");
    assert!(changed("HEAD").is_empty(), "the same bytes again");
}

/// Bounds hold, and say what there is too much of; large files are known by name.
#[test]
fn trees_are_bounded() {
    let mut world = World::new();
    for n in 0..20 {
        world.write(&format!("d{n}/f"), &format!("{n:1000}"));
    }
    world.write("nul", "\0");
    world.commit("0");
    world.git(&["rm", "-q", "-r", "."]);
    world.write("rest", "1");
    world.commit("1");
    let it = loaded(&world.repo);
    let too_large = |limits: TreeLimits| {
        matches!(it.change("HEAD~1", &limits), Err(RevisionError::TooLarge { .. }))
    };
    let limits = TreeLimits::default();
    assert!(too_large(TreeLimits { entries: 40, ..limits }));
    assert!(too_large(TreeLimits { bytes: 19_000, ..limits }));
    assert!(!too_large(TreeLimits { entries: 41, bytes: 20_001, ..limits }));
    let made = it.change("HEAD~1", &TreeLimits { file_bytes: 999, ..limits }).expect("a change");
    let body = |name: &str| match &made.change.files[&RelPath::new(name.as_bytes()).expect("fine")]
    {
        coderoom_engine::FileChange::Put { body, .. } => format!("{body:?}"),
        coderoom_engine::FileChange::Remove => "gone".to_owned(),
    };
    assert_eq!([body("d1/f"), body("nul"), body("rest")], ["TooLarge", "Binary", "gone"]);
    // Stopped at whichever question it is.
    let to = revision(&it.root, "HEAD~1").expect("a commit");
    let asked = AtomicUsize::new(0);
    let stop = || asked.fetch_add(1, Ordering::Relaxed) >= 25;
    let done = change_to(&it.root, &to, &it.session.snapshot(), &it.store, &limits, &stop);
    assert_eq!(done.err(), Some(RevisionError::Stopped));
}

/// A clone that lacks commits, trees or blobs says which.
#[test]
fn what_is_not_in_the_clone_is_said() {
    let mut world = World::new();
    for n in 0..3 {
        world.write("a", &n.to_string());
        world.commit(&n.to_string());
    }
    let clone = world.beside("clone");
    let from = format!("file://{}", world.repo.display());
    let to = clone.to_str().expect("UTF-8");
    world.git(&["clone", "-q", "--depth", "1", &from, to]);
    let shallow = loaded(&clone);
    assert!(shallow.change("HEAD", &TreeLimits::default()).is_ok());
    let refused = |it: &Loaded, name: &str| it.change(name, &TreeLimits::default()).err();
    let unknown =
        |err| matches!(err, Some(RevisionError::Unknown { .. } | RevisionError::NotHere { .. }));
    assert!(unknown(refused(&shallow, "HEAD~1")));
    let here = loaded(&world.repo);
    let tree = world.git(&["rev-parse", "HEAD~1^{tree}"]);
    let object = world.repo.join(".git/objects").join(&tree[..2]).join(&tree[2..]);
    fs::remove_file(object).expect("a loose object");
    let missing = refused(&here, "HEAD~1");
    assert!(
        matches!(&missing, Some(RevisionError::NotHere { id, .. }) if tree.starts_with(id)),
        "{missing:?}"
    );
    let bare = tempfile::tempdir().expect("a directory");
    let bare = loaded(&bare.path().canonicalize().expect("there"));
    assert_eq!(refused(&bare, "HEAD"), Some(NoHistory::NoRepository.into()));
}
