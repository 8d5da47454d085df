//! Runs a search: small ones on the calling thread, large ones on threads of their own.
//!
//! Threads of a query's own (20 us each) leave fairness to the operating system: a query that
//! takes seconds cannot hold up one that takes microseconds. Files are taken in units that grow, so
//! the first hits come early; finished units are handed on in order, through a bounded window, so
//! that a slow reader slows the search down instead of filling memory.

use std::{
    collections::BTreeMap,
    io,
    ops::Range,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicBool, Ordering},
};

use grep_printer::Stats;
use parking_lot::{Condvar, Mutex};

use super::{
    Candidates, Search,
    candidates::Candidate,
    query::Mode,
    window::Window,
    worker::{Found, Worker},
};
use crate::{Body, RelPath};

/// Searches over less text than this run on the calling thread.
const INLINE_BYTES: u64 = 512 * 1024;
/// The first unit has about this much text, later ones grow to `MAX_UNIT`.
const MIN_UNIT: u64 = 64 * 1024;
/// What one unit has at most, unless a single file is larger.
const MAX_UNIT: u64 = 1024 * 1024;
/// How many units may be finished or under way beyond the one that is printed next.
const UNITS_AHEAD: usize = 32;

/// Takes the output, piece by piece, in order.
pub trait Sink {
    /// Takes a piece; an error ends the search (`BrokenPipe`: the client is gone).
    ///
    /// # Errors
    /// Whatever keeps it from taking more.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;
}

impl Sink for Vec<u8> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.extend_from_slice(bytes);
        Ok(())
    }
}

/// Bounds of one run.
pub struct Limits<'a> {
    /// Threads to use at most for a large search.
    pub threads: usize,
    /// Lines to pass over first.
    pub offset: u64,
    /// Lines to print at most.
    pub head_limit: Option<u64>,
    /// Bytes to print at most; the line that crosses it is dropped whole.
    pub max_bytes: Option<u64>,
    /// Asked before every file: whether to stop now (cancelled, or out of time).
    pub stop: &'a (dyn Fn() -> bool + Sync),
}

/// Something that ripgrep would have looked into and that is not held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotHeld {
    /// Where it is.
    pub path: RelPath,
    /// Why, for people.
    pub reason: String,
}

/// Why an answer is not complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// `head_limit` or `max_bytes` was reached, and there is more.
    Limit,
    /// The caller's `stop` said so.
    Stopped,
}

/// How a run went.
#[derive(Debug, Default)]
pub struct Summary {
    /// Whether anything matched (for `--files`: whether there is a file). Decides the exit status.
    pub matched: bool,
    /// Whether any file was looked at or ruled out by the index.
    pub searched: bool,
    /// Why the answer is not complete, if it is not.
    pub cut: Option<Cut>,
    /// Sums over the files that were looked at, where the query asks for them.
    pub stats: Option<Stats>,
    /// Bytes that were handed to the sink.
    pub bytes_printed: u64,
    /// Files that were looked at.
    pub files_searched: u64,
}

/// The finished output of one unit.
#[derive(Default)]
struct UnitResult {
    output: Vec<u8>,
    matched: bool,
    stopped: bool,
    files: u64,
    /// Bytes of the output that stand between files.
    separators: u64,
    stats: Option<Stats>,
}

impl Search {
    /// Looks at the candidates and writes what ripgrep would print.
    ///
    /// # Errors
    /// Only the sink's own.
    pub fn run(
        &self,
        candidates: &Candidates,
        limits: &Limits,
        sink: &mut dyn Sink,
    ) -> io::Result<Summary> {
        let entries = &candidates.entries;
        let mut printing = Printing {
            search: self,
            sink,
            window: Window::new(limits.offset, limits.head_limit, self.line_terminator()),
            bytes_left: limits.max_bytes.unwrap_or(u64::MAX),
            summary: Summary {
                searched: candidates.has_any,
                // A binary file is not listed, but ripgrep takes it for a file without a match.
                matched: self.query.mode == Mode::FilesWithoutMatch && candidates.has_binary,
                ..Summary::default()
            },
        };
        if limits.threads < 2 || candidates.bytes < INLINE_BYTES {
            let mut worker = Worker::new(self);
            for unit in units(entries) {
                let result = self.run_unit(&mut worker, &entries[unit], limits, Vec::new())?;
                if printing.print(&result)? {
                    break;
                }
            }
        } else {
            self.run_parallel(entries, limits, &mut printing)?;
        }
        let mut summary = printing.summary;
        if self.counts_searches() && self.query.mode != Mode::Files {
            let stats = summary.stats.get_or_insert_with(Stats::new);
            stats.add_searches(candidates.passed_over.searches);
            stats.add_bytes_searched(candidates.passed_over.bytes);
        } else {
            // Some printers count anyway, but only what the index did not rule out.
            summary.stats = None;
        }
        Ok(summary)
    }

