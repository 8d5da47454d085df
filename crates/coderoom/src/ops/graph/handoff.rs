//! What an agent should do with an answer: how far it is proven, and what to ask next.
//!
//! The rules are here and nowhere else, so that they can be read and tested.

use schemars::JsonSchema;
use serde::Serialize;

/// How far an answer carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProofState {
    /// Places to look at; none stands out.
    Triaging,
    /// One place stands out, or facts point to it: read it before anything is changed.
    Proving,
    /// What has to be edited is known by facts of the code, not by likeness.
    ReadyToEdit,
}

/// Where to go from an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Handoff {
    /// `triaging`, `proving` or `ready_to_edit`.
    pub proof_state: ProofState,
    /// The operation that leads on.
    pub next_suggested_tool: String,
    /// What to ask it about: a path, `path:line` or a symbol.
    pub next_suggested_target: String,
    /// Why, in a sentence.
    pub next_step_hint: String,
}

/// A first answer stands out if the second has at most so much of its score.
const STANDS_OUT: f32 = 0.8;

/// What ranked answers are good for. Likeness proves nothing: the best it can do is to point.
pub fn of_ranking(scores: &[f32], first: &str, facts: bool) -> Handoff {
    let stands_out = match scores {
        [] => false,
        [first] => *first > 0.0,
        [first, second, ..] => *first > 0.0 && second / first <= STANDS_OUT,
    };
    match (scores.is_empty(), stands_out || facts) {
        (true, _) => Handoff {
            proof_state: ProofState::Triaging,
            next_suggested_tool: "search".into(),
            next_suggested_target: String::new(),
            next_step_hint: "nothing fits: search for a word that must be in the code, or ask in \
                             other words"
                .into(),
        },
        (_, true) => Handoff {
            proof_state: ProofState::Proving,
            next_suggested_tool: "surgical_context_v2".into(),
            next_suggested_target: first.to_owned(),
            next_step_hint: "the first place stands out: read it with what it depends on, then \
                             check who depends on it (`impact`)"
                .into(),
        },
        (_, false) => Handoff {
            proof_state: ProofState::Triaging,
            next_suggested_tool: "view".into(),
            next_suggested_target: first.to_owned(),
            next_step_hint: "several places fit about as well: look at the first ones, then ask \
                             about the right one"
                .into(),
        },
    }
}

/// What a stack trace is good for. `certain`: the error came up in a line of the workspace that is
/// as it was, and no test.
pub fn of_trace(any: bool, certain: bool, first: &str) -> Handoff {
    let (proof_state, tool, hint) = match (any, certain) {
        (false, _) => (
            ProofState::Triaging,
            "seek",
            "no frame is in this workspace: ask in words about the message, or load the workspace \
             that the trace comes from",
        ),
        (true, true) => (
            ProofState::Proving,
            "surgical_context_v2",
            "the error came up here: read the function with its callers and callees before you \
             change it",
        ),
        (true, false) => (
            ProofState::Triaging,
            "view",
            "the error came up in a test or outside of the workspace, or lines have moved: look at \
             the first suspects",
        ),
    };
    Handoff {
        proof_state,
        next_suggested_tool: tool.into(),
        next_suggested_target: first.to_owned(),
        next_step_hint: hint.into(),
    }
}

/// What a prediction is good for. `facts`: commits or edges speak for its first file, not likeness
/// alone.
pub fn of_prediction(shares: &[f32], first: &str, facts: bool) -> Handoff {
    let ranked = of_ranking(shares, first, facts);
    let (tool, hint) = match (shares.is_empty(), ranked.proof_state) {
        (true, _) => ("impact", "nothing is tied to it: ask what depends on it"),
        (_, ProofState::Triaging) => {
            ("view", "only likeness speaks for the first file: look at it before you trust it")
        }
        _ => (
            "surgical_context_v2",
            "commits or edges tie the first file to the change: read it, and ask `missing` after \
             your edits",
        ),
    };
    Handoff { next_suggested_tool: tool.into(), next_step_hint: hint.into(), ..ranked }
}

/// What a change set's gaps are good for. `broken`: names that lead nowhere now; `untouched`: places
/// that use what has changed in its declaration; `likely`: files that only history or likeness name.
pub fn of_missing(broken: usize, untouched: usize, likely: usize, first: &str) -> Handoff {
    let (proof_state, tool, hint) = match (broken, untouched, likely) {
        (1.., ..) => (
            ProofState::ReadyToEdit,
            "surgical_context_v2",
            "names lead nowhere since this change: mend these places first",
        ),
        (0, 1.., _) => (
            ProofState::Proving,
            "surgical_context_v2",
            "these places use what has changed: read each, and edit those that no longer fit",
        ),
        (0, 0, 1..) => (
            ProofState::Triaging,
            "view",
            "nothing in the code says that something is missing; these files usually change too",
        ),
        (0, 0, 0) => (
            ProofState::Proving,
            "validate",
            "nothing that depends on the change was left untouched: validate it and run the tests",
        ),
    };
    Handoff {
        proof_state,
        next_suggested_tool: tool.into(),
        next_suggested_target: first.to_owned(),
        next_step_hint: hint.into(),
    }
}

