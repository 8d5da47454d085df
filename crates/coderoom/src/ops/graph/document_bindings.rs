//! `document_bindings`: which code a document speaks of, and which documents speak of code.

use coderoom_engine::{Binding, Documents};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    handoff::{Handoff, of_facts},
    shared::Grounds,
};
use crate::{
    error::OpError,
    ops::{
        Context, Group, Operation,
        code::{Floor, with_notes, word},
    },
};

/// Bindings unless the client says otherwise.
const DEFAULT_LIMIT: u64 = 50;
/// And at most, whatever it says.
const MAX_LIMIT: u64 = 2_000;

/// The operation.
pub struct DocumentBindings;

/// Of what.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["target"]))]
pub struct Params {
    /// Absolute path of the workspace (or of any directory or file in it). It is loaded if it is not
    /// yet. May be left out while exactly one workspace is loaded.
    pub workspace: String,
    /// The edit session whose state is meant. Default: the files as they are on disk.
    pub session: String,
    /// A document, for the code that it speaks of; or a file, directory or symbol (`Model.save`), for
    /// the documents that speak of it.
    pub target: String,
    /// How certain: `exact`, `likely` (the default) or `by_name`.
    pub floor: Floor,
    /// Bindings at most. Default 50.
    pub limit: Option<u64>,
    /// Milliseconds that the answer may take. Default 10,000.
    pub timeout_ms: Option<u64>,
}

/// Who speaks of what.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// In the order of the documents and of their text.
    pub bindings: Vec<BindingRow>,
    /// How many there are, whatever the limit.
    pub total: u64,
    /// How far the answer carries, and where to go from it.
    #[serde(flatten)]
    pub handoff: Handoff,
    /// What the answer leaves out or may miss, in words.
    pub notes: Vec<String>,
}

/// A section that speaks of a file or symbol.
#[derive(Debug, Serialize, JsonSchema)]
pub struct BindingRow {
    /// The document.
    pub document: String,
    /// The heading; empty before the first.
    pub section: String,
    /// The line of the first mention in that section, from 1.
    pub line: u32,
    /// The words of the document.
    pub mention: String,
    /// What is meant: a path, or `path#Type.method`.
    pub target: String,
    /// Its line.
    pub target_line: u32,
    /// `exact`, `likely` or `by_name`.
    pub certainty: String,
    /// By what it is known: `path`, `link`, `role`, `code_span` or `prose`.
    pub why: String,
}

impl From<Binding> for BindingRow {
    fn from(it: Binding) -> BindingRow {
        BindingRow {
            document: it.document,
            section: it.section,
            line: it.line,
            mention: it.mention,
            target: it.target,
            target_line: it.target_line,
            certainty: word(it.certainty),
            why: word(it.why),
        }
    }
}

impl Operation for DocumentBindings {
    const NAME: &'static str = "document_bindings";
    const TITLE: &'static str = "Documents and the code they speak of";
    const DESCRIPTION: &'static str = "Which code the sections of a document speak of; or which \
        documents speak of a file, directory or symbol. Each with the line, how certain it is, and \
        by what it is known. Ask it for the documents to change with the code, or for the code \
        behind a specification.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Graph;
    const STRUCTURED: bool = false;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        let grounds = Grounds::new(context, &params.workspace)?;
        let documents = Documents::new(&grounds.asked.code, &grounds.code_graph);
        let graph = grounds.graph()?;
        let nodes = grounds.nodes(&params.target)?;
        let mut found: Vec<Binding> = Vec::new();
        for node in nodes {
            found.extend(documents.bindings(graph.key(node)));
            grounds.check()?;
        }
        let floor = params.floor.certainty();
        let all = found.len();
        found.retain(|it| it.certainty >= floor);
        let limit = params.limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT) as usize;
        let total = found.len();
        let mut notes = Vec::new();
        if total > limit {
            notes.push(format!("{limit} of {total} are told: raise `limit`"));
        }
        if all > total {
            let below = all - total;
            notes.push(format!("{below} more are less certain: see them with floor=by_name"));
        }
        notes.extend(grounds.notes());
        let handoff = match found.first() {
            Some(first) => {
                let place = format!("{}:{}", first.document, first.line);
                of_facts(
                    "document_drift",
                    &first.document,
                    &format!("{place} speaks of it: see what of it still holds"),
                )
            }
            None => of_facts("search", &params.target, "no document speaks of it by name"),
        };
        let bindings = found.into_iter().take(limit).map(BindingRow::from).collect();
        Ok(Reply { bindings, total: total as u64, handoff, notes })
    }

    fn text(reply: &Reply) -> String {
        let mut text = format!("{} bindings\n", reply.total);
        for it in &reply.bindings {
            let BindingRow { document, line, mention, target, target_line, .. } = it;
            let section = if it.section.is_empty() { "" } else { &it.section };
            let (why, certainty) = (it.why.replace('_', " "), it.certainty.replace('_', " "));
            text.push_str(&format!(
                "{document}:{line}  {section}: {mention} -> {target}:{target_line}  [{why}, {certainty}]\n"
            ));
        }
        text.push_str(&reply.handoff.line());
        with_notes(text, &reply.notes)
    }
}
