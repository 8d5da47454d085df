//! `document_resolve`: what a document holds.

use coderoom_engine::{Documents, SectionInfo};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    handoff::{Handoff, of_facts},
    shared::Grounds,
};
use crate::{
    error::{Code, OpError},
    ops::{
        Context, Group, Operation,
        code::{with_notes, word},
    },
};

/// Sections unless the client says otherwise.
const DEFAULT_LIMIT: u64 = 100;
/// And at most, whatever it says.
const MAX_LIMIT: u64 = 1_000;
/// Mentions of one section that are told.
const MAX_MENTIONS: usize = 20;
/// Documents that an error names.
const NAMED: usize = 10;

/// The operation.
pub struct DocumentResolve;

/// Which document.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["path"]))]
pub struct Params {
    /// Absolute path of the workspace (or of any directory or file in it). It is loaded if it is not
    /// yet. May be left out while exactly one workspace is loaded.
    pub workspace: String,
    /// The edit session whose state is meant. Default: the files as they are on disk.
    pub session: String,
    /// A document (Markdown, reStructuredText, plain text), relative to the workspace.
    pub path: String,
    /// Sections at most. Default 100.
    pub limit: Option<u64>,
    /// Milliseconds that the answer may take. Default 10,000.
    pub timeout_ms: Option<u64>,
}

/// The document.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// Its path, relative to the workspace.
    pub path: String,
    /// Its sections, in order. What stands before the first heading is one without a heading.
    pub sections: Vec<SectionRow>,
    /// How many there are, whatever the limit.
    pub total: u64,
    /// How far the answer carries, and where to go from it.
    #[serde(flatten)]
    pub handoff: Handoff,
    /// What the answer leaves out or may miss, in words.
    pub notes: Vec<String>,
}

/// One section.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SectionRow {
    /// Its heading; empty before the first.
    pub heading: String,
    /// From 1; 0 before the first heading.
    pub level: u8,
    /// What names it for good: `path#slug`.
    pub key: String,
    /// Its first line, from 1.
    pub line: u32,
    /// The last line before the next heading.
    pub end_line: u32,
    /// Its links and what it names as code, in order.
    pub mentions: Vec<MentionRow>,
    /// How many there are.
    pub total_mentions: u64,
}

/// One mention.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MentionRow {
    /// From 1.
    pub line: u32,
    /// What it names or links to.
    pub text: String,
    /// `path`, `link`, `role` or `code_span`.
    pub why: String,
}

impl Operation for DocumentResolve {
    const NAME: &'static str = "document_resolve";
    const TITLE: &'static str = "What a document holds";
    const DESCRIPTION: &'static str = "The sections of a document (Markdown, reStructuredText, plain \
        text) with their lines, links and what they name as code. Notes (`document_note`) are \
        documents like others.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Graph;
    const STRUCTURED: bool = false;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        let grounds = Grounds::new(context, &params.workspace)?;
        let path = grounds.asked.path(&params.path)?.to_string();
        let documents = Documents::new(&grounds.asked.code, &grounds.code_graph);
        let sections = documents.resolve(&path).ok_or_else(|| no_document(&documents, &path))?;
        let limit = params.limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT) as usize;
        let mentions: Vec<MentionRow> = documents
            .mentions(&path)
            .into_iter()
            .map(|it| MentionRow { line: it.line, text: it.text, why: word(it.why) })
            .collect();
        let mut rows = Vec::new();
        let before = sections.first().map_or(u32::MAX, |it| it.line);
        if before > 1 {
            let before = SectionInfo {
                heading: String::new(),
                level: 0,
                key: path.clone(),
                line: 1,
                end_line: before.saturating_sub(1),
            };
            let row = row(before, &mentions);
            rows.extend((row.total_mentions > 0).then_some(row));
        }
        rows.extend(sections.into_iter().map(|it| row(it, &mentions)));
        let total = rows.len();
        rows.truncate(limit);
        let mut notes = Vec::new();
        if total > limit {
            notes.push(format!("{limit} of {total} sections are told: raise `limit`"));
        }
        notes.extend(grounds.notes());
        let handoff = of_facts("document_bindings", &path, "see which code it speaks of");
        Ok(Reply { path, sections: rows, total: total as u64, handoff, notes })
    }

    fn text(reply: &Reply) -> String {
        let mut text = format!("{}\n", reply.path);
        for it in &reply.sections {
            let marks = "#".repeat(usize::from(it.level));
            text.push_str(&format!("{}-{}  {marks} {}\n", it.line, it.end_line, it.heading));
            for mention in &it.mentions {
                let why = mention.why.replace('_', " ");
                text.push_str(&format!("    {}: {}  [{why}]\n", mention.line, mention.text));
            }
            if it.total_mentions > it.mentions.len() as u64 {
                text.push_str(&format!("    {} mentions in all\n", it.total_mentions));
            }
        }
        text.push_str(&reply.handoff.line());
        with_notes(text, &reply.notes)
    }
}

fn row(it: SectionInfo, mentions: &[MentionRow]) -> SectionRow {
    let inside =
        mentions.iter().filter(|mention| it.line <= mention.line && mention.line <= it.end_line);
    let total_mentions = inside.clone().count() as u64;
    SectionRow {
        mentions: inside.take(MAX_MENTIONS).cloned().collect(),
        heading: it.heading,
        level: it.level,
        key: it.key,
        line: it.line,
        end_line: it.end_line,
        total_mentions,
    }
}

/// Why a path is no document, and which there are.
pub(super) fn no_document(documents: &Documents<'_>, path: &str) -> OpError {
    let there: Vec<&str> = documents.paths().take(NAMED).collect();
    let there = match &there[..] {
        [] => "there is no document in this workspace".to_owned(),
        some => format!("documents are, among others: {}", some.join(", ")),
    };
    OpError::new(Code::UnknownPath, format!("`{path}` is no document; {there}"))
}
