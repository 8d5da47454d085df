//! Questions about meaning on the command line.

use std::{
    io::{Read, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::absolute;
use crate::client::Client;

/// A question may be this long.
const MAX_QUESTION: u64 = 1 << 20;
/// The first question of a workspace waits until everything is made.
const PATIENCE_MS: u64 = 600_000;
/// Paths that a ranking prints unless a limit is given.
const MANY_FILES: u64 = 1_000;

#[derive(Debug, Subcommand)]
pub(super) enum GraphCommand {
    /// Find the files and functions that a task or question in words is about.
    Seek(SeekArgs),
    /// Show what a change to files or symbols can break, and which tests to run.
    Impact(TargetsArgs),
    /// Show how two files or symbols are connected.
    Why(WhyArgs),
    /// Find out where a stack trace comes from; it is read from standard input.
    Trace(Shown),
    /// Print the code that an edit of a symbol or file needs, within a budget of tokens.
    Context(ContextArgs),
    /// Rank the files that will likely have to change with others.
    Predict(PredictArgs),
    /// Show what a change set has forgotten: a session's edits, or the files and symbols named.
    Missing(SessionArgs),
    /// List files that change together although nothing in the code ties them.
    GhostEdges(SessionArgs),
}

/// What all of them take.
#[derive(Debug, Args)]
pub(super) struct Shown {
    /// The workspace, or any directory in it.
    #[arg(long, default_value = ".")]
    path: PathBuf,
    /// Entries at most.
    #[arg(long)]
    limit: Option<u64>,
    /// Print the reply as JSON.
    #[arg(long)]
    json: bool,
    /// Print only the paths of files, the best first, one a line.
    #[arg(long, conflicts_with = "json")]
    files: bool,
}

#[derive(Debug, Args)]
pub(super) struct SeekArgs {
    /// The question; read from standard input if there is none.
    question: Vec<String>,
    /// Parts of the score that are not to count.
    #[arg(long, value_delimiter = ',')]
    without: Vec<String>,
    #[command(flatten)]
    shown: Shown,
}

#[derive(Debug, Args)]
pub(super) struct TargetsArgs {
    /// Paths, `PATH:LINE`, or symbols: `Model.save`.
    #[arg(required = true)]
    targets: Vec<String>,
    #[command(flatten)]
    shown: Shown,
}

#[derive(Debug, Args)]
pub(super) struct ContextArgs {
    /// A symbol, `PATH:LINE`, or a file.
    target: String,
    /// Tokens that the text may take, at four bytes each.
    #[arg(long)]
    budget: Option<u64>,
    #[command(flatten)]
    shown: Shown,
}

#[derive(Debug, Args)]
pub(super) struct PredictArgs {
    /// The files that are changed (or `PATH:LINE`, or symbols).
    #[arg(required = true)]
    targets: Vec<String>,
    /// Evidence that is not to count.
    #[arg(long, value_delimiter = ',')]
    without: Vec<String>,
    #[command(flatten)]
    shown: Shown,
}

#[derive(Debug, Args)]
pub(super) struct SessionArgs {
    /// Paths, `PATH:LINE`, or symbols.
    targets: Vec<String>,
    /// The edit session that is meant.
    #[arg(long, default_value = "")]
    session: String,
    #[command(flatten)]
    shown: Shown,
}

#[derive(Debug, Args)]
pub(super) struct WhyArgs {
    /// A path, `PATH:LINE`, or a symbol.
    from: String,
    /// Another.
    to: String,
    #[command(flatten)]
    shown: Shown,
}

pub(super) fn run(command: GraphCommand) -> anyhow::Result<ExitCode> {
    match command {
        GraphCommand::Seek(args) => {
            let mut params = json!({"question": given(&args.question)?, "without": args.without});
            if args.shown.files {
                params["places"] = 0.into();
            }
            show("seek", params, &args.shown, "files", "path")
        }
        GraphCommand::Impact(args) => {
            show("impact", json!({"targets": args.targets}), &args.shown, "reached", "path")
        }
        GraphCommand::Why(args) => {
            show("why", json!({"from": args.from, "to": args.to}), &args.shown, "paths", "from")
        }
        GraphCommand::Trace(shown) => {
            show("trace", json!({"text": given(&[])?}), &shown, "suspects", "path")
        }
        GraphCommand::Context(args) => {
            let mut params = json!({"target": args.target});
            if let Some(budget) = args.budget {
                params["budget_tokens"] = budget.into();
            }
            show("surgical_context_v2", params, &args.shown, "blocks", "path")
        }
        GraphCommand::Predict(args) => {
            let mut params = json!({"targets": args.targets, "without": args.without});
            if args.shown.files {
                params["limit"] = MANY_FILES.into();
            }
            show("predict", params, &args.shown, "files", "path")
        }
        GraphCommand::Missing(args) => {
            let params = json!({"targets": args.targets, "session": args.session});
            show("missing", params, &args.shown, "gaps", "path")
        }
        GraphCommand::GhostEdges(args) => {
            let params = json!({"targets": args.targets, "session": args.session});
            show("ghost_edges", params, &args.shown, "pairs", "a")
        }
    }
}

/// The words on the command line, or else what standard input has.
fn given(words: &[String]) -> anyhow::Result<String> {
    if !words.is_empty() {
        return Ok(words.join(" "));
    }
    let mut bytes = Vec::new();
    std::io::stdin().lock().take(MAX_QUESTION).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Asks and prints: the text, the reply as JSON, or one entry of each of `list` a line. The status is
/// 1 if there is nothing in the list.
fn show(
    operation: &str,
    mut params: Value,
    shown: &Shown,
    list: &str,
    path: &str,
) -> anyhow::Result<ExitCode> {
    params["workspace"] = absolute(&shown.path)?.into();
    params["timeout_ms"] = PATIENCE_MS.into();
    if let Some(limit) = shown.limit {
        params["limit"] = limit.into();
    }
    let params = json!({"operation": operation, "params": params});
    let reply = Client::connect_or_start()?.call("call", params)?;
    let mut out = std::io::stdout().lock();
    let value = &reply["value"];
    let entries = value[list].as_array().map(Vec::as_slice).unwrap_or_default();
    if shown.files {
        let mut last = "";
        for entry in entries {
            let path = entry[path].as_str().unwrap_or_default();
            if path != last {
                writeln!(out, "{path}")?;
            }
            last = path;
        }
    } else if shown.json {
        writeln!(out, "{value}")?;
    } else {
        out.write_all(reply["text"].as_str().unwrap_or_default().as_bytes())?;
    }
    Ok(if entries.is_empty() { ExitCode::from(1) } else { ExitCode::SUCCESS })
}
