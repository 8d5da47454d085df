//! `missing`: what a change set forgot.

use std::{collections::BTreeSet, sync::Arc};

use coderoom_engine::{Code as EngineCode, EdgeKind, NodeKind, RelPath};
use coderoom_graph::{NodeIx, Step};
use parking_lot::Mutex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    changes::{Became, ChangedSymbol, changed_symbols},
    excerpt::mention,
    foretold::{Foretold, ForetoldRow, files_of, not_too_many},
    handoff::{Handoff, of_missing},
    shared::{Grounds, StepRow, proof_text},
    states::state,
};
use crate::{
    error::{Code, OpError},
    ops::{Context, Group, Operation, code::with_notes},
};

/// Gaps unless the client says otherwise.
const DEFAULT_LIMIT: u64 = 50;
/// Gaps at most, whatever it says.
const MAX_LIMIT: u64 = 1_000;
/// Files that are foretold.
const FORETOLD: usize = 5;
/// A file that is foretold has at least this share of all that speaks for any.
const LEAST_SHARE: f64 = 0.01;

/// The operation.
pub struct Missing;

/// Of what change set.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Params {
    /// Absolute path of the workspace (or of any directory or file in it). It is loaded if it is not
    /// yet. May be left out while exactly one workspace is loaded.
    pub workspace: String,
    /// The edit session whose changes are looked at.
    pub session: String,
    /// To ask before editing: what is to be changed, as paths, `path:line` or symbols
    /// (`Model.save`). Default: what differs from `since`.
    pub targets: Vec<String>,
    /// The state that the change set begins from: a commit (`HEAD~3`, a branch, a tag, a hash),
    /// `disk`, the name of a session, or `NAME@base`. Default: what the session began from; without a
    /// session `HEAD`, so that the change set is what is not committed.
    pub since: String,
    /// Gaps at most. Default 50.
    pub limit: Option<u64>,
    /// Milliseconds that the answer may take. Default 10,000.
    pub timeout_ms: Option<u64>,
}

/// What was left untouched, the surest first.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// The files that are changed.
    pub changed: Vec<String>,
    /// The symbols that are changed: `gone`, `redeclared`, `changed` or `new`, and their keys.
    pub symbols: Vec<SymbolChange>,
    /// `broken` (names lead nowhere), `incomplete` (what uses the change was not touched), `unsure`
    /// (only history or likeness names more) or `complete`.
    pub verdict: String,
    /// Places in the code and documents that were not touched.
    pub gaps: Vec<GapRow>,
    /// Files that usually change with these and were not touched.
    pub usually: Vec<ForetoldRow>,
    /// How far the answer carries, and where to go from it.
    #[serde(flatten)]
    pub handoff: Handoff,
    /// What the answer leaves out or may miss, in words.
    pub notes: Vec<String>,
}

/// What an edit did to a symbol.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SymbolChange {
    /// `path#Qualified.name`.
    pub key: String,
    /// `gone`, `redeclared`, `changed`, `new`, or `named` if it was asked about.
    pub became: String,
}

/// One place that was not touched.
#[derive(Debug, Serialize, JsonSchema)]
pub struct GapRow {
    /// `dangling` (a name leads nowhere), `user` (uses what is declared otherwise now), `test`,
    /// `document`, `dependent` (uses what has another body now).
    pub kind: String,
    /// The file.
    pub path: String,
    /// The line, from 1; 0 for a whole file.
    pub line: u32,
    /// What stands there.
    pub text: String,
    /// Why it is named.
    pub why: String,
    /// The edge that proves it; for dangling names the reason is the proof.
    pub proof: Vec<StepRow>,
}

