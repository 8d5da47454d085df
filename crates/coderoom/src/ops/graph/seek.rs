//! `seek`: a question in words, answered with files and places in them.

use coderoom_engine::{AskLimits, SeekKnown, SeekPart};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::handoff::{Handoff, of_ranking};
use crate::{
    error::{Code, OpError},
    ops::{
        Context, Group, Operation,
        code::{Asked, SymbolRow, more_note, with_notes, word},
    },
};

/// Files unless the client says otherwise.
const DEFAULT_LIMIT: u64 = 20;
/// Files at most, whatever it says.
const MAX_LIMIT: u64 = 1_000;
/// Places in each file unless the client says otherwise.
const DEFAULT_PLACES: u64 = 3;
const MAX_PLACES: u64 = 20;

/// The operation.
pub struct Seek;

/// What to seek.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["question"]))]
pub struct Params {
    /// Absolute path of the workspace (or of any directory or file in it). It is loaded if it is not
    /// yet. May be left out while exactly one workspace is loaded.
    pub workspace: String,
    /// The edit session whose state is meant. Default: the files as they are on disk.
    pub session: String,
    /// The task or question, in words: an issue, a commit message, a sentence. The first line counts
    /// most; names in back quotes are looked up.
    pub question: String,
    /// Parts of the score that are not to count: `words`, `path`, `scope`, `defines`,
    /// `like_commits`, `like_commit`, `recent`, `imported`, `role`, `learnt`.
    pub without: Vec<String>,
    /// Parts that are to count although they do not by default, because measuring has shown that they
    /// add nothing: `imported`.
    pub with: Vec<String>,
    /// Places in each file at most. Default 3; 0 for files alone.
    pub places: Option<u64>,
    /// Files at most. Default 20.
    pub limit: Option<u64>,
    /// Files to pass over first.
    pub offset: u64,
    /// Milliseconds that the answer may take. Default 10,000.
    pub timeout_ms: Option<u64>,
}

/// Files, the best first.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// The files.
    pub files: Vec<FoundFile>,
    /// How many files have anything of the question.
    pub total: u64,
    /// How far the answer carries, and where to go from it.
    #[serde(flatten)]
    pub handoff: Handoff,
    /// What the answer leaves out or may miss, in words.
    pub notes: Vec<String>,
}

/// One file.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FoundFile {
    /// The file, relative to the workspace.
    pub path: String,
    /// What all parts add up to.
    pub score: f32,
    /// What each part adds, the most first.
    pub parts: Vec<Part>,
    /// The commit that sounds most like the question and changed the file; empty if none does.
    pub like_commit: String,
    /// Symbols that have most of the question.
    pub places: Vec<SymbolRow>,
}

/// One part of a score.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Part {
    /// `words`, `path`, `scope`, `defines`, `like_commits`, `like_commit`, `recent`, `imported`,
    /// `role`, `learnt`.
    pub part: String,
    /// What it adds.
    pub adds: f32,
}

impl Operation for Seek {
    const NAME: &'static str = "seek";
    const TITLE: &'static str = "Which files for this task";
    const DESCRIPTION: &'static str = "Which files and functions a task, issue or question in words \
        is about: ranked by the words of code and paths, the names it defines, and what similar \
        commits have changed. Use it first, when you do not know where to look; use `search` when \
        you know a word that must be there.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Graph;
    const STRUCTURED: bool = false;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        let with = parts(&params.with)?;
        let mut without = parts(&params.without)?;
        without.extend(SeekPart::OFF.into_iter().filter(|part| !with.contains(part)));
        if params.question.trim().is_empty() {
            let message = "`question` is empty: say in words what is to be found";
            return Err(OpError::new(Code::BadParameter, message));
        }
        let asked = Asked::new(context, &params.workspace)?;
        let lexicon = asked.lexicon(context)?;
        let history = asked.located.room.graph.history();
        let stop = || context.interruption().is_some();
        let limits = AskLimits {
            offset: params.offset as usize,
            limit: params.limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT) as usize,
            stop: &stop,
        };
        let places = params.places.unwrap_or(DEFAULT_PLACES).min(MAX_PLACES) as usize;
        let taught = &asked.located.room.lessons;
        let lessons = taught.known();
        let known =
            SeekKnown { lexicon: &lexicon, past: Some(&history.past), lessons: Some(&lessons) };
        let found = asked.code.seek(known, &params.question, &without, places, &limits);
        if let Some(reason) = context.interruption() {
            return Err(reason);
        }
        if let Some(session) = &asked.located.session {
            let paths: Vec<String> = found.files.iter().map(|it| it.path.to_string()).collect();
            session.was_asked(&params.question, paths.iter().map(String::as_str));
        }
        let scores: Vec<f32> = found.files.iter().map(|it| it.score).collect();
        let first = found.files.first();
        let target = first.map(|it| match it.places.first() {
            Some(place) => format!("{}:{}", it.path, place.symbol.line),
            None => it.path.to_string(),
        });
        let named = first.is_some_and(|it| it.parts.iter().any(|it| it.0 == SeekPart::Defines));
        let mut notes: Vec<String> =
            more_note(found.files.len(), params.offset, found.total, "files").into_iter().collect();
        if let Err(why) = &history.read {
            notes.push(format!("{why}: ranked without what commits say"));
        }
        notes.extend(taught.note());
        notes.extend(asked.notes());
        Ok(Reply {
            handoff: of_ranking(&scores, &target.unwrap_or_default(), named),
            files: found.files.into_iter().map(FoundFile::from).collect(),
            total: found.total as u64,
            notes,
        })
    }

    fn text(reply: &Reply) -> String {
        let mut text = String::new();
        for file in &reply.files {
            let parts: Vec<String> =
                file.parts.iter().map(|it| format!("{} {:+.1}", it.part, it.adds)).collect();
            text.push_str(&format!("{}  {:.1}  ({})\n", file.path, file.score, parts.join(", ")));
            if !file.like_commit.is_empty() {
                text.push_str(&format!("    like commit {}\n", file.like_commit));
            }
            for place in &file.places {
                text.push_str(&format!("    {:>5}  {}\n", place.line, place.without_path()));
            }
        }
        text.push_str(&reply.handoff.line());
        with_notes(text, &reply.notes)
    }
}

fn parts(names: &[String]) -> Result<Vec<SeekPart>, OpError> {
    let known = |name: &String| {
        SeekPart::ALL.into_iter().find(|part| word(part) == *name).ok_or_else(|| {
            let all: Vec<String> = SeekPart::ALL.iter().map(word).collect();
            let message =
                format!("`without`: there is no part `{name}`; parts: {}", all.join(", "));
            OpError::new(Code::BadParameter, message)
        })
    };
    names.iter().map(known).collect()
}

impl From<coderoom_engine::SoughtFile> for FoundFile {
    fn from(file: coderoom_engine::SoughtFile) -> FoundFile {
        let part = |(part, adds)| Part { part: word(part), adds };
        FoundFile {
            path: file.path.to_string(),
            score: file.score,
            parts: file.parts.into_iter().map(part).collect(),
            like_commit: file
                .commit
                .map_or(String::new(), |(id, subject)| format!("{id} {subject}")),
            places: file.places.into_iter().map(|it| SymbolRow::from(it.symbol)).collect(),
        }
    }
}
