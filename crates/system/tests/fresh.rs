//! A query sees every write to disk that was finished before it: each way that peers miss one.
#![allow(clippy::unwrap_used)]

mod common;

use std::{
    fs,
    io::{Seek, Write},
    os::unix::fs::{PermissionsExt, symlink},
    process::Command,
    time::{Duration, Instant},
};

use coderoom_engine::{Body, RelPath};
use coderoom_system::{Freshness, LoadOptions, OpenError, Workspace};
use common::{Disk, World, assert_fresh, patience};

#[test]
fn a_rewrite_of_the_same_size_within_the_same_second() {
    let disk = Disk::with(&[("a.txt", "one")]);
    let workspace = disk.open();
    for text in ["two", "six", "ten", "one"] {
        disk.write("a.txt", text);
        assert_fresh(&workspace, text);
    }
}

#[test]
fn a_modification_time_that_is_put_back() {
    let disk = Disk::with(&[("a.txt", "one")]);
    let workspace = disk.open();
    let path = disk.path("a.txt");
    let before = fs::metadata(&path).unwrap().modified().unwrap();
    disk.write("a.txt", "two");
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_modified(before).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), before);
    assert_fresh(&workspace, "utimens");
}

#[test]
fn a_rename_over_a_file() {
    let disk = Disk::with(&[("a.txt", "one"), ("b.tmp", "two")]);
    let workspace = disk.open();
    fs::rename(disk.path("b.tmp"), disk.path("a.txt")).unwrap();
    assert_fresh(&workspace, "rename over");
    fs::rename(disk.path("a.txt"), disk.path("c.txt")).unwrap();
    assert_fresh(&workspace, "rename");
}

#[test]
fn new_directories_with_files_in_them_at_once() {
    let disk = Disk::with(&[("a.txt", "one")]);
    let workspace = disk.open();
    for i in 0..50 {
        disk.write(&format!("new{i}/deep/er/file.txt"), format!("{i}"));
        if i % 5 == 0 {
            assert_fresh(&workspace, "new directories");
        }
        disk.write(&format!("new{i}/deep/late.txt"), "late");
    }
    assert_fresh(&workspace, "writes into new directories");
    disk.write("new3/deep/er/file.txt", "changed");
    assert_fresh(&workspace, "a write into a directory that was new");
}

#[test]
fn deletions_and_renames_of_directories() {
    let disk = Disk::with(&[("d/a/x", "1"), ("d/a/y", "2"), ("d/b/z", "3"), ("e/f", "4")]);
    let workspace = disk.open();
    fs::remove_dir_all(disk.path("d/a")).unwrap();
    assert_fresh(&workspace, "remove a directory");
    fs::rename(disk.path("d"), disk.path("e/moved")).unwrap();
    assert_fresh(&workspace, "move a directory");
    disk.write("e/moved/b/z", "in the moved one");
    assert_fresh(&workspace, "write below a moved directory");
    disk.write("d/b/z", "in a new one at the old place");
    disk.write("e/moved/b/z", "again in the moved one");
    assert_fresh(&workspace, "write at the old and the new place");
    fs::rename(disk.path("e/moved"), disk.root.parent().unwrap().join("out")).unwrap();
    assert_fresh(&workspace, "move out of the root");
    fs::write(disk.root.parent().unwrap().join("out/b/z"), "outside").unwrap();
    assert_fresh(&workspace, "write outside of the root");
    fs::rename(disk.root.parent().unwrap().join("out"), disk.path("d/back")).unwrap();
    assert_fresh(&workspace, "move into the root");
}

#[test]
fn two_directories_that_change_places() {
    let disk = Disk::with(&[("a/x/f", "in a"), ("b/x/f", "in b"), ("b/y/g", "more")]);
    let workspace = disk.open();
    for round in 0..5 {
        fs::rename(disk.path("a"), disk.path("t")).unwrap();
        fs::rename(disk.path("b"), disk.path("a")).unwrap();
        fs::rename(disk.path("t"), disk.path("b")).unwrap();
        assert_fresh(&workspace, "swap");
        disk.write("a/x/f", format!("a {round}"));
        disk.write("b/x/f", format!("b {round}"));
        assert_fresh(&workspace, "writes after the swap");
    }
}

