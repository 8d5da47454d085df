//! `trail_save`: keeps what an agent has found out about a task.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    super::{handoff::Handoff, now, shared::Grounds},
    TrailRow,
    places::{PlaceRow, resolve, visited},
};
use crate::{
    daemon::trails::{MAX_ENTRIES, MAX_TEXT, Trail, Verdict},
    error::{Code, OpError},
    ops::{Context, Group, Operation, code::with_notes},
};

/// The operation.
pub struct TrailSave;

/// What to keep.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["name"]))]
pub struct Params {
    /// Absolute path of the workspace (or of any directory or file in it). It is loaded if it is not
    /// yet. May be left out while exactly one workspace is loaded.
    pub workspace: String,
    /// The edit session in whose state the places were seen. Default: the files as they are on disk.
    pub session: String,
    /// The trail's name. One that is there goes on; everything is added to it.
    pub name: String,
    /// What it is about.
    pub task: String,
    /// What was found out.
    pub notes: Vec<String>,
    /// Claims that were found to be so. Like all claims, in your words; those of `hypothesize` can be
    /// tested when the trail is resumed.
    pub confirmed: Vec<String>,
    /// Claims that were found not to be so.
    pub refuted: Vec<String>,
    /// Claims that are still to be tested.
    pub undecided: Vec<String>,
    /// Questions that are still open.
    pub questions: Vec<String>,
    /// Open questions of this trail that are answered now.
    pub answered: Vec<String>,
    /// Where you were: paths, `path:line`, or symbols (`Model.save`), the latest last.
    pub visited: Vec<String>,
    /// Forget what the trail said before.
    pub anew: bool,
    /// Milliseconds that the answer may take. Default 10,000.
    pub timeout_ms: Option<u64>,
}

/// The trail as it is now.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// What it says.
    pub trail: TrailRow,
    /// Where it was.
    pub places: Vec<PlaceRow>,
    /// What resuming it would suggest.
    #[serde(flatten)]
    pub handoff: Handoff,
    /// What is to be known, in words.
    pub notes: Vec<String>,
}

impl Operation for TrailSave {
    const NAME: &'static str = "trail_save";
    const TITLE: &'static str = "Save a trail";
    const DESCRIPTION: &'static str = "Keep where you are in a task, for yourself or another agent: \
        notes, hypotheses with what became of them, open questions, and the places you visited. \
        Saving again adds to the trail. `trail_resume` says what has changed since. Use it before \
        you stop, and when something is found out that was dear.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Graph;
    const STRUCTURED: bool = false;
    const CHANGES: bool = true;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        check(&params)?;
        let grounds = Grounds::new(context, &params.workspace)?;
        let mut seen = Vec::new();
        for target in &params.visited {
            for node in grounds.nodes(target)?.into_iter().take(MAX_ENTRIES) {
                seen.push(visited(&grounds, node)?);
            }
            grounds.check()?;
            // More than fit would only be refused later.
            seen.truncate(MAX_ENTRIES + 1);
        }
        let kept = &grounds.asked.located.room.trails;
        let name = params.name.trim();
        let (trail, unknown) = kept.change(|trails| {
            let before = if params.anew { None } else { trails.delete(name) };
            let mut trail = before.unwrap_or_default();
            let unknown = add(&mut trail, &params);
            seen.into_iter().for_each(|place| trail.visit(place));
            trails.put(name, trail.clone())?;
            Ok((trail, unknown))
        })?;
        let trail_row = TrailRow::new(name, &trail);
        let places = resolve(&grounds, &trail.visited)?;
        let mut notes: Vec<String> = kept.note().into_iter().collect();
        notes.extend(unknown.iter().map(|it| format!("`{it}` was no open question of it")));
        notes.extend(grounds.notes());
        Ok(Reply { handoff: trail_row.handoff(&places), trail: trail_row, places, notes })
    }

    fn text(reply: &Reply) -> String {
        let TrailRow { name, notes, questions, .. } = &reply.trail;
        let text = format!(
            "saved {name}: {} notes, {} places, {} open questions\n{}",
            notes.len(),
            reply.places.len(),
            questions.len(),
            reply.handoff.line()
        );
        with_notes(text, &reply.notes)
    }
}

/// Refuses what is more than a trail can have, before anything is compared with anything.
fn check(params: &Params) -> Result<(), OpError> {
    let Params { notes, undecided, confirmed, refuted, questions, answered, visited, .. } = params;
    let lists = [notes, undecided, confirmed, refuted, questions, answered, visited];
    if lists.iter().any(|list| list.len() > MAX_ENTRIES) {
        let message = format!("a trail has {MAX_ENTRIES} entries of a kind at most");
        return Err(OpError::new(Code::TooLarge, message));
    }
    if lists.into_iter().flatten().any(|text| text.len() > MAX_TEXT) {
        let message = format!("one text of a trail has {MAX_TEXT} bytes at most");
        return Err(OpError::new(Code::TooLarge, message));
    }
    Ok(())
}

/// Adds what a client says; gives the answered questions that were not open.
fn add(trail: &mut Trail, params: &Params) -> Vec<String> {
    if !params.task.trim().is_empty() {
        trail.task = params.task.trim().to_owned();
    }
    trail.saved = now();
    trail.note(&params.notes);
    trail.judge(&params.undecided, Verdict::Undecided);
    trail.judge(&params.confirmed, Verdict::Confirmed);
    trail.judge(&params.refuted, Verdict::Refuted);
    trail.ask(&params.questions);
    trail.answer(&params.answered)
}