    fn run_parallel(
        &self,
        entries: &[Candidate],
        limits: &Limits,
        printing: &mut Printing,
    ) -> io::Result<()> {
        let units: Vec<Range<usize>> = units(entries).collect();
        let queue = Queue::default();
        std::thread::scope(|scope| {
            for _ in 0..limits.threads.min(units.len()) {
                scope.spawn(|| {
                    let mut worker = Worker::new(self);
                    while let Some((number, buffer)) = queue.take(units.len()) {
                        let files = &entries[units[number].clone()];
                        // A panic must not leave the printing side waiting for this unit.
                        let unit =
                            AssertUnwindSafe(|| self.run_unit(&mut worker, files, limits, buffer));
                        queue.put(number, catch_unwind(unit).unwrap_or_else(|_| Err(panicked())));
                    }
                });
            }
            // Whatever happens on this side, the workers must come to an end.
            let _ender = EndOnDrop(&queue);
            for number in 0..units.len() {
                let mut result = queue.finished(number)?;
                if printing.print(&result)? {
                    break;
                }
                queue.recycle(std::mem::take(&mut result.output));
            }
            Ok(())
        })
    }

    /// Searches the files of one unit, with ripgrep's separators between those that print.
    fn run_unit(
        &self,
        worker: &mut Worker,
        files: &[Candidate],
        limits: &Limits,
        output: Vec<u8>,
    ) -> io::Result<UnitResult> {
        let mut unit = UnitResult { output, ..UnitResult::default() };
        for candidate in files {
            if (limits.stop)() {
                unit.stopped = true;
                break;
            }
            let path = self.filter.roots[candidate.root as usize].display(&candidate.file.path);
            let found = match (&candidate.file.body, self.query.mode) {
                (_, Mode::Files) => {
                    worker.list(&path)?;
                    Found { has_match: true, stats: None }
                }
                (Body::Text(text), _) => worker.search(&path, text, candidate.explicit)?,
                _ => continue,
            };
            unit.files += 1;
            unit.matched |= found.has_match;
            if let Some(stats) = found.stats {
                *unit.stats.get_or_insert_with(Stats::new) += &stats;
            }
            let printed = worker.output();
            if !printed.is_empty() && !self.query.output.quiet {
                if !unit.output.is_empty() {
                    let before = unit.output.len();
                    self.separate(&mut unit.output);
                    unit.separators += (unit.output.len() - before) as u64;
                }
                unit.output.extend_from_slice(printed);
            }
            if unit.matched && self.stops_at_match() {
                break;
            }
        }
        Ok(unit)
    }

    /// `--quiet` needs to know no more than that there is a match.
    fn stops_at_match(&self) -> bool {
        let output = &self.query.output;
        output.quiet && !output.stats && self.query.mode != Mode::Json
    }

    /// What stands between the output of two files.
    fn separate(&self, output: &mut Vec<u8>) {
        let options = &self.query.output;
        if self.query.mode != Mode::Standard || options.quiet {
            return;
        }
        // One printer ends it as lines end, the threads of an unsorted search with a line feed.
        let pattern = &self.query.pattern;
        let end: &[u8] = match (self.query.files.sort, pattern.crlf, pattern.null_data) {
            (Some(_), true, _) => b"\r\n",
            (Some(_), false, true) => b"\0",
            _ => b"\n",
        };
        if options.heading && !options.vimgrep {
            output.extend_from_slice(end);
        } else if !options.passthru
            && (options.before_context > 0 || options.after_context > 0)
            && let Some(separator) = &options.context_separator
        {
            output.extend_from_slice(separator.as_bytes());
            output.extend_from_slice(end);
        }
    }

    /// What ends a line of the answer: paths alone may end in NUL bytes.
    fn line_terminator(&self) -> u8 {
        let paths_alone = matches!(
            self.query.mode,
            Mode::Files | Mode::FilesWithMatches | Mode::FilesWithoutMatch
        );
        if self.query.output.null && paths_alone { 0 } else { b'\n' }
    }
}

/// Cuts the candidates into units by size.
fn units(entries: &[Candidate]) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut start = 0;
    let mut target = MIN_UNIT;
    std::iter::from_fn(move || {
        if start == entries.len() {
            return None;
        }
        let mut bytes = 0;
        let mut end = start;
        while end < entries.len() && bytes < target {
            // A file costs something even if it is empty.
            bytes += 512 + entries[end].file.text().map_or(0, |text| text.bytes().len() as u64);
            end += 1;
        }
        let unit = start..end;
        start = end;
        target = (target * 2).min(MAX_UNIT);
        Some(unit)
    })
}

