//! The whole binary against a daemon that this file plays, and a next `rg` that prints its
//! arguments.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    os::unix::{
        fs::PermissionsExt,
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::RwLock,
    thread,
    time::Duration,
};

use serde_json::{Value, json};
use tempfile::TempDir;

/// A program must not be open for writing while it is started, and a process that is being forked
/// holds everything open: programs are written alone, and started together.
static PROGRAMS: RwLock<()> = RwLock::new(());

fn start(command: &mut Command) -> Child {
    let _started = PROGRAMS.read().expect("no panic");
    command.spawn().expect("runs")
}

fn output(command: &mut Command) -> Output {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    start(command).wait_with_output().expect("ends")
}

/// A directory with a tree to search (`tree`), a next `rg` (`bin`) and room for a socket.
struct Stage {
    dir: TempDir,
}

impl Stage {
    fn new() -> Stage {
        let dir = tempfile::tempdir().expect("temporary directory");
        for sub in ["tree/sub", "bin", "empty"] {
            fs::create_dir_all(dir.path().join(sub)).expect("directory");
        }
        fs::write(dir.path().join("tree/file"), "text\n").expect("file");
        let stage = Stage { dir };
        stage.script("bin/rg", "printf '%s\\n' next \"$@\"; exit 7");
        stage
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().canonicalize().expect("canonical").join(name)
    }

    fn script(&self, name: &str, body: &str) {
        let _written = PROGRAMS.write().expect("no panic");
        fs::write(self.path(name), format!("#!/bin/sh\n{body}\n")).expect("script");
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(self.path(name), mode).expect("mode");
    }

    fn rg(&self, args: &[&str]) -> Command {
        self.program(Path::new(env!("CARGO_BIN_EXE_rg")), args)
    }

    /// A copy of the binary, away from whatever the build has put beside it.
    fn copy(&self, name: &str) -> PathBuf {
        let _written = PROGRAMS.write().expect("no panic");
        fs::copy(env!("CARGO_BIN_EXE_rg"), self.path(name)).expect("copied");
        self.path(name)
    }

    fn program(&self, program: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(args)
            .current_dir(self.path("tree"))
            .stdin(Stdio::null())
            .env_remove("CODEROOM_RG")
            .env_remove("RIPGREP_CONFIG_PATH")
            .env("CODEROOM_SOCKET", self.path("socket"))
            .env("PATH", self.path("bin"));
        command
    }

    /// Plays the daemon for one request: `reply` gets what was asked.
    fn daemon(&self, reply: impl FnOnce(Value, UnixStream) + Send + 'static) {
        let listener = UnixListener::bind(self.path("socket")).expect("socket");
        thread::spawn(move || {
            let (stream, _) = listener.accept().expect("a client");
            let mut line = String::new();
            let mut reader = BufReader::new(stream.try_clone().expect("clone"));
            reader.read_line(&mut line).expect("a line");
            reply(serde_json::from_str(&line).expect("JSON"), stream);
        });
    }

    fn daemon_says(&self, words: Value) {
        self.daemon(move |_, mut stream| say(&mut stream, &words));
    }
}

fn say(stream: &mut UnixStream, words: &Value) {
    // The client may have gone; that is its right.
    let _ = stream.write_all(format!("{words}\n").as_bytes());
}

fn chunk(bytes: &[u8]) -> Vec<u8> {
    let header =
        json!({"jsonrpc": "2.0", "method": "output", "params": {"id": 1, "bytes": bytes.len()}});
    [format!("{header}\n").as_bytes(), bytes].concat()
}

fn result(exit: u8, stderr: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "result": {"exit": exit, "stderr": stderr}})
}

fn error(code: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": "not now", "data": {"code": code}}})
}

fn run(command: &mut Command) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = output(command);
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (status.code(), text(stdout), text(stderr))
}

fn assert_next(command: &mut Command, args: &[&str]) {
    let want = format!("next\n{}", args.iter().map(|a| format!("{a}\n")).collect::<String>());
    assert_eq!(run(command), (Some(7), want, String::new()));
}

