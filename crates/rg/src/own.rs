//! What this program does when neither a daemon nor another `rg` is there to answer: it loads what
//! it is pointed at, searches it once with the same engine, and forgets it.

use std::{
    env, fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

use coderoom_engine::{
    Body, Limits, Query, Search, SearchRoot, Session, Sink, Stamp, TextStore, Visibility,
};
use coderoom_engine::{FileChange, RelPath};
use coderoom_rg::{Request, Special};
use coderoom_system::{LoadOptions, load};

/// Answers a search alone. `why` says what stood in the way of the daemon.
pub(crate) fn search(request: &Request, why: &str) -> ExitCode {
    if let Some(unsupported) = request.unsupported.first() {
        let flag = &unsupported.flag;
        return trouble(&format!(
            "{flag} needs ripgrep itself ({}), and there is no other rg on PATH",
            unsupported.why
        ));
    }
    let implied = [PathBuf::from(".")];
    let given: Vec<PathBuf> = request.paths.iter().map(PathBuf::from).collect();
    let is_implied = given.is_empty();
    let paths = if is_implied { &implied[..] } else { &given[..] };
    let (mut matched, mut failed) = (false, false);
    for path in paths {
        let display = if is_implied { String::new() } else { path.display().to_string() };
        match search_path(&request.query, path, display, paths.len() == 1) {
            Ok(found) => matched |= found,
            Err(Failure::OutputClosed) => return ExitCode::SUCCESS,
            Err(Failure::Message(message)) => {
                failed = true;
                let _ = trouble(&format!("{message} ({why}, and no other rg on PATH)"));
            }
        }
    }
    match (matched, failed) {
        (true, false) => ExitCode::SUCCESS,
        (true, true) if request.query.output.quiet => ExitCode::SUCCESS,
        (false, false) => ExitCode::from(1),
        (_, true) => ExitCode::from(2),
    }
}

enum Failure {
    OutputClosed,
    Message(String),
}

/// Standard output; a reader that went away ends the search.
struct Stdout;

impl Sink for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        io::stdout().write_all(bytes)
    }
}

fn search_path(
    query: &Query,
    path: &Path,
    display: String,
    is_alone: bool,
) -> Result<bool, Failure> {
    let started = Instant::now();
    let failure =
        |err: &dyn std::fmt::Display| Failure::Message(format!("{}: {err}", path.display()));
    let is_dir = fs::metadata(path).map_err(|err| failure(&err))?.is_dir();
    let (session, inside) = if is_dir {
        let options = LoadOptions { no_ignore: query.files.no_ignore, ..LoadOptions::default() };
        let loaded = load(path, &options, &TextStore::default(), None, &|_| ());
        (loaded.map_err(|err| failure(&err))?.session, String::new())
    } else {
        let bytes = fs::read(path).map_err(|err| failure(&err))?;
        (single_file(bytes), "file".to_string())
    };
    let mut query = query.clone();
    query.files.roots = vec![SearchRoot { path: inside, display }];
    query.files.cwd =
        env::current_dir().map_err(|err| failure(&err))?.to_string_lossy().into_owned();
    if !is_alone {
        query.output.with_filename.get_or_insert(true);
    }
    let search = Search::new(query, &[!is_dir]).map_err(|err| Failure::Message(err.to_string()))?;
    let candidates = search.candidates(&session.snapshot());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let limits = Limits { threads, offset: 0, head_limit: None, max_bytes: None, stop: &|| false };
    let written = |result: io::Result<()>| match result {
        Err(err) if err.kind() == io::ErrorKind::BrokenPipe => Err(Failure::OutputClosed),
        Err(err) => Err(failure(&err)),
        Ok(()) => Ok(()),
    };
    let summary = match search.run(&candidates, &limits, &mut Stdout) {
        Ok(summary) => summary,
        Err(err) => return written(Err(err)).map(|()| false),
    };
    written(Stdout.write(&search.trailer(&summary, started.elapsed())))?;
    written(io::stdout().flush())?;
    match candidates.not_held().first() {
        Some(missing) => Err(Failure::Message(format!("{}: {}", missing.path, missing.reason))),
        None => Ok(summary.matched),
    }
}

/// A world of one file.
fn single_file(bytes: Vec<u8>) -> Session {
    let stamp = Stamp { size: bytes.len() as u64, ..Stamp::default() };
    let body = TextStore::default().intern(bytes.into()).map_or(Body::Binary, Body::Text);
    let visibility = Visibility::default();
    let name = RelPath::root().join(b"file");
    Session::open(vec![(name, FileChange::Put { body, stamp, visibility })], Vec::new())
}

/// Answers `--help` and the like alone.
pub(crate) fn special(special: Special) -> ExitCode {
    if special == Special::Pcre2Version {
        // ripgrep's own words and status for a build without it.
        let _ = writeln!(io::stdout(), "PCRE2 is not available in this build of ripgrep.");
        return ExitCode::from(1);
    }
    trouble(
        "this text is ripgrep's own, and there is no other rg on PATH: see \
         https://github.com/BurntSushi/ripgrep",
    )
}

fn trouble(message: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "rg: {message}");
    ExitCode::from(2)
}
