//! Edit sessions on the command line.

use std::{
    io::{Read, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value, json};

use super::{absolute, text_of};
use crate::client::Client;

/// Sessions themselves.
#[derive(Debug, Subcommand)]
pub(super) enum SessionCommand {
    /// Open a session, or go on with one.
    Open(OpenArgs),
    /// List the sessions of a workspace.
    List(WhereArgs),
    /// Show one session: its changed files and conflicts.
    Show(WhereArgs),
    /// Drop the bytes of old versions from a session's journal; its log stays whole.
    Compact {
        #[command(flatten)]
        at: WhereArgs,
        /// Newest entries that can still be undone.
        #[arg(long)]
        keep: Option<u64>,
    },
    /// Make a session's edits again, one by one, in a new session over the disk as it is now.
    Replay {
        /// The new session's name.
        name: String,
        #[command(flatten)]
        at: WhereArgs,
    },
    /// End a session; its log is kept.
    Close {
        #[command(flatten)]
        at: WhereArgs,
        /// Although it has changes that are not in the working directory.
        #[arg(long)]
        discard: bool,
    },
}

/// What is done in a session: `--session NAME`, or `CODEROOM_SESSION`.
#[derive(Debug, Subcommand)]
pub(super) enum EditCommand {
    /// Replace exact text in a file of a session.
    Edit(EditArgs),
    /// Write a file of a session from standard input.
    Write(WriteArgs),
    /// Apply a patch from standard input: a unified diff, `*** Begin Patch`, SEARCH/REPLACE, LSP.
    Patch(ReasonArgs),
    /// Make several edits at once, given as a JSON array on standard input.
    Batch {
        #[command(flatten)]
        why: ReasonArgs,
        /// Judge them and change nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Take the last edit back.
    Undo(ReasonArgs),
    /// Make the last undone edit again.
    Redo(ReasonArgs),
    /// Bring all files back to what they were after an entry.
    Rollback {
        /// Its number; 0 is the beginning.
        to: u64,
        #[command(flatten)]
        why: ReasonArgs,
    },
    /// Take what is on disk into a session.
    Rebase(ReasonArgs),
    /// Take another session's changes into a session.
    Merge {
        /// The session that has them.
        from: String,
        #[command(flatten)]
        why: ReasonArgs,
    },
    /// Settle a conflict, or show both sides.
    Resolve {
        /// The file.
        file: PathBuf,
        /// How; `text` reads standard input.
        #[arg(long, value_enum)]
        with: Option<Side>,
        #[command(flatten)]
        why: ReasonArgs,
    },
    /// Look at it, or write it to the working directory.
    #[command(flatten)]
    Look(LookCommand),
}

/// What changes nothing in a session.
#[derive(Debug, Subcommand)]
pub(super) enum LookCommand {
    /// Show a session's log.
    History {
        /// Only what touched this file.
        file: Option<PathBuf>,
        /// Entries at most.
        #[arg(long)]
        limit: Option<u64>,
        #[command(flatten)]
        at: WhereArgs,
    },
    /// Show who changed each line of a file in a session, and why.
    Blame {
        /// The file.
        file: PathBuf,
        #[command(flatten)]
        at: WhereArgs,
    },
    /// Show what a session has changed.
    Diff(DiffArgs),
    /// Check what a session has changed: syntax, dangling names, types.
    Validate {
        /// Ask no type checkers.
        #[arg(long)]
        no_types: bool,
        #[command(flatten)]
        at: WhereArgs,
    },
    /// Write a session's changes to the working directory.
    Sync {
        /// Only these files or directories.
        paths: Vec<PathBuf>,
        #[command(flatten)]
        at: WhereArgs,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Side {
    Ours,
    Theirs,
    Text,
}

#[derive(Debug, Args)]
pub(super) struct WhereArgs {
    /// The workspace, or any directory in it.
    #[arg(long, default_value = ".")]
    path: PathBuf,
    /// Print the reply as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct OpenArgs {
    /// Its name.
    name: String,
    /// Begin with the changes of this session.
    #[arg(long)]
    fork_of: Option<String>,
    /// Who works in it.
    #[arg(long, default_value = "cli")]
    agent: String,
    /// A `session.yaml`.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Fail if it is there already.
    #[arg(long)]
    new: bool,
    #[command(flatten)]
    at: WhereArgs,
}

#[derive(Debug, Args)]
pub(super) struct ReasonArgs {
    /// Why: kept in the log.
    #[arg(long, default_value = "")]
    reason: String,
    /// Who. Default: who opened the session.
    #[arg(long, default_value = "")]
    agent: String,
    /// Take edits that add syntax errors too.
    #[arg(long)]
    allow_syntax_errors: bool,
    #[command(flatten)]
    at: WhereArgs,
}

#[derive(Debug, Args)]
pub(super) struct EditArgs {
    /// The file.
    file: PathBuf,
    /// The text that is there.
    #[arg(long)]
    old: String,
    /// What to put in its place.
    #[arg(long)]
    new: String,
    /// Everywhere in the file.
    #[arg(long)]
    all: bool,
    /// The hash that the file must have.
    #[arg(long)]
    hash: Option<String>,
    #[command(flatten)]
    why: ReasonArgs,
}

#[derive(Debug, Args)]
pub(super) struct WriteArgs {
    /// The file.
    file: PathBuf,
    /// Make it executable, or not.
    #[arg(long)]
    executable: Option<bool>,
    /// The hash that the file must have.
    #[arg(long)]
    hash: Option<String>,
    #[command(flatten)]
    why: ReasonArgs,
}

#[derive(Debug, Args)]
pub(super) struct DiffArgs {
    /// Only these files or directories.
    paths: Vec<PathBuf>,
    /// `base`, `HEAD`, `disk`, an entry's number or `session:NAME`.
    #[arg(long, default_value = "base")]
    against: String,
    /// In numbers.
    #[arg(long, conflicts_with = "words")]
    stat: bool,
    /// By words.
    #[arg(long)]
    words: bool,
    /// Lines of context.
    #[arg(short = 'U', long)]
    context: Option<u64>,
    #[command(flatten)]
    at: WhereArgs,
}

pub(super) fn run(command: SessionCommand) -> anyhow::Result<ExitCode> {
    match command {
        SessionCommand::Open(args) => {
            let config = args.config.map(std::fs::read_to_string).transpose()?.unwrap_or_default();
            let params = json!({
                "name": args.name, "fork_of": args.fork_of, "agent": args.agent,
                "config": config, "new": args.new,
            });
            ask("session_open", params, &args.at, Some(describe))
        }
        SessionCommand::List(at) => ask("session_list", json!({"session": ""}), &at, Some(list)),
        SessionCommand::Show(at) => ask("session_list", json!({}), &at, Some(list)),
        SessionCommand::Compact { at, keep } => {
            ask("session_compact", json!({"keep": keep}), &at, None)
        }
        SessionCommand::Replay { name, at } => {
            ask("replay", json!({"name": name}), &at, Some(replayed))
        }
        SessionCommand::Close { at, discard } => {
            ask("session_close", json!({"discard": discard}), &at, Some(closed))
        }
    }
}

pub(super) fn edit(command: EditCommand) -> anyhow::Result<ExitCode> {
    match command {
        EditCommand::Edit(args) => {
            let params = json!({
                "path": absolute(&args.file)?, "old_str": args.old, "new_str": args.new,
                "replace_all": args.all, "hash": args.hash,
            });
            changed("edit_file", params, &args.why)
        }
        EditCommand::Write(args) => {
            let params = json!({
                "path": absolute(&args.file)?, "content": input()?,
                "executable": args.executable, "hash": args.hash,
            });
            changed("write_file", params, &args.why)
        }
        EditCommand::Patch(why) => changed("apply_patch", json!({"patch": input()?}), &why),
        EditCommand::Batch { why, dry_run } => {
            let edits: Value = serde_json::from_str(&input()?)?;
            changed("apply_batch", json!({"edits": edits, "dry_run": dry_run}), &why)
        }
        EditCommand::Undo(why) => stepped("undo", json!({}), &why),
        EditCommand::Redo(why) => stepped("redo", json!({}), &why),
        EditCommand::Rollback { to, why } => stepped("rollback", json!({"to": to}), &why),
        EditCommand::Rebase(why) => stepped("rebase", json!({}), &why),
        EditCommand::Merge { from, why } => stepped("merge", json!({"from": from}), &why),
        EditCommand::Resolve { file, with, why } => {
            let content = if with == Some(Side::Text) { Some(input()?) } else { None };
            let with = with.and_then(|side| side.to_possible_value());
            let with = with.map(|side| side.get_name().to_owned());
            let params = json!({"path": absolute(&file)?, "with": with, "content": content});
            stepped("resolve", params, &why)
        }
        EditCommand::Look(command) => look(command),
    }
}

/// Commands that change nothing in the session.
fn look(command: LookCommand) -> anyhow::Result<ExitCode> {
    match command {
        LookCommand::History { file, limit, at } => {
            let path = file.map(|file| absolute(&file)).transpose()?.unwrap_or_default();
            ask("history", json!({"path": path, "limit": limit}), &at, None)
        }
        LookCommand::Blame { file, at } => {
            ask("blame", json!({"path": absolute(&file)?}), &at, None)
        }
        LookCommand::Diff(args) => {
            let format = match (args.stat, args.words, args.at.json) {
                (true, ..) => "stat",
                (_, true, _) => "words",
                (_, _, true) => "json",
                _ => "unified",
            };
            let params = json!({
                "paths": absolutes(&args.paths)?, "against": args.against, "format": format,
                "context": args.context, "max_bytes": 1_u64 << 32,
            });
            ask("diff", params, &args.at, None)
        }
        LookCommand::Validate { no_types, at } => {
            let types = no_types.then_some(false);
            let params = json!({"types": types, "timeout_ms": 120_000});
            ask("validate", params, &at, None)
        }
        LookCommand::Sync { paths, at } => {
            ask("sync", json!({"paths": absolutes(&paths)?, "timeout_ms": 3_600_000}), &at, None)
        }
    }
}

fn absolutes(paths: &[PathBuf]) -> anyhow::Result<Vec<String>> {
    paths.iter().map(|path| absolute(path)).collect()
}

/// All of standard input.
fn input() -> anyhow::Result<String> {
    let mut text = String::new();
    std::io::stdin().lock().read_to_string(&mut text)?;
    Ok(text)
}

fn changed(operation: &str, mut params: Value, why: &ReasonArgs) -> anyhow::Result<ExitCode> {
    params["allow_syntax_errors"] = why.allow_syntax_errors.into();
    stepped(operation, params, why)
}

fn stepped(operation: &str, mut params: Value, why: &ReasonArgs) -> anyhow::Result<ExitCode> {
    params["reason"] = why.reason.clone().into();
    params["agent"] = why.agent.clone().into();
    ask(operation, params, &why.at, None)
}

/// How a reply is shown, if not by its own text.
type Show = fn(&Value) -> String;

/// Asks and prints. The status is 1 if there are conflicts or something is wrong.
fn ask(
    operation: &str,
    params: Value,
    at: &WhereArgs,
    show: Option<Show>,
) -> anyhow::Result<ExitCode> {
    let mut given = Map::new();
    given.insert("workspace".into(), absolute(&at.path)?.into());
    for (key, value) in params.as_object().into_iter().flatten() {
        if !value.is_null() {
            given.insert(key.clone(), value.clone());
        }
    }
    let takes_time = given.contains_key("timeout_ms");
    if takes_time && !super::takes(operation, "timeout_ms") {
        given.remove("timeout_ms");
    }
    let params = json!({"operation": operation, "params": given});
    let reply = Client::connect_or_start()?.call("call", params)?;
    let value = &reply["value"];
    let text = match (at.json, show) {
        (true, _) => format!("{value}\n"),
        (false, Some(show)) => show(value),
        (false, None) => readable(&reply),
    };
    std::io::stdout().lock().write_all(text.as_bytes())?;
    let conflicts = value["conflicts"].as_array().is_some_and(|list| !list.is_empty());
    let wrong = operation == "validate" && value["ok"] == false;
    Ok(if conflicts || wrong { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// The text of a reply; of one that is data, a line for each of its entries.
fn readable(reply: &Value) -> String {
    let text = text_of(reply, "text");
    if !text.starts_with('{') {
        return text.to_owned();
    }
    let mut lines = String::new();
    for (key, value) in reply["value"].as_object().into_iter().flatten() {
        match value {
            Value::Array(list) if list.is_empty() => {}
            Value::Array(list) => {
                let words: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
                lines.push_str(&format!("{key}: {}\n", words.join(", ")));
            }
            Value::String(word) => lines.push_str(&format!("{key}: {word}\n")),
            Value::Null => {}
            other => lines.push_str(&format!("{key}: {other}\n")),
        }
    }
    lines
}

fn list(reply: &Value) -> String {
    let sessions = reply["sessions"].as_array().map(Vec::as_slice).unwrap_or_default();
    if sessions.is_empty() {
        return "no sessions are open\n".into();
    }
    sessions.iter().map(describe).collect()
}

fn describe(row: &Value) -> String {
    let mut text = format!(
        "{}  {}\n  by {}, entry {}, {} changed files, sync {}\n",
        text_of(row, "name"),
        text_of(row, "workspace"),
        text_of(row, "agent"),
        row["entry"],
        row["dirty"],
        text_of(row, "sync"),
    );
    for file in row["files"].as_array().into_iter().flatten() {
        text.push_str(&format!("  {}\n", file.as_str().unwrap_or_default()));
    }
    for file in row["conflicts"].as_array().into_iter().flatten() {
        text.push_str(&format!("  ! conflict in {}\n", file.as_str().unwrap_or_default()));
    }
    if row["review_error"].is_object() {
        let failure = &row["review_error"];
        let (code, message) = (text_of(failure, "code"), text_of(failure, "message"));
        text.push_str(&format!("  ! no review commit: {code}: {message}\n"));
    }
    if let Some(commit) = row["review"].as_str() {
        text.push_str(&format!("  review {commit} on {}\n", text_of(row, "branch")));
    }
    text
}

fn replayed(reply: &Value) -> String {
    let mut text = String::new();
    for row in reply["entries"].as_array().into_iter().flatten() {
        let (outcome, reason) = (text_of(row, "outcome"), text_of(row, "reason"));
        text.push_str(&format!("{} -> {}  {outcome}  {reason}\n", row["old"], row["entry"]));
        for file in row["conflicts"].as_array().into_iter().flatten() {
            text.push_str(&format!("  ! conflict in {}\n", file.as_str().unwrap_or_default()));
        }
    }
    text
}

fn closed(reply: &Value) -> String {
    format!("closed {}; its log is {}\n", text_of(reply, "closed"), text_of(reply, "log"))
}