#[test]
fn the_request_says_where_and_what() {
    let stage = Stage::new();
    let (send, receive) = std::sync::mpsc::channel();
    stage.daemon(move |request, mut stream| {
        send.send(request).expect("the test listens");
        say(&mut stream, &result(1, ""));
    });
    let args = ["-i", "--no-messages", "--no-ignore-vcs", "pat", "./sub/", "../tree/file"];
    let output = run(&mut stage.rg(&args));
    assert_eq!(output, (Some(1), String::new(), String::new()));
    let request = receive.recv().expect("a request");
    assert_eq!(request["method"], "rg");
    let params = &request["params"];
    let path = |name: &str| stage.path(name).to_str().expect("UTF-8").to_owned();
    assert_eq!(params["cwd"], json!(path("tree")));
    assert_eq!(params["paths"], json!([path("tree/sub"), path("tree/file")]));
    assert_eq!(params["displays"], json!(["./sub/", "../tree/file"]));
    assert_eq!(params["query"]["pattern"]["patterns"], json!(["pat"]));
    assert_eq!(params["query"]["pattern"]["case"], "insensitive");
    let flags = ["load", "no_messages", "assume_nothing_ignored"].map(|name| &params[name]);
    assert_eq!(flags, [&json!(false), &json!(true), &json!(true)]);
}

#[test]
fn without_paths_the_current_directory_is_shown_bare() {
    let stage = Stage::new();
    let tree = stage.path("tree");
    stage.daemon(move |request, mut stream| {
        assert_eq!(request["params"]["paths"], json!([tree.to_str()]));
        assert_eq!(request["params"]["displays"], json!([""]));
        say(&mut stream, &result(0, ""));
    });
    assert_eq!(run(&mut stage.rg(&["x"])).0, Some(0));
}

#[test]
fn output_is_passed_on_byte_for_byte_however_it_arrives() {
    let stage = Stage::new();
    let noise: Vec<u8> =
        (0..3_000_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let parts = [b"a\n{\"id\":1}\n\0\xff".to_vec(), Vec::new(), noise, b"\n\n".to_vec()];
    let want = parts.concat();
    stage.daemon(move |_, mut stream| {
        let last = format!("{}\n", result(0, "rg: a warning\n"));
        let mut wire: Vec<u8> = parts.iter().flat_map(|part| chunk(part)).collect();
        wire.extend(last.bytes());
        // Torn in the middle of headers, chunks and the result.
        let (head, rest) = wire.split_at(300);
        let (middle, tail) = rest.split_at(rest.len() - last.len() - 10);
        for piece in head.chunks(7).chain([middle]).chain(tail.chunks(11)) {
            stream.write_all(piece).expect("written");
            thread::sleep(Duration::from_micros(200));
        }
    });
    let output = output(&mut stage.rg(&["x"]));
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stdout == want, "{} bytes instead of {}", output.stdout.len(), want.len());
    assert_eq!(output.stderr, b"rg: a warning\n");
}

#[test]
fn ripgreps_own_errors_come_through() {
    let stage = Stage::new();
    stage.daemon_says(result(2, "rg: regex parse error:\n    (\n    ^\nerror: unclosed group\n"));
    let (code, stdout, stderr) = run(&mut stage.rg(&["("]));
    assert_eq!((code, &*stdout), (Some(2), ""));
    assert!(stderr.starts_with("rg: regex parse error:\n"));
}

#[test]
fn what_the_daemon_cannot_answer_goes_to_the_next_rg() {
    for code in ["not_resident", "not_held", "unsupported", "stale", "busy", "starting"] {
        let stage = Stage::new();
        stage.daemon_says(error(code));
        assert_next(&mut stage.rg(&["-n", "x y", "--", "-z"]), &["-n", "x y", "--", "-z"]);
    }
    let stage = Stage::new();
    stage.daemon_says(error("internal"));
    let want = (Some(2), String::new(), "rg: not now\n".to_owned());
    assert_eq!(run(&mut stage.rg(&["x"])), want);
}

