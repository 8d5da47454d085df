//! `document_note`: writes what an agent has learnt as a document of the workspace.

use coderoom_engine::{Certainty, Documents, NOTES};
use coderoom_system::past::written_time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    document_bindings::BindingRow,
    handoff::{Handoff, of_note},
    now,
    shared::Grounds,
};
use crate::{
    error::{Code, OpError},
    ops::{
        Context, Group, Operation,
        edits::{self, Collector, Edit, EditKind, EditReply},
    },
};

/// Bytes of a title.
const MAX_TITLE: usize = 200;
/// Characters of a file's name that are made of a title.
const MAX_SLUG: usize = 60;
/// Tags of one note.
const MAX_TAGS: usize = 20;
/// Bytes of a tag.
const MAX_TAG: usize = 60;
/// Bytes of a note.
const MAX_TEXT: usize = 256 << 10;
/// Bindings, and names without one, that an answer tells.
const MAX_ROWS: usize = 50;

/// The operation.
pub struct DocumentNote;

/// What to write.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["session", "title", "text"]))]
pub struct Params {
    /// Absolute path of the workspace. May be left out if the session's name is the only such one.
    pub workspace: String,
    /// The session that the note is written in.
    pub session: String,
    /// What it is about, in one line.
    pub title: String,
    /// The note, in Markdown. Name code in backticks (`Model.save`, `path/of/file.py`): it is bound
    /// to it. Each entry of a list stands for itself.
    pub text: String,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// The file, relative to the workspace. Default: one below `.coderoom/notes/`, named after the
    /// title. Nothing may be there.
    pub path: String,
    /// Who. Default: who opened the session.
    pub agent: String,
    /// Milliseconds that the answer may take. Default 10,000.
    pub timeout_ms: Option<u64>,
}

/// What was written, and what it speaks of.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// The note's file, relative to the workspace.
    pub path: String,
    /// What the edit did.
    pub edit: EditReply,
    /// The code that it speaks of.
    pub bindings: Vec<BindingRow>,
    /// What it names and that is not there, although what it should be in is.
    pub unknown: Vec<String>,
    /// How far the answer carries, and where to go from it.
    #[serde(flatten)]
    pub handoff: Handoff,
    /// What is to be known, in words.
    pub notes: Vec<String>,
}

impl Operation for DocumentNote {
    const NAME: &'static str = "document_note";
    const TITLE: &'static str = "Write a note";
    const DESCRIPTION: &'static str = "Write down what you have learnt about the code, for later work \
        and other agents: a Markdown file in your session, below `.coderoom/notes/`, that is undone, \
        reviewed and synced like any edit. `seek` finds it; `document_bindings` of the code that it \
        names leads to it; `document_drift` says when that code has gone. To change a note, use \
        `edit_file`.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Graph;
    const STRUCTURED: bool = false;
    const CHANGES: bool = true;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        let path = checked_path(&params)?;
        let (located, session) = edits::session(context, &params.workspace)?;
        let agent = if params.agent.is_empty() { &session.agent } else { &params.agent };
        let reason = format!("note: {}", params.title.trim());
        let mut collector = Collector::new(&located, &params.agent, &reason);
        collector.add(Edit {
            kind: EditKind::Create,
            path: Some(path.clone()),
            content: Some(page(&params, agent, &written_time(now()))),
            ..Edit::default()
        })?;
        let edit = edits::apply(context, &session, &collector.batch)?;
        let path = edit.files.first().map_or(path, |file| file.path.clone());
        let mut notes = Vec::new();
        // The note is written, whatever is known of what it says.
        let (bindings, unknown) = said(context, &params.workspace, &path).unwrap_or_else(|err| {
            notes.push(format!("what it speaks of is not known yet: {}", err.message));
            Default::default()
        });
        let handoff = of_note(&path, unknown.first().map(String::as_str));
        Ok(Reply { path, edit, bindings, unknown, handoff, notes })
    }

    fn text(reply: &Reply) -> String {
        let mut text = reply.edit.text();
        for it in &reply.bindings {
            text.push_str(&format!("{}: {} -> {}\n", it.line, it.mention, it.target));
        }
        if !reply.unknown.is_empty() {
            text.push_str(&format!("not there: {}\n", reply.unknown.join(", ")));
        }
        text.push_str(&reply.handoff.line());
        for note in &reply.notes {
            text.push_str(&format!("[{note}]\n"));
        }
        text
    }
}

