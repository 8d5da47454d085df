//! `surgical_context_v2`: exactly the code that an edit needs, within a budget.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    budget::{BYTES_A_TOKEN, Given, Wanted, give},
    handoff::{Handoff, of_context},
    shared::Grounds,
    surroundings::{Candidate, Role, Surroundings},
};
use crate::{
    error::{Code, OpError},
    ops::{Context, Group, Operation},
};

/// Tokens unless the client says otherwise.
const DEFAULT_BUDGET: u64 = 6_000;
/// Less holds no answer.
const LEAST_BUDGET: u64 = 200;
/// Tokens at most, whatever the client says.
const MAX_BUDGET: u64 = 200_000;
/// Hundredths of the budget for the kinds around the target, by the numbers of roles: types,
/// callers, tests, callees, documents.
const SHARES: [usize; 5] = [20, 35, 20, 15, 10];
/// Bytes that the last line, with what to do next, may take.
const LAST_LINE: usize = 400;
/// The share of the budget for the names of what is left out: one in so many bytes, and at most.
const LIST_SHARE: usize = 10;
const MAX_LIST: usize = 1_500;

/// The operation.
pub struct SurgicalContext;

/// Of what.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["target"]))]
pub struct Params {
    /// Absolute path of the workspace (or of any directory or file in it). It is loaded if it is not
    /// yet. May be left out while exactly one workspace is loaded.
    pub workspace: String,
    /// The edit session whose state is meant. Default: the files as they are on disk.
    pub session: String,
    /// What is to be edited: a symbol (`Model.save`), `path:line`, or a file.
    pub target: String,
    /// Tokens that the text may take, all of it; four bytes count as one. Default 6,000, at least
    /// 200.
    pub budget_tokens: Option<u64>,
    /// Milliseconds that the answer may take. Default 10,000.
    pub timeout_ms: Option<u64>,
}

/// The pieces of code.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// The target first, then what is around it, by role and how much a change of the target would
    /// reach it.
    pub blocks: Vec<BlockRow>,
    /// What did not fit, by role, place and name; the first ones.
    pub left_out: Vec<String>,
    /// How many did not fit.
    pub left_out_count: u64,
    /// Tokens of the text, at four bytes each.
    pub tokens: u64,
    /// How far the answer carries, and where to go from it.
    #[serde(flatten)]
    pub handoff: Handoff,
    /// What the answer may miss, in words.
    pub notes: Vec<String>,
}

/// A range of lines.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BlockRow {
    /// `target`, `type`, `caller`, `test`, `callee` or `document`.
    pub role: String,
    /// The file, relative to the workspace.
    pub path: String,
    /// The first line, from 1.
    pub first: u32,
    /// The last line.
    pub last: u32,
    /// The symbol or section; empty for a file.
    pub name: String,
    /// Whether it is all that was to be shown of it: of a target all of it.
    pub whole: bool,
    /// The lines.
    pub text: String,
}

impl BlockRow {
    /// `== caller app/a.py:3-7 Order.total`, then the lines.
    fn shown(&self) -> String {
        let name = if self.name.is_empty() { String::new() } else { format!(" {}", self.name) };
        let cut = if self.whole { "" } else { " (cut)" };
        let BlockRow { role, path, first, last, text, .. } = self;
        format!("== {role} {path}:{first}-{last}{name}{cut}\n{text}")
    }

    /// Cuts it at a line so that it is shown in so many bytes; `None` if not even a line fits.
    fn cut(mut self, bytes: usize) -> Option<BlockRow> {
        if self.shown().len() <= bytes {
            return Some(self);
        }
        self.whole = false;
        let room = bytes.checked_sub(self.shown().len() - self.text.len())?;
        let mut text = String::new();
        let mut lines = 0;
        for line in self.text.split_inclusive('\n') {
            if text.len() + line.len() > room {
                break;
            }
            text.push_str(line);
            lines += 1;
        }
        self.last = self.first + u32::saturating_sub(lines, 1);
        self.text = text;
        (lines > 0).then_some(self)
    }
}

