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
    /// Show directories (or files) in layers, and the cycles between them.
    Layers(LayersArgs),
    /// Show what would break, and what nothing would use any more, without files or symbols.
    Counterfactual(TargetsArgs),
    /// Check a claim about structure: `views.py never calls Model.save`.
    Hypothesize(ClaimArgs),
    /// Find functions that are nearly the same.
    Duplicates(DuplicatesArgs),
    /// Show how the structure of two states (disk, sessions) differs.
    Differential(DifferentialArgs),
    /// Show the sections of a document, or which documents and code speak of each other.
    Document(DocumentArgs),
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
pub(super) struct WhyArgs {
    /// A path, `PATH:LINE`, or a symbol.
    from: String,
    /// Another.
    to: String,
    #[command(flatten)]
    shown: Shown,
}

#[derive(Debug, Args)]
pub(super) struct LayersArgs {
    /// A directory: only what is in it.
    within: Option<String>,
    /// Files instead of directories.
    #[arg(long)]
    by_file: bool,
    /// The order that is wanted, from the ground up.
    #[arg(long, value_delimiter = ',')]
    wanted: Vec<String>,
    #[command(flatten)]
    shown: Shown,
}

#[derive(Debug, Args)]
pub(super) struct ClaimArgs {
    /// The claim.
    #[arg(required = true)]
    claim: Vec<String>,
    #[command(flatten)]
    shown: Shown,
}

#[derive(Debug, Args)]
pub(super) struct DuplicatesArgs {
    /// A file or directory: only what is in it.
    within: Option<String>,
    /// Only what is like this function.
    #[arg(long, default_value = "")]
    like: String,
    /// Take all names for the same.
    #[arg(long)]
    any_names: bool,
    #[command(flatten)]
    shown: Shown,
}

#[derive(Debug, Args)]
pub(super) struct DifferentialArgs {
    /// The state before: `disk`, a session, or `SESSION@base`.
    from: String,
    /// The state after.
    to: String,
    #[command(flatten)]
    shown: Shown,
}

#[derive(Debug, Args)]
pub(super) struct DocumentArgs {
    /// What to show.
    #[arg(value_parser = ["resolve", "bindings", "drift"])]
    what: String,
    /// A document; for bindings also a file or symbol, for drift also a directory.
    #[arg(default_value = "")]
    target: String,
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
        GraphCommand::Layers(args) => {
            let of = if args.by_file { "files" } else { "directories" };
            let path = args.within.unwrap_or_default();
            let params = json!({"of": of, "path": path, "wanted": args.wanted});
            show("layers", params, &args.shown, "layers", "members")
        }
        GraphCommand::Counterfactual(args) => {
            let params = json!({"targets": args.targets});
            show("counterfactual", params, &args.shown, "cut_off", "path")
        }
        GraphCommand::Hypothesize(args) => {
            let params = json!({"claim": args.claim.join(" ")});
            show("hypothesize", params, &args.shown, "verdict", "path")
        }
        GraphCommand::Duplicates(args) => {
            let path = args.within.unwrap_or_default();
            let params = json!({"path": path, "like": args.like, "any_names": args.any_names});
            show("duplicates", params, &args.shown, "groups", "path")
        }
        GraphCommand::Differential(args) => {
            let params = json!({"from": args.from, "to": args.to});
            show("differential", params, &args.shown, "kinds", "path")
        }
        GraphCommand::Document(args) => match &args.what[..] {
            "resolve" => {
                let params = json!({"path": args.target});
                show("document_resolve", params, &args.shown, "sections", "path")
            }
            "bindings" => {
                let params = json!({"target": args.target});
                show("document_bindings", params, &args.shown, "bindings", "document")
            }
            _ => {
                let params = json!({"path": args.target});
                show("document_drift", params, &args.shown, "drift", "document")
            }
        },
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
    let none = value[list].is_array() && entries.is_empty();
    Ok(if none { ExitCode::from(1) } else { ExitCode::SUCCESS })
}