#[test]
fn a_file_becomes_a_directory_and_back() {
    let disk = Disk::with(&[("a", "file"), ("b/c", "file in a directory")]);
    let workspace = disk.open();
    disk.remove("a");
    disk.write("a/inside", "now a directory");
    fs::remove_dir_all(disk.path("b")).unwrap();
    disk.write("b", "now a file");
    assert_fresh(&workspace, "swap of kinds");
    fs::remove_dir_all(disk.path("a")).unwrap();
    disk.write("a", "a file again");
    disk.remove("b");
    symlink("a", disk.path("b")).unwrap();
    assert_fresh(&workspace, "back, and a link");
    disk.remove("b");
    disk.write("b", "no link any more");
    assert_fresh(&workspace, "a link becomes a file");
}

#[test]
fn truncation_appending_and_writes_in_place() {
    let disk = Disk::with(&[("a.txt", "a long enough line\n")]);
    let workspace = disk.open();
    let mut file = fs::OpenOptions::new().write(true).open(disk.path("a.txt")).unwrap();
    file.set_len(6).unwrap();
    assert_fresh(&workspace, "truncate");
    file.seek(std::io::SeekFrom::Start(2)).unwrap();
    file.write_all(b"XY").unwrap();
    assert_fresh(&workspace, "write in place, file still open");
    file.set_len(0).unwrap();
    assert_fresh(&workspace, "truncate to nothing");
    file.set_len(5000).unwrap();
    assert_fresh(&workspace, "a hole: now it is binary");
}

#[test]
fn binary_and_too_large_come_and_go() {
    let disk = Disk::with(&[("a", "text")]);
    let options = LoadOptions { max_file_size: 1000, ..LoadOptions::default() };
    let workspace = disk.open_with(options);
    for bytes in [&b"\0binary"[..], b"text", &[b'x'; 1001], &[b'x'; 1000], b""] {
        disk.write("a", bytes);
        assert_fresh(&workspace, "another kind of content");
    }
}

#[test]
fn ignore_rules_that_change_what_belongs() {
    let disk = Disk::with(&[("a.log", "1"), ("b/c.log", "2"), ("b/d/e.txt", "3"), (".x/y", "4")]);
    fs::create_dir_all(disk.path(".git/info")).unwrap();
    let workspace = disk.open();
    assert_fresh(&workspace, "load");
    disk.write(".gitignore", "*.log\n");
    assert_fresh(&workspace, "a rule comes");
    disk.write("b/new.log", "ignored at birth");
    assert_fresh(&workspace, "an ignored file comes");
    disk.write(".gitignore", "b/d\n");
    assert_fresh(&workspace, "another rule");
    disk.write("b/d/unseen.txt", "not watched now");
    assert_fresh(&workspace, "a write into an ignored directory");
    disk.write(".gitignore", "");
    assert_fresh(&workspace, "no rule");
    disk.write("b/d/unseen.txt", "watched again");
    assert_fresh(&workspace, "a write into what was ignored before");
    disk.write("b/.ignore", "*.txt\n");
    assert_fresh(&workspace, "a rule in a directory");
    fs::rename(disk.path("b/.ignore"), disk.path("b/d/.rgignore")).unwrap();
    assert_fresh(&workspace, "a rule that moves");
    disk.write(".ignore", "!.x\n");
    assert_fresh(&workspace, "a rule that shows what is hidden");
    disk.write(".git/info/exclude", "*.log\n");
    assert_fresh(&workspace, "excludes of the repository");
    disk.write(".git/info/exclude", "b/\n");
    assert_fresh(&workspace, "excludes rewritten");
    fs::remove_dir_all(disk.path(".git")).unwrap();
    assert_fresh(&workspace, "no repository any more");
    disk.write(".gitignore", "*.log\n");
    assert_fresh(&workspace, "a rule that does not apply");
    fs::create_dir(disk.path(".git")).unwrap();
    assert_fresh(&workspace, "a repository");
    disk.write(".git/info/exclude", "e.txt\n");
    assert_fresh(&workspace, "excludes that come later");
}

