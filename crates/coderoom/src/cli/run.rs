//! `coderoom run` and `coderoom mount`: a session's files for any program.
//!
//! The command is a child of this process, so that its input, output, exit code and signals are
//! those of any other command; the daemon only says how the session differs from the disk.

use std::{
    fs::File,
    io::{Read, Write},
    os::fd::AsFd,
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
};

use anyhow::Context;
use base64::Engine;
use clap::Args;
use coderoom_engine::RelPath;
use coderoom_system::run::{
    Command, Content, Control, Helper, MountRequest, Now, Overlaid, Request, Runner, Signal, Stdin,
    Stream, TouchedKind, Way,
};
use serde_json::{Value, json};

use super::absolute;
use crate::{client::Client, daemon::sessions::HELPER};

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Take what the command writes into the session.
    #[arg(long)]
    take: bool,
    /// Ways to try, in this order: overlay, reflink, copy. Default: all.
    #[arg(long, value_delimiter = ',')]
    way: Vec<String>,
    /// Say nothing on standard error.
    #[arg(short, long)]
    quiet: bool,
    /// The workspace, or any directory in it; the command runs there.
    #[arg(long, default_value = ".")]
    path: PathBuf,
    /// The command and its arguments.
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<std::ffi::OsString>,
}

#[derive(Debug, Args)]
pub(super) struct MountArgs {
    /// An empty directory, or one to be made.
    at: PathBuf,
    /// The workspace, or any directory in it.
    #[arg(long, default_value = ".")]
    path: PathBuf,
}

/// A session's differences, and where runs may write.
struct Overlay {
    root: PathBuf,
    scratch: PathBuf,
    files: Vec<Overlaid>,
}

fn overlay(client: &mut Client, path: &str) -> anyhow::Result<Overlay> {
    let reply = client.call("overlay", json!({"workspace": path}))?;
    let word = |key: &str| PathBuf::from(reply[key].as_str().unwrap_or_default());
    for note in reply["notes"].as_array().into_iter().flatten() {
        eprintln!("coderoom: {}", note.as_str().unwrap_or_default());
    }
    let files = reply["files"].as_array().into_iter().flatten().map(overlaid);
    let files = files.collect::<anyhow::Result<_>>()?;
    Ok(Overlay { root: word("root"), scratch: word("scratch"), files })
}

fn overlaid(file: &Value) -> anyhow::Result<Overlaid> {
    let base64 = base64::engine::general_purpose::STANDARD;
    let path = RelPath::new(&base64.decode(file["path"].as_str().unwrap_or_default())?)?;
    let content = match (file["bytes"].as_str(), file["mode"].as_str()) {
        (None, _) => Content::Removed,
        (Some(bytes), Some("link")) => Content::Link { target: base64.decode(bytes)? },
        (Some(bytes), mode) => Content::Written {
            bytes: base64.decode(bytes)?.into(),
            mode: mode.map(|mode| if mode == "executable" { 0o755 } else { 0o644 }),
        },
    };
    Ok(Overlaid { path, content })
}

pub(super) fn run(args: &RunArgs) -> anyhow::Result<ExitCode> {
    let here = args.path.canonicalize().with_context(|| format!("{}", args.path.display()))?;
    let mut client = Client::connect_or_start()?;
    let overlay = overlay(&mut client, &absolute(&here)?)?;
    let runner = Runner::open(&overlay.scratch, Helper::this_program(HELPER))?;
    let mut command = Command::new(args.command.clone());
    let below = here.strip_prefix(&overlay.root).unwrap_or(std::path::Path::new(""));
    command.dir = RelPath::new(below.as_os_str().as_encoded_bytes())?;
    command.stdin = Stdin::File(File::from(std::io::stdin().as_fd().try_clone_to_owned()?));
    let mut request = Request::new(&overlay.root, overlay.files, command);
    if !args.way.is_empty() {
        let named = |name: &String| {
            let found = Way::ALL.into_iter().find(|way| way.name() == name);
            found.with_context(|| format!("`{name}` is no way: overlay, reflink or copy"))
        };
        request.ways = args.way.iter().map(named).collect::<anyhow::Result<_>>()?;
    }
    let control = Arc::new(Control::default());
    pass_signals(&control)?;
    let run = runner.run(&request, &control, &mut |stream, bytes| {
        // A reader that went away is the command's business: it gets no signal from us.
        let _ = match stream {
            Stream::Stdout => {
                std::io::stdout().write_all(bytes).and_then(|()| std::io::stdout().flush())
            }
            Stream::Stderr => std::io::stderr().write_all(bytes),
        };
    })?;
    if !args.quiet {
        report(&run);
    }
    if args.take {
        take(&mut client, &absolute(&here)?, &run)?;
    }
    let code = run.ending.code();
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
}

