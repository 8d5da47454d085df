//! History replayed through a session: after each commit the tree is the one that git wrote.
//!
//! The short form makes a history of its own. For a real one:
//! `CODEROOM_REVIEW_REPO=/path/to/clone cargo test -p coderoom-system review_replays -- --ignored`

use std::{collections::HashSet, fs, path::Path};

use coderoom_engine::{FileMode, RelPath};
use gix::objs::tree::EntryKind;

use super::{Dice, World, git, git_with};
use crate::review::{blobs::Item, tree};

/// A history with new, changed, moved, deleted, linked, executable and binary files.
fn generate(repo: &Path, commits: usize) {
    let mut dice = Dice(0x5eed);
    let mut files: Vec<(String, usize)> = Vec::new();
    let mut stream = String::new();
    for n in 1..=commits {
        stream.push_str(&format!(
            "commit refs/heads/main\nmark :{n}\ncommitter T <t@example.com> {} +0000\ndata 2\nc\n",
            1_700_000_000 + n
        ));
        if n > 1 {
            stream.push_str(&format!("from :{}\n", n - 1));
        }
        for step in 0..1 + dice.roll(4) {
            let old = (files.len() > 4).then(|| dice.roll(files.len()));
            match (old, dice.roll(6)) {
                (Some(at), 0) => stream.push_str(&format!("D {}\n", files.swap_remove(at).0)),
                (Some(at), 1) => {
                    let to = format!("moved/{n}/{step}.txt");
                    let from = std::mem::replace(&mut files[at].0, to.clone());
                    stream.push_str(&format!("R {from} {to}\n"));
                }
                (Some(at), 2 | 3) => put(&mut stream, &files[at].0.clone(), n, &mut dice),
                _ => {
                    let deep = dice.pick(&["", "a/", "a/b/", "a.b/", "a-b/c/d/", "src/"]);
                    let path = format!("{deep}{n}-{step}");
                    put(&mut stream, &path, n, &mut dice);
                    files.push((path, n));
                }
            }
        }
    }
    git_with(repo, &["fast-import", "--quiet"], &[], &stream);
}

fn put(stream: &mut String, path: &str, n: usize, dice: &mut Dice) {
    let (mode, text) = match dice.roll(8) {
        0 => ("120000", format!("target/{n}")),
        1 => ("100755", format!("#!/bin/sh\necho {n}\n")),
        2 => ("100644", format!("bin\0ary {n}\n")),
        3 => ("100644", String::new()),
        _ => ("100644", format!("line\n{n}\n").repeat(1 + dice.roll(30))),
    };
    stream.push_str(&format!("M {mode} inline {path}\ndata {}\n{text}\n", text.len()));
}

/// Applies each commit's difference to a session; gives how many there were.
fn replay(source: &Path, most: usize) -> usize {
    let source = gix::open(source).expect("a repository");
    let commits = git(source.path(), &["rev-list", "--reverse", "--first-parent", "HEAD"]);
    let commits: Vec<gix::ObjectId> =
        commits.lines().take(most).map(|id| id.parse().expect("an id")).collect();
    let tree_of = |id: gix::ObjectId| {
        source.find_commit(id).expect("there").tree_id().expect("a tree").detach()
    };
    let mut steps = Vec::new();
    let mut before = None;
    for commit in &commits {
        let now = tree_of(*commit);
        let difference = tree::differences(&source, before, Some(now)).expect("two trees");
        steps.push((now, difference));
        before = Some(now);
    }
    let mut world = World::new("", |repo| prepare(repo, &source, &steps));
    let before = world.surroundings();
    let mut skipped = 0;
    for (n, (expected, difference)) in steps.iter().enumerate() {
        let mut changes = Vec::new();
        for (path, _, new) in difference {
            let text = std::str::from_utf8(path).expect("a history with UTF-8 names");
            let after = new.as_ref().map(|item| {
                let bytes = source.find_blob(item.id).expect("there").take_data();
                world.version(&bytes, Some(mode(item)))
            });
            changes.push((text, after));
        }
        if changes.iter().any(|(path, _)| RelPath::new(path.as_bytes()).is_err()) {
            skipped += 1;
            continue;
        }
        world.edit(&changes, &format!("commit {n}"));
        let ours = world.commit().tree;
        let expected = expected.to_string();
        if ours != expected {
            let diff = git(&world.repo, &["diff", "--raw", &expected, &ours]);
            // Links to other repositories cannot be made by a session.
            let others: Vec<&str> = diff.lines().filter(|it| !it.starts_with(":160000")).collect();
            assert!(others.is_empty(), "after {n} commits, git's tree, then ours:\n{diff}");
        }
    }
    assert_eq!(skipped, 0);
    assert_eq!(world.surroundings(), before, "something else was touched");
    assert_eq!(git(&world.repo, &["fsck", "--no-dangling"]), "");
    steps.len()
}

type Step = (gix::ObjectId, Vec<tree::Difference>);

/// A repository that has the source's objects and none of its files. git knows every path, so that
/// no list of ignored files keeps one out; no filter is applied to what is stored already.
fn prepare(repo: &Path, source: &gix::Repository, steps: &[Step]) {
    let objects = source.common_dir().canonicalize().expect("there").join("objects");
    fs::write(repo.join(".git/objects/info/alternates"), format!("{}\n", objects.display()))
        .expect("written");
    fs::create_dir_all(repo.join(".git/info")).expect("made");
    let plain = "* -text -filter -ident !working-tree-encoding\n";
    fs::write(repo.join(".git/info/attributes"), plain).expect("written");
    let all: HashSet<&[u8]> = steps
        .iter()
        .flat_map(|(_, difference)| difference.iter().map(|(path, ..)| &path[..]))
        .collect();
    let mut dirs: HashSet<&[u8]> = HashSet::new();
    for path in &all {
        for (at, _) in path.iter().enumerate().filter(|(_, byte)| **byte == b'/') {
            dirs.insert(&path[..at]);
        }
    }
    let empty = git_with(repo, &["hash-object", "-w", "--stdin"], &[], "");
    let mut list = String::new();
    for path in all.iter().filter(|path| !dirs.contains(*path)) {
        let path = std::str::from_utf8(path).expect("UTF-8");
        list.push_str(&format!("100644 {empty}\t{path}\0"));
    }
    git_with(repo, &["update-index", "-z", "--index-info"], &[], &list);
}

fn mode(item: &Item) -> FileMode {
    match item.kind {
        EntryKind::Link => FileMode::Link,
        EntryKind::BlobExecutable => FileMode::Executable,
        _ => FileMode::File,
    }
}

#[test]
fn a_made_up_history_gives_gits_trees() {
    let dir = tempfile::tempdir().expect("a directory");
    let repo = dir.path().join("source");
    fs::create_dir(&repo).expect("made");
    git(&repo, &["init", "-q", "-b", "main"]);
    generate(&repo, 200);
    assert_eq!(replay(&repo, usize::MAX), 200);
}

#[test]
#[ignore = "wants a repository in CODEROOM_REVIEW_REPO"]
fn review_replays_a_real_history() {
    let source = std::env::var("CODEROOM_REVIEW_REPO").expect("CODEROOM_REVIEW_REPO is set");
    let most = std::env::var("CODEROOM_REVIEW_COMMITS").ok().and_then(|it| it.parse().ok());
    let count = replay(Path::new(&source), most.unwrap_or(2_000));
    assert!(count >= 1_000, "only {count} commits: take a full clone of a longer history");
}