#[test]
fn ignore_rules_above_the_root() {
    let disk = Disk::with(&[("a.log", "1"), ("b/c.txt", "2")]);
    let above = disk.root.parent().unwrap().to_path_buf();
    let workspace = disk.open();
    fs::write(above.join(".ignore"), "*.log\n").unwrap();
    assert_fresh(&workspace, "a rule above");
    fs::write(above.join(".ignore"), "*.txt\n").unwrap();
    assert_fresh(&workspace, "a rule above changes");
    fs::write(above.join(".gitignore"), "*.log\n").unwrap();
    assert_fresh(&workspace, "a git rule above, no repository");
    fs::create_dir_all(above.join(".git/info")).unwrap();
    assert_fresh(&workspace, "a repository above");
    fs::write(above.join(".git/info/exclude"), "b\n").unwrap();
    assert_fresh(&workspace, "excludes above");
    fs::remove_file(above.join(".ignore")).unwrap();
    fs::remove_file(above.join(".gitignore")).unwrap();
    assert_fresh(&workspace, "rules above go");
}

#[test]
fn rules_in_a_linked_file() {
    let disk = Disk::with(&[("a.log", "1"), ("a.txt", "2")]);
    let target = disk.root.parent().unwrap().join("rules");
    fs::write(&target, "*.log\n").unwrap();
    symlink(&target, disk.path(".ignore")).unwrap();
    let workspace = disk.open();
    assert_fresh(&workspace, "load");
    fs::write(&target, "*.txt\n").unwrap();
    assert_fresh(&workspace, "a write behind the link");
}

#[test]
fn nothing_outside_of_the_root_is_read() {
    let disk = Disk::with(&[("a/f", "inside")]);
    let outside = disk.root.parent().unwrap().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("f"), "secret").unwrap();
    let workspace = disk.open();
    symlink(&outside, disk.path("link")).unwrap();
    symlink(outside.join("f"), disk.path("link-to-file")).unwrap();
    symlink("../outside/f", disk.path("relative")).unwrap();
    assert_fresh(&workspace, "links out of the root");
    fs::rename(disk.path("a"), disk.path("b")).unwrap();
    symlink(&outside, disk.path("a")).unwrap();
    fs::write(outside.join("f"), "another secret").unwrap();
    assert_fresh(&workspace, "a directory becomes a link out of the root");
    let (snapshot, _) = workspace.fresh(patience());
    let leak = snapshot.files().any(|file| {
        let text = file.text().map(|text| text.bytes().clone());
        text.is_some_and(|bytes| bytes.ends_with(b"secret"))
    });
    assert!(!leak);
}

#[test]
fn a_pipe_and_a_socket_block_nobody() {
    let disk = Disk::with(&[("a", "1")]);
    let made = Command::new("mkfifo").arg(disk.path("pipe")).status();
    assert!(made.unwrap().success());
    let workspace = disk.open();
    let _socket = std::os::unix::net::UnixListener::bind(disk.path("socket")).unwrap();
    fs::rename(disk.path("pipe"), disk.path("a")).unwrap();
    assert_fresh(&workspace, "a pipe over a file");
}

#[test]
fn a_checkout_of_thousands_of_files() {
    let disk = Disk::new();
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(&disk.root).args(args);
        for name in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{name}_NAME"), "a");
            command.env(format!("GIT_{name}_EMAIL"), "a@example.com");
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "git {args:?}: {output:?}");
    };
    git(&["init", "-q", "-b", "one"]);
    for i in 0..3000 {
        disk.write(&format!("d{}/e{}/f{i}.txt", i % 10, i % 7), format!("one {i}"));
    }
    git(&["add", "."]);
    git(&["commit", "-qm", "one"]);
    git(&["checkout", "-qb", "two"]);
    for i in 0..3000 {
        match i % 4 {
            0 => disk.write(&format!("d{}/e{}/f{i}.txt", i % 10, i % 7), format!("two {i}")),
            1 => disk.remove(&format!("d{}/e{}/f{i}.txt", i % 10, i % 7)),
            2 => disk.write(&format!("new{}/f{i}.txt", i % 5), "two"),
            _ => {}
        }
    }
    disk.write(".gitignore", "d3/\n");
    git(&["add", "."]);
    git(&["commit", "-qm", "two"]);
    let workspace = disk.open();
    for branch in ["one", "two", "one"] {
        git(&["checkout", "-q", branch]);
        assert_fresh(&workspace, branch);
    }
}

