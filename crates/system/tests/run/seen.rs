//! What a command sees, and what it cannot reach.

use std::{
    ffi::OsStr,
    fs,
    os::unix::{
        ffi::OsStrExt,
        fs::{PermissionsExt, symlink},
    },
};

use coderoom_engine::RelPath;
use coderoom_system::run::{Command, Content, Control, Overlaid, RunError, Way};

use crate::bed::{Bed, linked, out, path, put, removed, sh, short, ways, written};

#[test]
fn edits_deletions_and_new_files_are_seen_in_place() {
    for way in ways() {
        let bed = Bed::new(&[("a.txt", "disk"), ("gone.txt", "x"), ("d/e/f", "f"), ("keep", "k")]);
        let edits = vec![
            written("a.txt", "session"),
            removed("gone.txt"),
            removed("d"),
            written("new/deep/file", "new"),
            linked("link", "a.txt"),
        ];
        let run = bed.sh(way, edits, "pwd; find . | sort; cat a.txt link new/deep/file keep");
        let place = run.place.display();
        assert_eq!(
            out(&run),
            format!(
                "{place}\n.\n./a.txt\n./keep\n./link\n./new\n./new/deep\n./new/deep/file\n\
                 sessionsessionnewk"
            )
        );
        assert_eq!(run.place == bed.root, way == Way::Overlay);
        assert_eq!(short(&run), [""; 0], "reading changes nothing");
    }
}

#[test]
fn files_directories_and_links_take_each_others_place() {
    for way in ways() {
        let bed = Bed::new(&[("file", "f"), ("dir/x", "x"), ("dir/y/z", "z"), ("other/o", "o")]);
        symlink("other", bed.root.join("link")).unwrap();
        let edits = vec![
            removed("file"),
            written("file/inner", "i"),
            removed("dir/x"),
            removed("dir/y/z"),
            written("dir", "now a file"),
            written("link/o", "not through the link"),
        ];
        let run = bed.sh(way, edits, "cat file/inner dir link/o other/o; test ! -L link");
        assert_eq!(out(&run), "inow a filenot through the linko");
        assert_eq!(short(&run), [""; 0]);
    }
}

#[test]
fn an_edit_below_a_link_that_leads_out_is_not_written_outside() {
    for way in ways() {
        let bed = Bed::new(&[]);
        let outside = bed.scratch.with_file_name("outside");
        fs::create_dir(&outside).unwrap();
        symlink(&outside, bed.root.join("out")).unwrap();
        let run = bed.sh(way, vec![written("out/file", "x"), removed("out/none")], "cat out/file");
        assert_eq!(out(&run), "x");
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
    }
}

#[test]
fn writes_and_deletions_stay_away_from_the_workspace() {
    for way in ways() {
        let bed = Bed::new(&[("a", "a"), ("d/b", "b"), ("d/c/e", "e")]);
        symlink(bed.root.join("a"), bed.root.join("absolute")).unwrap();
        // `sh` compares the tree before and after.
        let run = bed.sh(
            way,
            vec![written("s", "s")],
            "echo x >> a; rm -r d; mkdir d; echo n > d/n; chmod 600 s; touch -d @0 a; echo t > t; \
             echo through > absolute; rm s",
        );
        assert_eq!(out(&run), "");
        assert!(!bed.root.join("t").exists());
    }
}

#[test]
fn modes_are_kept_or_set_and_times_tell_versions_apart() {
    for way in ways() {
        let bed = Bed::new(&[("run.sh", "disk"), ("locked", "disk"), ("same", "12345")]);
        let set = |name, mode| {
            fs::set_permissions(bed.root.join(name), fs::Permissions::from_mode(mode)).unwrap();
        };
        set("run.sh", 0o755);
        set("locked", 0o444);
        let tool = Content::Written { bytes: "#!/bin/sh\necho tool".into(), mode: Some(0o755) };
        let edits = vec![
            written("run.sh", "#!/bin/sh\necho ran"),
            written("locked", "session"),
            written("same", "54321"),
            Overlaid { path: path("tool"), content: tool },
        ];
        let before = fs::metadata(bed.root.join("same")).unwrap().modified().unwrap();
        let run = bed.sh(
            way,
            edits,
            "./run.sh; ./tool; cat locked; stat -c ' %a' locked; stat -c %Y same",
        );
        let text = out(&run);
        let (rest, time) = text.trim_end().rsplit_once('\n').unwrap();
        assert_eq!(rest, "ran\ntool\nsession 444");
        let before = before.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        assert!(time.parse::<u64>().unwrap() > before, "{time} {before}");
    }
}

