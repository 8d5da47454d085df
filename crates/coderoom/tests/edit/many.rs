//! Many sessions at once, and a sync that is cut off.

use std::{fs, thread, time::Duration};

use serde_json::json;

use super::{Client, Fixture};

#[test]
fn a_hundred_sessions_edit_one_workspace_and_none_sees_anothers() {
    const SESSIONS: usize = 100;
    const THREADS: usize = 8;
    let files: Vec<(String, String)> =
        (0..20).map(|n| (format!("f{n}.py"), format!("value_{n} = {n}\n"))).collect();
    let files: Vec<(&str, &str)> =
        files.iter().map(|(path, text)| (&path[..], &text[..])).collect();
    let mut fixture = Fixture::new(&files);
    for n in 0..SESSIONS {
        fixture.open(&format!("s{n}"));
    }
    thread::scope(|scope| {
        for part in 0..THREADS {
            let (socket, root) = (fixture.home.socket(), fixture.root.clone());
            scope.spawn(move || {
                let mut client = Client::connect(&socket);
                for n in (part..SESSIONS).step_by(THREADS) {
                    let (session, file) = (format!("s{n}"), format!("f{}.py", n % 20));
                    for step in 0..5 {
                        let content = format!("mine_{n}_step_{step} = {n}\n");
                        client
                            .call(
                                "write_file",
                                json!({"workspace": root, "session": session, "path": file, "content": content}),
                            )
                            .expect("written");
                    }
                    let params = json!({"workspace": root, "session": session, "pattern": "mine_"});
                    let found = client.text("search", params);
                    assert_eq!(found, format!("{file}:1:mine_{n}_step_4 = {n}\n"));
                    let params = json!({"workspace": root, "session": session, "name": format!("mine_{n}_step_4")});
                    let symbols = client.call("symbols", params).expect("answered");
                    assert_eq!(symbols["symbols"].as_array().map(Vec::len), Some(1), "{symbols}");
                }
            });
        }
    });
    let root = fixture.root.clone();
    let found = fixture.call("search", json!({"workspace": root, "pattern": "mine_"}));
    assert_eq!(found["text"], "", "nothing of it is on disk");
}

/// How often a sync is cut off: `CODEROOM_KILLS`, or a few times.
#[test]
fn a_sync_that_is_cut_off_is_carried_on() {
    const FILES: usize = 300;
    let kills: u32 =
        std::env::var("CODEROOM_KILLS").ok().and_then(|it| it.parse().ok()).unwrap_or(4);
    let mut fixture = Fixture::new(&[("keep.txt", "kept\n")]);
    fixture.open("s");
    let mut cut = 0;
    for round in 0..kills {
        let edits: Vec<_> = (0..FILES)
            .map(|n| json!({"kind": "write", "path": format!("d{}/f{n}.txt", n % 7), "content": format!("{round}\n")}))
            .collect();
        let root = fixture.root.clone();
        fixture.call("apply_batch", json!({"workspace": root, "session": "s", "edits": edits}));
        let (socket, at) = (fixture.home.socket(), root.clone());
        let syncing = thread::spawn(move || {
            let mut client = Client::connect(&socket);
            client.try_call("sync", json!({"workspace": at, "session": "s"})).is_some()
        });
        thread::sleep(Duration::from_micros(u64::from(round * 7919 % 40) * 1000));
        fixture.kill();
        let finished = syncing.join().expect("no panic");
        fixture.start();
        let session = fixture.call("session_list", json!({"workspace": root, "session": "s"}));
        let dirty = session["sessions"][0]["dirty"].as_u64().expect("a number");
        let text = |n: usize| {
            fs::read_to_string(root.join(format!("d{}/f{n}.txt", n % 7))).unwrap_or_default()
        };
        let written = (0..FILES).filter(|n| text(*n) == format!("{round}\n")).count();
        // All of it or none: what was begun is carried on when the session is named again.
        assert!(written == FILES || written == 0, "{written} of {FILES} files are written");
        assert_eq!(dirty as usize, FILES - written, "and the session knows which");
        assert!(!finished || written == FILES, "an acknowledged sync is whole");
        cut += u32::from(!finished && written == FILES);
        let rest = fixture.call("sync", json!({"workspace": root, "session": "s"}));
        assert_eq!(rest["conflicts"].as_array().map(Vec::len), Some(0), "{rest}");
        assert!((0..FILES).all(|n| text(n) == format!("{round}\n")));
        let left = fs::read_dir(root.join("d0")).expect("there");
        let temporary = left.filter(|it| {
            it.as_ref().is_ok_and(|it| it.file_name().to_string_lossy().contains("coderoom"))
        });
        assert_eq!(temporary.count(), 0, "nothing is left beside the files");
    }
    eprintln!("{cut} of {kills} syncs were cut off and carried on");
}
