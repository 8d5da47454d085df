//! `scip_export`: the workspace's code as a SCIP index, in parts.

use std::{collections::BTreeMap, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use coderoom_engine::scip_head;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Context, Group, Operation,
    code::{Asked, Floor},
};
use crate::error::{Code, OpError};

/// The operation.
pub struct ScipExport;

/// A part may be so large, before it is written as base64.
const MAX_PART: u64 = 8 << 20;
const DEFAULT_PART: u64 = 1 << 20;

/// Which part of which workspace.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Params {
    /// Absolute path of the workspace (or of any directory or file in it).
    pub workspace: String,
    /// The part behind this document: `next` of the part before. Empty: the first part.
    pub after: String,
    /// The revision that the first part had; `stale` is the answer if files have changed since.
    pub revision: Option<u64>,
    /// How certain a reference must be to be in it. Default `exact`.
    pub floor: Floor,
    /// Bytes of index in one part; a single larger document is given whole. Default 1 MiB, at most
    /// 8 MiB.
    pub max_bytes: Option<u64>,
    /// Milliseconds that the answer may take. Default 10,000.
    pub timeout_ms: Option<u64>,
}

impl Default for Params {
    fn default() -> Params {
        Params {
            workspace: String::new(),
            after: String::new(),
            revision: None,
            floor: Floor::Exact,
            max_bytes: None,
            timeout_ms: None,
        }
    }
}

/// One part.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// Bytes of the index, as base64: the parts one behind the other are the index, but for the
    /// symbols of `outside`.
    pub data: String,
    /// Symbols named in this part that are not in the workspace, with their names. Those of all
    /// parts belong at the index's end, as `external_symbols`.
    pub outside: BTreeMap<String, String>,
    /// Documents in this part.
    pub documents: u64,
    /// Occurrences in them.
    pub occurrences: u64,
    /// What to give as `after` for the next part; null behind the last.
    pub next: Option<String>,
    /// The workspace's revision.
    pub revision: u64,
}

impl Operation for ScipExport {
    const NAME: &'static str = "scip_export";
    const TITLE: &'static str = "Export a SCIP index";
    const DESCRIPTION: &'static str = "The symbols and references of a workspace's code as a SCIP \
        index, in parts of bounded size. `coderoom scip export` puts them together.";
    const FOR_AGENTS: bool = false;
    const GROUP: Group = Group::Code;
    const STRUCTURED: bool = true;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        let asked = Asked::new(context, &params.workspace)?;
        let revision = asked.located.snapshot.revision();
        if params.revision.is_some_and(|wanted| wanted != revision) {
            let message = "files have changed since the first part: begin again without `after`";
            return Err(OpError::new(Code::Stale, message));
        }
        let after = match &params.after[..] {
            "" => None,
            path => Some(coderoom_engine::RelPath::new(path.as_bytes())?),
        };
        let max_bytes = params.max_bytes.unwrap_or(DEFAULT_PART).min(MAX_PART) as usize;
        let stop = || context.interruption().is_some();
        let code = Arc::clone(&asked.code);
        let floor = params.floor.certainty();
        let Some(part) = code.scip_part(after.as_ref(), floor, max_bytes, &stop) else {
            let cancelled = || OpError::new(Code::Cancelled, "the request was cancelled");
            return Err(context.interruption().unwrap_or_else(cancelled));
        };
        let mut data = Vec::new();
        if after.is_none() {
            let root = asked.located.room.root().display().to_string();
            data = scip_head(&root, env!("CARGO_PKG_VERSION"));
        }
        data.extend(part.bytes);
        Ok(Reply {
            data: STANDARD.encode(data),
            outside: part.outside,
            documents: part.documents,
            occurrences: part.occurrences,
            next: part.next.map(|path| path.to_string()),
            revision,
        })
    }
}
