//! Trails: where an agent has left off, kept for it or another to go on. One file per operation.

pub mod list;
pub mod merge;
mod places;
pub mod resume;
pub mod save;

use coderoom_engine::Claim;
use schemars::JsonSchema;
use serde::Serialize;

use self::places::PlaceRow;
use super::handoff::{Handoff, Left, of_trail};
use crate::daemon::trails::{Trail, Verdict};

/// What a trail says.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TrailRow {
    /// Its name.
    pub name: String,
    /// What it is about.
    pub task: String,
    /// When it was last saved, in seconds since 1970.
    pub saved: i64,
    /// What was found out.
    pub notes: Vec<String>,
    /// Claims that were found to be so.
    pub confirmed: Vec<String>,
    /// Claims that were found not to be so.
    pub refuted: Vec<String>,
    /// Claims of which nobody knows yet.
    pub undecided: Vec<String>,
    /// Claims of which trails that were merged say opposite things.
    pub contested: Vec<String>,
    /// What is still open, the next first.
    pub questions: Vec<String>,
}

impl TrailRow {
    fn new(name: &str, trail: &Trail) -> TrailRow {
        let claims = |verdict: Verdict| {
            let held = trail.hypotheses.iter().filter(|it| it.verdict == verdict);
            held.map(|it| it.claim.clone()).collect()
        };
        TrailRow {
            name: name.to_owned(),
            task: trail.task.clone(),
            saved: trail.saved,
            notes: trail.notes.clone(),
            confirmed: claims(Verdict::Confirmed),
            refuted: claims(Verdict::Refuted),
            undecided: claims(Verdict::Undecided),
            contested: claims(Verdict::Contested),
            questions: trail.questions.clone(),
        }
    }

    fn text(&self) -> String {
        let mut text = format!("trail {}: {}\n", self.name, self.task.replace('\n', " / "));
        let lists = [
            ("note", &self.notes),
            ("confirmed", &self.confirmed),
            ("refuted", &self.refuted),
            ("contested", &self.contested),
            ("undecided", &self.undecided),
            ("open", &self.questions),
        ];
        for (word, list) in lists {
            for it in list {
                text.push_str(&format!("{word}: {it}\n"));
            }
        }
        text
    }

    /// What to do next: with what is contested or undecided, with a question, with a place.
    fn handoff(&self, places: &[PlaceRow]) -> Handoff {
        let latest = |wanted: &dyn Fn(&PlaceRow) -> bool| {
            places.iter().rev().find(|it| wanted(it)).map(|it| it.now.as_str())
        };
        let open = self.contested.iter().chain(&self.undecided).next();
        of_trail(&Left {
            changed: latest(&|it| it.changed && !it.now.is_empty()),
            gone: places.iter().filter(|it| it.now.is_empty()).count(),
            claim: open.map(|claim| (claim.as_str(), Claim::parse(claim).is_some())),
            question: self.questions.first().map(String::as_str),
            latest: latest(&|it| !it.now.is_empty()),
            task: &self.task,
        })
    }
}
