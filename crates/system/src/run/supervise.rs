//! Runs a process to its end: hands its output on, and ends its whole group when it is time.

use std::{
    fs::File,
    io::{self, PipeReader, Read, Write},
    os::unix::process::{CommandExt, ExitStatusExt},
    process::{Child, ExitStatus, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use rustix::{
    event::{PollFd, PollFlags, Timespec},
    fd::{AsFd, OwnedFd},
    fs::OFlags,
    io::Errno,
    process::{Pid, Signal, WaitId, WaitIdOptions},
};

use super::{Captured, Limits, Stdin, capture::Capture};

/// How often a request to stop is looked for.
const TICK: Duration = Duration::from_millis(50);

/// How long output is waited for after the end: only a process that left the group can hold it.
const DRAIN: Duration = Duration::from_millis(500);

/// Which output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// How a command ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// By itself, with this code.
    Exited(i32),
    /// By this signal.
    Signaled(i32),
}

impl Ending {
    /// As a shell tells it: the code, or 128 and the signal.
    pub fn code(self) -> i32 {
        match self {
            Ending::Exited(code) => code,
            Ending::Signaled(signal) => 128 + signal,
        }
    }

    fn of(status: ExitStatus) -> Ending {
        match (status.code(), status.signal()) {
            (Some(code), _) => Ending::Exited(code),
            (None, signal) => Ending::Signaled(signal.unwrap_or(0)),
        }
    }
}

/// A hand on a running command, for other threads: one for each run.
#[derive(Default, Debug)]
pub struct Control {
    /// The process group, while it is certain to be the command's.
    group: Mutex<Option<Pid>>,
    stopped: AtomicBool,
}

impl Control {
    /// Sends a signal to the command's process group, as Ctrl-C in a terminal would. Says whether
    /// a command was there to get it. Costs one system call.
    pub fn signal(&self, signal: Signal) -> bool {
        let group = self.group.lock();
        group.is_some_and(|group| rustix::process::kill_process_group(group, signal).is_ok())
    }

    /// Ends the command: SIGTERM, and SIGKILL after the grace of its limits. A run that has not
    /// started its command yet fails with [`super::RunError::Stopped`].
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
    }

    /// Whether `stop` was called.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }
}

/// What is known of a process that has ended.
pub(super) struct Finished {
    pub(super) ending: Ending,
    pub(super) timed_out: bool,
    pub(super) stdout: Captured,
    pub(super) stderr: Captured,
}

/// Told of output as it comes.
pub(super) type OnOutput<'a> = &'a mut dyn FnMut(Stream, &[u8]);

/// Runs `command` to its end in a process group of its own. `stragglers` ends what belongs to the
/// command but has left its group.
///
/// # Errors
/// If it cannot be started, or the system refuses to wait for it.
pub(super) fn supervise(
    mut command: std::process::Command,
    stdin: &Stdin,
    limits: &Limits,
    control: &Control,
    on_output: OnOutput<'_>,
    stragglers: &dyn Fn(),
) -> io::Result<Finished> {
    command.stdin(match stdin {
        Stdin::Null => Stdio::null(),
        Stdin::Bytes(_) => Stdio::piped(),
        Stdin::File(file) => file.try_clone()?.into(),
    });
    let (woken, wake) = io::pipe()?;
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).spawn()?;
    let mut leash = Leash { child, control };
    let group = Pid::from_child(&leash.child);
    *control.group.lock() = Some(group);
    let mut pump = Pump::new(&mut leash.child, stdin, limits, on_output);
    let timed_out = std::thread::scope(|scope| {
        // Whatever comes, the thread waits for the command's end.
        let _end = EndGroup(group);
        std::thread::Builder::new().spawn_scoped(scope, move || {
            wait_for(group);
            drop(wake);
        })?;
        pump.run(&woken, group, limits, control, stragglers)
    })?;
    let (stdout, stderr) = pump.finish();
    Ok(Finished { ending: Ending::of(leash.reap()?), timed_out, stdout, stderr })
}

/// A child that is reaped in the end, also if whoever takes its output panics.
struct Leash<'a> {
    child: Child,
    control: &'a Control,
}

