//! Runs requests: tries the ways in order, supervises the command and gathers what it changed.

use std::{
    ffi::OsString,
    fs::{self, DirBuilder, Permissions},
    io::{self, Read},
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use bytes::Bytes;

use super::{
    Captured, Changes, Control, Ending, IgnoredPaths, Refusal, Request, RunError, Touched, Way,
    base::Base,
    ignored::Ignored,
    prepare::{Layer, Preparer},
    scratch::{self, RunDir},
    spec::{ChildSpec, Report, monotonic_ns},
    supervise::{Finished, OnOutput, supervise},
    touched::{self, Gatherer, open_written},
};

/// The program that prepares a tree and becomes the command: it calls [`super::child_main`] with
/// its last argument, the directory of the run.
#[derive(Clone, Debug)]
pub struct Helper {
    /// Where it is.
    pub program: PathBuf,
    /// What comes before the directory.
    pub args: Vec<OsString>,
}

impl Helper {
    /// This program, told by its first argument to be the helper.
    pub fn this_program(subcommand: impl Into<OsString>) -> Helper {
        // Not by its name: the file may have been replaced by a newer version since.
        let program = match cfg!(target_os = "linux") {
            true => PathBuf::from("/proc/self/exe"),
            false => std::env::current_exe().unwrap_or_default(),
        };
        Helper { program, args: vec![subcommand.into()] }
    }
}

/// Where commands are run from. One serves all workspaces and any number of threads.
#[derive(Debug)]
pub struct Runner {
    scratch: PathBuf,
    helper: Helper,
}

/// How long the parts of a run took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Times {
    /// From the call until the command was started: trying the ways, mounting, putting edits in.
    pub setup: Duration,
    /// The command itself.
    pub command: Duration,
    /// Gathering what it changed.
    pub gather: Duration,
}

/// A command that has run. What it wrote is removed when this is dropped.
#[derive(Debug)]
pub struct Run {
    /// How it ended.
    pub ending: Ending,
    /// It was ended because its time was up.
    pub timed_out: bool,
    /// How the tree was put before it.
    pub way: Way,
    /// The better ways, and why they were not taken.
    pub refused: Vec<Refusal>,
    /// Where the command saw the tree: the workspace's own path, unless it is a copy.
    pub place: PathBuf,
    /// Its standard output.
    pub stdout: Captured,
    /// Its standard error.
    pub stderr: Captured,
    /// What it changed, compared to the session's tree.
    pub changes: Changes,
    /// How long it took.
    pub times: Times,
    _dir: RunDir,
}

impl Run {
    /// The bytes that a touched file has now: at most `limit`.
    ///
    /// # Errors
    /// If it is no regular file, has more bytes than that, or cannot be read.
    pub fn read(&self, touched: &Touched, limit: u64) -> io::Result<Bytes> {
        read(touched, limit)
    }
}

pub(super) fn read(touched: &Touched, limit: u64) -> io::Result<Bytes> {
    let Some(at) = &touched.bytes_at else {
        return Err(io::Error::other(format!("{} is no regular file now", touched.path)));
    };
    let mut bytes = Vec::new();
    let most = limit.saturating_add(1);
    open_written(at)?.take(most).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::other(format!("{} has more than {limit} bytes", touched.path)));
    }
    Ok(bytes.into())
}

/// What came of one way.
enum Attempt {
    Ran(Box<(Finished, Option<u64>)>),
    Refused(String),
}