#[test]
fn permissions_that_go_and_come() {
    let disk = Disk::with(&[("d/a.txt", "1"), ("d/e/b.txt", "2"), ("c.txt", "3")]);
    let workspace = disk.open();
    let chmod = |path: &str, mode| {
        fs::set_permissions(disk.path(path), fs::Permissions::from_mode(mode)).unwrap();
    };
    chmod("d", 0o000);
    chmod("c.txt", 0o000);
    let (snapshot, freshness) = workspace.fresh(patience());
    assert_eq!(freshness, Freshness::Exact);
    // Whoever runs this may read everything (root) or not: the snapshot says what reading says.
    let expected = match fs::read(disk.path("c.txt")) {
        Ok(_) => (3, 0),
        Err(_) => (0, 1),
    };
    let totals = snapshot.totals();
    assert_eq!((totals.text_files, totals.unreadable_files), expected);
    let is_readable = expected.1 == 0;
    assert_eq!(workspace.status().problems.is_empty(), is_readable);
    chmod("d", 0o755);
    chmod("c.txt", 0o644);
    assert_fresh(&workspace, "permissions come back");
    assert!(workspace.status().problems.is_empty());
}

#[test]
fn a_hard_link_that_is_written_elsewhere() {
    let disk = Disk::with(&[("a/one", "1"), ("b/two", "2")]);
    fs::remove_file(disk.path("b/two")).unwrap();
    fs::hard_link(disk.path("a/one"), disk.path("b/two")).unwrap();
    let outside = disk.root.parent().unwrap().join("outside");
    let workspace = disk.open();
    disk.write("a/one", "through the first name");
    assert_fresh(&workspace, "a write through another name");
    fs::hard_link(disk.path("a/one"), &outside).unwrap();
    assert_fresh(&workspace, "a name outside of the root");
    disk.remove("b/two");
    assert_fresh(&workspace, "a name goes");
    fs::write(&outside, "from outside").unwrap();
    assert_fresh(&workspace, "a write through a name outside of the root");
}

#[test]
fn the_root_goes_and_comes_back() {
    let disk = Disk::with(&[("a.txt", "1"), ("b/c.txt", "2")]);
    let workspace = disk.open();
    let elsewhere = disk.root.parent().unwrap().join("elsewhere");
    fs::rename(&disk.root, &elsewhere).unwrap();
    let (snapshot, freshness) = workspace.fresh(patience());
    assert_eq!(freshness, Freshness::Gone);
    assert_eq!(snapshot.totals().files, 0);
    assert!(workspace.status().is_gone);
    disk.write("other.txt", "a new root");
    assert_fresh(&workspace, "a new root at the same place");
    assert!(!workspace.status().is_gone);
    disk.write("other.txt", "is watched");
    assert_fresh(&workspace, "a write in the new root");
    fs::remove_dir_all(&disk.root).unwrap();
    assert_eq!(workspace.fresh(patience()).1, Freshness::Gone);
    fs::rename(&elsewhere, &disk.root).unwrap();
    assert_fresh(&workspace, "the old root comes back");
}

#[test]
fn a_root_that_is_no_directory_is_refused() {
    let disk = Disk::with(&[("file", "")]);
    for path in ["file", "missing"] {
        let error = Workspace::open(&disk.path(path), LoadOptions::default(), Default::default());
        let error = error.err().unwrap();
        assert!(matches!(&error, OpenError::Root { .. }));
        assert!(error.to_string().contains(path), "{error}");
    }
}