impl Leash<'_> {
    fn reap(&mut self) -> io::Result<ExitStatus> {
        // Until it is reaped nobody else can have its number; from here on, nobody may signal it.
        *self.control.group.lock() = None;
        self.child.wait()
    }
}

impl Drop for Leash<'_> {
    fn drop(&mut self) {
        // It has ended; the second time this is only a look at what is known.
        let _ = self.reap();
    }
}

/// Ends a process group when dropped, if anything of it is left. Its leader is not reaped yet.
struct EndGroup(Pid);

impl Drop for EndGroup {
    fn drop(&mut self) {
        let _ = rustix::process::kill_process_group(self.0, Signal::KILL);
    }
}

/// Waits for the end of a child without reaping it.
fn wait_for(pid: Pid) {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while let Err(Errno::INTR) = rustix::process::waitid(WaitId::Pid(pid), options) {}
}

struct Output<'a> {
    stream: Stream,
    pipe: Option<File>,
    capture: &'a mut Capture,
}

/// The pipes of a child, served by one thread.
struct Pump<'a> {
    stdout: (Option<File>, Capture),
    stderr: (Option<File>, Capture),
    stdin: Option<File>,
    input: &'a [u8],
    on_output: OnOutput<'a>,
    buffer: Vec<u8>,
}

/// What is done at which time.
struct Deadlines {
    terminate: Option<Instant>,
    kill: Option<Instant>,
    drained: Option<Instant>,
}

impl<'a> Pump<'a> {
    fn new(
        child: &mut Child,
        stdin: &'a Stdin,
        limits: &Limits,
        on_output: OnOutput<'a>,
    ) -> Pump<'a> {
        let input: &[u8] = match stdin {
            Stdin::Bytes(bytes) => bytes,
            _ => &[],
        };
        Pump {
            stdout: (child.stdout.take().map(own), Capture::new(limits.output_bytes)),
            stderr: (child.stderr.take().map(own), Capture::new(limits.output_bytes)),
            stdin: child.stdin.take().map(own),
            input,
            on_output,
            buffer: vec![0; 1 << 16],
        }
    }

    /// Serves until the process has ended and its outputs are closed. Says whether its time was up.
    fn run(
        &mut self,
        woken: &PipeReader,
        group: Pid,
        limits: &Limits,
        control: &Control,
        stragglers: &dyn Fn(),
    ) -> io::Result<bool> {
        let start = Instant::now();
        let mut timed_out = false;
        let mut at = Deadlines {
            terminate: limits.timeout.and_then(|timeout| start.checked_add(timeout)),
            kill: None,
            drained: None,
        };
        let send = |signal| rustix::process::kill_process_group(group, signal);
        loop {
            let is_over = self.wait(woken, at.drained.is_none())?;
            let now = Instant::now();
            if is_over && at.drained.is_none() {
                // What the command left behind would go on in a tree that is about to vanish.
                let _ = send(Signal::KILL);
                stragglers();
                at.drained = Some(now + DRAIN);
            }
            self.serve();
            if let Some(drained) = at.drained {
                let is_closed = self.stdout.0.is_none() && self.stderr.0.is_none();
                if is_closed || now >= drained {
                    return Ok(timed_out);
                }
                continue;
            }
            let is_due = at.terminate.is_some_and(|due| now >= due);
            if at.kill.is_none() && (is_due || control.is_stopped()) {
                timed_out = is_due;
                let _ = send(Signal::TERM);
                // A stopped process would not see it.
                let _ = send(Signal::CONT);
                at.kill = Some(now.checked_add(limits.grace).unwrap_or(now));
            } else if at.kill.is_some_and(|due| now >= due) {
                let _ = send(Signal::KILL);
            }
        }
    }

    /// Waits until something can be done. Says whether the process has ended.
    fn wait(&mut self, woken: &PipeReader, is_running: bool) -> io::Result<bool> {
        let mut fds = Vec::with_capacity(4);
        if is_running {
            fds.push(PollFd::new(woken, PollFlags::IN));
        }
        for output in [&self.stdout.0, &self.stderr.0].into_iter().flatten() {
            fds.push(PollFd::new(output, PollFlags::IN));
        }
        if let Some(stdin) = &self.stdin {
            fds.push(PollFd::new(stdin, PollFlags::OUT));
        }
        let tick = Timespec { tv_sec: 0, tv_nsec: TICK.as_nanos() as _ };
        match rustix::event::poll(&mut fds, Some(&tick)) {
            Ok(_) | Err(Errno::INTR) => Ok(!is_running || !fds[0].revents().is_empty()),
            Err(e) => Err(e.into()),
        }
    }

    /// Moves what can be moved without waiting.
    fn serve(&mut self) {
        if let Some(stdin) = &mut self.stdin {
            let is_done = match self.input.is_empty() {
                true => true,
                false => match stdin.write(self.input) {
                    Ok(n) => {
                        self.input = &self.input[n..];
                        self.input.is_empty()
                    }
                    // Nobody reads it any more, unless it is only full.
                    Err(e) => !is_passing(&e),
                },
            };
            if is_done {
                self.stdin = None;
            }
        }
        let Pump { stdout, stderr, on_output, buffer, .. } = self;
        for (stream, (pipe, capture)) in [(Stream::Stdout, stdout), (Stream::Stderr, stderr)] {
            let mut output = Output { stream, pipe: pipe.take(), capture };
            output.serve(buffer, *on_output);
            *pipe = output.pipe;
        }
    }

    fn finish(self) -> (Captured, Captured) {
        (self.stdout.1.finish(), self.stderr.1.finish())
    }
}