#[test]
fn the_daemon_is_not_asked_when_the_answer_could_differ() {
    let stage = Stage::new();
    std::os::unix::fs::symlink("sub", stage.path("tree/link")).expect("link");
    // Nothing listens; that alone sends a plain search on.
    assert_next(&mut stage.rg(&["x"]), &["x"]);
    let listener = UnixListener::bind(stage.path("socket")).expect("socket");
    for args in [
        &["-P", "x"][..],
        &["x", "link"],
        &["x", "missing"],
        &["x", "-"],
        &["--nonsense"],
        &["--help"],
    ] {
        assert_next(&mut stage.rg(args), args);
    }
    assert_next(stage.rg(&["x"]).env("RIPGREP_CONFIG_PATH", "config"), &["x"]);
    assert_next(stage.rg(&["x"]).env("CODEROOM_RG", "off"), &["x"]);
    assert_next(stage.rg(&["x"]).stdin(Stdio::piped()), &["x"]);
    assert_next(stage.rg(&["--version"]).env("CODEROOM_RG", "off"), &["--version"]);
    let inside = fs::File::create(stage.path("tree/out")).expect("file");
    let status = start(stage.rg(&["x"]).stdout(inside)).wait().expect("ends");
    assert_eq!(status.code(), Some(7));
    listener.set_nonblocking(true).expect("nonblocking");
    assert!(listener.accept().is_err(), "the daemon was asked");
}

#[test]
fn no_config_makes_the_environment_irrelevant() {
    let stage = Stage::new();
    stage.daemon_says(result(1, ""));
    let mut command = stage.rg(&["--no-config", "x", "."]);
    command.env("RIPGREP_CONFIG_PATH", "config").stdin(Stdio::piped());
    assert_eq!(run(&mut command).0, Some(1));
}

#[test]
fn whoever_insists_on_the_daemon_gets_errors() {
    let stage = Stage::new();
    let resident = |args: &[&str]| run(stage.rg(args).env("CODEROOM_RG", "resident"));
    let (code, stdout, stderr) = resident(&["-P", "x"]);
    assert_eq!((code, &*stdout), (Some(2), ""));
    assert!(
        stderr.starts_with("rg: not answered from memory: --pcre2: ") || stderr.contains("-P"),
        "{stderr}"
    );
    // Neither a daemon nor a `coderoom` to start.
    let mut alone = stage.program(&stage.copy("alone"), &["x"]);
    let (code, _, stderr) = run(alone.env("CODEROOM_RG", "resident"));
    assert_eq!(code, Some(2));
    assert!(stderr.contains("coderoom"), "{stderr}");
    stage.daemon(|request, mut stream| {
        assert_eq!(request["params"]["load"], json!(true));
        say(&mut stream, &error("busy"));
    });
    assert_eq!(resident(&["x"]), (Some(2), String::new(), "rg: not now\n".to_owned()));
    assert_eq!(run(stage.rg(&["x"]).env("CODEROOM_RG", "maybe")).0, Some(2));
}

#[test]
fn a_missing_path_does_not_hide_the_others() {
    let stage = Stage::new();
    stage.daemon(|request, mut stream| {
        assert_eq!(request["params"]["displays"], json!(["sub"]));
        assert_eq!(request["params"]["query"]["output"]["with_filename"], json!(true));
        stream.write_all(&chunk(b"sub/a:x\n")).expect("written");
        say(&mut stream, &result(0, ""));
    });
    let mut command = stage.rg(&["x", "gone", "sub"]);
    let want = "rg: gone: No such file or directory (os error 2)\n";
    let output = run(command.env("CODEROOM_RG", "resident"));
    assert_eq!(output, (Some(2), "sub/a:x\n".to_owned(), want.to_owned()));
}

