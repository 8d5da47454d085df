//! How commands end, and what becomes of what they print.

use std::{
    fs,
    io::Write,
    path::Path,
    process::Command as Program,
    time::{Duration, Instant},
};

use coderoom_system::run::{
    Control, Ending, Request, RunError, Runner, Signal, Stdin, Stream, Way,
};

use crate::bed::{Bed, helper, out, sh, short, ways, written};

#[test]
fn codes_and_signals_come_through() {
    for way in ways() {
        let bed = Bed::new(&[]);
        let ending = |script| bed.try_run(&bed.request(way, vec![], sh(script))).unwrap().ending;
        assert_eq!(ending("exit 0"), Ending::Exited(0));
        assert_eq!(ending("exit 42"), Ending::Exited(42));
        assert_eq!(ending("exit 127"), Ending::Exited(127));
        assert_eq!(ending("kill -9 $$"), Ending::Signaled(9));
        assert_eq!(ending("kill -TERM $$"), Ending::Signaled(15));
        assert_eq!(Ending::Signaled(15).code(), 143);
    }
}

#[test]
fn input_is_given_whole_or_as_far_as_it_is_read() {
    for way in ways() {
        let bed = Bed::new(&[]);
        let run = |script, stdin| {
            let mut request = bed.request(way, vec![], sh(script));
            request.command.stdin = stdin;
            bed.try_run(&request).unwrap()
        };
        let large = vec![b'x'; 3_000_000];
        let counted = run("wc -c", Stdin::Bytes(large.clone().into()));
        assert_eq!(out(&counted).trim(), "3000000");
        assert_eq!(out(&run("head -c 3", Stdin::Bytes(large.into()))), "xxx");
        assert_eq!(out(&run("cat; echo end", Stdin::Bytes("".into()))), "end\n");
        assert_eq!(out(&run("cat; echo end", Stdin::Null)), "end\n");
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"from a file").unwrap();
        std::io::Seek::rewind(&mut file).unwrap();
        assert_eq!(out(&run("cat", Stdin::File(file))), "from a file");
    }
}

#[test]
fn large_output_is_handed_on_whole_and_kept_in_part() {
    for way in ways() {
        let bed = Bed::new(&[]);
        let script = "head -c 20000000 /dev/zero; printf end; head -c 3000000 /dev/zero >&2";
        let mut request = bed.request(way, vec![], sh(script));
        request.limits.output_bytes = 1000;
        let (mut stdout, mut stderr) = (0, 0);
        let mut count = |stream, chunk: &[u8]| match stream {
            Stream::Stdout => stdout += chunk.len(),
            Stream::Stderr => stderr += chunk.len(),
        };
        let run = bed.runner.run(&request, &Control::default(), &mut count).unwrap();
        assert_eq!((stdout, stderr), (20_000_003, 3_000_000));
        assert_eq!(run.stdout.head.len() + run.stdout.tail.len(), 1000);
        assert!(run.stdout.tail.ends_with(b"\0end"));
        assert_eq!(run.stdout.cut, 20_000_003 - 1000);
        assert_eq!(run.stderr.cut, 3_000_000 - 1000);
    }
}

/// Whether a process is there and no zombie.
fn is_alive(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}

fn is_gone_soon(pid: &str) -> bool {
    let start = Instant::now();
    while is_alive(pid) && start.elapsed() < Duration::from_secs(5) {
        std::thread::sleep(Duration::from_millis(5));
    }
    !is_alive(pid)
}

#[test]
fn when_time_is_up_the_whole_family_ends() {
    for way in ways() {
        let bed = Bed::new(&[]);
        let pids = bed.scratch.with_file_name("pids");
        // Children that ignore SIGTERM, in the group and one that has left it.
        let script = format!(
            "trap '' TERM; echo before; (trap '' TERM; sleep 300; sleep 300) & echo $! > {0}; \
             setsid sleep 300 & echo $! >> {0}; echo w > written; while :; do sleep 300; done",
            pids.display()
        );
        let mut request = bed.request(way, vec![], sh(&script));
        request.limits.timeout = Some(Duration::from_millis(500));
        request.limits.grace = Duration::from_millis(200);
        let start = Instant::now();
        let run = bed.try_run(&request).unwrap();
        assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
        assert!(run.timed_out);
        assert_eq!(run.ending, Ending::Signaled(9));
        assert_eq!(run.stdout.to_text(), "before\n");
        assert_eq!(short(&run), ["+ written w;"], "what it did until then is told");
        let pids = fs::read_to_string(pids).unwrap();
        let pids: Vec<_> = pids.lines().collect();
        assert!(is_gone_soon(pids[0]), "{way}: a grandchild lives");
        if way == Way::Overlay {
            assert!(is_gone_soon(pids[1]), "what left the group still sees the mount");
        } else {
            Program::new("kill").args(["-9", pids[1]]).status().unwrap();
        }
    }
}

#[test]
fn what_a_command_leaves_running_ends_with_it() {
    for way in ways() {
        let bed = Bed::new(&[]);
        let start = Instant::now();
        let run = bed.sh(way, vec![], "sleep 300 & echo $!; trap '' TERM");
        assert!(start.elapsed() < Duration::from_secs(5));
        assert!(is_gone_soon(&out(&run)));
    }
}