#[test]
fn odd_names_are_fine() {
    for way in ways() {
        let name = OsStr::from_bytes(b"a b,c:d\\e=\xff\n'\"upperdir");
        let bed = Bed::named(name, &[("x y", "disk")]);
        let odd = RelPath::new(b"\xfe odd\n\\").unwrap();
        let content = Content::Written { bytes: "odd".into(), mode: None };
        let edits = vec![written("x y", "session"), Overlaid { path: odd.clone(), content }];
        let run =
            bed.sh(way, edits, "cat 'x y' *odd*; for f in *odd*; do echo more >> \"$f\"; done");
        assert_eq!(out(&run), "sessionodd");
        assert_eq!(run.changes.touched.len(), 1);
        assert_eq!(run.changes.touched[0].path, odd);
        assert_eq!(run.place == bed.root, way == Way::Overlay);
    }
}

#[test]
fn a_root_that_is_a_link_is_resolved() {
    for way in ways() {
        let bed = Bed::new(&[("a", "disk")]);
        let link = bed.root.with_file_name("link");
        symlink(&bed.root, &link).unwrap();
        let script = format!("cat a {}/a", link.display());
        let mut request = bed.request(way, vec![written("a", "session")], sh(&script));
        request.root = link;
        let run = bed.try_run(&request).unwrap();
        // A copy cannot be where the link leads.
        let seen = if way == Way::Overlay { "sessionsession" } else { "sessiondisk" };
        assert_eq!(out(&run), seen);
    }
}

#[test]
fn the_command_starts_where_and_how_it_was_told() {
    for way in ways() {
        let bed = Bed::new(&[("sub/dir/x", "x")]);
        let mut command =
            Command::new(["sh", "-c", "pwd; echo $PWD; echo $A-$B-${HOME-none}; id -u"]);
        command.dir = path("sub/dir");
        command.env = vec![("A".into(), Some("1 2".into())), ("HOME".into(), None)];
        let run = bed.try_run(&bed.request(way, vec![], command)).unwrap();
        let dir = run.place.join("sub/dir").display().to_string();
        let uid = rustix::process::getuid().as_raw();
        assert_eq!(out(&run), format!("{dir}\n{dir}\n1 2--none\n{uid}\n"));

        let mut command = Command::new(["/usr/bin/env"]);
        command.clear_env = true;
        let run = bed.try_run(&bed.request(way, vec![], command)).unwrap();
        assert_eq!(out(&run), format!("PWD={}\n", run.place.display()));

        // A directory that only the session has, and a program in it.
        let mut command = Command::new(["./tool"]);
        command.dir = path("fresh");
        let tool = Content::Written { bytes: "#!/bin/sh\ncat x".into(), mode: Some(0o755) };
        let edits = vec![
            Overlaid { path: path("fresh/tool"), content: tool },
            written("fresh/x", "from the session"),
        ];
        let run = bed.try_run(&bed.request(way, edits, command)).unwrap();
        assert_eq!(out(&run), "from the session");
    }
}

#[test]
fn what_cannot_be_started_says_so() {
    for way in ways() {
        let bed = Bed::new(&[("text", "x")]);
        let fails = |command: Command| {
            let error = bed.try_run(&bed.request(way, vec![], command)).unwrap_err();
            assert!(matches!(error, RunError::NotStarted { .. }), "{error}");
            error.to_string()
        };
        let message = fails(Command::new(["no-such-program-here"]));
        assert!(message.contains("`no-such-program-here` cannot be started"), "{message}");
        assert!(fails(Command::new(["./text"])).contains("ermission denied"));
        let mut nowhere = Command::new(["true"]);
        nowhere.dir = path("missing");
        assert!(fails(nowhere).contains("working directory"));
    }
    let bed = Bed::new(&[]);
    let twice = vec![written("a", "1"), removed("a")];
    let error = bed.try_run(&bed.request(Way::Copy, twice, sh("true"))).unwrap_err();
    assert!(error.to_string().contains("edited twice"));
    let none = Command::new([""; 0]);
    assert!(bed.try_run(&bed.request(Way::Copy, vec![], none)).is_err());
}