#[test]
fn the_daemon_is_started_for_whoever_insists() {
    let stage = Stage::new();
    stage.script("bin/coderoom", "echo \"$@\" > ../started; echo noise");
    let (started, socket) = (stage.path("started"), stage.path("socket"));
    let daemon = thread::spawn(move || {
        while !started.exists() {
            thread::sleep(Duration::from_millis(1));
        }
        let listener = UnixListener::bind(socket).expect("socket");
        let (mut stream, _) = listener.accept().expect("a client");
        // Whoever hangs up without listening breaks the client's request off.
        let mut line = String::new();
        let mut reader = BufReader::new(stream.try_clone().expect("clone"));
        reader.read_line(&mut line).expect("a line");
        say(&mut stream, &result(0, ""));
    });
    let own = stage.copy("empty/rg");
    let output = run(stage.program(&own, &["x"]).env("CODEROOM_RG", "resident"));
    assert_eq!(output, (Some(0), String::new(), String::new()));
    daemon.join().expect("the daemon was asked");
    let args = fs::read_to_string(stage.path("started")).expect("started");
    assert_eq!(args, "serve --background\n");
}

#[test]
fn a_daemon_that_vanishes_is_an_error_only_after_it_has_begun() {
    let stage = Stage::new();
    stage.daemon(|_, stream| drop(stream));
    assert_next(&mut stage.rg(&["x"]), &["x"]);
    for half in [&chunk(b"whole\n")[..], &chunk(b"cut in the middle")[..65]] {
        let stage = Stage::new();
        let half = half.to_vec();
        stage.daemon(move |_, mut stream| stream.write_all(&half).expect("written"));
        let (code, stdout, stderr) = run(&mut stage.rg(&["x"]));
        assert_eq!(code, Some(2), "{stdout}");
        assert!(stderr.starts_with("rg: lost the daemon: "), "{stderr}");
    }
    let stage = Stage::new();
    stage.daemon(|_, mut stream| stream.write_all(b"nonsense\n").expect("written"));
    assert_next(&mut stage.rg(&["x"]), &["x"]);
}

#[test]
fn a_reader_that_has_seen_enough_ends_the_search_quietly() {
    // As ripgrep: a single file's match does not count if it could not be printed.
    for (path, want) in [(".", 0), ("file", 1)] {
        let stage = Stage::new();
        stage.daemon(|_, mut stream| {
            let part = chunk(&[b'x'; 100_000]);
            while stream.write_all(&part).is_ok() {}
        });
        let mut command = stage.rg(&["x", path]);
        let mut child = start(command.stdout(Stdio::piped()).stderr(Stdio::piped()));
        let mut stdout = child.stdout.take().expect("piped");
        stdout.read_exact(&mut [0; 10]).expect("some output");
        drop(stdout);
        let output = child.wait_with_output().expect("ends");
        assert_eq!(output.status.code(), Some(want), "{path}");
        assert!(output.stderr.is_empty());
    }
}

#[test]
fn version_is_answered_at_once() {
    let stage = Stage::new();
    for flag in ["-V", "--version"] {
        let (code, stdout, stderr) = run(&mut stage.rg(&[flag]));
        assert_eq!((code, &*stderr), (Some(0), ""));
        assert!(stdout.starts_with("ripgrep 15.2.0\n"), "{stdout}");
        assert!(stdout.contains("coderoom"), "{stdout}");
    }
}

#[test]
fn two_copies_on_one_path_do_not_call_each_other_for_ever() {
    let stage = Stage::new();
    fs::remove_file(stage.path("bin/rg")).expect("removed");
    let first = stage.copy("bin/rg");
    stage.copy("empty/rg");
    let path = std::env::join_paths([stage.path("bin"), stage.path("empty")]).expect("a path");
    let (code, stdout, stderr) = run(stage.program(&first, &["-P", "x"]).env("PATH", path));
    assert_eq!((code, &*stdout), (Some(2), ""));
    assert!(stderr.contains("no other rg on PATH"), "{stderr}");
}