/// Says what the command has changed.
fn report(run: &coderoom_system::run::Run) {
    for refused in &run.refused {
        eprintln!("coderoom: {refused}");
    }
    if !matches!(run.way, Way::Overlay) {
        eprintln!("coderoom: it ran in a {} at {}", run.way, run.place.display());
    }
    const SHOWN: usize = 20;
    for it in run.changes.touched.iter().take(SHOWN) {
        let what = match it.kind {
            TouchedKind::Created => "created",
            TouchedKind::Modified => "modified",
            TouchedKind::Deleted => "deleted",
            TouchedKind::ModeChanged => "changed the mode of",
        };
        eprintln!("coderoom: {what} {}", it.path);
    }
    let more = run.changes.touched.len().saturating_sub(SHOWN) as u64 + run.changes.cut;
    if more > 0 {
        eprintln!("coderoom: and {more} more");
    }
}

fn take(
    client: &mut Client,
    workspace: &str,
    run: &coderoom_system::run::Run,
) -> anyhow::Result<()> {
    const MAX_TAKEN: u64 = 64 << 20;
    let base64 = base64::engine::general_purpose::STANDARD;
    let mut files = Vec::new();
    for it in &run.changes.touched {
        let (bytes, mode) = match &it.now {
            Now::Absent => (None, None),
            Now::Link { target } => (Some(base64.encode(target)), Some("link")),
            Now::File { mode, .. } => {
                let mode = if mode & 0o100 != 0 { "executable" } else { "file" };
                (Some(base64.encode(run.read(it, MAX_TAKEN)?)), Some(mode))
            }
        };
        let path = base64.encode(it.path.as_bytes());
        files.push(json!({"path": path, "bytes": bytes, "mode": mode}));
    }
    if files.is_empty() {
        return Ok(());
    }
    let reply = client.call("take", json!({"workspace": workspace, "files": files}))?;
    eprintln!("coderoom: taken into the session as entry {}", reply["entry"]);
    Ok(())
}

/// Hands the signals that end commands on to the command.
fn pass_signals(control: &Arc<Control>) -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let guard = runtime.enter();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    drop(guard);
    let control = Arc::clone(control);
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        runtime.block_on(async {
            loop {
                let signal = tokio::select! {
                    _ = interrupt.recv() => Signal::INT,
                    _ = terminate.recv() => Signal::TERM,
                    _ = hangup.recv() => Signal::HUP,
                };
                control.signal(signal);
            }
        })
    })?;
    Ok(())
}

pub(super) fn mount(args: &MountArgs) -> anyhow::Result<ExitCode> {
    let here = args.path.canonicalize().with_context(|| format!("{}", args.path.display()))?;
    let mut client = Client::connect_or_start()?;
    let overlay = overlay(&mut client, &absolute(&here)?)?;
    let runner = Runner::open(&overlay.scratch, Helper::this_program(HELPER))?;
    let at = PathBuf::from(absolute(&args.at)?);
    let request = MountRequest::new(&overlay.root, overlay.files, at);
    let mount = runner.mount(request, &Control::default())?;
    for refused in mount.refused() {
        eprintln!("coderoom: {refused}");
    }
    super::print(&format!(
        "{} ({}); Enter or the end of input unmounts it\n",
        mount.at().display(),
        mount.way()
    ))?;
    let mut line = [0; 1];
    while std::io::stdin().read(&mut line)? == 1 && line[0] != b'\n' {}
    drop(mount);
    Ok(ExitCode::SUCCESS)
}