#[test]
fn without_enough_watches_it_scans_again_and_says_so() {
    let disk = Disk::with(&[("a/x", "1"), ("b/y", "2"), ("b/c/z", "3"), ("d", "4")]);
    let options = LoadOptions { max_watches: Some(2), ..LoadOptions::default() };
    let workspace = disk.open_with(options.clone());
    let status = workspace.status().watch;
    assert_eq!((status.watched_dirs, status.unwatched_dirs), (2, 2));
    assert!(status.limit.is_some());
    assert!(matches!(workspace.fresh(patience()).1, Freshness::Rescanned { .. }));
    let settle = |what: &str| {
        let start = Instant::now();
        loop {
            let (snapshot, freshness) = workspace.fresh(patience());
            let Freshness::Rescanned { age } = freshness else {
                panic!("{what}: {freshness:?}");
            };
            assert!(age <= Duration::from_secs(60));
            let held = World::of_snapshot(&snapshot);
            let disk = World::of_disk(&disk.root, &options);
            if held == disk {
                return;
            }
            assert!(
                start.elapsed() < Duration::from_secs(60),
                "{what}: {}",
                held.difference(&disk)
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    for path in ["a/x", "b/y", "b/c/z", "d", "b/c/new", "b/new/f", "new/g/h"] {
        disk.write(path, "changed");
    }
    settle("writes");
    fs::remove_dir_all(disk.path("b")).unwrap();
    fs::rename(disk.path("a"), disk.path("b")).unwrap();
    settle("moves");
    fs::write(disk.path("new/.ignore"), "h\n").unwrap();
    settle("rules");
}

#[test]
fn a_deadline_that_has_passed_is_told() {
    let disk = Disk::with(&[("a", "1")]);
    let workspace = disk.open();
    assert_fresh(&workspace, "load");
    disk.write("a", "2");
    let (_, freshness) = workspace.fresh(Instant::now());
    assert!(matches!(freshness, Freshness::Late | Freshness::Exact));
    assert_fresh(&workspace, "patience");
    workspace.shutdown();
    disk.write("a", "3");
    assert_eq!(workspace.fresh(patience()).1, Freshness::Late);
}

#[test]
fn writes_that_change_nothing_make_no_revision() {
    let disk = Disk::with(&[("a", "1"), ("ignored.log", "1"), (".ignore", "*.log\n")]);
    let workspace = disk.open();
    assert_fresh(&workspace, "load");
    let before = workspace.snapshot().revision();
    disk.write("ignored.log", "2");
    fs::create_dir(disk.path("empty")).unwrap();
    fs::File::create(disk.path("empty/.tmp")).unwrap();
    fs::remove_file(disk.path("empty/.tmp")).unwrap();
    assert_fresh(&workspace, "nothing of note");
    assert_eq!(workspace.snapshot().revision(), before);
}

#[test]
fn no_ignore_holds_and_labels_everything() {
    let disk = Disk::with(&[(".ignore", "build\n"), ("build/a/b.txt", "1"), ("c.txt", "2")]);
    let options = LoadOptions { no_ignore: true, ..LoadOptions::default() };
    let workspace = disk.open_with(options);
    assert_fresh(&workspace, "load");
    disk.write("build/a/b.txt", "changed");
    disk.write("build/new/c.txt", "new");
    assert_fresh(&workspace, "writes into an ignored directory");
    disk.write(".ignore", "c.txt\n");
    assert_fresh(&workspace, "other rules");
}

#[test]
fn uncovered_files_are_folded_into_a_segment() {
    let disk = Disk::with(&[("a", "1")]);
    let workspace = disk.open();
    for i in 0..200 {
        disk.write(&format!("d/{i}.txt"), format!("text number {i}"));
    }
    assert_fresh(&workspace, "writes");
    let start = Instant::now();
    while workspace.status().uncovered_files > 0 {
        assert!(start.elapsed() < Duration::from_secs(60), "never folded");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_fresh(&workspace, "fold");
}

#[test]
fn a_file_that_is_cut_while_it_is_read() {
    let disk = Disk::with(&[("a", "1")]);
    let workspace = disk.open();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for i in 0..300 {
                disk.write("a", vec![b'a' + (i % 26) as u8; (i * 7919) % 200_000]);
            }
        });
        for _ in 0..100 {
            let (snapshot, _) = workspace.fresh(patience());
            let file = snapshot.file(&RelPath::new(b"a").unwrap());
            assert!(matches!(file.unwrap().body, Body::Text(_)));
        }
    });
    assert_fresh(&workspace, "a storm of writes");
}
