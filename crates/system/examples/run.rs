//! Prints how long it takes until a command runs in a session's tree, beside `cp -r` and
//! `git worktree add`: `cargo run --release -p coderoom-system --example run -- SCRATCH DIR...`.
//! SCRATCH should be on the disk of the DIRs; they are only read. `--no-others` leaves out the
//! comparison, which copies each DIR twice.
#![allow(clippy::print_stdout)]

use std::{
    error::Error,
    fs,
    path::Path,
    process::Command as Program,
    time::{Duration, Instant},
};

use coderoom_engine::RelPath;
use coderoom_system::run::{
    Command, Content, Control, Helper, Limits, Overlaid, Request, Runner, Way, child_main,
};

const HELPER: &str = "__run-in-session";
const RUNS: usize = 21;
const EDITS: usize = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args: Vec<_> = std::env::args_os().skip(1).collect();
    if let [first, run_dir] = &args[..]
        && first == HELPER
    {
        child_main(run_dir.as_ref());
    }
    let is_alone = args.iter().any(|arg| arg == "--no-others");
    args.retain(|arg| arg != "--no-others");
    let (scratch, dirs) = args.split_first().ok_or("which scratch directory?")?;
    let scratch = Path::new(scratch);
    let runner = Runner::open(scratch, Helper::this_program(HELPER))?;
    for dir in dirs {
        let dir = Path::new(dir);
        println!("{}", dir.display());
        ours(&runner, dir, Way::Overlay, RUNS)?;
        if !is_alone {
            let from = Instant::now();
            let copy = scratch.join("cp");
            run(Program::new("cp").arg("-r").arg(dir).arg(&copy))?;
            println!("  cp -r             {:9.1?}", from.elapsed());
            fs::remove_dir_all(&copy)?;
            worktree(scratch, dir)?;
            ours(&runner, dir, Way::Copy, 1)?;
        }
    }
    Ok(())
}

/// The middle of several runs of `true` with some edits.
fn ours(runner: &Runner, dir: &Path, way: Way, runs: usize) -> Result<(), Box<dyn Error>> {
    let mut times = Vec::new();
    for _ in 0..runs {
        let edits = (0..EDITS).map(|i| {
            let bytes = format!("edit {i}").repeat(1000).into();
            let path = RelPath::new(format!("edited/{i}.txt").as_bytes())?;
            Ok(Overlaid { path, content: Content::Written { bytes, mode: None } })
        });
        let edits = edits.collect::<Result<_, Box<dyn Error>>>()?;
        let mut request = Request::new(dir, edits, Command::new(["true"]));
        request.ways = vec![way];
        request.limits = Limits { copy_bytes: u64::MAX, ..Limits::default() };
        let start = Instant::now();
        let run = runner.run(&request, &Control::default(), &mut |_, _| {})?;
        let rest = (run.times, start.elapsed());
        times.push((rest.0.setup, rest.0.command, rest.0.gather, rest.1));
    }
    times.sort();
    let (setup, command, gather, all) = times[times.len() / 2];
    let most = times.last().map_or(Duration::ZERO, |times| times.0);
    println!(
        "  coderoom {way:8} {setup:9.1?} until it runs (at most {most:.1?}), `true` {command:.1?}, \
         changes {gather:.1?}, in all {all:.1?}"
    );
    Ok(())
}

/// Commits the directory to a repository elsewhere and times a worktree of it.
fn worktree(scratch: &Path, dir: &Path) -> Result<(), Box<dyn Error>> {
    let (repository, tree) = (scratch.join("repository"), scratch.join("worktree"));
    let git = |args: &[&str]| {
        let mut git = Program::new("git");
        git.args(["-c", "user.name=n", "-c", "user.email=e@example.com"]);
        // It would go on in the background, in what is about to be removed.
        git.args(["-c", "gc.auto=0", "-c", "maintenance.auto=false"]);
        git.arg("--git-dir").arg(&repository).arg("--work-tree").arg(dir).args(args);
        git
    };
    run(Program::new("git").args(["init", "-q", "--bare"]).arg(&repository))?;
    run(&mut git(&["add", "-A", "-f"]))?;
    run(&mut git(&["commit", "-q", "-m", "all"]))?;
    let start = Instant::now();
    run(Program::new("git").arg("-C").arg(&repository).args(["worktree", "add", "-q"]).arg(&tree))?;
    println!("  git worktree add  {:9.1?}", start.elapsed());
    fs::remove_dir_all(&repository)?;
    Ok(fs::remove_dir_all(&tree)?)
}

fn run(program: &mut Program) -> Result<(), Box<dyn Error>> {
    let status = program.status()?;
    if status.success() { Ok(()) } else { Err(format!("{program:?} failed").into()) }
}
