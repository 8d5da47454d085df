//! A binary named `rg`: who answers this search, the daemon from memory or the next `rg` on PATH?
//!
//! `CODEROOM_RG` decides together with the command line: `auto` (the default) asks the daemon when
//! it runs and the answer cannot differ, and gets out of the way otherwise; `resident` insists on
//! the daemon; `off` never asks. This process itself compiles nothing and starts no thread.

mod daemon;
mod own;

use std::{
    env,
    ffi::{OsStr, OsString},
    fs,
    io::{self, IsTerminal, Write},
    os::{fd::AsFd, unix::net::UnixStream},
    process::ExitCode,
    time::Duration,
};

use coderoom_rg::{
    Parsed, PatternFile, RIPGREP_VERSION, Request, Special, Surroundings,
    next::NextRg,
    parse, targets,
    targets::Targets,
    wire::{self, Outcome},
};

/// ripgrep's exit status for errors.
const TROUBLE: u8 = 2;
/// In `auto` mode, a daemon that says nothing for so long is passed over.
const PATIENCE: Duration = Duration::from_secs(10);

/// `CODEROOM_RG`
#[derive(Clone, Copy, PartialEq, Eq)]
enum Choice {
    Auto,
    Resident,
    Off,
}

fn main() -> ExitCode {
    let args: Vec<OsString> = env::args_os().skip(1).collect();
    let choice = match env::var_os("CODEROOM_RG") {
        None => Choice::Auto,
        Some(value) => match value.to_str() {
            Some("" | "auto") => Choice::Auto,
            Some("resident") => Choice::Resident,
            Some("off") => Choice::Off,
            _ => {
                let value = value.to_string_lossy();
                let what = "must be `resident`, `auto` or `off`, not";
                return trouble(&format!("CODEROOM_RG {what} `{value}`"));
            }
        },
    };
    if choice == Choice::Off {
        exec_next(&args);
    }
    match parse(args.iter(), &surroundings()) {
        Ok(Parsed::Special(special)) => answer_special(special, &args),
        Ok(Parsed::Search(request)) => answer(&request, &args, choice),
        Err(error) => {
            // Two programs may word one mistake differently; the real one is right.
            exec_next(&args);
            trouble(&error.to_string())
        }
    }
}

fn surroundings() -> Surroundings<'static> {
    Surroundings {
        stdout_is_terminal: io::stdout().is_terminal(),
        colors_allowed: env::var_os("TERM").is_some_and(|term| term != "dumb")
            && env::var_os("NO_COLOR").is_none(),
        pattern_file: &read_patterns,
    }
}

fn read_patterns(name: &OsStr) -> PatternFile {
    match fs::metadata(name) {
        // What is read from a pipe is gone for the next `rg`.
        Ok(metadata) if !metadata.is_file() && !metadata.is_dir() => {
            PatternFile::Unsupported("only a regular file of patterns can be read twice")
        }
        Ok(_) => fs::read(name).map_or_else(PatternFile::Failed, PatternFile::Bytes),
        Err(error) => PatternFile::Failed(error),
    }
}

fn answer_special(special: Special, args: &[OsString]) -> ExitCode {
    let text = match special {
        // Programs probe for this line; it must neither cost a second process nor a daemon.
        Special::VersionShort | Special::VersionLong => format!(
            "ripgrep {RIPGREP_VERSION}\n\n(coderoom {}: answers from memory, or runs the next rg)\n",
            env!("CARGO_PKG_VERSION")
        ),
        _ => {
            exec_next(args);
            return own::special(special);
        }
    };
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => trouble(&error.to_string()),
        _ => ExitCode::SUCCESS,
    }
}

