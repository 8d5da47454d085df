//! `trail_list` and `trail_delete`: the trails that there are, and an end to one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    daemon::{
        kept::Kept,
        trails::{Trail, Trails},
    },
    error::{Code, OpError},
    ops::{Context, Group, Operation, code::with_notes},
};

/// Trails that are listed unless the client says otherwise.
const DEFAULT_LIMIT: u64 = 20;
/// And at most, whatever it says.
const MAX_LIMIT: u64 = 200;

/// Lists them.
pub struct TrailList;

/// Deletes one.
pub struct TrailDelete;

/// Of which workspace.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ListParams {
    /// Absolute path of the workspace (or of any directory or file in it). It is loaded if it is not
    /// yet. May be left out while exactly one workspace is loaded.
    pub workspace: String,
    /// Trails at most. Default 20.
    pub limit: Option<u64>,
    /// Milliseconds that the answer may take. Default 10,000.
    pub timeout_ms: Option<u64>,
}

/// Which one.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["name"]))]
pub struct DeleteParams {
    /// Absolute path of the workspace (or of any directory or file in it). It is loaded if it is not
    /// yet. May be left out while exactly one workspace is loaded.
    pub workspace: String,
    /// The trail's name.
    pub name: String,
    /// Milliseconds that the answer may take. Default 10,000.
    pub timeout_ms: Option<u64>,
}

/// Trails, the last saved first.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// Those that were asked for; that which was deleted.
    pub trails: Vec<SummaryRow>,
    /// How many the workspace has now.
    pub total: u64,
    /// What is to be known, in words.
    pub notes: Vec<String>,
}

/// A trail in short.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SummaryRow {
    /// Its name.
    pub name: String,
    /// What it is about: the first line.
    pub task: String,
    /// When it was last saved, in seconds since 1970.
    pub saved: i64,
    /// How many notes it has.
    pub notes: u64,
    /// How many hypotheses.
    pub hypotheses: u64,
    /// How many open questions.
    pub questions: u64,
    /// How many places.
    pub places: u64,
}

impl SummaryRow {
    fn new(name: &str, trail: &Trail) -> SummaryRow {
        SummaryRow {
            name: name.to_owned(),
            task: trail.task.lines().next().unwrap_or_default().to_owned(),
            saved: trail.saved,
            notes: trail.notes.len() as u64,
            hypotheses: trail.hypotheses.len() as u64,
            questions: trail.questions.len() as u64,
            places: trail.visited.len() as u64,
        }
    }
}

impl Operation for TrailList {
    const NAME: &'static str = "trail_list";
    const TITLE: &'static str = "List trails";
    const DESCRIPTION: &'static str = "The trails of a workspace, the last saved first: what each is \
        about and how much it holds. `trail_resume` goes on with one.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Graph;
    const STRUCTURED: bool = false;
    type Params = ListParams;
    type Reply = Reply;

    fn run(context: &Context, params: ListParams) -> Result<Reply, OpError> {
        let located = context.rooms.locate(&params.workspace, context)?;
        let kept = &located.room.trails;
        let trails = kept.known();
        let limit = params.limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT) as usize;
        let newest = trails.newest_first().into_iter().take(limit);
        Ok(reply(kept, newest.map(|(name, it)| SummaryRow::new(name, it)).collect()))
    }

    fn text(reply: &Reply) -> String {
        text_of(reply, "")
    }
}

impl Operation for TrailDelete {
    const NAME: &'static str = "trail_delete";
    const TITLE: &'static str = "Delete a trail";
    const DESCRIPTION: &'static str = "Forget a trail for good: its notes, hypotheses, questions and \
        places. Nothing else changes.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Graph;
    const STRUCTURED: bool = false;
    const CHANGES: bool = true;
    type Params = DeleteParams;
    type Reply = Reply;

    fn run(context: &Context, params: DeleteParams) -> Result<Reply, OpError> {
        let located = context.rooms.locate(&params.workspace, context)?;
        let kept = &located.room.trails;
        let gone = kept.change(|trails| {
            if params.name.trim().is_empty() {
                return Err(OpError::new(
                    Code::BadParameter,
                    "say which trail: `trail_list` names them",
                ));
            }
            // Says which there are, if there is none of that name.
            trails.get(&params.name)?;
            let gone = trails.delete(&params.name);
            Ok(gone.map(|it| SummaryRow::new(params.name.trim(), &it)))
        })?;
        Ok(reply(kept, gone.into_iter().collect()))
    }

    fn text(reply: &Reply) -> String {
        text_of(reply, "deleted ")
    }
}

fn reply(kept: &Kept<Trails>, trails: Vec<SummaryRow>) -> Reply {
    let total = kept.known().len() as u64;
    Reply { trails, total, notes: kept.note().into_iter().collect() }
}

fn text_of(reply: &Reply, done: &str) -> String {
    let mut text = String::new();
    for it in &reply.trails {
        text.push_str(&format!(
            "{done}{}: {}  ({} notes, {} hypotheses, {} open questions, {} places)\n",
            it.name, it.task, it.notes, it.hypotheses, it.questions, it.places
        ));
    }
    text.push_str(&format!("{} trails\n", reply.total));
    with_notes(text, &reply.notes)
}
