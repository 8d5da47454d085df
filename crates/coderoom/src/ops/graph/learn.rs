//! `learn`: tells a workspace which places were of use for a question, and takes such lessons back.

use coderoom_engine::{Lesson, LessonSource, Lessons, MAX_TARGETS};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{now, shared::Grounds};
use crate::{
    daemon::kept::Kept,
    error::{Code, OpError},
    ops::{
        Context, Group, Operation,
        code::{with_notes, word},
    },
};

/// Lessons that are listed unless the client says otherwise.
const DEFAULT_LIMIT: u64 = 20;
/// Lessons that are listed at most.
const MAX_LIMIT: u64 = 2_000;

/// The operation.
pub struct Learn;

/// What to learn, or what to do with what was learnt.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Params {
    /// Absolute path of the workspace (or of any directory or file in it). It is loaded if it is not
    /// yet. May be left out while exactly one workspace is loaded.
    pub workspace: String,
    /// `learn` (default), `list`, `undo` (the last lesson, or that of `id`), `export`, `import` (of
    /// `lessons`) or `reset`.
    pub action: Action,
    /// The question or task that the lesson is about. It is heard for questions like it.
    pub question: String,
    /// What was wanted: paths, `path:line`, or symbols (`Model.save`).
    pub useful: Vec<String>,
    /// What was of some use.
    pub partly: Vec<String>,
    /// What was of none.
    pub not_useful: Vec<String>,
    /// With `undo`: the number of the lesson. Default: the last.
    pub id: Option<u64>,
    /// With `import`: what `export` gave, as text.
    pub lessons: String,
    /// With `list` and `reset`: which lessons are meant: `all` (default), `told`, or those from
    /// `edits`.
    pub source: Wanted,
    /// With `list`: lessons at most, the newest. Default 20.
    pub limit: Option<u64>,
    /// Milliseconds that the answer may take. Default 10,000.
    pub timeout_ms: Option<u64>,
}

/// What to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Take in a lesson.
    #[default]
    Learn,
    /// Show what there is.
    List,
    /// Take a lesson back.
    Undo,
    /// Give all of them as JSON.
    Export,
    /// Take in what was exported.
    Import,
    /// Forget everything.
    Reset,
}

/// Where lessons come from that are meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// All of them.
    #[default]
    All,
    /// From `learn`.
    Told,
    /// From what agents have edited after they had asked.
    Edits,
}

impl Wanted {
    fn source(self) -> Option<LessonSource> {
        match self {
            Wanted::All => None,
            Wanted::Told => Some(LessonSource::Told),
            Wanted::Edits => Some(LessonSource::Edits),
        }
    }
}

/// What was done.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// What was asked for.
    pub action: Action,
    /// The lessons that it is about: the new one, those listed, that taken back.
    pub lessons: Vec<LessonRow>,
    /// How many lessons were taken in, taken back or forgotten.
    pub changed: u64,
    /// How many the workspace has now.
    pub total: u64,
    /// With `export`: all of them as JSON; else empty.
    pub export: String,
    /// What is to be known, in words.
    pub notes: Vec<String>,
}

/// One lesson.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LessonRow {
    /// Its number.
    pub id: u64,
    /// When it was given, in seconds since 1970.
    pub at: i64,
    /// The question that it is about.
    pub question: String,
    /// What was wanted.
    pub useful: Vec<String>,
    /// What was of some use.
    pub partly: Vec<String>,
    /// What was of none.
    pub not_useful: Vec<String>,
    /// `told`, or `edits`: an agent has asked, and then edited what is useful.
    pub source: String,
    /// Whose edits they were; empty if it was told.
    pub agent: String,
}