fn answer(request: &Request, args: &[OsString], choice: Choice) -> ExitCode {
    if choice == Choice::Off {
        return own::search(request, "CODEROOM_RG=off");
    }
    let resident = choice == Choice::Resident;
    let targets = match obstacle(request).and_then(|()| resolve(request, resident)) {
        Ok(targets) => targets,
        Err(why) if resident => return trouble(&format!("not answered from memory: {why}")),
        Err(why) => return pass_on(request, args, &why),
    };
    let stream = match connect(resident) {
        Ok(stream) => stream,
        Err(why) if resident => return trouble(&why),
        Err(why) => return pass_on(request, args, &why),
    };
    if targets.paths.is_empty() {
        return finish(TROUBLE, "", request, &targets);
    }
    let line = wire::request_line(request, &targets, resident);
    // Straight to the descriptor: the standard library would look for line ends in every byte.
    let out = match io::stdout().as_fd().try_clone_to_owned() {
        Ok(out) => out,
        Err(error) => return trouble(&error.to_string()),
    };
    let patience = (!resident).then_some(PATIENCE);
    match wire::converse(stream, &line, &mut fs::File::from(out), patience) {
        Outcome::Done { exit, stderr } => finish(exit, &stderr, request, &targets),
        Outcome::Refused { code, message } if wire::is_for_next(&code) && !resident => {
            pass_on(request, args, &message)
        }
        Outcome::Refused { message, .. } => trouble(&message),
        Outcome::Lost { printed: false, why } if !resident => pass_on(request, args, &why),
        Outcome::Lost { why, .. } => trouble(&format!("lost the daemon: {why}")),
        Outcome::OutputFailed(error) => trouble(&error.to_string()),
        // What ripgrep does: a single file's search is cut off before it counts as a match.
        Outcome::OutputClosed => ExitCode::from(u8::from(targets.single_file)),
    }
}

/// The first reason in the command line or the environment not to answer from memory.
fn obstacle(request: &Request) -> Result<(), String> {
    if let Some(unsupported) = request.unsupported.first() {
        return Err(format!("{}: {}", unsupported.flag, unsupported.why));
    }
    let config = env::var_os("RIPGREP_CONFIG_PATH").is_some_and(|path| !path.is_empty());
    if config && !request.no_config {
        return Err("RIPGREP_CONFIG_PATH is set (--no-config ignores it)".into());
    }
    Ok(())
}

/// Where to search. What does not exist is left to the next `rg`, unless there is no choice.
fn resolve(request: &Request, resident: bool) -> Result<Targets, String> {
    let targets = targets::resolve(request)?;
    match targets.missing.first() {
        Some(missing) if !resident => Err(missing.clone()),
        _ => Ok(targets),
    }
}

fn connect(resident: bool) -> Result<UnixStream, String> {
    let socket = wire::socket_path()?;
    match UnixStream::connect(&socket) {
        Ok(stream) => Ok(stream),
        Err(_) if resident => daemon::start(&socket),
        Err(error) => Err(format!("no daemon: {error}")),
    }
}

/// Prints what went wrong on the way, and settles the exit status as ripgrep does: an error counts
/// unless a quiet search has found something.
fn finish(exit: u8, stderr: &str, request: &Request, targets: &Targets) -> ExitCode {
    let mut text = String::new();
    if !request.no_messages {
        for missing in &targets.missing {
            text.push_str(missing);
            text.push('\n');
        }
    }
    text.push_str(stderr);
    let _ = io::stderr().write_all(text.as_bytes());
    let found_quietly = exit == 0 && request.query.output.quiet;
    ExitCode::from(if targets.missing.is_empty() || found_quietly { exit } else { TROUBLE })
}

/// Becomes the next `rg`, if there is one.
fn exec_next(args: &[OsString]) {
    if let Some(next) = NextRg::find() {
        let error = next.exec(args);
        let _ = trouble(&format!("{}: {error}", next.program().display()));
    }
}

/// Lets the next `rg` answer; without one, this program has to.
fn pass_on(request: &Request, args: &[OsString], why: &str) -> ExitCode {
    exec_next(args);
    own::search(request, why)
}

fn trouble(message: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "rg: {message}");
    ExitCode::from(TROUBLE)
}
