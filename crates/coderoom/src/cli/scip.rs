//! `coderoom scip`: SCIP indexes, written and read.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use base64::{Engine, engine::general_purpose::STANDARD};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::absolute;
use crate::{
    client::{Client, ClientError},
    error::Code,
};

/// How often an export begins again because files change under it.
const ATTEMPTS: u32 = 5;
/// Imports and exports of large workspaces take their time.
const PATIENCE_MS: u64 = 3_600_000;

/// What to do with indexes.
#[derive(Debug, Subcommand)]
pub(super) enum ScipCommand {
    /// Write the code of a workspace as a SCIP index.
    Export(ExportArgs),
    /// Take the references of an index that a compiler-grade indexer made.
    Import(ImportArgs),
    /// Drop what was imported.
    Forget {
        /// The workspace.
        #[arg(default_value = ".")]
        root: PathBuf,
        /// Print the reply as JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// The workspace.
    #[arg(default_value = ".")]
    root: PathBuf,
    /// The file to write.
    #[arg(short, long, default_value = "index.scip")]
    output: PathBuf,
    /// How certain a reference must be.
    #[arg(long, value_enum, default_value = "exact")]
    floor: FloorArg,
    /// Print what was written as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "snake_case")]
enum FloorArg {
    Exact,
    Likely,
    ByName,
}

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// The index file.
    index: PathBuf,
    /// The workspace.
    #[arg(long, default_value = ".")]
    workspace: PathBuf,
    /// The directory in the workspace that the index's paths are relative to; default: what the
    /// index says.
    #[arg(long)]
    project: Option<PathBuf>,
    /// Print the reply as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: ScipCommand) -> anyhow::Result<ExitCode> {
    match command {
        ScipCommand::Export(args) => export(&args),
        ScipCommand::Import(args) => import(&args),
        ScipCommand::Forget { root, json } => forget(&root, json),
    }
}

/// What a part of an index says of itself.
#[derive(Default)]
struct Written {
    documents: u64,
    occurrences: u64,
    outside: BTreeMap<String, String>,
}

fn export(args: &ExportArgs) -> anyhow::Result<ExitCode> {
    let mut client = Client::connect_or_start()?;
    let mut attempt = 1;
    let written = loop {
        match export_once(&mut client, args) {
            Err(err) if attempt < ATTEMPTS && is_stale(&err) => attempt += 1,
            written => break written?,
        }
    };
    let (documents, occurrences) = (written.documents, written.occurrences);
    let reply = json!({
        "output": args.output.display().to_string(),
        "documents": documents,
        "occurrences": occurrences,
        "outside": written.outside.len(),
    });
    super::print(&if args.json {
        format!("{reply}\n")
    } else {
        format!(
            "{}: {documents} documents, {occurrences} occurrences, {} symbols from outside\n",
            args.output.display(),
            written.outside.len(),
        )
    })
}

fn is_stale(err: &anyhow::Error) -> bool {
    matches!(
        err.downcast_ref::<ClientError>(),
        Some(ClientError::Refused(refused)) if refused.code == Code::Stale
    )
}

/// Writes beside the output and renames, so that there is a whole index or what was there before.
fn export_once(client: &mut Client, args: &ExportArgs) -> anyhow::Result<Written> {
    let mut unfinished = args.output.clone().into_os_string();
    unfinished.push(format!(".{}.tmp", std::process::id()));
    let unfinished = PathBuf::from(unfinished);
    let written = write_parts(client, args, &unfinished).and_then(|written| {
        fs::rename(&unfinished, &args.output)
            .with_context(|| format!("{} cannot be written", args.output.display()))?;
        Ok(written)
    });
    if written.is_err() {
        // What is not there need not be removed.
        let _ = fs::remove_file(&unfinished);
    }
    written
}

fn write_parts(client: &mut Client, args: &ExportArgs, path: &Path) -> anyhow::Result<Written> {
    let floor = match args.floor {
        FloorArg::Exact => "exact",
        FloorArg::Likely => "likely",
        FloorArg::ByName => "by_name",
    };
    let file =
        File::create(path).with_context(|| format!("{} cannot be written", path.display()))?;
    let mut out = BufWriter::new(file);
    let mut written = Written::default();
    let mut params = json!({
        "workspace": absolute(&args.root)?,
        "floor": floor,
        "timeout_ms": PATIENCE_MS,
    });
    loop {
        let reply = client.call("scip_export", params.clone())?;
        out.write_all(&STANDARD.decode(super::text_of(&reply, "data"))?)?;
        written.documents += reply["documents"].as_u64().unwrap_or_default();
        written.occurrences += reply["occurrences"].as_u64().unwrap_or_default();
        for (symbol, name) in reply["outside"].as_object().into_iter().flatten() {
            let name = name.as_str().unwrap_or_default();
            written.outside.insert(symbol.clone(), name.to_owned());
        }
        let Some(next) = reply["next"].as_str() else { break };
        params["after"] = next.into();
        params["revision"] = reply["revision"].clone();
    }
    out.write_all(&coderoom_engine::scip_tail(&written.outside))?;
    out.into_inner().map_err(|err| err.into_error())?.sync_all()?;
    Ok(written)
}

fn import(args: &ImportArgs) -> anyhow::Result<ExitCode> {
    let project = match &args.project {
        Some(project) => absolute(project)?,
        None => String::new(),
    };
    let params = json!({
        "workspace": absolute(&args.workspace)?,
        "index": absolute(&args.index)?,
        "project": project,
        "timeout_ms": PATIENCE_MS,
    });
    let reply = Client::connect_or_start()?.call("scip_import", params)?;
    super::print(&if args.json { format!("{reply}\n") } else { describe(&reply) })
}

fn describe(reply: &Value) -> String {
    let list = |key: &str| reply[key].as_array().cloned().unwrap_or_default();
    let tools: Vec<String> =
        list("tools").iter().filter_map(|it| it.as_str().map(str::to_owned)).collect();
    let mut text = format!(
        "{}: {} documents, {} occurrences of {} symbols\n",
        tools.join(", "),
        reply["documents"],
        reply["occurrences"],
        reply["symbols"],
    );
    for (reason, count) in reply["refused"].as_object().into_iter().flatten() {
        text.push_str(&format!("  refused as {}: {count}\n", reason.replace('_', " ")));
    }
    for it in list("refused_documents") {
        let reason = super::text_of(&it, "reason").replace('_', " ");
        let detail = super::text_of(&it, "detail");
        text.push_str(&format!("  ! {}: {reason} {detail}\n", super::text_of(&it, "path")));
    }
    for note in list("notes") {
        text.push_str(&format!("  ! {}\n", note.as_str().unwrap_or_default()));
    }
    text
}

fn forget(root: &Path, as_json: bool) -> anyhow::Result<ExitCode> {
    let params = json!({"workspace": absolute(root)?});
    let reply = Client::connect_or_start()?.call("scip_forget", params)?;
    let tools = reply["forgotten"].as_array().map_or(0, Vec::len);
    super::print(&if as_json {
        format!("{reply}\n")
    } else if tools == 0 {
        "nothing was imported\n".to_owned()
    } else {
        "forgotten\n".to_owned()
    })
}