impl Operation for Learn {
    const NAME: &'static str = "learn";
    const TITLE: &'static str = "Learn what was useful";
    const DESCRIPTION: &'static str = "Teach the workspace which files and symbols were useful for a \
        task, partly useful, or not: `seek` and `activate` rank them so for questions in like words, \
        and answer all others as before. Use it when a task is done; what a session asked and then \
        edited is learnt without it. Lessons are kept across restarts; `action` lists, undoes, \
        exports, imports or resets them.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Graph;
    const CHANGES: bool = true;
    const STRUCTURED: bool = false;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        if params.action == Action::Learn {
            return learn(context, &params);
        }
        let located = context.rooms.locate(&params.workspace, context)?;
        let taught = &located.room.lessons;
        let source = params.source.source();
        let (lessons, changed) = match params.action {
            Action::Learn | Action::List => {
                let limit = params.limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT) as usize;
                let is_meant = |it: &&Lesson| source.is_none_or(|source| it.source == source);
                (taught.known().iter().rev().filter(is_meant).take(limit).cloned().collect(), 0)
            }
            Action::Undo => {
                let undone =
                    match taught.known().iter().any(|it| params.id.is_none_or(|id| id == it.id)) {
                        true => taught.change(|all| Ok(all.undo(params.id)))?,
                        false => None,
                    };
                let undone: Vec<Lesson> = undone.into_iter().collect();
                if undone.is_empty() {
                    let message = "there is no such lesson: `action: list` shows those there are";
                    return Err(OpError::new(Code::BadParameter, message));
                }
                (undone, 1)
            }
            Action::Export => (Vec::new(), 0),
            Action::Import => {
                let given: Vec<Lesson> = serde_json::from_str(&params.lessons).map_err(|err| {
                    let message = format!("`lessons` is not what `export` gives: {err}");
                    OpError::new(Code::BadParameter, message)
                })?;
                (Vec::new(), taught.change(|all| Ok(all.import(given)))?)
            }
            Action::Reset => (Vec::new(), taught.change(|all| Ok(all.reset(source)))?),
        };
        let mut reply = reply(taught, params.action, &lessons, changed);
        if params.action == Action::Export {
            let all: Vec<Lesson> = taught.known().iter().cloned().collect();
            reply.export = serde_json::to_string(&all)
                .map_err(|err| OpError::new(Code::Internal, err.to_string()))?;
        }
        Ok(reply)
    }

    fn text(reply: &Reply) -> String {
        if reply.action == Action::Export {
            return reply.export.clone();
        }
        let mut text = String::new();
        for it in &reply.lessons {
            let first = it.question.lines().next().unwrap_or_default();
            let from = match &it.source[..] {
                "edits" => format!("  [from edits of {}]", it.agent),
                _ => String::new(),
            };
            text.push_str(&format!("{}  {first}{from}\n", it.id));
            let lists =
                [("useful", &it.useful), ("partly", &it.partly), ("not useful", &it.not_useful)];
            for (word, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
                text.push_str(&format!("    {word}: {}\n", list.join(", ")));
            }
        }
        let done = match reply.action {
            Action::Learn => "learnt",
            Action::Undo => "taken back",
            Action::Import => "taken in",
            Action::Reset => "forgotten",
            Action::List | Action::Export => "changed",
        };
        text.push_str(&format!("{} {done}, {} lessons now\n", reply.changed, reply.total));
        with_notes(text, &reply.notes)
    }
}

fn learn(context: &Context, params: &Params) -> Result<Reply, OpError> {
    let places = [&params.useful, &params.partly, &params.not_useful];
    if params.question.trim().is_empty() || places.iter().all(|it| it.is_empty()) {
        let message = "a lesson takes `question`, and at least one of `useful`, `partly` and \
                       `not_useful`";
        return Err(OpError::new(Code::BadParameter, message));
    }
    if places.iter().any(|it| it.len() > MAX_TARGETS) {
        let message = format!("a lesson takes {MAX_TARGETS} places of each kind at most");
        return Err(OpError::new(Code::BadParameter, message));
    }
    let grounds = Grounds::new(context, &params.workspace)?;
    let keys = |targets: &[String]| -> Result<Vec<String>, OpError> {
        let graph = grounds.graph()?;
        let nodes = grounds.nodes_of_all(targets)?;
        Ok(nodes.into_iter().map(|node| graph.key(node).to_owned()).collect())
    };
    let lesson = Lesson {
        id: 0,
        at: now(),
        question: params.question.trim().to_owned(),
        useful: keys(&params.useful)?,
        partly: keys(&params.partly)?,
        not_useful: keys(&params.not_useful)?,
        ..Lesson::default()
    };
    let taught = &grounds.asked.located.room.lessons;
    let id = taught.change(|all| Ok(all.teach(lesson)))?;
    let known = taught.known();
    let new: Vec<Lesson> = known.iter().filter(|it| it.id == id).cloned().collect();
    let mut reply = reply(taught, Action::Learn, &new, 1);
    reply.notes.extend(grounds.notes());
    Ok(reply)
}

fn reply(taught: &Kept<Lessons>, action: Action, lessons: &[Lesson], changed: usize) -> Reply {
    let row = |it: &Lesson| LessonRow {
        id: it.id,
        at: it.at,
        question: it.question.clone(),
        useful: it.useful.clone(),
        partly: it.partly.clone(),
        not_useful: it.not_useful.clone(),
        source: word(it.source),
        agent: it.agent.clone(),
    };
    Reply {
        action,
        lessons: lessons.iter().map(row).collect(),
        changed: changed as u64,
        total: taught.known().len() as u64,
        export: String::new(),
        notes: taught.note().into_iter().collect(),
    }
}
