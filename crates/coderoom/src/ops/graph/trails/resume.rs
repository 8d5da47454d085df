//! `trail_resume`: what a trail says, and what has become of its places.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    super::{handoff::Handoff, shared::Grounds},
    TrailRow,
    places::{PlaceRow, resolve},
};
use crate::{
    error::OpError,
    ops::{Context, Group, Operation, code::with_notes},
};

/// The operation.
pub struct TrailResume;

/// Which trail.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Params {
    /// Absolute path of the workspace (or of any directory or file in it). It is loaded if it is not
    /// yet. May be left out while exactly one workspace is loaded.
    pub workspace: String,
    /// The edit session to go on in. Default: the files as they are on disk.
    pub session: String,
    /// The trail's name. Default: the last that was saved.
    pub name: String,
    /// Milliseconds that the answer may take. Default 10,000.
    pub timeout_ms: Option<u64>,
}

/// The trail, and how things stand.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// What it says.
    pub trail: TrailRow,
    /// Where it was, in that order, and what has become of each.
    pub places: Vec<PlaceRow>,
    /// The place to go on at: the latest that has changed, or else the latest; empty if none is left.
    pub focus: String,
    /// The question to go on with; empty if none is open.
    pub question: String,
    /// How far the trail still carries, and where to go on.
    #[serde(flatten)]
    pub handoff: Handoff,
    /// What is to be known, in words.
    pub notes: Vec<String>,
}

impl Operation for TrailResume {
    const NAME: &'static str = "trail_resume";
    const TITLE: &'static str = "Resume a trail";
    const DESCRIPTION: &'static str = "Go on where you or another agent left off: the trail's notes, \
        hypotheses and open questions, each place it visited with what has become of it (same, \
        changed, moved, gone), and what to do next. Ask it at the start of work that was begun \
        before.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Graph;
    const STRUCTURED: bool = false;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        let grounds = Grounds::new(context, &params.workspace)?;
        let kept = &grounds.asked.located.room.trails;
        let trails = kept.known();
        let (name, trail) = trails.get(&params.name)?;
        let places = resolve(&grounds, &trail.visited)?;
        let trail = TrailRow::new(name, trail);
        let mut there = places.iter().rev().filter(|it| !it.now.is_empty());
        let focus = there.clone().find(|it| it.changed).or_else(|| there.next());
        let mut notes: Vec<String> = kept.note().into_iter().collect();
        let gone = places.iter().filter(|it| it.now.is_empty()).count();
        if gone * 2 > places.len() {
            notes.push("most of its places are gone: what it says may no longer hold".to_owned());
        }
        notes.extend(grounds.notes());
        Ok(Reply {
            focus: focus.map_or(String::new(), |it| it.now.clone()),
            question: trail.questions.first().cloned().unwrap_or_default(),
            handoff: trail.handoff(&places),
            trail,
            places,
            notes,
        })
    }

    fn text(reply: &Reply) -> String {
        let mut text = reply.trail.text();
        if !reply.places.is_empty() {
            text.push_str("places, the latest last:\n");
        }
        reply.places.iter().for_each(|it| text.push_str(&it.text()));
        text.push_str(&reply.handoff.line());
        with_notes(text, &reply.notes)
    }
}
