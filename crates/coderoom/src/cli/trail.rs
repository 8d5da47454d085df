//! Trails on the command line.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::json;

use super::graph::{Shown, show};

#[derive(Debug, Subcommand)]
pub(super) enum TrailCommand {
    /// Keep what was found out about a task; a trail that is there is added to.
    Save(SaveArgs),
    /// Show what a trail says, what has become of its places, and where to go on.
    Resume(ResumeArgs),
    /// List the trails of a workspace, the last saved first.
    List(Shown),
    /// Put trails together, and show where they contradict each other.
    Merge(MergeArgs),
    /// Delete a trail.
    Delete(DeleteArgs),
}

#[derive(Debug, Args)]
pub(super) struct SaveArgs {
    /// The trail's name.
    name: String,
    /// What it is about.
    #[arg(long, default_value = "")]
    task: String,
    /// What was found out; may be given several times, as all lists.
    #[arg(long)]
    note: Vec<String>,
    /// A claim that was found to be so.
    #[arg(long)]
    confirmed: Vec<String>,
    /// A claim that was found not to be so.
    #[arg(long)]
    refuted: Vec<String>,
    /// A claim that is still to be tested.
    #[arg(long)]
    undecided: Vec<String>,
    /// A question that is still open.
    #[arg(long)]
    question: Vec<String>,
    /// An open question that is answered now.
    #[arg(long)]
    answered: Vec<String>,
    /// A place: a path, `PATH:LINE`, or a symbol.
    #[arg(long)]
    visited: Vec<String>,
    /// Forget what the trail said before.
    #[arg(long)]
    anew: bool,
    /// The edit session in whose state the places were seen.
    #[arg(long, default_value = "")]
    session: String,
    #[command(flatten)]
    shown: Shown,
}

#[derive(Debug, Args)]
pub(super) struct ResumeArgs {
    /// The trail's name. Default: the last that was saved.
    #[arg(default_value = "")]
    name: String,
    /// The edit session to go on in.
    #[arg(long, default_value = "")]
    session: String,
    #[command(flatten)]
    shown: Shown,
}

#[derive(Debug, Args)]
pub(super) struct MergeArgs {
    /// The name of the new trail.
    into: String,
    /// The trails to merge.
    #[arg(required = true, num_args = 2..)]
    names: Vec<String>,
    #[command(flatten)]
    shown: Shown,
}

#[derive(Debug, Args)]
pub(super) struct DeleteArgs {
    /// The trail's name.
    name: String,
    #[command(flatten)]
    shown: Shown,
}

pub(super) fn run(command: TrailCommand) -> anyhow::Result<ExitCode> {
    let (operation, params, shown, list) = match command {
        TrailCommand::Save(args) => {
            let params = json!({
                "session": args.session,
                "name": args.name,
                "task": args.task,
                "notes": args.note,
                "confirmed": args.confirmed,
                "refuted": args.refuted,
                "undecided": args.undecided,
                "questions": args.question,
                "answered": args.answered,
                "visited": args.visited,
                "anew": args.anew,
            });
            ("trail_save", params, args.shown, "places")
        }
        TrailCommand::Resume(args) => {
            let params = json!({"session": args.session, "name": args.name});
            ("trail_resume", params, args.shown, "places")
        }
        TrailCommand::List(shown) => {
            return show("trail_list", json!({}), &shown, "trails", "name");
        }
        TrailCommand::Merge(args) => {
            let params = json!({"names": args.names, "into": args.into});
            ("trail_merge", params, args.shown, "places")
        }
        TrailCommand::Delete(args) => {
            ("trail_delete", json!({"name": args.name}), args.shown, "trails")
        }
    };
    // That a trail has no places is no failure.
    show(operation, params, &shown, list, "now").map(|_| ExitCode::SUCCESS)
}
