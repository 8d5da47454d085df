//! `benchmark PATH PATTERN N`: the same search in memory and by a ripgrep subprocess.
//!
//! Both are asked in turn, so that whatever else the machine does meets both; both times run from
//! the question to the last byte of the answer, freshness included. Both answers are compared.

use std::{
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use clap::Parser;
use coderoom_engine::{Limits, Search, TextStore};
use coderoom_system::{LoadOptions, Workspace};

use super::{
    codebase::{Size, query},
    say,
};
use crate::daemon::config::Config;

/// Compares a search in memory with a ripgrep subprocess.
#[derive(Debug, Parser)]
#[command(name = "benchmark", version)]
struct Options {
    /// The codebase.
    path: PathBuf,
    /// The regular expression to search for.
    pattern: String,
    /// How often.
    #[arg(default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    iterations: u32,
    /// The ripgrep to compare with.
    #[arg(long, env = "RG", default_value = "rg")]
    rg: PathBuf,
}

/// One answer and the time it took.
struct Run {
    time: Duration,
    output: Vec<u8>,
}

/// Runs the benchmark.
pub fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(err) => {
            eprintln!("benchmark: {err:#}");
            ExitCode::from(2)
        }
    }
}

/// Measures and prints; whether the answers were the same.
fn run(options: &Options) -> anyhow::Result<bool> {
    let root = options
        .path
        .canonicalize()
        .with_context(|| format!("cannot read {}", options.path.display()))?;
    ensure!(root.is_dir(), "{} is not a directory", root.display());
    // Before anything is loaded: a bad pattern should not take its time.
    Search::new(query(options.pattern.clone(), true), &[])?;
    let rg = find_ripgrep(&options.rg);
    let workspace = load(&root)?;
    let (mut memory, mut subprocess) = (Vec::new(), Vec::new());
    for _ in 0..options.iterations {
        memory.push(search_memory(&workspace, &options.pattern)?);
        if rg.is_ok() {
            subprocess.push(search_subprocess(&options.rg, &root, &options.pattern)?);
        }
    }
    say("");
    print_section("Memory-Mapped Search", &memory);
    say("");
    match rg {
        Ok(()) => print_section("Ripgrep Subprocess", &subprocess),
        Err(err) => {
            print_heading("Ripgrep Subprocess");
            say(&format!("  Not measured: {err}"));
        }
    }
    say("");
    print_heading("SUMMARY");
    if subprocess.is_empty() {
        say("Speedup: not measured, there is no ripgrep to compare with");
        return Ok(true);
    }
    print_summary(average(&memory), average(&subprocess));
    let differing = memory.iter().chain(&subprocess).any(|run| !same(run, &subprocess[0]));
    if differing {
        say("The answers DIFFER: either the files changed meanwhile, or one of both is wrong");
    }
    Ok(!differing)
}

fn load(root: &Path) -> anyhow::Result<Arc<Workspace>> {
    say(&format!("Loading files into memory from: {}", root.display()));
    let config = Config::default();
    let options = LoadOptions {
        no_ignore: false,
        max_file_size: config.max_file_size,
        threads: config.threads,
        max_watches: config.max_watches,
    };
    let workspace = Workspace::open(root, options, TextStore::default())
        .with_context(|| format!("cannot load {}", root.display()))?;
    say(&Size::of(&workspace.snapshot()).loaded());
    Ok(workspace)
}

fn search_memory(workspace: &Workspace, pattern: &str) -> anyhow::Result<Run> {
    let started = Instant::now();
    let search = Search::new(query(pattern.to_string(), true), &[])?;
    let (snapshot, _) = workspace.fresh(started + Duration::from_secs(5));
    let limits = Limits {
        threads: std::thread::available_parallelism().map_or(1, |n| n.get()),
        offset: 0,
        head_limit: None,
        max_bytes: None,
        stop: &|| false,
    };
    let mut output = Vec::new();
    search.run(&search.candidates(&snapshot), &limits, &mut output)?;
    Ok(Run { time: started.elapsed(), output })
}

fn search_subprocess(rg: &Path, root: &Path, pattern: &str) -> anyhow::Result<Run> {
    let started = Instant::now();
    let output = command(rg)
        .args(["-n", "--no-heading", "--with-filename", "--color=never", "-e", pattern])
        .current_dir(root)
        .output()?;
    let time = started.elapsed();
    // 1 is "no match"; 2 comes with an answer too when some file could not be read.
    if !matches!(output.status.code(), Some(0 | 1)) && output.stdout.is_empty() {
        bail!("rg failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(Run { time, output: output.stdout })
}

fn find_ripgrep(rg: &Path) -> Result<(), String> {
    match command(rg).arg("--version").output() {
        Ok(output) if output.status.success() => Ok(()),
        _ => Err(format!(
            "`{}` is not a ripgrep that runs; install ripgrep, or set RG to its path",
            rg.display()
        )),
    }
}

/// Where `rg` is coderoom's own, it must not ask a daemon here; nor may a configuration file change
/// what is searched.
fn command(rg: &Path) -> Command {
    let mut command = Command::new(rg);
    command.env("CODEROOM_RG", "off").env_remove("RIPGREP_CONFIG_PATH").stdin(Stdio::null());
    command
}

/// Lines of an answer, on both sides.
fn matches(run: &Run) -> usize {
    run.output.iter().filter(|byte| **byte == b'\n').count()
}

/// Whether both found the same lines; ripgrep's threads print files in any order.
fn same(a: &Run, b: &Run) -> bool {
    let sorted = |run: &Run| {
        let mut lines: Vec<Vec<u8>> =
            run.output.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
        lines.sort_unstable();
        lines
    };
    a.output == b.output || sorted(a) == sorted(b)
}

fn print_heading(title: &str) {
    let rule = "=".repeat(80);
    say(&format!("{rule}\n{title}\n{rule}"));
}

fn print_section(title: &str, runs: &[Run]) {
    print_heading(title);
    for (i, run) in runs.iter().enumerate() {
        let (time, found) = (milliseconds(run.time), matches(run));
        say(&format!("  Iteration {:>2}: {time:.2}ms ({found} matches)", i + 1));
    }
    let times = || runs.iter().map(|run| milliseconds(run.time));
    say("\nResults:");
    say(&format!("  Average: {:.2}ms", average(runs)));
    say(&format!("  Min:     {:.2}ms", times().fold(f64::INFINITY, f64::min)));
    say(&format!("  Max:     {:.2}ms", times().fold(0.0, f64::max)));
}

fn print_summary(memory: f64, subprocess: f64) {
    let speedup = subprocess / memory.max(f64::MIN_POSITIVE);
    let word = if speedup < 1.0 { "as fast (slower)" } else { "faster" };
    say(&format!("Speedup: {speedup:.2}x {word}"));
    say(&format!("Time saved per search: {:.2}ms", subprocess - memory));
}

fn average(runs: &[Run]) -> f64 {
    runs.iter().map(|run| milliseconds(run.time)).sum::<f64>() / runs.len().max(1) as f64
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
