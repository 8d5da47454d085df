//! `duplicates`: functions that are nearly the same.

use coderoom_engine::AlikeOptions;
use coderoom_graph::NodeIx;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    handoff::{Handoff, of_facts},
    shared::{Grounds, NodeRow},
};
use crate::{
    error::{Code, OpError},
    ops::{Context, Group, Operation, code::with_notes},
};

/// Groups unless the client says otherwise.
const DEFAULT_LIMIT: u64 = 20;
/// And at most, whatever it says.
const MAX_LIMIT: u64 = 500;
/// Members of a group that are named.
const MAX_MEMBERS: usize = 30;
/// With `like`, also what is less alike than copies are.
const LIKE_SIMILARITY: f32 = 0.5;

/// The operation.
pub struct Duplicates;

/// Where, and how alike.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Params {
    /// Absolute path of the workspace (or of any directory or file in it). It is loaded if it is not
    /// yet. May be left out while exactly one workspace is loaded.
    pub workspace: String,
    /// The edit session whose state is meant. Default: the files as they are on disk.
    pub session: String,
    /// Only functions in this file or directory, relative to the workspace.
    pub path: String,
    /// Only what is like this function: a symbol (`Model.save`) or `path:line`.
    pub like: String,
    /// How alike: the least share of token sequences in common, from 0 to 1. Default 0.8, with
    /// `like` 0.5.
    pub similarity: Option<f32>,
    /// Functions of fewer tokens are passed over. Default 40.
    pub min_tokens: Option<u32>,
    /// Take all names, numbers and strings for the same, so that copies with other names are found
    /// as well.
    pub any_names: bool,
    /// Also tests.
    pub tests: bool,
    /// Groups at most (with `like`: functions). Default 20.
    pub limit: Option<u64>,
    /// Milliseconds that the answer may take. Default 10,000.
    pub timeout_ms: Option<u64>,
}

/// What is alike.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// Groups of functions: those with the most lines that could go first. With `like`, one for each
    /// function that is like it, the most alike first.
    pub groups: Vec<GroupRow>,
    /// How many there are, whatever the limit.
    pub total: u64,
    /// How far the answer carries, and where to go from it.
    #[serde(flatten)]
    pub handoff: Handoff,
    /// What the answer leaves out or may miss, in words.
    pub notes: Vec<String>,
}

/// Functions that are alike.
#[derive(Debug, Serialize, JsonSchema)]
pub struct GroupRow {
    /// The share of token sequences in common, of the least alike that hang together directly.
    pub similarity: f32,
    /// Lines of all of them but the shortest; 0 with `like`.
    pub lines: u32,
    /// The functions, in path order.
    pub functions: Vec<NodeRow>,
    /// How many there are.
    pub total: u64,
}

impl Operation for Duplicates {
    const NAME: &'static str = "duplicates";
    const TITLE: &'static str = "Functions that are nearly the same";
    const DESCRIPTION: &'static str = "Groups of functions whose bodies are nearly the same, by \
        their tokens (comments and layout do not count); or those that are like a given one. Ask it \
        before writing a function that may be there already, and after fixing one that may have \
        copies.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Graph;
    const STRUCTURED: bool = false;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        let usual = if params.like.is_empty() { 0.8 } else { LIKE_SIMILARITY };
        let similarity = params.similarity.unwrap_or(usual);
        if !(0.1..=1.0).contains(&similarity) {
            let message = "`similarity` is from 0.1 to 1";
            return Err(OpError::new(Code::BadParameter, message));
        }
        let grounds = Grounds::new(context, &params.workspace)?;
        let within = grounds.asked.path(&params.path)?;
        let defaults = AlikeOptions::default();
        let options = AlikeOptions {
            similarity,
            min_tokens: params.min_tokens.map_or(defaults.min_tokens, |it| it as usize),
            keep_names: !params.any_names,
            tests: params.tests,
        };
        let limit = params.limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT) as usize;
        let mut notes = Vec::new();
        let (groups, total) = if params.like.is_empty() {
            let found = grounds.code_graph.alike(&grounds.asked.code, &within, &options);
            if found.cut {
                notes.push("not everything was compared: ask about a `path`".to_owned());
            }
            let shown = found.groups.iter().take(limit);
            let rows = shown.map(|it| group(&grounds, it.similarity, it.lines, &it.members));
            (rows.collect::<Result<Vec<_>, _>>()?, found.groups.len())
        } else {
            let one = grounds.nodes(&params.like)?.first().copied();
            let found = one.and_then(|one| {
                grounds.code_graph.like(&grounds.asked.code, one, &within, &options)
            });
            let found = found.ok_or_else(|| {
                let message = "`like` is no function, or too short to say anything: lower \
                               `min_tokens`";
                OpError::new(Code::BadParameter, message)
            })?;
            let shown = found.iter().take(limit);
            let rows = shown.map(|(node, similarity)| group(&grounds, *similarity, 0, &[*node]));
            (rows.collect::<Result<Vec<_>, _>>()?, found.len())
        };
        grounds.check()?;
        if total > limit {
            notes.push(format!("{limit} of {total} are told: raise `limit`"));
        }
        notes.extend(grounds.notes());
        let first = groups.first().and_then(|it| it.functions.first());
        let handoff = match first {
            Some(first) => {
                let place = format!("{}:{}", first.path, first.line);
                of_facts(
                    "view",
                    &place,
                    "read both before you merge them: a copy may differ on purpose",
                )
            }
            None => of_facts("seek", &params.like, "nothing is alike by tokens: ask in words"),
        };
        Ok(Reply { groups, total: total as u64, handoff, notes })
    }

    fn text(reply: &Reply) -> String {
        let mut text = format!("{} groups\n", reply.total);
        for it in &reply.groups {
            let lines = if it.lines > 0 { format!(", {} lines", it.lines) } else { String::new() };
            text.push_str(&format!("{:.2}{lines}\n", it.similarity));
            for function in &it.functions {
                text.push_str(&format!("  {}\n", function.line_of_text()));
            }
            if it.total > it.functions.len() as u64 {
                text.push_str(&format!("  and {} more\n", it.total - it.functions.len() as u64));
            }
        }
        text.push_str(&reply.handoff.line());
        with_notes(text, &reply.notes)
    }
}

fn group(
    grounds: &Grounds<'_>,
    similarity: f32,
    lines: u32,
    members: &[NodeIx],
) -> Result<GroupRow, OpError> {
    let functions = members.iter().take(MAX_MEMBERS).map(|node| grounds.row(*node));
    Ok(GroupRow {
        similarity,
        lines,
        functions: functions.collect::<Result<_, _>>()?,
        total: members.len() as u64,
    })
}
