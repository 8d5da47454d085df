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
    /// Show what a question in words lights up in the graph.
    Activate(ActivateArgs),
    /// Teach a workspace which places were of use for a question, or take that back.
    Learn(LearnArgs),
    /// Show what swings along when places, or what a question names, are struck.
    Resonate(ResonateArgs),
    /// Find out where a stack trace comes from; it is read from standard input.
    Trace(Shown),
    /// Print the code that an edit of a symbol or file needs, within a budget of tokens.
    Context(ContextArgs),
    /// Rank the files that will likely have to change with others.
    Predict(PredictArgs),
    /// Show what a change set has forgotten: what is not committed, a session's edits, what came since
    /// a commit, or the files and symbols named.
    Missing(MissingArgs),
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
    /// Parts that are to count although they do not by default: imported.
    #[arg(long, value_delimiter = ',')]
    with: Vec<String>,
    #[command(flatten)]
    shown: Shown,
}

#[derive(Debug, Args)]
pub(super) struct TargetsArgs {
    /// Paths, `PATH:LINE`, or symbols: `Model.save`.
    #[arg(required = true)]
    pub(super) targets: Vec<String>,
    #[command(flatten)]
    pub(super) shown: Shown,
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
pub(super) struct MissingArgs {
    /// Paths, `PATH:LINE`, or symbols that are to be changed.
    targets: Vec<String>,
    /// The edit session that is meant.
    #[arg(long, default_value = "")]
    session: String,
    /// The state that the changes begin from: a commit (a branch, a tag, a hash), `disk`, a session.
    /// Default: HEAD, or what the session began from.
    #[arg(long, default_value = "")]
    since: String,
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

#[derive(Debug, Args)]
pub(super) struct ActivateArgs {
    /// The question; read from standard input if there is none.
    question: Vec<String>,
    /// Dimensions that take part: structural, semantic, temporal, causal. Default: all but
    /// temporal.
    #[arg(long, value_delimiter = ',')]
    dimensions: Vec<String>,
    /// Parts of the semantic dimension: text, trigrams, cooccurrence. Default: text.
    #[arg(long, value_delimiter = ',')]
    semantic: Vec<String>,
    /// Kinds of nodes that are wanted: directory, file, symbol, section, package.
    #[arg(long, value_delimiter = ',')]
    kinds: Vec<String>,
    /// Let dimensions that agree count more.
    #[arg(long)]
    resonance: bool,
    /// Take off what unrelated places light up as well.
    #[arg(long)]
    xlr: bool,
    /// Answer as if nothing had been taught.
    #[arg(long)]
    without_lessons: bool,
    #[command(flatten)]
    shown: Shown,
}

#[derive(Debug, Args)]
pub(super) struct LearnArgs {
    /// The question that the lesson is about; read from standard input if there is none.
    question: Vec<String>,
    /// learn, list, undo, export, import (from standard input) or reset.
    #[arg(long, default_value = "learn")]
    action: String,
    /// What was wanted: paths, `PATH:LINE`, or symbols.
    #[arg(long, value_delimiter = ',')]
    useful: Vec<String>,
    /// What was of some use.
    #[arg(long, value_delimiter = ',')]
    partly: Vec<String>,
    /// What was of none.
    #[arg(long, value_delimiter = ',')]
    not_useful: Vec<String>,
    /// With `--action undo`: the number of the lesson.
    #[arg(long)]
    id: Option<u64>,
    /// With `--action list` and `reset`: all, told, or edits.
    #[arg(long, default_value = "all")]
    source: String,
    #[command(flatten)]
    shown: Shown,
}

#[derive(Debug, Args)]
pub(super) struct ResonateArgs {
    /// Paths, `PATH:LINE`, or symbols. Without any, a question is read from standard input.
    targets: Vec<String>,
    /// Leave out what does not swing as strongly as all its neighbours.
    #[arg(long)]
    peaks_only: bool,
    #[command(flatten)]
    shown: Shown,
}

pub(super) fn run(command: GraphCommand) -> anyhow::Result<ExitCode> {
    match command {
        GraphCommand::Seek(args) => {
            let mut params = json!({
                "question": given(&args.question)?, "without": args.without, "with": args.with,
            });
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
        GraphCommand::Activate(args) => {
            let params = json!({
                "question": given(&args.question)?,
                "dimensions": args.dimensions,
                "semantic": args.semantic,
                "kinds": args.kinds,
                "resonance": args.resonance,
                "xlr": args.xlr,
                "without_lessons": args.without_lessons,
                "files_only": args.shown.files,
            });
            show("activate", params, &args.shown, "results", "path")
        }
        GraphCommand::Learn(args) => learn(&args),
        GraphCommand::Resonate(args) => {
            let mut params = json!({"targets": args.targets, "peaks_only": args.peaks_only});
            if args.targets.is_empty() {
                params["question"] = given(&[])?.into();
            }
            show("resonate", params, &args.shown, "antinodes", "path")
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
            let params =
                json!({"targets": args.targets, "session": args.session, "since": args.since});
            show("missing", params, &args.shown, "gaps", "path")
        }
        GraphCommand::GhostEdges(args) => {
            let params = json!({"targets": args.targets, "session": args.session});
            show("ghost_edges", params, &args.shown, "pairs", "a")
        }
    }
}

fn learn(args: &LearnArgs) -> anyhow::Result<ExitCode> {
    let mut params = json!({
        "action": args.action,
        "useful": args.useful,
        "partly": args.partly,
        "not_useful": args.not_useful,
        "source": args.source,
    });
    match &args.action[..] {
        "learn" => params["question"] = given(&args.question)?.into(),
        "import" => params["lessons"] = given(&[])?.into(),
        _ => {}
    }
    if let Some(id) = args.id {
        params["id"] = id.into();
    }
    show("learn", params, &args.shown, "lessons", "question").map(|_| ExitCode::SUCCESS)
}

/// The words on the command line, or else what standard input has.
pub(super) fn given(words: &[String]) -> anyhow::Result<String> {
    if !words.is_empty() {
        return Ok(words.join(" "));
    }
    let mut bytes = Vec::new();
    std::io::stdin().lock().take(MAX_QUESTION).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Asks and prints: the text, the reply as JSON, or one entry of each of `list` a line. The status is
/// 1 if there is nothing in the list.
pub(super) fn show(
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