impl Operation for Missing {
    const NAME: &'static str = "missing";
    const TITLE: &'static str = "What a change forgot";
    const DESCRIPTION: &'static str = "What a change set left untouched: names that lead nowhere now, \
        users of what is declared otherwise, tests and documents of what has changed, and files that \
        usually change too, each with its proof. By default it looks at a session's own edits, or \
        without a session at what differs from HEAD; `since` names another commit, as the base of a \
        branch. Ask it before you sync or commit.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Graph;
    const STRUCTURED: bool = false;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        let grounds = Grounds::new(context, &params.workspace)?;
        let base = base(context, &grounds, &params)?;
        let changed = match &base {
            Some(base) if !base.is_session => {
                let differing = grounds.asked.code.snapshot().differing(base.code.snapshot());
                not_too_many(differing.len())?;
                differing
            }
            _ => files_of(&grounds, &params.targets)?,
        };
        let mut search = Search::new(&grounds, changed, base, &params)?;
        search.dangling()?;
        search.untouched()?;
        let limit = params.limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT) as usize;
        let Search { changed, symbols, mut gaps, mut notes, .. } = search;
        if gaps.len() > limit {
            notes.push(format!("{} more gaps: raise `limit`", gaps.len() - limit));
            gaps.truncate(limit);
        }
        let mut usually = Vec::new();
        if !changed.is_empty() {
            let foretold = Foretold::new(&grounds, &changed)?;
            usually = foretold.rows(&changed, FORETOLD, &[])?;
            usually.retain(|it| it.share >= LEAST_SHARE);
            notes.extend(foretold.notes());
        }
        notes.extend(grounds.notes());
        let count = |kinds: &[&str]| gaps.iter().filter(|it| kinds.contains(&&it.kind[..])).count();
        let (broken, users) = (count(&["dangling"]), count(&["user", "test", "document"]));
        let verdict = match (broken, users, gaps.len() + usually.len()) {
            (1.., ..) => "broken",
            (0, 1.., _) => "incomplete",
            (0, 0, 1..) => "unsure",
            (0, 0, 0) => "complete",
        };
        let first = gaps.first().map(|it| format!("{}:{}", it.path, it.line));
        let first = first.or_else(|| usually.first().map(|it| it.path.clone())).unwrap_or_default();
        let handoff =
            of_missing(broken, users, gaps.len() + usually.len() - broken - users, &first);
        Ok(Reply {
            changed: changed.iter().map(ToString::to_string).collect(),
            symbols: symbols.iter().map(SymbolChange::of).collect(),
            verdict: verdict.to_owned(),
            gaps,
            usually,
            handoff,
            notes,
        })
    }

    fn text(reply: &Reply) -> String {
        let mut text = format!("{}: {} files changed\n", reply.verdict, reply.changed.len());
        for it in &reply.symbols {
            text.push_str(&format!("  {} {}\n", it.became, it.key));
        }
        for it in &reply.gaps {
            text.push_str(&format!("{} {}:{}  {}\n", it.kind, it.path, it.line, it.text));
            let proof = proof_text(&it.proof);
            let proof =
                if proof.is_empty() { it.why.clone() } else { format!("{}: {proof}", it.why) };
            text.push_str(&format!("    {proof}\n"));
        }
        if !reply.usually.is_empty() {
            text.push_str("usually change too:\n");
            reply.usually.iter().for_each(|it| text.push_str(&it.text()));
        }
        text.push_str(&reply.handoff.line());
        with_notes(text, &reply.notes)
    }
}

impl SymbolChange {
    fn of(it: &(ChangedSymbol, bool)) -> SymbolChange {
        let became = match (it.0.became, it.1) {
            (_, true) => "named",
            (Became::Gone, _) => "gone",
            (Became::Redeclared, _) => "redeclared",
            (Became::Changed, _) => "changed",
            (Became::New, _) => "new",
        };
        SymbolChange { key: it.0.key.clone(), became: became.to_owned() }
    }
}

/// What a change set begins from.
struct Base {
    code: Arc<EngineCode>,
    /// The session's own: what has changed since is written down.
    is_session: bool,
    note: Option<String>,
}

/// What the change set begins from; `None` if the client names what is changed.
fn base(
    context: &Context,
    grounds: &Grounds<'_>,
    params: &Params,
) -> Result<Option<Base>, OpError> {
    let (asked, since) = (&grounds.asked, params.since.trim());
    if !params.targets.is_empty() {
        if since.is_empty() {
            return Ok(None);
        }
        let message =
            "give `targets` for a change that is planned, or `since` for one that is made";
        return Err(OpError::new(Code::BadParameter, message));
    }
    if let (Some(session), "") = (&asked.located.session, since) {
        let state = session.state();
        let code = asked.located.room.code.of_session(state.base(), &Mutex::default());
        return Ok(Some(Base { code, is_session: true, note: None }));
    }
    let state = state(context, asked, if since.is_empty() { "HEAD" } else { since });
    let state = state.map_err(|err| match err.code {
        Code::NoRepository | Code::UnknownRevision if since.is_empty() => {
            let message = format!(
                "say what is changed: a `session` with edits, or paths or symbols in `targets` \
                 (there is no commit to compare with: {err})"
            );
            OpError::new(Code::BadParameter, message)
        }
        _ => err,
    })?;
    Ok(Some(Base { code: state.code, is_session: false, note: state.note }))
}

/// One question while it is answered.
struct Search<'g, 'a> {
    grounds: &'g Grounds<'a>,
    changed: Vec<RelPath>,
    base: Option<Base>,
    /// What has changed, and whether the client said so.
    symbols: Vec<(ChangedSymbol, bool)>,
    gaps: Vec<GapRow>,
    notes: Vec<String>,
}

