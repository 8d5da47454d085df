//! `search`, `glob` and `view` on the command line.

use std::{io::Write, path::PathBuf, process::ExitCode};

use clap::Args;
use serde_json::{Value, json};

use super::absolute;
use crate::client::Client;

/// What to search for.
#[derive(Debug, Args)]
pub(super) struct SearchArgs {
    /// Regular expression.
    pattern: String,
    /// Where to search; default: the current directory.
    path: Option<PathBuf>,
    /// Globs that files must match.
    #[arg(short, long)]
    glob: Vec<String>,
    /// File types.
    #[arg(short = 't', long = "type")]
    types: Vec<String>,
    /// Take the pattern as plain text.
    #[arg(short = 'F', long)]
    fixed_strings: bool,
    /// Ignore case.
    #[arg(short, long)]
    ignore_case: bool,
    /// Whole words only.
    #[arg(short, long)]
    word: bool,
    /// Lines of context.
    #[arg(short = 'C', long, default_value_t = 0)]
    context: usize,
    /// Print paths only.
    #[arg(short = 'l', long)]
    files: bool,
    /// Print counts only.
    #[arg(short, long)]
    count: bool,
    /// Look into hidden files.
    #[arg(long)]
    hidden: bool,
    /// Lines at most.
    #[arg(long)]
    limit: Option<u64>,
    /// Lines to pass over.
    #[arg(long, default_value_t = 0)]
    offset: u64,
    /// Print the reply as JSON.
    #[arg(long)]
    json: bool,
}

/// Which files to list.
#[derive(Debug, Args)]
pub(super) struct GlobArgs {
    /// Globs that files must match.
    glob: Vec<String>,
    /// Where; default: the current directory.
    #[arg(long, default_value = ".")]
    path: PathBuf,
    /// List hidden files too.
    #[arg(long)]
    hidden: bool,
    /// Paths at most.
    #[arg(long)]
    limit: Option<u64>,
    /// Print the reply as JSON.
    #[arg(long)]
    json: bool,
}

/// Which lines to read.
#[derive(Debug, Args)]
pub(super) struct ViewArgs {
    /// Files, with line ranges: `src/main.rs:10-40`.
    #[arg(required = true)]
    files: Vec<String>,
    /// Print the reply as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn search(args: SearchArgs) -> anyhow::Result<ExitCode> {
    let output = match (args.files, args.count) {
        (true, _) => "files",
        (false, true) => "count",
        (false, false) => "content",
    };
    let path = args.path.unwrap_or_else(|| ".".into());
    // A file is searched alone, not with all that lies beside it.
    let file =
        path.is_file().then(|| path.file_name()).flatten().map(|name| name.to_string_lossy());
    let params = json!({
        "workspace": absolute(&path)?,
        "paths": file.into_iter().collect::<Vec<_>>(),
        "pattern": args.pattern,
        "glob": args.glob,
        "type": args.types,
        "output": output,
        "fixed_strings": args.fixed_strings,
        "ignore_case": args.ignore_case,
        "word": args.word,
        "context": args.context,
        "hidden": args.hidden,
        "limit": args.limit,
        "offset": args.offset,
    });
    show("search", params, args.json)
}

pub(super) fn glob(args: GlobArgs) -> anyhow::Result<ExitCode> {
    let params = json!({
        "workspace": absolute(&args.path)?,
        "glob": args.glob,
        "hidden": args.hidden,
        "limit": args.limit,
    });
    show("glob", params, args.json)
}

pub(super) fn view(args: ViewArgs) -> anyhow::Result<ExitCode> {
    let mut files = Vec::new();
    let mut workspace = String::new();
    for given in &args.files {
        let (path, start, end) = split_range(given);
        let path = absolute(path.as_ref())?;
        if workspace.is_empty() {
            workspace.clone_from(&path);
        }
        files.push(json!({"path": path, "start": start, "end": end}));
    }
    show("view", json!({"workspace": workspace, "files": files}), args.json)
}

/// `path:10-40`, `path:10` or `path`.
fn split_range(given: &str) -> (&str, Option<u64>, Option<u64>) {
    let Some((path, range)) = given.rsplit_once(':') else { return (given, None, None) };
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    match (first.parse(), last.parse()) {
        (Ok(first), Ok(last)) => (path, Some(first), Some(last)),
        _ => (given, None, None),
    }
}

/// Asks and prints: the text to standard output, notes to standard error.
fn show(method: &str, params: Value, as_json: bool) -> anyhow::Result<ExitCode> {
    let reply = Client::connect_or_start()?.call(method, params)?;
    let mut out = std::io::stdout().lock();
    if as_json {
        writeln!(out, "{reply}")?;
    } else {
        out.write_all(super::text_of(&reply, "text").as_bytes())?;
        for note in reply["notes"].as_array().into_iter().flatten() {
            eprintln!("coderoom: {}", note.as_str().unwrap_or_default());
        }
    }
    let found = reply.get("matched").is_none_or(|matched| matched == true);
    Ok(if found { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