/// The side that prints: one thread, in order.
struct Printing<'a> {
    search: &'a Search,
    sink: &'a mut dyn Sink,
    window: Window,
    bytes_left: u64,
    summary: Summary,
}

impl Printing<'_> {
    /// Prints a unit; returns whether that was the last that is wanted.
    fn print(&mut self, unit: &UnitResult) -> io::Result<bool> {
        self.summary.matched |= unit.matched;
        self.summary.files_searched += unit.files;
        if let Some(stats) = &unit.stats {
            *self.summary.stats.get_or_insert_with(Stats::new) += stats;
        }
        let mut separators = unit.separators;
        let mut cut = false;
        if !unit.output.is_empty() {
            if self.summary.bytes_printed > 0 {
                let mut separator = Vec::new();
                self.search.separate(&mut separator);
                separators += separator.len() as u64;
                cut |= self.emit(&separator)?;
            }
            cut |= self.emit(&unit.output)?;
        }
        // One printer counts them, the threads of an unsorted search do not.
        if self.search.query.files.sort.is_some()
            && let Some(stats) = &mut self.summary.stats
        {
            stats.add_bytes_printed(separators);
        }
        if cut {
            self.summary.cut = Some(Cut::Limit);
        } else if unit.stopped {
            self.summary.cut = Some(Cut::Stopped);
        }
        let enough = self.summary.matched && self.search.stops_at_match();
        Ok(enough || self.summary.cut.is_some())
    }

    /// Writes what fits into the limits; returns whether something did not.
    fn emit(&mut self, bytes: &[u8]) -> io::Result<bool> {
        let (mut inside, mut dropped) = self.window.cut(bytes);
        if inside.len() as u64 > self.bytes_left {
            let fits = &inside[..self.bytes_left as usize];
            let end = memchr::memrchr(self.search.line_terminator(), fits).map_or(0, |i| i + 1);
            inside = &inside[..end];
            self.bytes_left = 0;
            dropped = true;
        }
        if !inside.is_empty() {
            self.bytes_left = self.bytes_left.saturating_sub(inside.len() as u64);
            self.summary.bytes_printed += inside.len() as u64;
            self.sink.write(inside)?;
        }
        Ok(dropped)
    }
}

/// Units on their way between the threads of one query.
#[derive(Default)]
struct Queue {
    state: Mutex<QueueState>,
    /// Signals the printing side that a unit is finished.
    finished: Condvar,
    /// Signals the workers that there is room to work ahead.
    room: Condvar,
    ended: AtomicBool,
}

#[derive(Default)]
struct QueueState {
    next: usize,
    printed: usize,
    ready: BTreeMap<usize, io::Result<UnitResult>>,
    spare: Vec<Vec<u8>>,
}

impl Queue {
    /// The next unit for a worker and a buffer for its output; `None` when there is no more to do.
    fn take(&self, units: usize) -> Option<(usize, Vec<u8>)> {
        let mut state = self.state.lock();
        loop {
            if state.next >= units || self.ended.load(Ordering::Relaxed) {
                return None;
            }
            if state.next < state.printed + UNITS_AHEAD {
                let number = state.next;
                state.next += 1;
                return Some((number, state.spare.pop().unwrap_or_default()));
            }
            self.room.wait(&mut state);
        }
    }

    fn put(&self, number: usize, result: io::Result<UnitResult>) {
        let mut state = self.state.lock();
        state.ready.insert(number, result);
        drop(state);
        self.finished.notify_one();
    }

    /// Waits for a unit.
    fn finished(&self, number: usize) -> io::Result<UnitResult> {
        let mut state = self.state.lock();
        loop {
            if let Some(result) = state.ready.remove(&number) {
                state.printed = number + 1;
                self.room.notify_all();
                return result;
            }
            self.finished.wait(&mut state);
        }
    }

    /// Gives back a buffer: fresh memory is slow to touch.
    fn recycle(&self, mut buffer: Vec<u8>) {
        buffer.clear();
        self.state.lock().spare.push(buffer);
    }
}

fn panicked() -> io::Error {
    io::Error::other("the search of one file failed unexpectedly")
}

/// Ends the workers when the printing side is done, for whatever reason.
struct EndOnDrop<'a>(&'a Queue);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        self.0.ended.store(true, Ordering::Relaxed);
        drop(self.0.state.lock());
        self.0.room.notify_all();
    }
}
