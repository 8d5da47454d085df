//! `trail_merge`: several trails in one, and where they contradict each other.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    super::{handoff::Handoff, now, shared::Grounds},
    TrailRow,
    places::{PlaceRow, resolve},
};
use crate::{
    daemon::trails::Contradiction,
    error::{Code, OpError},
    ops::{Context, Group, Operation, code::with_notes},
};

/// Trails that are merged at once.
const MAX_NAMES: usize = 20;

/// The operation.
pub struct TrailMerge;

/// Which trails.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["names", "into"]))]
pub struct Params {
    /// Absolute path of the workspace (or of any directory or file in it). It is loaded if it is not
    /// yet. May be left out while exactly one workspace is loaded.
    pub workspace: String,
    /// The edit session in whose state places are looked for. Default: the files as they are on disk.
    pub session: String,
    /// The trails to merge, two or more. They stay, but for the one that `into` names.
    pub names: Vec<String>,
    /// The name of the new trail: one of `names`, or one that is not there yet.
    pub into: String,
    /// Milliseconds that the answer may take. Default 10,000.
    pub timeout_ms: Option<u64>,
}

/// The new trail.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// What it says.
    pub trail: TrailRow,
    /// Where it was, and what has become of it.
    pub places: Vec<PlaceRow>,
    /// Claims of which the trails say opposite things: contested until `trail_save` says which holds.
    pub conflicts: Vec<ConflictRow>,
    /// How far the trail carries, and where to go on.
    #[serde(flatten)]
    pub handoff: Handoff,
    /// What is to be known, in words.
    pub notes: Vec<String>,
}

/// A contradiction.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ConflictRow {
    /// The claim.
    pub claim: String,
    /// The trails that hold it confirmed.
    pub confirmed_by: Vec<String>,
    /// Those that hold it refuted.
    pub refuted_by: Vec<String>,
}

impl From<Contradiction> for ConflictRow {
    fn from(it: Contradiction) -> ConflictRow {
        let Contradiction { claim, confirmed_by, refuted_by } = it;
        ConflictRow { claim, confirmed_by, refuted_by }
    }
}

impl Operation for TrailMerge {
    const NAME: &'static str = "trail_merge";
    const TITLE: &'static str = "Merge trails";
    const DESCRIPTION: &'static str = "Put what several agents found out about a task into one \
        trail: all notes, questions and places, and the verdicts on hypotheses. Where the trails \
        contradict each other, the claim is contested, and the answer names who says what.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Graph;
    const STRUCTURED: bool = false;
    const CHANGES: bool = true;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        let mut names: Vec<String> = params.names.iter().map(|it| it.trim().to_owned()).collect();
        names.sort_unstable();
        names.dedup();
        if !(2..=MAX_NAMES).contains(&names.len()) || names[0].is_empty() {
            let message = format!("`names` takes 2 to {MAX_NAMES} names of different trails");
            return Err(OpError::new(Code::BadParameter, message));
        }
        let grounds = Grounds::new(context, &params.workspace)?;
        let kept = &grounds.asked.located.room.trails;
        let into = params.into.trim();
        let (merged, conflicts) = kept.change(|trails| {
            let (mut merged, conflicts) = trails.merged(&names)?;
            let other = !into.is_empty() && !names.iter().any(|it| it == into);
            if other && trails.get(into).is_ok() {
                let message = format!("there is a trail `{into}` that is none of these");
                return Err(OpError::new(Code::BadParameter, message));
            }
            merged.saved = now();
            trails.put(into, merged.clone())?;
            Ok((merged, conflicts))
        })?;
        let trail = TrailRow::new(into, &merged);
        let places = resolve(&grounds, &merged.visited)?;
        let mut notes: Vec<String> = kept.note().into_iter().collect();
        notes.extend(grounds.notes());
        Ok(Reply {
            handoff: trail.handoff(&places),
            trail,
            places,
            conflicts: conflicts.into_iter().map(ConflictRow::from).collect(),
            notes,
        })
    }

    fn text(reply: &Reply) -> String {
        let mut text = reply.trail.text();
        for it in &reply.conflicts {
            let (one, other) = (it.confirmed_by.join(", "), it.refuted_by.join(", "));
            text.push_str(&format!("conflict: {} (so: {one}; not so: {other})\n", it.claim));
        }
        reply.places.iter().for_each(|it| text.push_str(&it.text()));
        text.push_str(&reply.handoff.line());
        with_notes(text, &reply.notes)
    }
}