impl Operation for SurgicalContext {
    const NAME: &'static str = "surgical_context_v2";
    const TITLE: &'static str = "The code that an edit needs";
    const DESCRIPTION: &'static str = "For a symbol, a place or a file that is to be edited: its full \
        text, then the types it uses, its callers with the lines of the calls, the tests that \
        exercise it, the signatures of what it calls and the documents about it, within a budget of \
        tokens. What does not fit is named. One call instead of many views.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Graph;
    const STRUCTURED: bool = false;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        let budget = params.budget_tokens.unwrap_or(DEFAULT_BUDGET).min(MAX_BUDGET);
        if budget < LEAST_BUDGET {
            let message =
                format!("`budget_tokens` of {budget} hold no answer: give {LEAST_BUDGET}");
            return Err(OpError::new(Code::BadParameter, message));
        }
        let grounds = Grounds::new(context, &params.workspace)?;
        let around = Surroundings::new(&grounds, &params.target)?;
        let mut notes = around.notes.clone();
        notes.extend(grounds.notes());
        grounds.check()?;
        Ok(fit(around, notes, &params.target, budget as usize * BYTES_A_TOKEN))
    }

    fn text(reply: &Reply) -> String {
        let mut text: String = reply.blocks.iter().map(BlockRow::shown).collect();
        if reply.left_out_count > 0 {
            text.push_str(&left_out_head(reply.left_out_count));
        }
        for it in &reply.left_out {
            text.push_str(&format!("  {it}\n"));
        }
        text.push_str(&reply.handoff.line());
        for note in &reply.notes {
            text.push_str(&format!("[{note}]\n"));
        }
        text
    }
}

fn left_out_head(count: u64) -> String {
    format!("left out: {count}\n")
}

/// Takes what fits into so many bytes, all of the text counted.
fn fit(around: Surroundings, mut notes: Vec<String>, target: &str, bytes: usize) -> Reply {
    let target: String = target.trim().chars().take(60).collect();
    let mut room = bytes.saturating_sub(LAST_LINE);
    // Notes that do not fit beside the code are left out, the last ones first.
    while notes.iter().map(|note| note.len() + 3).sum::<usize>() > room / 4 {
        notes.pop();
    }
    room -= notes.iter().map(|note| note.len() + 3).sum::<usize>();
    let mut whole = true;
    let mut blocks: Vec<BlockRow> = Vec::new();
    let mut names: Vec<String> = Vec::new();
    let list = (room / LIST_SHARE).min(MAX_LIST);
    room -= list;
    for candidate in around.targets {
        let name = candidate.named();
        match candidate.whole.cut(room) {
            Some(block) => {
                whole &= block.whole;
                room -= block.shown().len();
                blocks.push(block);
            }
            None => {
                whole = false;
                names.push(name);
            }
        }
    }
    let size = |block: &BlockRow| block.shown().len();
    let wanted: Vec<Wanted> = around
        .candidates
        .iter()
        .map(|it| Wanted {
            kind: it.role as usize,
            whole: size(&it.whole),
            short: it.short.as_ref().map_or(usize::MAX, size).min(size(&it.whole)),
        })
        .collect();
    let given = give(&wanted, &SHARES, room);
    for (candidate, given) in around.candidates.into_iter().zip(given) {
        let Candidate { role, .. } = candidate;
        let needed = matches!(role, Role::Type | Role::Caller | Role::Test);
        whole &= given == Given::Whole || !needed;
        let name = candidate.named();
        match (given, candidate.short) {
            (Given::Nothing, _) => names.push(name),
            (Given::Short, Some(short)) => blocks.push(short),
            _ => blocks.push(candidate.whole),
        }
    }
    let left_out_count = names.len() as u64 + around.more as u64;
    whole &= around.more == 0;
    let mut list = list.saturating_sub(left_out_head(left_out_count).len());
    names.retain(|name| {
        let fits = name.len() + 3 <= list;
        list -= if fits { name.len() + 3 } else { 0 };
        fits
    });
    let handoff = of_context(whole, around.certain, &target);
    let mut reply = Reply { blocks, left_out: names, left_out_count, tokens: 0, handoff, notes };
    reply.tokens = SurgicalContext::text(&reply).len().div_ceil(BYTES_A_TOKEN) as u64;
    reply
}
