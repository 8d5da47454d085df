//! The questions about code on the command line.

use std::{io::Write, path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value, json};

use super::absolute;
use crate::client::Client;

/// Everything: where the program, not a model, is the reader.
const NO_LIMIT: u64 = 10_000_000;

#[derive(Debug, Subcommand)]
pub(super) enum CodeCommand {
    /// Find symbols by name.
    Symbols(SymbolsArgs),
    /// Show what a file defines.
    Outline(FileArgs),
    /// Find where a symbol is defined.
    Definition(FloorArgs),
    /// Find every use of a symbol.
    References(FloorArgs),
    /// Show who calls a function.
    Callers(CallArgs),
    /// Show what a function calls.
    Callees(CallArgs),
    /// Show what inherits from a type, or overrides a method.
    Implementations(SymbolArgs),
    /// Show what a type inherits, or a method overrides.
    Supertypes(SymbolArgs),
    /// Show what a file or directory imports.
    Dependencies(GraphArgs),
    /// Show who imports a file or directory.
    Dependents(GraphArgs),
    /// Find symbols that nothing names.
    Unused(UnusedArgs),
    /// Show a symbol's declaration and documentation.
    Hover(SymbolArgs),
}

#[derive(Debug, Args)]
struct Shown {
    /// Entries at most.
    #[arg(long)]
    limit: Option<u64>,
    /// Entries to pass over.
    #[arg(long, default_value_t = 0)]
    offset: u64,
    /// Print a JSON array: all entries, unless there is a limit.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct SymbolArgs {
    /// `FILE:LINE:COLUMN`, `FILE:LINE`, or a name: `Model.save`.
    symbol: String,
    /// The workspace, or any directory in it, where a name is looked for.
    #[arg(long, default_value = ".")]
    path: PathBuf,
    #[command(flatten)]
    shown: Shown,
}

#[derive(Debug, Args)]
pub(super) struct FloorArgs {
    #[command(flatten)]
    symbol: SymbolArgs,
    /// How certain entries must be.
    #[arg(long, value_enum, default_value_t = Floor::Likely)]
    floor: Floor,
}

