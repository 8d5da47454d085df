//! What a client's requests mean to the workspaces: allocation and search, bounded.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use coderoom_engine::{Case, Cut, Limits, Query, Search, Snapshot, Summary};

use super::say;
use crate::{
    daemon::{
        cancel::Cancel,
        rooms::{Freshness, Located, Rooms},
    },
    error::{Code, OpError},
    ops::{Context, load},
};

/// Bytes of matching lines in one reply at most: whole lines up to there.
const MAX_TEXT: u64 = 4 << 20;

/// A codebase that a client has allocated, as it named it. The workspace behind it is found anew for
/// each request: it may have been put away for want of memory meanwhile.
#[derive(Clone, Debug)]
pub(super) struct Codebase {
    dir: Arc<str>,
}

/// How much of a codebase is searched.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Size {
    /// Text files.
    pub(super) files: u64,
    /// Their bytes.
    bytes: u64,
}

/// The answer to a search.
pub(super) struct Found {
    /// As `rg -n --no-heading` prints it, without the last line's end.
    pub(super) text: String,
    /// What it leaves out, if anything.
    pub(super) note: Option<String>,
}

impl Codebase {
    /// Loads `dir`, or finds it loaded.
    ///
    /// # Errors
    /// If it is no directory that can be read.
    pub(super) fn allocate(context: &Context, dir: &str) -> Result<(Codebase, Size), OpError> {
        let codebase = Codebase { dir: dir.into() };
        let is_loaded = std::fs::canonicalize(dir)
            .is_ok_and(|root| context.rooms.list().iter().any(|room| room.root() == root));
        let is_dir = Path::new(dir).is_dir();
        if is_dir && !is_loaded {
            say(&format!("Loading files into memory from: {dir}"));
        }
        let size = codebase.size(context)?;
        if !is_loaded {
            say(&size.loaded());
        }
        Ok((codebase, size))
    }

    /// Counts what a search goes through.
    ///
    /// # Errors
    /// If it is gone.
    pub(super) fn size(&self, context: &Context) -> Result<Size, OpError> {
        Ok(Size::of(&self.locate(context)?.snapshot))
    }

    /// Searches it as it is on disk now.
    ///
    /// # Errors
    /// If the pattern is no regular expression, the codebase is gone, or the time is up.
    pub(super) fn ripgrep(
        &self,
        context: &Context,
        pattern: String,
        case_sensitive: bool,
    ) -> Result<Found, OpError> {
        let located = self.locate(context)?;
        let search = Search::new(query(pattern, case_sensitive), &[])?;
        let candidates = search.candidates(&located.snapshot);
        let limits = Limits {
            threads: context.rooms.threads(),
            offset: 0,
            head_limit: None,
            max_bytes: Some(MAX_TEXT),
            stop: &|| context.interruption().is_some(),
        };
        let mut output = Vec::new();
        let summary = search
            .run(&candidates, &limits, &mut output)
            .map_err(|err| OpError::new(Code::Internal, format!("the search failed: {err}")))?;
        if summary.cut == Some(Cut::Stopped)
            && let Some(reason) = context.interruption()
        {
            return Err(reason);
        }
        if output.last() == Some(&b'\n') {
            output.pop();
        }
        let text = String::from_utf8(output)
            .unwrap_or_else(|err| String::from_utf8_lossy(err.as_bytes()).into_owned());
        Ok(Found { text, note: note(&summary, candidates.not_held().len(), located.freshness) })
    }

    /// The workspace and what a request sees of it. The directory itself is the root, even inside a
    /// repository: `rg` run there would not look further either.
    fn locate(&self, context: &Context) -> Result<Located, OpError> {
        let params = load::Params { root: self.dir.to_string(), ..load::Params::default() };
        context.rooms.load(&params, context)?;
        context.rooms.locate(&self.dir, context)
    }
}

impl Size {
    /// Counts the texts that a plain `rg` would visit.
    pub(super) fn of(snapshot: &Snapshot) -> Size {
        let mut size = Size::default();
        for file in snapshot.files() {
            if let Some(text) = file.text()
                && file.visibility.is_plain()
            {
                size.files += 1;
                size.bytes += text.bytes().len() as u64;
            }
        }
        size
    }

    /// The line that says how much was loaded.
    pub(super) fn loaded(&self) -> String {
        let megabytes = self.bytes as f64 / 1e6;
        format!("Loaded {} files ({megabytes:.2} MB total) into memory", self.files)
    }
}

/// The query that `rg -n --no-heading PATTERN` is.
pub(super) fn query(pattern: String, case_sensitive: bool) -> Query {
    let mut query = Query::default();
    query.pattern.patterns = vec![pattern];
    query.pattern.case = if case_sensitive { Case::Sensitive } else { Case::Insensitive };
    query.output.with_filename = Some(true);
    query.output.line_number = true;
    query
}

/// What an answer leaves out, in words.
fn note(summary: &Summary, not_held: usize, freshness: Freshness) -> Option<String> {
    let mut notes = Vec::new();
    if summary.cut == Some(Cut::Limit) {
        notes.push(format!(
            "truncated: there are more matches than the {} MiB of a reply; use a narrower pattern",
            MAX_TEXT >> 20
        ));
    }
    if not_held > 0 {
        notes.push(format!("not searched: {not_held} files that are too large or unreadable"));
    }
    match freshness {
        // One that is gone does not come here.
        Freshness::Exact | Freshness::Gone => {}
        Freshness::Late => notes.push("writes of the last moment may be missing".into()),
        Freshness::Rescanned { age } => notes.push(format!(
            "some directories are not watched; changes there may be up to {:.1} s old",
            age.as_secs_f32()
        )),
    }
    (!notes.is_empty()).then(|| notes.join("; "))
}

/// A context for one request of a client.
pub(super) fn context(rooms: &Arc<Rooms>, cancel: &Cancel, time: Duration) -> Context {
    Context {
        rooms: Arc::clone(rooms),
        cancel: cancel.clone(),
        deadline: Instant::now() + time,
        progress: crate::daemon::progress::Progress::default(),
        session: String::new(),
    }
}
