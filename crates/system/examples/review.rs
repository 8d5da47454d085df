//! Makes review commits of a session over a repository and prints what they cost, beside what git
//! takes for the same on a worktree of its own:
//! `cargo run --release -p coderoom-system --example review -- REPOSITORY [COMMITS [alone]]`;
//! `alone` leaves git out. Leaves a branch `coderoom-example/s` there.
#![allow(clippy::print_stdout)]

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use coderoom_engine::{Entry, EntryKind, FileDelta, RelPath, State, TextStore, Version};
use coderoom_system::{
    LoadOptions, load,
    review::{Moment, Request, Reviewer},
};

type Failure = Box<dyn std::error::Error>;

/// Files that each batch changes.
const FILES: usize = 3;

fn main() -> Result<(), Failure> {
    let root = PathBuf::from(std::env::args_os().nth(1).ok_or("which repository?")?);
    let root = root.canonicalize()?;
    let commits: usize = std::env::args().nth(2).map_or(Ok(50), |it| it.parse())?;
    let store = TextStore::default();
    let trunk = load(&root, &LoadOptions::default(), &store, None, &|_| ())?.session;
    let session = trunk.fork();
    let mut state = State::over(session.snapshot());
    let texts: Vec<RelPath> = state
        .snapshot()
        .files()
        .filter(|file| file.text().is_some_and(|text| text.bytes().len() < 100_000))
        .map(|file| file.path.clone())
        .collect();
    println!("files held      {}", texts.len());
    let reviewer = Reviewer::new(&root);
    let branch = "refs/heads/coderoom-example/s";
    let how = Request { branch, session: "s", agent: "example", reason: "", durable: false };
    let (mut times, mut on_cpu) = (Vec::new(), Vec::new());
    let mut last: Vec<RelPath> = Vec::new();
    for n in 0..=commits {
        last = (0..FILES).map(|k| texts[(n * 7919 + k * 104_729) % texts.len()].clone()).collect();
        state = state.next(&session, edit(&state, &store, &last, n)?)?;
        let (start, cpu) = (Instant::now(), cpu_time());
        let at = Moment { state: &state, trunk: &trunk.snapshot() };
        let reviewed = reviewer.commit(at, &how)?;
        times.push(start.elapsed());
        on_cpu.push(cpu_time().saturating_sub(cpu));
        assert!(reviewed.created, "{reviewed:?}");
    }
    let first = times.remove(0);
    times.sort_unstable();
    on_cpu.remove(0);
    on_cpu.sort_unstable();
    let (p50, p99) = (times[times.len() / 2], times[times.len() * 99 / 100]);
    println!("first commit    {first:?}");
    println!("next commits    {p50:?} p50, {p99:?} p99, of {FILES} files each");
    println!("their CPU time  {:?} p50, where Linux tells it", on_cpu[on_cpu.len() / 2]);
    if std::env::args().nth(3).is_some_and(|it| it == "alone") {
        return Ok(());
    }
    let (add, commit) = gits(&root, &last)?;
    println!("git worktree add {add:?}, then add + commit {commit:?}");
    Ok(())
}

/// What this thread has had of the CPU: on a busy machine it says more than the clock.
fn cpu_time() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let ns = told.split(' ').next().and_then(|it| it.parse().ok());
    Duration::from_nanos(ns.unwrap_or(0))
}

fn edit(state: &State, store: &TextStore, paths: &[RelPath], n: usize) -> Result<Entry, Failure> {
    let mut deltas = Vec::new();
    // Objects that another run has left there would not be written again.
    let now = std::time::UNIX_EPOCH.elapsed()?.as_nanos();
    for path in paths {
        let before = state.version(path).ok_or("it is held")?;
        let mut bytes = before.bytes().ok_or("it is held")?.to_vec();
        bytes.extend_from_slice(format!("// {n} {now}\n").as_bytes());
        let after = Version::of_text(store.intern(bytes.into()).ok_or("still a text")?);
        deltas.push(FileDelta { path: path.clone(), before: Some(before), after: Some(after) });
    }
    Ok(Entry::new(EntryKind::Edit, deltas).by("example", "three files", 1))
}

/// The same by hand: a worktree, three changed files, a commit.
fn gits(root: &Path, paths: &[RelPath]) -> Result<(Duration, Duration), Failure> {
    let dir = root.with_extension("worktree");
    let git = |at: &Path, args: &[&str]| -> Result<(), Failure> {
        let done = Command::new("git").args(args).current_dir(at).output()?;
        match done.status.success() {
            true => Ok(()),
            false => Err(String::from_utf8_lossy(&done.stderr).into_owned().into()),
        }
    };
    let place = dir.to_str().ok_or("UTF-8")?.to_owned();
    let start = Instant::now();
    git(root, &["worktree", "add", "-q", "--detach", &place, "HEAD"])?;
    let add = start.elapsed();
    for path in paths {
        let mut bytes = std::fs::read(dir.join(path.as_path()))?;
        bytes.extend_from_slice(b"// git\n");
        std::fs::write(dir.join(path.as_path()), bytes)?;
    }
    let start = Instant::now();
    git(&dir, &["add", "-A"])?;
    git(&dir, &["commit", "-q", "-m", "three files"])?;
    let commit = start.elapsed();
    git(root, &["worktree", "remove", "--force", &place])?;
    Ok((add, commit))
}