/// What an excerpt of code is good for. `whole`: all that must be seen for the edit is in it;
/// `certain`: nothing about what it shows was only guessed.
pub fn of_context(whole: bool, certain: bool, first: &str) -> Handoff {
    let (proof_state, tool, hint) = match (whole, certain) {
        (true, true) => (
            ProofState::ReadyToEdit,
            "edit_symbol",
            "all that the edit needs is here: make it, then ask `missing`",
        ),
        (true, false) => (
            ProofState::Proving,
            "references",
            "some uses are known by likelihood only: check them before you edit",
        ),
        (false, _) => (
            ProofState::Proving,
            "surgical_context_v2",
            "not all callers, types and tests fit: raise `budget_tokens`, or view what is listed",
        ),
    };
    Handoff {
        proof_state,
        next_suggested_tool: tool.into(),
        next_suggested_target: first.to_owned(),
        next_step_hint: hint.into(),
    }
}

/// An answer whose every entry is proven by edges of the graph: what to do with it.
pub fn of_facts(tool: &str, target: &str, hint: &str) -> Handoff {
    Handoff {
        proof_state: ProofState::Proving,
        next_suggested_tool: tool.into(),
        next_suggested_target: target.to_owned(),
        next_step_hint: hint.to_owned(),
    }
}

/// What a verdict on a claim is good for. `known`: it is true or false; `first`: the first line that
/// says so, or that leaves it open; `named`: what the claim is about.
pub fn of_verdict(known: bool, first: Option<&str>, named: &str) -> Handoff {
    match (known, first) {
        (true, Some(line)) => of_facts("view", line, "this line says so: read what is around it"),
        (true, None) => {
            of_facts("search", named, "no code says so: look for the name in strings as well")
        }
        (false, line) => Handoff {
            proof_state: ProofState::Triaging,
            next_suggested_tool: if line.is_some() { "view" } else { "references" }.into(),
            next_suggested_target: line.unwrap_or(named).to_owned(),
            next_step_hint: "the code alone does not tell: read the places in doubt".into(),
        },
    }
}

/// What a note that was written is good for. `unknown`: the first thing that it names and that is not
/// where it should be.
pub fn of_note(path: &str, unknown: Option<&str>) -> Handoff {
    match unknown {
        Some(name) => Handoff {
            proof_state: ProofState::Triaging,
            next_suggested_tool: "symbols".into(),
            next_suggested_target: name.to_owned(),
            next_step_hint: "this is not where the note says: find it and mend the note".into(),
        },
        None => of_facts("sync", path, "the session has the note: sync it for everybody"),
    }
}

/// What is left to do on a trail.
#[derive(Clone, Copy, Debug, Default)]
pub struct Left<'a> {
    /// The latest of its places whose text has changed since.
    pub changed: Option<&'a str>,
    /// How many of its places are gone.
    pub gone: usize,
    /// A claim that nobody has decided, and whether `hypothesize` can read it.
    pub claim: Option<(&'a str, bool)>,
    /// The next open question.
    pub question: Option<&'a str>,
    /// The latest of its places that is still there.
    pub latest: Option<&'a str>,
    /// What it is about.
    pub task: &'a str,
}

/// How to go on with a trail. What has changed comes before what it says: notes about other code prove
/// nothing.
pub fn of_trail(left: &Left<'_>) -> Handoff {
    let moved_on = left.changed.is_some() || left.gone > 0;
    let (tool, target, hint) = match *left {
        Left { changed: Some(place), .. } => (
            "surgical_context_v2",
            place,
            "this has changed since: read it again before you rely on what the trail says",
        ),
        Left { claim: Some((claim, true)), .. } => {
            ("hypothesize", claim, "this claim is undecided: have it judged")
        }
        Left { claim: Some((claim, false)), .. } => {
            ("seek", claim, "this claim is undecided: find the code that tells")
        }
        Left { question: Some(question), .. } => ("seek", question, "this question is still open"),
        Left { latest: Some(place), .. } => {
            ("surgical_context_v2", place, "nothing is open: go on where the trail ends")
        }
        Left { task, .. } => ("seek", task, "no place of it is left: begin with the task"),
    };
    Handoff {
        proof_state: if moved_on { ProofState::Triaging } else { ProofState::Proving },
        next_suggested_tool: tool.into(),
        next_suggested_target: target.to_owned(),
        next_step_hint: hint.into(),
    }
}

