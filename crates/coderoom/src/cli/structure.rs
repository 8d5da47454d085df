//! Questions about structure and documents on the command line.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::json;

use super::graph::{Shown, TargetsArgs, given, show};

#[derive(Debug, Subcommand)]
pub(super) enum StructureCommand {
    /// Show directories (or files) in layers, and the cycles between them.
    Layers(LayersArgs),
    /// Show what would break, and what nothing would use any more, without files or symbols.
    Counterfactual(TargetsArgs),
    /// Check a claim about structure: `views.py never calls Model.save`.
    Hypothesize(ClaimArgs),
    /// Find functions that are nearly the same.
    Duplicates(DuplicatesArgs),
    /// Show how the structure of two states (disk, sessions, commits) differs.
    Differential(DifferentialArgs),
    /// Show the sections of a document, or which documents and code speak of each other.
    Document(DocumentArgs),
    /// Write a note into a session; its text is read from standard input.
    Note(NoteArgs),
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
    /// The state before: `disk`, a session, `SESSION@base`, or a commit (`HEAD~3`, a branch, a tag, a
    /// hash). Default: HEAD.
    #[arg(default_value = "HEAD")]
    from: String,
    /// The state after, named alike.
    #[arg(default_value = "disk")]
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
    /// For drift: compare with a commit (`HEAD~3`, a branch, a tag, a hash), `disk` or a session.
    #[arg(long, default_value = "")]
    since: String,
    /// For drift: the edit session whose state is meant.
    #[arg(long, default_value = "")]
    session: String,
    #[command(flatten)]
    shown: Shown,
}

#[derive(Debug, Args)]
pub(super) struct NoteArgs {
    /// What it is about.
    #[arg(required = true)]
    title: Vec<String>,
    /// The session.
    #[arg(long)]
    session: String,
    /// Words to find it by.
    #[arg(long, value_delimiter = ',')]
    tags: Vec<String>,
    /// The file. Default: one below `.coderoom/notes/`, named after the title.
    #[arg(long, default_value = "")]
    to: String,
    #[command(flatten)]
    shown: Shown,
}

pub(super) fn run(command: StructureCommand) -> anyhow::Result<ExitCode> {
    match command {
        StructureCommand::Layers(args) => {
            let of = if args.by_file { "files" } else { "directories" };
            let path = args.within.unwrap_or_default();
            let params = json!({"of": of, "path": path, "wanted": args.wanted});
            show("layers", params, &args.shown, "layers", "members")
        }
        StructureCommand::Counterfactual(args) => {
            let params = json!({"targets": args.targets});
            show("counterfactual", params, &args.shown, "cut_off", "path")
        }
        StructureCommand::Hypothesize(args) => {
            let params = json!({"claim": args.claim.join(" ")});
            show("hypothesize", params, &args.shown, "verdict", "path")
        }
        StructureCommand::Duplicates(args) => {
            let path = args.within.unwrap_or_default();
            let params = json!({"path": path, "like": args.like, "any_names": args.any_names});
            show("duplicates", params, &args.shown, "groups", "path")
        }
        StructureCommand::Differential(args) => {
            let params = json!({"from": args.from, "to": args.to});
            show("differential", params, &args.shown, "kinds", "path")
        }
        StructureCommand::Document(args) => match &args.what[..] {
            "resolve" => {
                let params = json!({"path": args.target});
                show("document_resolve", params, &args.shown, "sections", "path")
            }
            "bindings" => {
                let params = json!({"target": args.target});
                show("document_bindings", params, &args.shown, "bindings", "document")
            }
            _ => {
                let params = json!({
                    "path": args.target, "since": args.since, "session": args.session,
                });
                show("document_drift", params, &args.shown, "drift", "document")
            }
        },
        StructureCommand::Note(args) => {
            let params = json!({
                "session": args.session,
                "title": args.title.join(" "),
                "text": given(&[])?,
                "tags": args.tags,
                "path": args.to,
            });
            // That it speaks of no code is no failure.
            show("document_note", params, &args.shown, "bindings", "target")
                .map(|_| ExitCode::SUCCESS)
        }
    }
}