impl<'g, 'a> Search<'g, 'a> {
    fn new(
        grounds: &'g Grounds<'a>,
        changed: Vec<RelPath>,
        base: Option<Base>,
        params: &Params,
    ) -> Result<Search<'g, 'a>, OpError> {
        let mut symbols = Vec::new();
        let graph = grounds.graph()?;
        for target in &params.targets {
            for node in grounds.nodes(target)? {
                let symbol = ChangedSymbol {
                    key: graph.key(node).to_owned(),
                    name: graph.label(node).to_owned(),
                    became: Became::Redeclared,
                };
                symbols.push((symbol, true));
            }
        }
        let mut notes = Vec::new();
        if let Some(base) = &base {
            for path in &changed {
                grounds.check()?;
                let found = changed_symbols(&base.code, &grounds.asked.code, path);
                symbols.extend(found.into_iter().map(|it| (it, false)));
            }
            notes.extend(base.note.clone());
        }
        Ok(Search { grounds, changed, base, symbols, gaps: Vec::new(), notes })
    }

    /// Names that lead nowhere since the changes.
    fn dangling(&mut self) -> Result<(), OpError> {
        let Some(base) = &self.base else { return Ok(()) };
        let stop = || self.grounds.check().is_err();
        let found = self.grounds.asked.code.dangling(&base.code, &self.changed, &stop);
        self.grounds.check()?;
        for it in found.names {
            let why =
                format!("`{}` was defined in {}, and no longer is anywhere", it.name, it.was_in);
            self.gaps.push(GapRow {
                kind: "dangling".into(),
                path: it.path.to_string(),
                line: it.line,
                text: it.text.trim().to_owned(),
                why,
                proof: Vec::new(),
            });
        }
        Ok(())
    }

    /// What uses, tests or describes the changed symbols and was not touched.
    fn untouched(&mut self) -> Result<(), OpError> {
        let grounds = self.grounds;
        let graph = grounds.graph()?;
        let touched: BTreeSet<NodeIx> =
            self.symbols.iter().filter_map(|(it, _)| graph.node(&it.key)).collect();
        let mut found: Vec<(u8, GapRow)> = Vec::new();
        let mut seen: BTreeSet<NodeIx> = BTreeSet::new();
        let mut symbols: Vec<&(ChangedSymbol, bool)> = self.symbols.iter().collect();
        symbols.sort_by_key(|(it, _)| it.became);
        for (symbol, named) in symbols {
            let Some(node) = graph.node(&symbol.key) else { continue };
            if symbol.became == Became::New {
                continue;
            }
            for edge in graph.incoming(node) {
                let (kind, rank) = match (edge.kind, symbol.became) {
                    (EdgeKind::Contains | EdgeKind::CoChange, _) => continue,
                    // Who imports it uses it elsewhere, or the import itself is dangling.
                    (EdgeKind::Imports, _) if graph.kind(node) != NodeKind::File => continue,
                    (EdgeKind::Documents, _) => ("document", 2),
                    (EdgeKind::Tests, _) => ("test", 1),
                    (_, Became::Changed) => ("dependent", 3),
                    _ => ("user", 0),
                };
                if touched.contains(&edge.from) || graph.parent(edge.from) == Some(node) {
                    continue;
                }
                let row = grounds.row(edge.from)?;
                let is_file = self.changed.iter().any(|it| *it.to_string() == *row.path);
                let whole_file = graph.kind(edge.from) == NodeKind::File;
                if (is_file && whole_file) || row.path.is_empty() {
                    continue;
                }
                let (kind, rank) = if row.test { ("test", 1) } else { (kind, rank) };
                if !seen.insert(edge.from) {
                    continue;
                }
                let why = match (named, symbol.became) {
                    (true, _) => format!("it depends on `{}`", symbol.name),
                    (_, Became::Redeclared) => format!("`{}` is declared otherwise", symbol.name),
                    _ => format!("`{}` has another body", symbol.name),
                };
                let step = Step {
                    from: node,
                    to: edge.from,
                    edge: edge.ix,
                    kind: edge.kind,
                    forward: false,
                };
                let place = mention(grounds, edge.from, &symbol.name);
                let (line, text) = place.unwrap_or((row.line, String::new()));
                found.push((
                    rank,
                    GapRow {
                        kind: kind.to_owned(),
                        path: row.path.to_string(),
                        line,
                        text,
                        why,
                        proof: vec![grounds.step(&step)?],
                    },
                ));
            }
        }
        found.sort_by(|a, b| (a.0, &a.1.path, a.1.line).cmp(&(b.0, &b.1.path, b.1.line)));
        let dangling: BTreeSet<(String, u32)> =
            self.gaps.iter().map(|it| (it.path.clone(), it.line)).collect();
        let rows = found.into_iter().map(|(_, row)| row);
        self.gaps.extend(rows.filter(|it| !dangling.contains(&(it.path.clone(), it.line))));
        Ok(())
    }
}
