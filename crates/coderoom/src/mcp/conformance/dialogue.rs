//! Fixtures that need input of the client: they answer with questions, and the client asks again
//! with its answers. What the server must remember travels sealed with the questions.

use std::collections::BTreeMap;

use rmcp::{
    ErrorData, RoleServer,
    model::{
        ClientCapabilities, InputRequest, InputRequests, InputRequiredResult, InputResponses,
        RequestStateCodec, SealOptions,
    },
    service::RequestContext,
};
use serde::Deserialize;
use serde_json::Value;

/// Rounds of questions, and what is said when all are answered.
#[derive(Deserialize)]
pub(super) struct Dialogue {
    rounds: Vec<BTreeMap<String, InputRequest>>,
    /// Whether the round is sealed and sent along; needed for more than one.
    state: bool,
    /// The last words; `{question}` is replaced by its answer.
    done: String,
}

/// What comes next.
pub(super) enum Step {
    Ask(InputRequiredResult),
    Done(String),
}

impl Dialogue {
    /// Looks at the answers and asks again, asks on, or is done.
    pub(super) fn step(
        &self,
        name: &str,
        answers: Option<&InputResponses>,
        state: Option<&str>,
        seals: &RequestStateCodec,
        context: &RequestContext<RoleServer>,
    ) -> Result<Step, ErrorData> {
        let round = match state {
            Some(sealed) => opened(sealed, name, seals)?,
            None => 0,
        };
        let questions = self.rounds.get(round).ok_or_else(forged)?;
        let Some(said) = answers.and_then(|answers| answered(questions, answers)) else {
            return self.ask(round, name, seals, context);
        };
        // Whoever answers without the state it was given starts over.
        if self.state && state.is_none() {
            return self.ask(0, name, seals, context);
        }
        if round + 1 < self.rounds.len() {
            return self.ask(round + 1, name, seals, context);
        }
        let done = said.iter().fold(self.done.clone(), |text, (question, answer)| {
            text.replace(&format!("{{{question}}}"), answer)
        });
        Ok(Step::Done(done))
    }

    fn ask(
        &self,
        round: usize,
        name: &str,
        seals: &RequestStateCodec,
        context: &RequestContext<RoleServer>,
    ) -> Result<Step, ErrorData> {
        let offered = context.client_capabilities().unwrap_or_default();
        let questions: InputRequests = self.rounds[round]
            .iter()
            .filter(|(_, question)| can_answer(&offered, question))
            .map(|(key, question)| (key.clone(), question.clone()))
            .collect();
        if questions.is_empty() {
            let required = ClientCapabilities::builder().enable_elicitation().build();
            return Err(ErrorData::missing_required_client_capability(required));
        }
        let state = self.state.then(|| {
            let bound = SealOptions::new().associated_data(name.as_bytes());
            seals.seal_with(round.to_string().as_bytes(), &bound)
        });
        Ok(Step::Ask(InputRequiredResult::new(Some(questions), state)))
    }
}

/// The round that a state was sealed in.
fn opened(sealed: &str, name: &str, seals: &RequestStateCodec) -> Result<usize, ErrorData> {
    let round = seals.open_with(sealed, name.as_bytes()).map_err(|_| forged())?;
    String::from_utf8(round).ok().and_then(|round| round.parse().ok()).ok_or_else(forged)
}

fn forged() -> ErrorData {
    ErrorData::invalid_params("`requestState` is not one of this server's", None)
}

fn can_answer(offered: &ClientCapabilities, question: &InputRequest) -> bool {
    match question {
        InputRequest::CreateMessage(_) => offered.sampling.is_some(),
        InputRequest::Elicitation(_) => offered.elicitation.is_some(),
        InputRequest::ListRoots(_) => offered.roots.is_some(),
        _ => false,
    }
}

/// Every answer in words, or `None` if one is missing or has not the form that was asked for.
fn answered(
    questions: &BTreeMap<String, InputRequest>,
    answers: &InputResponses,
) -> Option<Vec<(String, String)>> {
    let all = questions.iter().map(|(key, question)| {
        let answer = answers.get(key)?;
        let words = match question {
            InputRequest::Elicitation(_) if answer["action"] == "accept" => {
                answer["content"].as_object()?.values().next().map(words_of)?
            }
            InputRequest::CreateMessage(_) => words_of(answer["content"].get("text")?),
            InputRequest::ListRoots(_) => {
                let roots = answer["roots"].as_array()?;
                roots.iter().map(|root| words_of(&root["uri"])).collect::<Vec<_>>().join(", ")
            }
            _ => return None,
        };
        Some((key.clone(), words))
    });
    all.collect()
}

fn words_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), String::from)
}