#[test]
fn two_sessions_of_one_workspace_run_at_once() {
    for way in ways() {
        let bed = Bed::new(&[("who", "disk")]);
        std::thread::scope(|scope| {
            let runs: Vec<_> = (0..4)
                .map(|i| {
                    let bed = &bed;
                    scope.spawn(move || {
                        let edits = vec![written("who", &format!("session {i}"))];
                        let script =
                            format!("for n in 1 2 3 4 5; do cat who; echo; sleep 0.05; done; echo {i} > mine");
                        let request = bed.request(way, edits, sh(&script));
                        (i, bed.try_run(&request).unwrap())
                    })
                })
                .collect();
            for run in runs {
                let (i, run) = run.join().unwrap();
                assert_eq!(out(&run), format!("session {i}\n").repeat(5));
                assert_eq!(short(&run), [format!("+ mine {i};")]);
            }
        });
        assert_eq!(fs::read(bed.root.join("who")).unwrap(), b"disk");
    }
}

/// Where file systems share blocks (btrfs, XFS), `CODEROOM_REFLINKS=1` says that they must; elsewhere
/// the refusal is what is looked at. `TMPDIR` chooses the file system.
#[test]
fn a_copy_that_shares_blocks_is_apart_from_the_workspace() {
    let large = "shared\n".repeat(100_000);
    let bed = Bed::new(&[("large", &large), ("edited", "disk\n")]);
    let script = sh("echo mine >> large; cat edited; rm edited");
    let request = bed.request(Way::Reflink, vec![written("edited", "session\n")], script);
    match bed.try_run(&request) {
        Ok(run) => {
            assert_eq!(run.way, Way::Reflink);
            assert_eq!(out(&run), "session\n");
            let touched = run.changes.touched.iter().map(|it| it.path.to_string());
            assert_eq!(touched.collect::<Vec<_>>(), ["edited", "large"]);
            assert_eq!(fs::read_to_string(bed.root.join("large")).unwrap(), large);
            assert_eq!(fs::read(bed.root.join("edited")).unwrap(), b"disk\n");
        }
        Err(refused) => {
            let message = refused.to_string();
            assert!(message.contains("share no blocks"), "{message}");
            let must = std::env::var_os("CODEROOM_REFLINKS").is_some();
            assert!(!must, "CODEROOM_REFLINKS is set: {message}");
            eprintln!("LEFT OUT: {message}");
        }
    }
}

#[test]
fn ways_are_tried_in_order_and_refusals_say_why() {
    let bed = Bed::new(&[("a", "a")]);
    let mut request = bed.request(Way::Copy, vec![], sh("cat a"));
    request.ways = vec![Way::Fuse, Way::Reflink, Way::Copy];
    let run = bed.try_run(&request).unwrap();
    assert_eq!(run.refused[0].way, Way::Fuse);
    assert!(matches!(run.way, Way::Reflink | Way::Copy));
    assert_eq!(run.refused.len(), if run.way == Way::Copy { 2 } else { 1 });
    assert_eq!(out(&run), "a");

    put(&bed.root, "large", &"x".repeat(5000));
    request.ways = vec![Way::Copy];
    request.limits.copy_bytes = 4999;
    let message = bed.try_run(&request).unwrap_err().to_string();
    assert!(message.contains("5001 bytes") && message.contains("4999"), "{message}");
    request.limits.copy_bytes = 1 << 20;
    request.limits.copy_entries = 1;
    let message = bed.try_run(&request).unwrap_err().to_string();
    assert!(message.contains("more than 1 files"), "{message}");

    // In the workspace, what is written would be part of what is seen.
    let inside = bed.root.join("scratch");
    let runner = coderoom_system::run::Runner::open(&inside, crate::bed::helper()).unwrap();
    let request = bed.request(Way::Overlay, vec![], sh("true"));
    let result = runner.run(&request, &Control::default(), &mut |_, _| {});
    assert!(result.unwrap_err().to_string().contains("in the workspace itself"));
}
