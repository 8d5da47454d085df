//! `scip_import`: takes what a compiler knows of the workspace's code.

use std::{collections::BTreeMap, fs::File, io::Read, path::Path};

use coderoom_engine::{self as engine, Imported, RelPath};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Context, Operation,
    code::{Asked, word},
};
use crate::error::{Code, OpError};

/// The operation.
pub struct ScipImport;

/// Which index, and of what.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["index"]))]
pub struct Params {
    /// Absolute path of the workspace (or of any directory or file in it).
    pub workspace: String,
    /// Absolute path of the index file.
    pub index: String,
    /// The directory that the index's paths are relative to. Default: what the index itself says,
    /// if that is in the workspace, or else the workspace.
    pub project: String,
    /// Milliseconds that the import may take. Default 10,000.
    pub timeout_ms: Option<u64>,
}

/// What came of it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// Who made the index, and those that were imported before it.
    pub tools: Vec<String>,
    /// Documents whose references count from now on, of all imported indexes together.
    pub documents: u64,
    /// Definitions and references in them.
    pub occurrences: u64,
    /// Symbols that they name.
    pub symbols: u64,
    /// How many documents were refused, by reason: `outside_workspace`, `unknown_file`,
    /// `not_source`, `changed` (a range does not hold the name of its symbol) or `duplicate`.
    pub refused: BTreeMap<String, u64>,
    /// The first 50 of them.
    pub refused_documents: Vec<Refused>,
    /// What did not work, in words.
    pub notes: Vec<String>,
}

/// A document that was not taken.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Refused {
    /// As the index has it.
    pub path: String,
    /// Why.
    pub reason: String,
    /// More about it.
    pub detail: String,
}

impl Operation for ScipImport {
    const NAME: &'static str = "scip_import";
    const TITLE: &'static str = "Import a SCIP index";
    const DESCRIPTION: &'static str = "Take the references of a SCIP index that a compiler-grade \
        indexer made (rust-analyzer, scip-python, scip-typescript): they then count as exact, for \
        files whose bytes have not changed since.";
    const FOR_AGENTS: bool = false;
    const STRUCTURED: bool = true;
    const CHANGES: bool = true;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        let asked = Asked::new(context, &params.workspace)?;
        let bytes = read(&params.index)?;
        let base = base(&asked, &params.project, &bytes)?;
        let mut report = engine::ImportReport::default();
        let stop = || context.interruption().is_some();
        let lost = context.rooms.import(&asked.located, |earlier| {
            let earlier = earlier.map(|earlier| earlier.kept());
            let imported = Imported::read(&bytes, &base, earlier, &asked.code, &stop)
                .map_err(|err| refuse(&err, context))?;
            report = imported.report().clone();
            Ok(imported)
        })?;
        Ok(Reply {
            tools: report.tools,
            documents: report.documents,
            occurrences: report.occurrences,
            symbols: report.symbols,
            refused: report.refused.iter().map(|(reason, n)| (word(reason), *n)).collect(),
            refused_documents: report
                .refused_documents
                .into_iter()
                .map(|it| Refused { path: it.path, reason: word(it.reason), detail: it.detail })
                .collect(),
            notes: lost.into_iter().collect(),
        })
    }
}

fn refuse(err: &engine::ImportError, context: &Context) -> OpError {
    let code = match err {
        engine::ImportError::Malformed(_) => Code::BadIndex,
        engine::ImportError::TooLarge { .. } => Code::TooLarge,
        engine::ImportError::Stopped => {
            let cancelled = || OpError::new(Code::Cancelled, "the request was cancelled");
            return context.interruption().unwrap_or_else(cancelled);
        }
    };
    OpError::new(code, err.to_string())
}

/// The bytes of the index, if they are not too many.
fn read(index: &str) -> Result<Vec<u8>, OpError> {
    let path = Path::new(index);
    if !path.is_absolute() {
        let message = format!("`index` must be the absolute path of a file, not `{index}`");
        return Err(OpError::new(Code::BadParameter, message));
    }
    let unreadable = |err| OpError::new(Code::BadIndex, format!("{index} cannot be read: {err}"));
    let file = File::open(path).map_err(unreadable)?;
    let meta = file.metadata().map_err(unreadable)?;
    if !meta.is_file() {
        return Err(OpError::new(Code::BadIndex, format!("{index} is not a file")));
    }
    if meta.len() > Imported::MAX_BYTES as u64 {
        let limit = Imported::MAX_BYTES >> 20;
        return Err(OpError::new(Code::TooLarge, format!("{index} is larger than {limit} MiB")));
    }
    let mut bytes = Vec::with_capacity(meta.len() as usize);
    file.take(Imported::MAX_BYTES as u64).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

/// The directory that the index's paths are relative to.
fn base(asked: &Asked<'_>, project: &str, index: &[u8]) -> Result<RelPath, OpError> {
    let root = asked.located.room.root();
    if !project.is_empty() {
        return asked.path(project);
    }
    let said = engine::scip_project(index).and_then(|dir| Path::new(&dir).canonicalize().ok());
    let below = said.as_deref().and_then(|dir| dir.strip_prefix(root).ok());
    match below {
        Some(below) => Ok(RelPath::new(below.as_os_str().as_encoded_bytes())?),
        None => Ok(RelPath::root()),
    }
}