#[test]
fn signals_and_stops_reach_the_command() {
    for way in ways() {
        let bed = Bed::new(&[]);
        let run = |script: &str, act: &(dyn Fn(&Control) + Sync)| {
            let control = Control::default();
            let request = bed.request(way, vec![], sh(script));
            let (ready, is_ready) = std::sync::mpsc::channel();
            std::thread::scope(|scope| {
                let control = &control;
                scope.spawn(move || {
                    let _: Result<(), _> = is_ready.recv();
                    act(control);
                });
                let mut told = |_, _: &[u8]| {
                    let _ = ready.send(());
                };
                let run = bed.runner.run(&request, control, &mut told).unwrap();
                assert!(!control.signal(Signal::KILL), "nobody is there to be signalled");
                run
            })
        };
        // Not INT, which may be ignored where these tests run, and then no shell can trap it.
        let wait = "echo ready; sleep 300 & wait";
        let handled = run(&format!("trap 'echo got it; exit 7' USR1; {wait}"), &|control| {
            assert!(control.signal(Signal::USR1));
        });
        assert_eq!(handled.ending, Ending::Exited(7));
        assert_eq!(handled.stdout.to_text(), "ready\ngot it\n");
        let term = run(wait, &|control| assert!(control.signal(Signal::TERM)));
        assert_eq!(term.ending, Ending::Signaled(15));
        let stopped = run(wait, &Control::stop);
        assert_eq!(stopped.ending, Ending::Signaled(15));
        assert!(!stopped.timed_out);
    }
}

#[test]
fn a_panic_of_who_takes_the_output_ends_the_command() {
    for way in ways() {
        let bed = Bed::new(&[]);
        let request = bed.request(way, vec![], sh("sleep 300 & echo $$ $!; wait"));
        let mut pids = String::new();
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            bed.runner.run(&request, &Control::default(), &mut |_, bytes| {
                pids = String::from_utf8_lossy(bytes).into_owned();
                panic!("as a test");
            })
        }));
        assert!(result.is_err());
        assert_eq!(pids.split_ascii_whitespace().count(), 2);
        assert!(pids.split_ascii_whitespace().all(is_gone_soon));
        assert_eq!(fs::read_dir(&bed.scratch).unwrap().count(), 0);
    }
}

#[test]
fn a_run_that_was_stopped_before_it_began_ends_at_once() {
    for way in ways() {
        let bed = Bed::new(&[]);
        let control = Control::default();
        control.stop();
        let request = bed.request(way, vec![], sh("sleep 300"));
        let error = bed.runner.run(&request, &control, &mut |_, _| {}).unwrap_err();
        assert!(matches!(error, RunError::Stopped), "{error}");
    }
}

/// What a daemon that crashes leaves behind, played by another process of this test program.
#[test]
fn a_crash_leaves_nothing_for_long() {
    const ROLE: &str = "CODEROOM_TEST_CRASH";
    if let Ok(role) = std::env::var(ROLE) {
        let (way, dir) = role.split_once(' ').unwrap();
        run_until_killed(way, dir.as_ref());
    }
    for way in ways() {
        let bed = Bed::new(&[("b", "b")]);
        let dir = bed.root.parent().unwrap();
        let mut daemon = Program::new(std::env::current_exe().unwrap())
            .args(["--exact", "endings::a_crash_leaves_nothing_for_long"])
            .env(ROLE, format!("{way} {}", dir.display()))
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let start = Instant::now();
        while !dir.join("pids").exists() && start.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(5));
        }
        let pids = fs::read_to_string(dir.join("pids")).unwrap();
        let pids: Vec<_> = pids.split_ascii_whitespace().collect();
        // While it lives, what it holds stays.
        Runner::open(&bed.scratch, helper()).unwrap();
        assert_eq!(fs::read_dir(&bed.scratch).unwrap().count(), 1);
        assert!(is_alive(pids[0]) && is_alive(pids[1]));
        daemon.kill().unwrap();
        daemon.wait().unwrap();
        assert!(is_gone_soon(pids[0]), "the command outlived the daemon");
        Runner::open(&bed.scratch, helper()).unwrap();
        assert_eq!(fs::read_dir(&bed.scratch).unwrap().count(), 0);
        if way == Way::Overlay {
            assert!(is_gone_soon(pids[1]), "what the command started outlived the clearing up");
        } else {
            Program::new("kill").args(["-9", pids[1]]).status().unwrap();
        }
    }
}

/// Runs a command, with a child of its own, that does not end.
fn run_until_killed(way: &str, dir: &Path) -> ! {
    let way = Way::ALL.into_iter().find(|known| known.name() == way).unwrap();
    let runner = Runner::open(&dir.join("scratch"), helper()).unwrap();
    let script = format!(
        "sleep 300 & echo $$ $! > {0}/pids.new; mv {0}/pids.new {0}/pids; exec sleep 300",
        dir.display()
    );
    let edits = vec![written("a", "a")];
    let mut request = Request::new(dir.join("workspace"), edits, sh(&script));
    request.ways = vec![way];
    panic!("it ended: {:?}", runner.run(&request, &Control::default(), &mut |_, _| {}));
}
