//! The command line: each command asks the daemon, and starts it if need be.

mod code;
mod graph;
mod query;
mod run;
mod scip;
mod serve;
mod session;
mod structure;
mod trail;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};
use serde_json::{Value, json};

use crate::{
    client::{Client, ClientError},
    daemon::{
        config::socket_path,
        lifecycle::{lock_path, wait_for},
    },
};

/// Keeps code bases resident in memory for coding agents.
///
/// Searches, lists and reads answer from memory in micro- to milliseconds, exactly as ripgrep
/// would, and always up to date with the files on disk.
#[derive(Debug, Parser)]
#[command(
    name = "coderoom",
    version,
    after_help = "Examples:\n  \
    coderoom serve .                    load a project and serve it\n  \
    coderoom search 'fn \\w+_lock' -t rust\n  \
    coderoom references src/main.rs:12:8\n  \
    coderoom definition Model.save\n  \
    coderoom mcp                        MCP over stdio, for an agent's configuration"
)]
pub struct Cli {
    /// The edit session whose state is meant. Default: the files as they are on disk.
    #[arg(long, global = true, env = "CODEROOM_SESSION", value_name = "NAME")]
    session: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve workspaces until stopped.
    Serve(serve::ServeArgs),
    /// Show what is in memory.
    Status(JsonFlag),
    /// Stop the daemon.
    Stop,
    /// Load a directory as a workspace.
    Load(LoadArgs),
    /// Let a workspace go from memory.
    Unload {
        /// Its root.
        #[arg(default_value = ".")]
        root: PathBuf,
    },
    /// Search text.
    Search(query::SearchArgs),
    /// Find files by name.
    Glob(query::GlobArgs),
    /// Read files or ranges of lines.
    View(query::ViewArgs),
    #[command(flatten)]
    Code(code::CodeCommand),
    #[command(flatten)]
    Graph(graph::GraphCommand),
    #[command(flatten)]
    Structure(structure::StructureCommand),
    /// Keep where a task stands, and go on with it.
    #[command(subcommand)]
    Trail(trail::TrailCommand),
    /// Write the code as a SCIP index, or take one that a compiler-grade indexer made.
    #[command(subcommand)]
    Scip(scip::ScipCommand),
    /// Open, list and close edit sessions.
    #[command(subcommand)]
    Session(session::SessionCommand),
    #[command(flatten)]
    Edit(session::EditCommand),
    /// Run a command that sees a session's files; what it writes stays out of the workspace.
    Run(run::RunArgs),
    /// Open a session as a directory, for an editor.
    Mount(run::MountArgs),
    /// Speak MCP: over stdio, or over HTTP.
    Mcp(McpArgs),
    /// Print the operations as a reference page (Markdown) or as JSON.
    Operations(JsonFlag),
}

#[derive(Debug, Args)]
struct JsonFlag {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct LoadArgs {
    /// The directory.
    #[arg(default_value = ".")]
    root: PathBuf,
    /// Load ignored files too.
    #[arg(long)]
    no_ignore: bool,
    /// Do not hold files over this size (bytes).
    #[arg(long)]
    max_file_size: Option<u64>,
    #[command(flatten)]
    json: JsonFlag,
}

#[derive(Debug, Args)]
struct McpArgs {
    /// Serve streamable HTTP on this loopback address instead of stdio.
    #[arg(long, value_name = "ADDRESS")]
    http: Option<std::net::SocketAddr>,
    /// Offer these tools only: groups (search, code, graph, edit) or names. Default: all.
    #[arg(long, value_delimiter = ',', conflicts_with = "http")]
    tools: Vec<String>,
    /// Offer the fixtures of the MCP conformance suite; for tests.
    #[arg(long, hide = true, requires = "http")]
    conformance: bool,
}

/// Runs a command; the exit code is 0, 1 for "nothing found", 2 for an error.
pub fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(code) => code,
        Err(err) => {
            if err.downcast_ref::<std::io::Error>().is_some_and(is_broken_pipe) {
                return ExitCode::SUCCESS;
            }
            eprintln!("coderoom: {err:#}");
            ExitCode::from(2)
        }
    }
}

fn is_broken_pipe(err: &std::io::Error) -> bool {
    err.kind() == std::io::ErrorKind::BrokenPipe
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    if let Some(session) = cli.session {
        crate::client::work_in(session);
    }
    match cli.command {
        Command::Serve(args) => serve::run(args),
        Command::Status(flag) => status(flag),
        Command::Stop => stop(),
        Command::Load(args) => load(&args),
        Command::Unload { root } => {
            let params = json!({"workspace": absolute(&root)?});
            let reply = Client::connect()?.call("unload", params)?;
            print(&format!("unloaded {}\n", text_of(&reply, "unloaded")))
        }
        Command::Search(args) => query::search(args),
        Command::Glob(args) => query::glob(args),
        Command::View(args) => query::view(args),
        Command::Code(command) => code::run(command),
        Command::Graph(command) => graph::run(command),
        Command::Structure(command) => structure::run(command),
        Command::Trail(command) => trail::run(command),
        Command::Scip(command) => scip::run(command),
        Command::Session(command) => session::run(command),
        Command::Edit(command) => session::edit(command),
        Command::Run(args) => run::run(&args),
        Command::Mount(args) => run::mount(&args),
        Command::Mcp(args) => crate::mcp::run(args.http, args.conformance, &args.tools),
        Command::Operations(flag) => operations(flag),
    }
}

