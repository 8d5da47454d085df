//! Sessions as directories.

use std::fs;

use coderoom_system::run::{
    Control, IgnoredPaths, MountRequest, RunError, Runner, TouchedKind, Way,
};

use crate::bed::{Bed, helper, path, put, removed, state, written};

fn request(bed: &Bed, way: Way) -> MountRequest {
    let edits = vec![written("a", "session"), removed("gone"), written("n/new", "new")];
    let mut request = MountRequest::new(&bed.root, edits, bed.root.with_file_name("view"));
    request.ways = vec![way];
    request
}

#[test]
fn a_session_is_shown_and_what_is_written_there_is_told() {
    for way in [Way::Overlay, Way::Copy] {
        let bed = Bed::new(&[("a", "disk"), ("gone", "x"), ("keep", "k"), ("d/x", "x")]);
        let before = state(&bed.root);
        let mut mount = match bed.runner.mount(request(&bed, way), &Control::default()) {
            Ok(mount) => mount,
            Err(e @ RunError::NoWay(_)) if way == Way::Overlay => {
                eprintln!("only copies are tested: {e}");
                continue;
            }
            Err(e) => panic!("{e}"),
        };
        let at = mount.at().to_path_buf();
        assert_eq!(mount.way(), way);
        let read = |name: &str| fs::read_to_string(at.join(name)).unwrap();
        assert_eq!(
            (read("a"), read("n/new"), read("keep")),
            ("session".into(), "new".into(), "k".into())
        );
        assert!(!at.join("gone").exists());
        assert!(mount.changes(IgnoredPaths::List).unwrap().touched.is_empty());

        put(&at, "a", "edited in the view");
        fs::remove_dir_all(at.join("d")).unwrap();
        let changes = mount.changes(IgnoredPaths::List).unwrap().touched;
        let told: Vec<_> = changes.iter().map(|t| (t.path.clone(), t.kind)).collect();
        let expected =
            vec![(path("a"), TouchedKind::Modified), (path("d/x"), TouchedKind::Deleted)];
        assert_eq!(told, expected);
        assert_eq!(mount.read(&changes[0], 100).unwrap(), "edited in the view");

        if way == Way::Overlay {
            let open = fs::File::open(at.join("keep")).unwrap();
            let error = mount.unmount(false).unwrap_err();
            assert!(error.to_string().contains("close what uses it"), "{error}");
            assert_eq!(read("a"), "edited in the view");
            drop(open);
        }
        mount.unmount(false).unwrap();
        drop(mount);
        assert!(!at.exists());
        assert_eq!(state(&bed.root), before);
        assert_eq!(fs::read_dir(&bed.scratch).unwrap().count(), 0);
    }
}

#[test]
fn a_mount_that_is_dropped_ends() {
    let bed = Bed::new(&[("a", "disk"), ("gone", "x")]);
    let at = bed.root.with_file_name("view");
    fs::create_dir(&at).unwrap();
    let mut any = request(&bed, Way::Copy);
    any.ways = Way::ALL.to_vec();
    let mount = bed.runner.mount(any, &Control::default()).unwrap();
    let is_refused = |way| mount.refused().iter().any(|refusal| refusal.way == way);
    assert!(mount.way() == Way::Overlay || is_refused(Way::Overlay) && is_refused(Way::Fuse));
    assert_eq!(fs::read_to_string(at.join("a")).unwrap(), "session");
    // A second runner leaves alone what is in use.
    Runner::open(&bed.scratch, helper()).unwrap();
    assert_eq!(fs::read_to_string(at.join("a")).unwrap(), "session");
    drop(mount);
    assert_eq!(fs::read_dir(&at).unwrap().count(), 0, "a directory that was there stays, empty");
}

#[test]
fn only_an_empty_directory_apart_from_the_workspace_will_do() {
    let bed = Bed::new(&[("a", "disk"), ("dir/x", "x")]);
    let fails = |at: std::path::PathBuf| {
        let mut request = request(&bed, Way::Copy);
        request.at = at;
        bed.runner.mount(request, &Control::default()).err().unwrap().to_string()
    };
    assert!(fails(bed.root.join("dir")).contains("not empty"));
    assert!(fails(bed.root.join("new")).contains("not apart"));
    assert!(!bed.root.join("new").exists());
    assert!(fails(bed.root.join("a")).contains("no directory"));
    assert!(fails("/no/such/parent/view".into()).contains("cannot be made"));
}

/// The mount of a process that crashed, played by another process of this test program.
#[test]
fn the_mount_of_a_process_that_is_gone_is_ended() {
    const ROLE: &str = "CODEROOM_TEST_MOUNT";
    if let Ok(dir) = std::env::var(ROLE) {
        let dir = std::path::Path::new(&dir);
        let runner = Runner::open(&dir.join("scratch"), helper()).unwrap();
        let mut request =
            MountRequest::new(dir.join("workspace"), vec![written("a", "s")], dir.join("view"));
        request.ways = vec![Way::Overlay];
        // Not dropped: as if it had been killed.
        std::mem::forget(runner.mount(request, &Control::default()));
        return;
    }
    let bed = Bed::new(&[("a", "disk")]);
    let status = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "mounts::the_mount_of_a_process_that_is_gone_is_ended"])
        .env(ROLE, bed.root.parent().unwrap())
        .stdout(std::process::Stdio::null())
        .status();
    assert!(status.unwrap().success());
    let view = bed.root.with_file_name("view");
    if !view.join("a").exists() {
        return eprintln!("overlays cannot be mounted here");
    }
    assert_eq!(fs::read_to_string(view.join("a")).unwrap(), "s");
    Runner::open(&bed.scratch, helper()).unwrap();
    assert_eq!(fs::read_dir(&view).unwrap().count(), 0);
    assert_eq!(fs::read_dir(&bed.scratch).unwrap().count(), 0);
    assert_eq!(fs::read_to_string(bed.root.join("a")).unwrap(), "disk");
}
