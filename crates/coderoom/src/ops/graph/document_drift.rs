//! `document_drift`: what documents say of code that is gone, has moved or has changed.

use coderoom_engine::{Documents, Drift, RelPath};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    document_resolve::no_document,
    handoff::{Handoff, of_facts},
    shared::Grounds,
    states::state,
};
use crate::{
    error::{Code, OpError},
    ops::{
        Context, Group, Operation,
        code::{with_notes, word},
    },
};

/// Entries unless the client says otherwise.
const DEFAULT_LIMIT: u64 = 50;
/// And at most, whatever it says.
const MAX_LIMIT: u64 = 1_000;
/// Documents that are looked through at most.
const MOST_DOCUMENTS: usize = 2_000;

/// The operation.
pub struct DocumentDrift;

/// Of which documents, since when.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Params {
    /// Absolute path of the workspace (or of any directory or file in it). It is loaded if it is not
    /// yet. May be left out while exactly one workspace is loaded.
    pub workspace: String,
    /// The edit session whose state is meant. Default: the files as they are on disk.
    pub session: String,
    /// A document, or a directory with documents, relative to the workspace. Default: all.
    pub path: String,
    /// The state to compare with: a commit (`HEAD~3`, a branch, a tag, a hash), `disk`, the name of a
    /// session, or `NAME@base` for what a session began from. Without it, only what ought to be there
    /// and is not.
    pub since: String,
    /// Entries at most. Default 50.
    pub limit: Option<u64>,
    /// Milliseconds that the answer may take. Default 10,000.
    pub timeout_ms: Option<u64>,
}

/// What no longer holds.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// In the order of the documents and of their text.
    pub drift: Vec<DriftRow>,
    /// How many there are, whatever the limit.
    pub total: u64,
    /// Documents that were looked through.
    pub documents: u64,
    /// How far the answer carries, and where to go from it.
    #[serde(flatten)]
    pub handoff: Handoff,
    /// What the answer leaves out or may miss, in words.
    pub notes: Vec<String>,
}

/// A mention of what is gone, has moved or has changed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DriftRow {
    /// The document.
    pub document: String,
    /// The heading; empty before the first.
    pub section: String,
    /// The line of the mention, from 1.
    pub line: u32,
    /// The words of the document.
    pub mention: String,
    /// `gone`, `moved` or `changed`.
    pub kind: String,
    /// `exact`: it was there in the state that is compared with. `likely`: what it should be in is
    /// there and has nothing of that name.
    pub certainty: String,
    /// What was meant, if a state is compared with.
    pub before: Vec<String>,
    /// What is meant now.
    pub now: Vec<String>,
}

impl From<Drift> for DriftRow {
    fn from(it: Drift) -> DriftRow {
        DriftRow {
            document: it.document,
            section: it.section,
            line: it.line,
            mention: it.mention,
            kind: word(it.kind),
            certainty: word(it.certainty),
            before: it.before,
            now: it.now,
        }
    }
}

impl Operation for DocumentDrift {
    const NAME: &'static str = "document_drift";
    const TITLE: &'static str = "What documents say that no longer holds";
    const DESCRIPTION: &'static str = "Mentions in documents of code that is gone, has moved, or has \
        changed while the section has not. With `since=disk` in a session: what the session's edits \
        make wrong in the documents. Ask it before you sync.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Graph;
    const STRUCTURED: bool = false;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        let grounds = Grounds::new(context, &params.workspace)?;
        let documents = Documents::new(&grounds.asked.code, &grounds.code_graph);
        let since = match params.since.trim() {
            "" => None,
            since => Some(state(context, &grounds.asked, since)?),
        };
        let past = since.as_ref().map(|it| Documents::new(&it.code, &it.graph));
        let within = grounds.asked.path(&params.path)?;
        let inside =
            |path: &&str| RelPath::new(path.as_bytes()).is_ok_and(|path| path.is_within(&within));
        let paths: Vec<&str> = documents.paths().filter(inside).collect();
        if paths.is_empty() {
            return Err(no_document(&documents, &within.to_string()));
        }
        let mut found: Vec<Drift> = Vec::new();
        let mut notes = Vec::new();
        if paths.len() > MOST_DOCUMENTS {
            notes.push(format!("the first {MOST_DOCUMENTS} documents were looked through"));
        }
        let mut looked = 0;
        for path in paths.iter().take(MOST_DOCUMENTS) {
            if let Some(reason) = context.interruption() {
                if reason.code == Code::Cancelled {
                    return Err(reason);
                }
                notes.push("incomplete: the time ran out; ask about a `path`".to_owned());
                break;
            }
            looked += 1;
            found.extend(documents.drift(path, past));
        }
        let limit = params.limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT) as usize;
        let total = found.len();
        if total > limit {
            notes.push(format!("{limit} of {total} are told: raise `limit`"));
        }
        notes.extend(since.and_then(|it| it.note));
        notes.extend(grounds.notes());
        let handoff = match found.first() {
            Some(first) => {
                let place = format!("{}:{}", first.document, first.line);
                of_facts("view", &place, "read the section beside the code, and set it right")
            }
            None => of_facts("document_bindings", &params.path, "all that is named is there"),
        };
        let drift = found.into_iter().take(limit).map(DriftRow::from).collect();
        Ok(Reply { drift, total: total as u64, documents: looked, handoff, notes })
    }

    fn text(reply: &Reply) -> String {
        let mut text = format!("{} in {} documents\n", reply.total, reply.documents);
        for it in &reply.drift {
            let DriftRow { document, line, section, mention, kind, .. } = it;
            let doubt = if it.certainty == "exact" { "" } else { "  [likely]" };
            let now = if it.now.is_empty() || kind == "changed" {
                String::new()
            } else {
                format!(" to {}", it.now.join(", "))
            };
            text.push_str(&format!("{document}:{line}  {section}: {mention} {kind}{now}{doubt}\n"));
        }
        text.push_str(&reply.handoff.line());
        with_notes(text, &reply.notes)
    }
}
