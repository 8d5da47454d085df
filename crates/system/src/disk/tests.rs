//! What is replaced, what is kept, and what is left alone.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::Path,
};

use bytes::Bytes;
use coderoom_engine::{ContentHash, FileMode, RelPath};

use super::*;

fn path(name: &str) -> RelPath {
    RelPath::new(name.as_bytes()).expect("a clean path")
}

fn is(bytes: &[u8]) -> Expected {
    Expected::File(ContentHash::of(bytes), None)
}

fn to(bytes: &'static [u8]) -> Target {
    Target::File(Bytes::from_static(bytes), None)
}

fn disk(dir: &Path) -> Disk {
    Disk::open(&dir.canonicalize().expect("there")).expect("a directory")
}

fn done(written: Result<Written, DiskError>) {
    assert!(matches!(written, Ok(Written::Done)), "{written:?}");
}

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).expect("a directory");
    let mut names: Vec<String> =
        entries.map(|it| it.expect("there").file_name().into_string().expect("UTF-8")).collect();
    names.sort();
    names
}

#[test]
fn a_file_is_replaced_with_its_permissions_and_nothing_is_left_beside_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("a");
    fs::write(&file, "old").expect("written");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("set");
    let disk = disk(dir.path());
    done(disk.write(&path("a"), &is(b"old"), &to(b"new"), true));
    assert_eq!(fs::read(&file).expect("there"), b"new");
    assert_eq!(fs::metadata(&file).expect("there").mode() & 0o7777, 0o640);
    let executable = Target::File(Bytes::from_static(b"new"), Some(FileMode::Executable));
    done(disk.write(&path("a"), &is(b"new"), &executable, false));
    assert_eq!(fs::metadata(&file).expect("there").mode() & 0o7777, 0o750);
    assert_eq!(names(dir.path()), ["a"]);
}

#[test]
fn new_files_get_directories_and_removed_ones_leave_none_empty() {
    let dir = tempfile::tempdir().expect("a directory");
    let disk = disk(dir.path());
    done(disk.write(&path("x/y/z"), &Expected::Absent, &to(b"1"), false));
    assert_eq!(fs::read(dir.path().join("x/y/z")).expect("there"), b"1");
    done(disk.write(&path("x/y/z"), &is(b"1"), &Target::Absent, false));
    assert_eq!(names(dir.path()), [""; 0]);
}

#[test]
fn what_somebody_else_wrote_is_left_alone() {
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(dir.path().join("a"), "theirs").expect("written");
    let disk = disk(dir.path());
    for (expected, target) in [
        (is(b"old"), to(b"new")),
        (is(b"old"), Target::Absent),
        (Expected::Absent, to(b"new")),
        (Expected::File(ContentHash::of(b"theirs"), Some(FileMode::Executable)), to(b"new")),
    ] {
        let written = disk.write(&path("a"), &expected, &target, false).expect("no failure");
        let Written::Changed(Some(there)) = written else { panic!("{written:?}") };
        assert_eq!(&there.bytes[..], b"theirs");
        assert_eq!(fs::read(dir.path().join("a")).expect("there"), b"theirs");
    }
    let written = disk.write(&path("gone"), &is(b"old"), &to(b"new"), false);
    assert!(matches!(written, Ok(Written::Changed(None))));
    assert_eq!(names(dir.path()), ["a"]);
}

#[test]
fn all_names_of_a_file_go_on_naming_it() {
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(dir.path().join("a"), "a longer old text").expect("written");
    fs::hard_link(dir.path().join("a"), dir.path().join("b")).expect("linked");
    done(disk(dir.path()).write(&path("a"), &is(b"a longer old text"), &to(b"new"), false));
    assert_eq!(fs::read(dir.path().join("b")).expect("there"), b"new");
}

#[test]
fn links_are_files_of_their_own_and_never_followed() {
    let dir = tempfile::tempdir().expect("a directory");
    let outside = tempfile::tempdir().expect("a directory");
    fs::write(outside.path().join("secret"), "s").expect("written");
    symlink(outside.path(), dir.path().join("out")).expect("linked");
    symlink("target", dir.path().join("link")).expect("linked");
    let disk = disk(dir.path());
    let link = disk.read(&path("link"), 100).expect("read").expect("there");
    assert_eq!((&link.bytes[..], link.mode), (&b"target"[..], FileMode::Link));
    for target in [to(b"x"), Target::Absent] {
        let through = disk.write(&path("out/secret"), &is(b"s"), &target, false);
        assert!(matches!(through, Err(DiskError::ThroughLink { .. })), "{through:?}");
    }
    let new = disk.write(&path("out/new"), &Expected::Absent, &to(b"x"), false);
    assert!(matches!(new, Err(DiskError::ThroughLink { .. })), "{new:?}");
    assert_eq!(names(outside.path()), ["secret"]);
    let moved = Target::File(Bytes::from_static(b"elsewhere"), Some(FileMode::Link));
    done(disk.write(&path("link"), &is(b"target"), &moved, false));
    assert_eq!(fs::read_link(dir.path().join("link")).expect("a link"), Path::new("elsewhere"));
    done(disk.write(
        &path("link"),
        &is(b"elsewhere"),
        &Target::File(Bytes::from_static(b"f"), Some(FileMode::File)),
        false,
    ));
    assert!(fs::symlink_metadata(dir.path().join("link")).expect("there").is_file());
}

#[test]
fn what_is_no_file_is_said_so() {
    let dir = tempfile::tempdir().expect("a directory");
    fs::create_dir(dir.path().join("d")).expect("made");
    fs::write(dir.path().join("f"), "x").expect("written");
    let disk = disk(dir.path());
    assert!(matches!(disk.read(&path("d"), 9), Err(DiskError::NotFile { .. })));
    assert!(matches!(disk.read(&path("f/below"), 9), Err(DiskError::NotDirectory { .. })));
    assert!(disk.read(&path("d/none"), 9).expect("read").is_none());
    let below = disk.write(&path("f/below"), &Expected::Absent, &to(b"x"), false);
    assert!(matches!(below, Err(DiskError::NotDirectory { .. })), "{below:?}");
    fs::write(dir.path().join("f"), "much more").expect("written");
    assert!(matches!(disk.read(&path("f"), 4), Err(DiskError::TooLarge { .. })));
}

#[test]
fn what_is_half_written_over_a_file_is_known_for_it_and_nothing_else_is() {
    for (old, new) in [("long and old", "new"), ("old", "long and new"), ("same1", "same2")] {
        for written in 1..=new.len() {
            let rest = old.get(written..).unwrap_or_default();
            let there = format!("{}{rest}", &new[..written]);
            let (old, new) = (old.as_bytes(), new.as_bytes());
            assert!(is_half_written(old, new, there.as_bytes()), "{there}");
        }
    }
    for there in ["", "n", "new an", "newer", "old and new"] {
        assert!(!is_half_written(b"long and old", b"new", there.as_bytes()), "{there}");
    }
}