fn status(flag: JsonFlag) -> anyhow::Result<ExitCode> {
    let mut client = match Client::connect() {
        Err(ClientError::NotRunning) => {
            print(if flag.json { "null\n" } else { "no daemon is running\n" })?;
            return Ok(ExitCode::from(1));
        }
        client => client?,
    };
    let reply = client.call("status", Value::Null)?;
    if flag.json {
        return print(&format!("{reply}\n"));
    }
    let mut text = format!(
        "coderoom {}, process {}, up {} s, {} of {} held\n",
        text_of(&reply, "version"),
        reply["pid"],
        reply["uptime_seconds"],
        megabytes(&reply["held_bytes"]),
        megabytes(&reply["memory_budget"]),
    );
    for workspace in reply["workspaces"].as_array().into_iter().flatten() {
        text.push_str(&describe(workspace));
    }
    print(&text)
}

/// A workspace in a few lines.
fn describe(workspace: &Value) -> String {
    let mut text = format!(
        "{}\n  {} files, {} of text in {}, index {} in {} segments, {} uncovered; loaded in {:.2} s{}\n",
        text_of(workspace, "root"),
        workspace["files"],
        megabytes(&workspace["text_bytes"]),
        workspace["text_files"],
        megabytes(&workspace["index_bytes"]),
        workspace["segments"],
        workspace["uncovered_files"],
        workspace["load_seconds"].as_f64().unwrap_or_default(),
        if workspace["recalled_files"] != 0 { " from its cache file" } else { "" },
    );
    text.push_str(&format!(
        "  not held: {} binary, {} too large, {} unreadable, {} ignored; {} directories watched{}\n",
        workspace["binary_files"],
        workspace["too_large_files"],
        workspace["unreadable_files"],
        workspace["ignored_entries"],
        workspace["watches"],
        match workspace["unwatched"].as_u64() {
            Some(n) if n > 0 => format!(", {n} re-scanned for want of watches"),
            _ => String::new(),
        },
    ));
    let code = &workspace["code"];
    text.push_str(&format!(
        "  code: {}, {} files, {} of source, {} symbols, {} held; {} with syntax errors, {} cut\n",
        match text_of(code, "state") {
            "building" => format!("{} files so far", code["progress_files"]),
            state => state.to_owned(),
        },
        code["files"],
        megabytes(&code["source_bytes"]),
        code["symbols"],
        megabytes(&code["bytes"]),
        code["with_errors"],
        code["cut"],
    ));
    for file in code["cut_files"].as_array().into_iter().flatten() {
        let file = file.as_str().unwrap_or_default();
        text.push_str(&format!("  ! not read to its end: {file}\n"));
    }
    let imported = &code["imported"];
    if imported.is_object() {
        let tools = imported["tools"].as_array().into_iter().flatten();
        let tools: Vec<&str> = tools.filter_map(Value::as_str).collect();
        text.push_str(&format!(
            "  imported: {}, {} of {} files as they were\n",
            tools.join(", "),
            imported["covered"],
            imported["documents"],
        ));
    }
    for problem in workspace["problems"].as_array().into_iter().flatten() {
        text.push_str(&format!("  ! {}\n", problem.as_str().unwrap_or_default()));
    }
    text
}

fn stop() -> anyhow::Result<ExitCode> {
    let mut client = match Client::connect() {
        Err(ClientError::NotRunning) => return print("no daemon is running\n"),
        client => client?,
    };
    client.call("stop", Value::Null)?;
    // It is gone when its lock is: its cache files are written by then.
    let lock = std::fs::File::create(lock_path(&socket_path()))?;
    if !wait_for(&lock, || false) {
        anyhow::bail!("the daemon has not ended yet: it may still be writing its cache files");
    }
    print("stopped\n")
}

fn load(args: &LoadArgs) -> anyhow::Result<ExitCode> {
    let params = json!({
        "root": absolute(&args.root)?,
        "no_ignore": args.no_ignore,
        "max_file_size": args.max_file_size,
        "timeout_ms": 3_600_000,
    });
    let reply = Client::connect_or_start()?.call("load", params)?;
    print(&if args.json.json { format!("{reply}\n") } else { describe(&reply) })
}

fn operations(flag: JsonFlag) -> anyhow::Result<ExitCode> {
    print(&if flag.json {
        crate::ops::reference::json()
    } else {
        crate::ops::reference::markdown()
    })
}

/// Writes to standard output; a reader that went away is no error.
fn print(text: &str) -> anyhow::Result<ExitCode> {
    use std::io::Write;
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn text_of<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn megabytes(bytes: &Value) -> String {
    format!("{:.1} MB", bytes.as_f64().unwrap_or_default() / 1e6)
}

/// An absolute spelling of a path; the daemon resolves links.
fn absolute(path: &std::path::Path) -> anyhow::Result<String> {
    let path = std::path::absolute(path)?;
    path.into_os_string()
        .into_string()
        .map_err(|path| anyhow::anyhow!("{} is not UTF-8", path.display()))
}

/// Whether an operation has a parameter of that name.
fn takes(operation: &str, parameter: &str) -> bool {
    crate::ops::find(operation).is_ok_and(|entry| entry.takes(parameter))
}