impl Runner {
    /// Uses `scratch` (made if need be, for this user only) for what commands write, and removes
    /// what crashed processes have left there. It should lie in no workspace and have room for
    /// build output. On the workspaces' own disk, blocks can be shared; in memory (tmpfs), setting
    /// up an overlay does not wait for a busy disk.
    ///
    /// # Errors
    /// [`RunError::Scratch`] if the directory cannot be made or read.
    pub fn open(scratch: &Path, helper: Helper) -> Result<Runner, RunError> {
        let fail = |source| RunError::Scratch { path: scratch.into(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(scratch).map_err(fail)?;
        let scratch = fs::canonicalize(scratch).map_err(fail)?;
        // Whoever else could write there could put another tree before a command.
        let meta = fs::metadata(&scratch).map_err(fail)?;
        if meta.uid() != rustix::process::geteuid().as_raw() {
            return Err(fail(io::Error::other("it belongs to another user")));
        }
        if meta.mode() & 0o077 != 0 {
            fs::set_permissions(&scratch, Permissions::from_mode(0o700)).map_err(fail)?;
        }
        let removed = scratch::sweep(&scratch).map_err(fail)?;
        if removed > 0 {
            tracing::info!(removed, "removed what earlier runs had left");
        }
        Ok(Runner { scratch, helper })
    }

    pub(super) fn new_dir(&self) -> Result<RunDir, RunError> {
        let fail = |source| RunError::Scratch { path: self.scratch.clone(), source };
        RunDir::new(&self.scratch).map_err(fail)
    }

    /// Runs a command to its end; blocks until then. `on_output` gets the output as it comes, on
    /// this thread: while it blocks, the command's output waits and its timeout does too.
    ///
    /// When the command ends, what it left running is ended too. The overlay costs some
    /// milliseconds and what the edits and the changes cost, nothing for the rest of the tree; the
    /// copying ways cost the whole tree twice.
    ///
    /// # Errors
    /// If no way works, or the command cannot be started. A command that fails is no error.
    pub fn run(
        &self,
        request: &Request,
        control: &Control,
        on_output: OnOutput<'_>,
    ) -> Result<Run, RunError> {
        let (start, start_ns) = (Instant::now(), monotonic_ns());
        check(request)?;
        let root = open_root(&request.root)?;
        let dir = self.new_dir()?;
        let mut preparer = Preparer::new(&root, &dir, &request.overlaid, &request.limits, control);
        let mut refused = Vec::new();
        for &way in &request.ways {
            if control.is_stopped() {
                return Err(RunError::Stopped);
            }
            let layer = match preparer.prepare(way)? {
                Ok(layer) => layer,
                Err(reason) => {
                    refused.push(Refusal::new(way, reason));
                    continue;
                }
            };
            let ran = match self.attempt(request, &dir, &layer, control, on_output)? {
                Attempt::Ran(ran) => ran,
                Attempt::Refused(reason) => {
                    refused.push(Refusal::new(way, reason));
                    continue;
                }
            };
            let (finished, ready) = *ran;
            let total = start.elapsed();
            let setup = ready.map_or(total, |at| Duration::from_nanos(at.saturating_sub(start_ns)));
            let gathering = Instant::now();
            let changes = gather(&root, request, &layer)
                .map_err(RunError::io("what the command changed cannot be read"))?;
            return Ok(Run {
                ending: finished.ending,
                timed_out: finished.timed_out,
                way,
                refused,
                place: layer.place,
                stdout: finished.stdout,
                stderr: finished.stderr,
                changes,
                times: Times {
                    setup,
                    command: total.saturating_sub(setup),
                    gather: gathering.elapsed(),
                },
                _dir: dir,
            });
        }
        Err(if control.is_stopped() { RunError::Stopped } else { RunError::NoWay(refused) })
    }

    fn attempt(
        &self,
        request: &Request,
        dir: &RunDir,
        layer: &Layer,
        control: &Control,
        on_output: OnOutput<'_>,
    ) -> Result<Attempt, RunError> {
        let failed = RunError::io("the helper cannot be told what to do");
        let mut spec = ChildSpec::new(&layer.place, &request.command);
        Report::clear(dir.path());
        let written = match layer.way {
            Way::Overlay => {
                spec.overlay = true;
                spec.edits = super::spec::edits(&request.overlaid);
                spec.write(dir.path(), &request.overlaid)
            }
            _ => spec.write(dir.path(), &[]),
        };
        written.map_err(failed)?;
        let mut command = std::process::Command::new(&self.helper.program);
        command.args(&self.helper.args).arg(dir.path());
        let stragglers = || end_stragglers(dir.path());
        let (stdin, limits) = (&request.command.stdin, &request.limits);
        let finished = supervise(command, stdin, limits, control, on_output, &stragglers)
            .map_err(|source| RunError::Helper { path: self.helper.program.clone(), source })?;
        let report = Report::read(dir.path())
            .map_err(RunError::io("what the helper reports cannot be read"))?;
        match report {
            Some(Report::Ready { at_ns, .. }) => {
                Ok(Attempt::Ran(Box::new((finished, Some(at_ns)))))
            }
            Some(Report::Refused(reason)) => Ok(Attempt::Refused(reason)),
            Some(Report::NotStarted(reason)) => {
                let program = request.command.argv.first().map(|word| word.to_string_lossy());
                let program = program.unwrap_or_default().into_owned();
                Err(RunError::NotStarted { program, reason })
            }
            None if control.is_stopped() => Err(RunError::Stopped),
            None if finished.timed_out => Ok(Attempt::Ran(Box::new((finished, None)))),
            None => Ok(Attempt::Refused(format!(
                "the helper ended early (code {}): {}",
                finished.ending.code(),
                finished.stderr.to_text().trim()
            ))),
        }
    }
}

pub(super) fn open_root(root: &Path) -> Result<PathBuf, RunError> {
    let fail = |source| RunError::Root { path: root.into(), source };
    let found = fs::canonicalize(root).map_err(fail)?;
    if !found.is_dir() {
        return Err(fail(io::Error::from(io::ErrorKind::NotADirectory)));
    }
    Ok(found)
}

fn check(request: &Request) -> Result<(), RunError> {
    if request.command.argv.is_empty() {
        return Err(RunError::Request("no program is named".into()));
    }
    super::prepare::check_edits(&request.overlaid)
}

fn gather(root: &Path, request: &Request, layer: &Layer) -> io::Result<Changes> {
    let base = Base::new(root, &request.overlaid)?;
    let ignored = (request.ignored == IgnoredPaths::Summarise).then(|| Ignored::new(root));
    layer.changes(Gatherer::new(&base, &layer.written, ignored, request.limits.touched), root)
}

/// Ends what still sees the overlay of the run in `run_dir`.
#[cfg(target_os = "linux")]
pub(super) fn end_stragglers(run_dir: &Path) {
    if let Ok(Some(Report::Ready { namespace: Some(namespace), .. })) = Report::read(run_dir) {
        super::supervise::end_namespace(&namespace, run_dir);
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn end_stragglers(_: &Path) {}

impl Layer {
    /// What was changed since the layer was made.
    pub(super) fn changes<'a>(
        &self,
        mut gatherer: Gatherer<'a>,
        root: &'a Path,
    ) -> io::Result<Changes> {
        match &self.marks {
            None => touched::from_upper(&mut gatherer)?,
            Some(marks) => {
                gatherer.turn_links_to(root);
                touched::from_copy(&mut gatherer, marks)?;
            }
        }
        Ok(gatherer.finish())
    }
}