impl Output<'_> {
    /// Reads what is there, but not for ever: the other output and the clock want their turn.
    fn serve(&mut self, buffer: &mut [u8], on_output: &mut dyn FnMut(Stream, &[u8])) {
        for _ in 0..16 {
            let Some(pipe) = &mut self.pipe else {
                return;
            };
            match pipe.read(buffer) {
                Ok(0) => self.pipe = None,
                Ok(n) => {
                    self.capture.push(&buffer[..n]);
                    on_output(self.stream, &buffer[..n]);
                }
                Err(e) if is_passing(&e) => return,
                Err(_) => self.pipe = None,
            }
        }
    }
}

fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

/// Our end of a pipe, which never blocks.
fn own(pipe: impl Into<OwnedFd>) -> File {
    let pipe: OwnedFd = pipe.into();
    if let Ok(flags) = rustix::fs::fcntl_getfl(pipe.as_fd()) {
        // It cannot fail for a pipe.
        let _ = rustix::fs::fcntl_setfl(pipe.as_fd(), flags | OFlags::NONBLOCK);
    }
    pipe.into()
}

/// Ends every process in the mount namespace of a run, until there is none: those that left the
/// command's process group still see its tree, and would write to what is being read.
///
/// The name of a namespace alone will not do: once the last process in it has ended, the next
/// namespace gets the same one. What is mounted in it tells.
#[cfg(target_os = "linux")]
pub(super) fn end_namespace(namespace: &[u8], run_dir: &std::path::Path) {
    use super::overlay::{is_seen_by, namespace_of};
    const ROUNDS: usize = 100;
    if namespace_of("self").is_none_or(|own| own == namespace) {
        return;
    }
    for _ in 0..ROUNDS {
        let mut found = false;
        let Ok(entries) = std::fs::read_dir("/proc") else {
            return;
        };
        for name in entries.flatten().map(|entry| entry.file_name()) {
            let Some(number) = name.to_str().and_then(|name| name.parse().ok()) else {
                continue;
            };
            let Some(pid) = Pid::from_raw(number) else {
                continue;
            };
            let process = number.to_string();
            let is_there = || {
                namespace_of(&process).is_some_and(|n| n == namespace)
                    && is_seen_by(&process, run_dir)
            };
            if !is_there() {
                continue;
            }
            found = true;
            // Held by descriptor and looked at again, so that no other process with its number is
            // ever meant.
            let flags = rustix::process::PidfdFlags::empty();
            if let Ok(held) = rustix::process::pidfd_open(pid, flags)
                && is_there()
            {
                let _ = rustix::process::pidfd_send_signal(&held, Signal::KILL);
            }
        }
        if !found {
            return;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}