#[derive(Debug, Args)]
pub(super) struct CallArgs {
    #[command(flatten)]
    symbol: FloorArgs,
    /// Steps.
    #[arg(long, default_value_t = 1)]
    depth: u32,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Floor {
    /// Follows from scopes, imports and types.
    Exact,
    /// Inferred.
    Likely,
    /// Only the name is the same.
    ByName,
}

#[derive(Debug, Args)]
pub(super) struct FileArgs {
    /// The file.
    file: PathBuf,
    #[command(flatten)]
    shown: Shown,
}

#[derive(Debug, Args)]
pub(super) struct GraphArgs {
    #[command(flatten)]
    file: FileArgs,
    /// Go on to the end.
    #[arg(long)]
    transitive: bool,
}

#[derive(Debug, Args)]
struct ScopeArgs {
    /// Files or directories to look in.
    #[arg(long = "in", value_name = "PATH")]
    paths: Vec<String>,
    /// Globs that files must match.
    #[arg(short, long)]
    glob: Vec<String>,
    /// Kinds: class, function, method, ...
    #[arg(short, long)]
    kind: Vec<String>,
    /// Languages: python, rust, ...
    #[arg(short = 't', long)]
    language: Vec<String>,
    /// The workspace, or any directory in it.
    #[arg(long, default_value = ".")]
    path: PathBuf,
    #[command(flatten)]
    shown: Shown,
}

#[derive(Debug, Args)]
pub(super) struct SymbolsArgs {
    /// The name, or a part of it; none: all.
    #[arg(default_value = "")]
    name: String,
    /// Exactly this name.
    #[arg(short, long, conflicts_with = "prefix")]
    exact: bool,
    /// Names that begin so.
    #[arg(short, long)]
    prefix: bool,
    #[command(flatten)]
    scope: ScopeArgs,
}

#[derive(Debug, Args)]
pub(super) struct UnusedArgs {
    #[command(flatten)]
    scope: ScopeArgs,
    /// Also what everybody may use.
    #[arg(long)]
    public: bool,
}

pub(super) fn run(command: CodeCommand) -> anyhow::Result<ExitCode> {
    match command {
        CodeCommand::Symbols(args) => symbols(args),
        CodeCommand::Unused(args) => unused(args),
        CodeCommand::Outline(args) => {
            show("outline", file(&args)?, &args.shown, |reply| reply["symbols"].take())
        }
        CodeCommand::Definition(args) => {
            floored("definition", &args, |reply| only(reply["definitions"].take(), &PLACE))
        }
        CodeCommand::References(args) => {
            floored("references", &args, |reply| only(reply["references"].take(), &PLACE))
        }
        CodeCommand::Callers(args) => calls("callers", &args),
        CodeCommand::Callees(args) => calls("callees", &args),
        CodeCommand::Implementations(args) => relatives("implementations", &args),
        CodeCommand::Supertypes(args) => relatives("supertypes", &args),
        CodeCommand::Hover(args) => {
            show("hover", symbol(&args)?, &args.shown, |reply| reply["symbols"].take())
        }
        CodeCommand::Dependencies(args) => graph("dependencies", &args),
        CodeCommand::Dependents(args) => graph("dependents", &args),
    }
}

/// What is printed of a definition or a reference.
const PLACE: [&str; 5] = ["path", "line", "column", "role", "certainty"];

/// The objects of a list with these entries only.
fn only(mut list: Value, keys: &[&str]) -> Value {
    for item in list.as_array_mut().into_iter().flatten() {
        let kept: Map<String, Value> =
            keys.iter().map(|key| ((*key).to_owned(), item[*key].take())).collect();
        *item = Value::Object(kept);
    }
    list
}

fn symbols(args: SymbolsArgs) -> anyhow::Result<ExitCode> {
    let spelling = match (args.exact, args.prefix) {
        (true, _) => "exact",
        (false, true) => "prefix",
        (false, false) => "fuzzy",
    };
    let mut params = scope(&args.scope)?;
    params["name"] = args.name.into();
    params["match"] = spelling.into();
    show("symbols", params, &args.scope.shown, |reply| reply["symbols"].take())
}

fn unused(args: UnusedArgs) -> anyhow::Result<ExitCode> {
    let mut params = scope(&args.scope)?;
    params["public"] = args.public.into();
    show("unused", params, &args.scope.shown, |reply| reply["unused"].take())
}

fn scope(args: &ScopeArgs) -> anyhow::Result<Value> {
    let paths: Vec<String> =
        args.paths.iter().map(|path| absolute(path.as_ref())).collect::<Result<_, _>>()?;
    Ok(json!({
        "workspace": absolute(&args.path)?,
        "paths": paths,
        "glob": args.glob,
        "kind": args.kind,
        "language": args.language,
    }))
}

fn file(args: &FileArgs) -> anyhow::Result<Value> {
    let path = real(&args.file)?;
    Ok(json!({"workspace": path, "path": path}))
}

fn graph(method: &str, args: &GraphArgs) -> anyhow::Result<ExitCode> {
    let mut params = file(&args.file)?;
    params["transitive"] = args.transitive.into();
    show(method, params, &args.file.shown, |reply| reply["files"].take())
}

fn relatives(method: &str, args: &SymbolArgs) -> anyhow::Result<ExitCode> {
    show(method, symbol(args)?, &args.shown, |reply| reply["relatives"].take())
}

fn calls(method: &str, args: &CallArgs) -> anyhow::Result<ExitCode> {
    let mut params = symbol(&args.symbol.symbol)?;
    params["floor"] = floor(args.symbol.floor);
    params["depth"] = args.depth.into();
    show(method, params, &args.symbol.symbol.shown, |reply| reply["calls"].take())
}

fn floored(
    method: &str,
    args: &FloorArgs,
    entries: impl FnOnce(&mut Value) -> Value,
) -> anyhow::Result<ExitCode> {
    let mut params = symbol(&args.symbol)?;
    params["floor"] = floor(args.floor);
    show(method, params, &args.symbol.shown, entries)
}

fn floor(floor: Floor) -> Value {
    let value = floor.to_possible_value();
    value.map_or(Value::Null, |value| value.get_name().into())
}

/// `FILE:LINE:COLUMN`, `FILE:LINE` or a name, as parameters.
fn symbol(args: &SymbolArgs) -> anyhow::Result<Value> {
    Ok(match split_place(&args.symbol) {
        Some((path, line, column)) => {
            let path = real(path.as_ref())?;
            json!({"workspace": path, "path": path, "line": line, "column": column})
        }
        None => json!({"workspace": absolute(&args.path)?, "symbol": args.symbol}),
    })
}

/// A file and a place in it, if that is what is given.
fn split_place(given: &str) -> Option<(&str, u32, Option<u32>)> {
    let (rest, last) = given.rsplit_once(':')?;
    let last = last.parse().ok()?;
    match rest.rsplit_once(':').map(|(path, line)| (path, line.parse())) {
        Some((path, Ok(line))) => Some((path, line, Some(last))),
        _ => Some((rest, last, None)),
    }
}

/// The path without links, as far as it exists: the daemon knows files by it.
fn real(path: &std::path::Path) -> anyhow::Result<String> {
    match path.canonicalize() {
        Ok(path) => absolute(&path),
        Err(_) => absolute(path),
    }
}

/// Asks and prints: the text, or the entries as a JSON array; notes to standard error. The status is
/// 1 if there are none.
fn show(
    operation: &str,
    mut params: Value,
    shown: &Shown,
    entries: impl FnOnce(&mut Value) -> Value,
) -> anyhow::Result<ExitCode> {
    if params["workspace"] == params["path"] {
        // A file that is not there must be an error of the question, not of its workspace.
        params["workspace"] = existing(params["path"].as_str().unwrap_or_default()).into();
    }
    params["offset"] = shown.offset.into();
    if let Some(limit) = shown.limit.or(shown.json.then_some(NO_LIMIT)) {
        params["limit"] = limit.into();
    }
    if shown.json {
        // A program waits rather than that it takes a part for the whole.
        params["timeout_ms"] = 600_000.into();
    }
    let params = json!({"operation": operation, "params": params});
    let mut reply = Client::connect_or_start()?.call("call", params)?;
    let text = reply["text"].take();
    let value = &mut reply["value"];
    let notes = value["notes"].take();
    let entries = entries(value);
    let mut out = std::io::stdout().lock();
    if shown.json {
        writeln!(out, "{entries}")?;
        for note in notes.as_array().into_iter().flatten() {
            eprintln!("coderoom: {}", note.as_str().unwrap_or_default());
        }
    } else {
        out.write_all(text.as_str().unwrap_or_default().as_bytes())?;
    }
    let empty = entries.as_array().is_none_or(Vec::is_empty);
    Ok(if empty { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// The nearest directory or file above a path that is there.
fn existing(path: &str) -> String {
    let found = std::path::Path::new(path).ancestors().find(|path| path.exists());
    found.map_or_else(|| path.to_owned(), |path| path.display().to_string())
}
