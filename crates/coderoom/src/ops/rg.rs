//! `rg`: a search with ripgrep's own options, whose output is a stream of bytes.
//!
//! This is what the `rg` shim asks. The answer is exactly ripgrep's or it is an error that says why
//! not, so that the shim can run ripgrep instead.

use std::{io, path::PathBuf, time::Instant};

use coderoom_engine::{self as engine, Cut, Mode, Query, SearchRoot, Sink};
use serde::{Deserialize, Serialize};

use super::Context;
use crate::{
    daemon::rooms::{Freshness, Located},
    error::{Code, OpError},
};

/// The method's name.
pub const NAME: &str = "rg";

/// A search as ripgrep was asked to do it.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Params {
    /// The client's working directory: globs are relative to it.
    pub cwd: String,
    /// What to search, as absolute paths without links. None: the working directory.
    pub paths: Vec<String>,
    /// The same as the client wrote them: what is printed in front of paths.
    pub displays: Vec<String>,
    /// The edit session to search in; empty for the disk.
    pub session: String,
    /// The search; its `files.roots` and `files.cwd` are set from the fields above.
    pub query: Query,
    /// Load what is not resident, instead of answering `not_resident`.
    pub load: bool,
    /// Some ignore rules are off and others are not: answer only where no rule decides anything.
    pub assume_nothing_ignored: bool,
    /// Say nothing about single files on standard error. Nothing is said anyway: a file that could
    /// not be read is `not_held`.
    pub no_messages: bool,
}

/// How it ended, sent behind the output.
#[derive(Debug, Default, Deserialize, Serialize)]
pub struct Reply {
    /// ripgrep's exit status: 0 for a match, 1 for none, 2 for an error.
    pub exit: u8,
    /// What ripgrep would say on standard error.
    pub stderr: String,
}

/// Searches and writes the output to `sink`.
///
/// # Errors
/// Before anything is written: if the answer would not be ripgrep's. Afterwards only if the client
/// is gone or the time is up.
pub fn run(context: &Context, params: Params, sink: &mut dyn Sink) -> Result<Reply, OpError> {
    let started = Instant::now();
    let (located, roots) = locate(context, &params)?;
    if located.freshness != Freshness::Exact {
        let message = "some writes of the last moments may not be taken in yet";
        return Err(OpError::new(Code::Stale, message));
    }
    let root_is_file: Vec<bool> = roots.iter().map(|(_, is_file)| *is_file).collect();
    let mut query = params.query;
    query.files.roots = roots.into_iter().map(|(root, _)| root).collect();
    query.files.cwd = params.cwd;
    if params.assume_nothing_ignored && ignores_anything(&located.snapshot, query.files.hidden) {
        let message = "ignore rules apply here, and only some of them are switched off";
        return Err(OpError::new(Code::Unsupported, message));
    }
    let search = match context.rooms.compiled.get(query, root_is_file) {
        Ok(search) => search,
        // ripgrep's words on what is wrong with a pattern are its own.
        Err(err) if !params.load => return Err(OpError::new(Code::Unsupported, err.to_string())),
        Err(err) => return Ok(Reply { exit: 2, stderr: format!("rg: {err}\n") }),
    };
    let candidates = search.candidates(&located.snapshot);
    if let Some(missing) = candidates.not_held().first() {
        let message = format!("{} is not held: {}", missing.path, missing.reason);
        return Err(OpError::new(Code::NotHeld, message));
    }
    let limits = engine::Limits {
        threads: context.rooms.threads(),
        offset: 0,
        head_limit: None,
        max_bytes: None,
        stop: &|| context.interruption().is_some(),
    };
    let summary = match search.run(&candidates, &limits, sink) {
        Ok(summary) => summary,
        Err(err) if err.kind() == io::ErrorKind::BrokenPipe => {
            return Err(OpError::new(Code::Cancelled, "the client is gone"));
        }
        Err(err) => return Err(OpError::new(Code::Internal, format!("the search failed: {err}"))),
    };
    if summary.cut == Some(Cut::Stopped)
        && let Some(reason) = context.interruption()
    {
        return Err(reason);
    }
    let trailer = search.trailer(&summary, started.elapsed());
    if !trailer.is_empty() && sink.write(&trailer).is_err() {
        return Err(OpError::new(Code::Cancelled, "the client is gone"));
    }
    let mut stderr = nothing_searched(&search, &summary);
    // To ripgrep it is an error to be told nothing about where to look and to find nothing there.
    let exit = if stderr.is_empty() { u8::from(!summary.matched) } else { 2 };
    if params.no_messages {
        stderr.clear();
    }
    Ok(Reply { exit, stderr })
}

/// Whether any ignore rule, whitelists included, decides about any path.
fn ignores_anything(snapshot: &engine::Snapshot, hidden: bool) -> bool {
    let is_dotted = |path: &engine::RelPath| {
        path.as_bytes().split(|&byte| byte == b'/').any(|name| name.starts_with(b"."))
    };
    snapshot.unheld().iter().any(|entry| entry.visibility.is_ignored())
        || snapshot.files().any(|file| {
            let shown_in_spite = !hidden && file.visibility.is_plain() && is_dotted(&file.path);
            file.visibility.is_ignored() || shown_in_spite
        })
}

/// The workspace that holds all the paths, and the paths as roots of the search.
fn locate(
    context: &Context,
    params: &Params,
) -> Result<(Located, Vec<(SearchRoot, bool)>), OpError> {
    let paths: Vec<&str> = if params.paths.is_empty() {
        vec![&params.cwd]
    } else {
        params.paths.iter().map(|path| &path[..]).collect()
    };
    let located = if params.load {
        context.rooms.locate(paths[0], context)?
    } else {
        context.rooms.locate_resident(&PathBuf::from(paths[0]), context)?
    };
    let mut roots = Vec::with_capacity(paths.len());
    for (i, absolute) in paths.iter().enumerate() {
        let path = located.inside(absolute)?;
        let is_file = located.snapshot.file(&path).is_some();
        if !is_file && !located.snapshot.has_dir(&path) {
            let message = format!("{absolute} is not held in {}", located.room.root().display());
            return Err(OpError::new(Code::NotHeld, message));
        }
        let display = params.displays.get(i).map_or("", |display| &display[..]);
        roots.push((SearchRoot { path: path.to_string(), display: display.to_string() }, is_file));
    }
    Ok((located, roots))
}

/// ripgrep says so when it was not told where to look and found nothing to look at.
fn nothing_searched(search: &engine::Search, summary: &engine::Summary) -> String {
    let query = search.query();
    let implicit = matches!(&query.files.roots[..], [root] if root.display.is_empty());
    // Where nothing can match, ripgrep does not even look for files.
    let possible = !query.pattern.patterns.is_empty() && query.pattern.max_count != Some(0);
    if implicit && possible && !summary.searched && query.mode != Mode::Files {
        return "rg: No files were searched, which means ripgrep probably applied a filter you \
                didn't expect.\nRunning with --debug will show why files are being skipped.\n"
            .into();
    }
    String::new()
}
