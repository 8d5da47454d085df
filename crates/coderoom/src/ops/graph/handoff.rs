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

    /// Likeness alone never says that something is ready to be edited.
    #[test]
    fn rankings_point_and_do_not_prove() {
        assert_eq!(of_ranking(&[], "", false).next_suggested_tool, "search");
        assert_eq!(of_ranking(&[5.0, 4.5], "a", false).proof_state, ProofState::Triaging);
        assert_eq!(of_ranking(&[5.0, 2.0], "a", false).proof_state, ProofState::Proving);
        assert_eq!(of_ranking(&[5.0, 4.5], "a", true).proof_state, ProofState::Proving);
        assert_eq!(of_ranking(&[0.0], "a", false).proof_state, ProofState::Triaging);
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