impl Handoff {
    /// As the last line of an answer's text.
    pub fn line(&self) -> String {
        let target = &self.next_suggested_target;
        let on = if target.is_empty() { String::new() } else { format!(" {target}") };
        let state = super::super::code::word(self.proof_state);
        format!("[{state}; next: {}{on}: {}]\n", self.next_suggested_tool, self.next_step_hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A change set is only called broken by names that lead nowhere, and whole if nothing is left.
    #[test]
    fn gaps_are_as_sure_as_their_proof() {
        assert_eq!(of_missing(1, 5, 5, "a").proof_state, ProofState::ReadyToEdit);
        assert_eq!(of_missing(0, 5, 5, "a").proof_state, ProofState::Proving);
        assert_eq!(of_missing(0, 0, 5, "a").proof_state, ProofState::Triaging);
        assert_eq!(of_missing(0, 0, 0, "").next_suggested_tool, "validate");
    }

    /// An excerpt is enough only if nothing was left out and nothing guessed.
    #[test]
    fn excerpts_are_enough_only_when_whole_and_certain() {
        assert_eq!(of_context(true, true, "a").proof_state, ProofState::ReadyToEdit);
        for (whole, certain) in [(true, false), (false, true), (false, false)] {
            assert_eq!(of_context(whole, certain, "a").proof_state, ProofState::Proving);
        }
    }

    /// What only likeness names is looked at first.
    #[test]
    fn predictions_need_facts() {
        assert_eq!(of_prediction(&[0.2, 0.19], "a", false).proof_state, ProofState::Triaging);
        assert_eq!(of_prediction(&[0.2, 0.19], "a", true).proof_state, ProofState::Proving);
        assert_eq!(of_prediction(&[], "", false).next_suggested_tool, "impact");
    }

    /// Likeness alone never says that something is ready to be edited.
    #[test]
    fn rankings_point_and_do_not_prove() {
        assert_eq!(of_ranking(&[], "", false).next_suggested_tool, "search");
        assert_eq!(of_ranking(&[5.0, 4.5], "a", false).proof_state, ProofState::Triaging);
        assert_eq!(of_ranking(&[5.0, 2.0], "a", false).proof_state, ProofState::Proving);
        assert_eq!(of_ranking(&[5.0, 4.5], "a", true).proof_state, ProofState::Proving);
        assert_eq!(of_ranking(&[0.0], "a", false).proof_state, ProofState::Triaging);
    }

    /// A note that names what is not there is mended before it is shared.
    #[test]
    fn notes_are_mended_before_they_are_shared() {
        let mend = of_note("n.md", Some("a.b"));
        assert_eq!((&*mend.next_suggested_tool, &*mend.next_suggested_target), ("symbols", "a.b"));
        assert_eq!(of_note("n.md", None).next_suggested_tool, "sync");
    }

    /// What has changed is read first, then what is undecided, then what is open; a trail whose places
    /// have changed or gone proves nothing.
    #[test]
    fn trails_go_on_with_what_has_changed() {
        let left = Left {
            changed: Some("a:1"),
            gone: 0,
            claim: Some(("a calls b", true)),
            question: Some("why?"),
            latest: Some("b:2"),
            task: "t",
        };
        let says = |left: &Left<'_>| {
            let it = of_trail(left);
            (it.proof_state, it.next_suggested_tool, it.next_suggested_target)
        };
        let tool = |state, tool: &str, target: &str| (state, tool.to_owned(), target.to_owned());
        let (triaging, proving) = (ProofState::Triaging, ProofState::Proving);
        assert_eq!(says(&left), tool(triaging, "surgical_context_v2", "a:1"));
        let left = Left { changed: None, ..left };
        assert_eq!(says(&left), tool(proving, "hypothesize", "a calls b"));
        assert_eq!(says(&Left { gone: 1, ..left }).0, triaging);
        let left = Left { claim: Some(("odd", false)), ..left };
        assert_eq!(says(&left), tool(proving, "seek", "odd"));
        let left = Left { claim: None, ..left };
        assert_eq!(says(&left), tool(proving, "seek", "why?"));
        let left = Left { question: None, ..left };
        assert_eq!(says(&left), tool(proving, "surgical_context_v2", "b:2"));
        assert_eq!(says(&Left { latest: None, ..left }), tool(proving, "seek", "t"));
    }

    /// What could not be told is no proof of anything.
    #[test]
    fn verdicts_prove_only_what_is_known() {
        assert_eq!(of_verdict(true, Some("a:1"), "b").next_suggested_target, "a:1");
        assert_eq!(of_verdict(true, None, "b").next_suggested_tool, "search");
        assert_eq!(of_verdict(false, Some("a:1"), "b").proof_state, ProofState::Triaging);
        assert_eq!(of_verdict(false, None, "b").next_suggested_target, "b");
    }
}