/// The file that a note goes to.
fn checked_path(params: &Params) -> Result<String, OpError> {
    let bad = |message: &str| Err(OpError::new(Code::BadParameter, message));
    let title = params.title.trim();
    if title.is_empty() || title.len() > MAX_TITLE || title.chars().any(char::is_control) {
        return bad("`title` is one line of 1 to 200 bytes");
    }
    if params.text.trim().is_empty() {
        return bad("`text` is empty: say what you have learnt");
    }
    if params.text.len() > MAX_TEXT {
        return Err(OpError::new(Code::TooLarge, "a note has 256 KiB at most"));
    }
    if params.tags.len() > MAX_TAGS || params.tags.iter().any(|it| it.len() > MAX_TAG) {
        return bad("a note has 20 tags of 60 bytes each at most");
    }
    let given = params.path.trim();
    if !given.is_empty() {
        let lower = given.to_ascii_lowercase();
        let markdown = [".md", ".markdown"].iter().any(|it| lower.ends_with(it));
        return if markdown { Ok(given.to_owned()) } else { bad("a note's file ends in `.md`") };
    }
    match slug(title) {
        slug if slug.is_empty() => bad("`title` has no letters to name a file by: give a `path`"),
        slug => Ok(format!("{NOTES}{slug}.md")),
    }
}

/// A title as a file's name.
fn slug(title: &str) -> String {
    let mut slug = String::new();
    for c in title.chars().flat_map(char::to_lowercase).take(MAX_SLUG) {
        if c.is_alphanumeric() {
            slug.push(c);
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_matches('-').to_owned()
}

/// The text of the file. What stands in the front matter is quoted as JSON is, which YAML reads.
fn page(params: &Params, agent: &str, time: &str) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let tags: Vec<String> = params.tags.iter().map(|it| quoted(it)).collect();
    format!(
        "---\nagent: {}\ntime: {time}\ntags: [{}]\n---\n\n# {}\n\n{}\n",
        quoted(agent),
        tags.join(", "),
        params.title.trim(),
        params.text.trim()
    )
}

/// The code that a document speaks of in the session's state, and what it names that should be there
/// and is not.
fn said(
    context: &Context,
    workspace: &str,
    path: &str,
) -> Result<(Vec<BindingRow>, Vec<String>), OpError> {
    let grounds = Grounds::new(context, workspace)?;
    let documents = Documents::new(&grounds.asked.code, &grounds.code_graph);
    let bound = documents.bindings(path).into_iter().filter(|it| it.certainty >= Certainty::Likely);
    let mut unknown: Vec<String> = Vec::new();
    for gone in documents.drift(path, None) {
        if !unknown.contains(&gone.mention) && unknown.len() < MAX_ROWS {
            unknown.push(gone.mention);
        }
    }
    Ok((bound.take(MAX_ROWS).map(BindingRow::from).collect(), unknown))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// File names are plain, whatever the title.
    #[test]
    fn titles_name_files() {
        assert_eq!(slug("Why `Model.save` is slow?"), "why-model-save-is-slow");
        assert_eq!(slug("../../etc/passwd"), "etc-passwd");
        assert_eq!(slug("Größe 💥"), "größe");
        assert_eq!(slug("💥"), "");
        assert!(slug(&"long ".repeat(50)).chars().count() <= MAX_SLUG);
    }

    /// Nobody gets out of the front matter.
    #[test]
    fn front_matter_is_quoted() {
        let params = Params {
            title: "T".into(),
            text: "text\n\n".into(),
            tags: vec!["a\"]\n---\n# b".into()],
            ..Params::default()
        };
        let page = page(&params, "x\n---", &written_time(86_399));
        let wanted = "---\nagent: \"x\\n---\"\ntime: 1970-01-01T23:59:59+00:00\ntags: \
                      [\"a\\\"]\\n---\\n# b\"]\n---\n\n# T\n\ntext\n";
        assert_eq!(page, wanted);
    }
}
