//! `ghost_edges`: what changes together although nothing in the code ties it.

use std::cell::RefCell;

use coderoom_engine::RelPath;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    foretold::{CommitRow, Foretold, Ties, files_of},
    handoff::{Handoff, of_prediction},
    shared::Grounds,
};
use crate::{
    error::OpError,
    ops::{Context, Group, Operation, code::with_notes},
};

/// Pairs unless the client says otherwise.
const DEFAULT_LIMIT: u64 = 20;
/// Pairs at most, whatever it says.
const MAX_LIMIT: u64 = 500;
/// Commits in common that a pair needs unless the client says otherwise.
const DEFAULT_SUPPORT: u32 = 3;

/// The operation.
pub struct GhostEdges;

/// Of what.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Params {
    /// Absolute path of the workspace (or of any directory or file in it). It is loaded if it is not
    /// yet. May be left out while exactly one workspace is loaded.
    pub workspace: String,
    /// The edit session whose state is meant. Default: the files as they are on disk.
    pub session: String,
    /// Only pairs with one of these files, directories, or files of these symbols. Default: the
    /// session's changed files, or the whole workspace.
    pub targets: Vec<String>,
    /// Commits that must have changed both. Default 3.
    pub support: Option<u32>,
    /// Pairs at most. Default 20.
    pub limit: Option<u64>,
    /// Milliseconds that the answer may take. Default 10,000.
    pub timeout_ms: Option<u64>,
}

/// The pairs that belong together most.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// The pairs.
    pub pairs: Vec<GhostRow>,
    /// How far the answer carries, and where to go from it.
    #[serde(flatten)]
    pub handoff: Handoff,
    /// What the answer leaves out or may miss, in words.
    pub notes: Vec<String>,
}

/// Two files that change together.
#[derive(Debug, Serialize, JsonSchema)]
pub struct GhostRow {
    /// One file.
    pub a: String,
    /// The other.
    pub b: String,
    /// Commits that changed both.
    pub commits: u32,
    /// The share of `a`'s changes that changed `b`, old and large commits counted less.
    pub confidence: f64,
    /// The share of `b`'s changes that changed `a`.
    pub back: f64,
    /// The newest of these commits.
    pub newest: Vec<CommitRow>,
}

impl Operation for GhostEdges {
    const NAME: &'static str = "ghost_edges";
    const TITLE: &'static str = "Hidden ties";
    const DESCRIPTION: &'static str = "Files that the same commits keep changing although nothing in \
        the code ties them: no import, call or name in common. A change of one is often a forgotten \
        change of the other.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Graph;
    const STRUCTURED: bool = false;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        let grounds = Grounds::new(context, &params.workspace)?;
        let files = files_of(&grounds, &params.targets)?;
        let foretold = Foretold::new(&grounds, &files)?;
        let outlook = &foretold.outlook;
        let of: Vec<u32> = files.iter().filter_map(|path| outlook.item(path)).collect();
        let of = (!files.is_empty()).then_some(&of[..]);
        let snapshot = &grounds.asked.located.snapshot;
        let ties = RefCell::new(Ties::default());
        let is_linked = |a: &RelPath, b: &RelPath| {
            let gone = snapshot.file(a).is_none() || snapshot.file(b).is_none();
            let between =
                |a: &RelPath| ties.borrow_mut().between(&grounds, &a.to_string(), &b.to_string());
            gone || between(a).is_ok_and(|edges| !edges.is_empty())
        };
        let limit = params.limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT) as usize;
        let support = params.support.unwrap_or(DEFAULT_SUPPORT).max(1);
        let found = outlook.ghosts(of, support, &is_linked, limit);
        grounds.check()?;
        let items: Vec<(u32, u32)> = found.iter().map(|it| (it.a, it.b)).collect();
        let path = |item: u32| outlook.path(item).map_or(String::new(), ToString::to_string);
        let pairs: Vec<GhostRow> = found
            .iter()
            .zip(foretold.commits(&items))
            .map(|(it, newest)| GhostRow {
                a: path(it.a),
                b: path(it.b),
                commits: it.support,
                confidence: it.confidence,
                back: it.back,
                newest,
            })
            .collect();
        let mut notes = foretold.notes();
        if found.len() == limit {
            notes.push("there may be more: raise `limit` or `support`".to_owned());
        }
        notes.extend(grounds.notes());
        let shares: Vec<f32> = pairs.iter().map(|it| it.confidence.max(it.back) as f32).collect();
        let first = pairs.first().map_or("", |it| &it.a);
        let handoff = of_prediction(&shares, first, !pairs.is_empty());
        Ok(Reply { pairs, handoff, notes })
    }

    fn text(reply: &Reply) -> String {
        let mut text = String::new();
        for it in &reply.pairs {
            text.push_str(&format!(
                "{} ~ {}  {} commits, {:.0} % and {:.0} % of their changes\n",
                it.a,
                it.b,
                it.commits,
                it.confidence * 100.0,
                it.back * 100.0
            ));
            for commit in &it.newest {
                text.push_str(&format!("    {} {}\n", commit.id, commit.subject));
            }
        }
        if reply.pairs.is_empty() {
            text.push_str("nothing changes together without a tie in the code\n");
        }
        text.push_str(&reply.handoff.line());
        with_notes(text, &reply.notes)
    }
}
