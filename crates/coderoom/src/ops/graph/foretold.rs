//! What is foretold for changed files, with the evidence: shared by `predict`, `missing` and
//! `ghost_edges`.

use std::collections::{BTreeMap, BTreeSet};

use coderoom_engine::{Edge, EdgeKind, FileRole, NodeIx, NodeKind, Outlook, RelPath};
use coderoom_graph::{COCHANGE, Part, PredictOptions, Predicted, Step};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    patience,
    shared::{Grounds, StepRow, proof_text},
    still_made,
};
use crate::{
    daemon::graph::History,
    error::{Code, OpError},
    ops::code::word,
};

/// Files that a question may be about.
const MAX_CHANGED: usize = 500;
/// Commits and edges that are named for one pair.
const MOST_SHOWN: usize = 3;
/// Bytes of a commit's subject.
const MAX_SUBJECT: usize = 120;
/// Nodes of a file whose edges are looked at.
const MAX_NODES: usize = 5_000;

/// The files that targets mean; without targets, those that the session has changed.
pub(super) fn files_of(grounds: &Grounds<'_>, targets: &[String]) -> Result<Vec<RelPath>, OpError> {
    let mut files = BTreeSet::new();
    if targets.is_empty()
        && let Some(session) = &grounds.asked.located.session
    {
        files.extend(session.state().dirty().map(|(path, _)| path.clone()));
    }
    let snapshot = &grounds.asked.located.snapshot;
    for target in targets {
        if let Ok(path) = grounds.asked.path(target.trim())
            && !path.is_root()
        {
            if snapshot.file(&path).is_some() {
                files.insert(path);
                continue;
            }
            if snapshot.has_dir(&path) {
                files.extend(snapshot.files_within(&path).map(|file| file.path.clone()));
                continue;
            }
        }
        for node in grounds.nodes(target)? {
            let place = grounds.code_graph.place_of(node);
            let path = place.and_then(|place| RelPath::new(place.path.as_bytes()).ok());
            files.extend(path.filter(|path| snapshot.file(path).is_some()));
        }
    }
    not_too_many(files.len())?;
    Ok(files.into_iter().collect())
}

/// Refuses change sets that nobody can look through.
pub(super) fn not_too_many(files: usize) -> Result<(), OpError> {
    if files <= MAX_CHANGED {
        return Ok(());
    }
    let message =
        format!("{files} files are too many to be changed at once: name at most {MAX_CHANGED}");
    Err(OpError::new(Code::TooLarge, message))
}

/// A file that will likely have to change, and why.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ForetoldRow {
    /// The file, relative to the workspace.
    pub path: String,
    /// `source`, `test` or `document`.
    pub role: String,
    /// Its share of what speaks for all candidates, from 0 to 1.
    pub share: f64,
    /// The changed file that points to it most; the evidence is between these two.
    pub because: String,
    /// What speaks for it, the strongest first: `together` (the same commits changed both),
    /// `through` (both were changed with the same third file), `often` (it changes often), `alike`
    /// (both speak of the same things), `uses`, `used_by`, `imports`, `imported_by` (of the changed
    /// file to it), `near` (directories), `named` (alike names).
    pub evidence: Vec<PartRow>,
    /// How many commits changed both.
    pub commits: u32,
    /// The newest of them.
    pub newest: Vec<CommitRow>,
    /// Edges between the two in the code, the first ones.
    pub edges: Vec<StepRow>,
    /// The third file of `through`; empty without one.
    pub through: String,
}

/// How much a kind of evidence adds.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PartRow {
    /// The kind.
    pub part: String,
    /// What it adds to the logarithm of the share.
    pub adds: f64,
}

/// A commit that changed both.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CommitRow {
    /// The first digits of its name.
    pub id: String,
    /// When, in seconds since 1970.
    pub time: i64,
    /// The first line of its message.
    pub subject: String,
}

impl ForetoldRow {
    /// `  0.21  path` and the evidence, in two or three lines.
    pub(super) fn text(&self) -> String {
        let parts: Vec<&str> = self.evidence.iter().map(|it| &it.part[..]).collect();
        let role = if self.role == "source" { String::new() } else { format!(" ({})", self.role) };
        let mut text = format!(
            "  {:.2}  {}{role}  with {}: {}\n",
            self.share,
            self.path,
            self.because,
            parts.join(", ")
        );
        for it in &self.newest {
            let of = if it.id == self.newest[0].id {
                format!("{} commits: ", self.commits)
            } else {
                String::new()
            };
            text.push_str(&format!("        {of}{} {}\n", it.id, it.subject));
        }
        for edge in &self.edges {
            text.push_str(&format!("        {}\n", proof_text(std::slice::from_ref(edge))));
        }
        text
    }
}

/// A workspace's outlook, for one question.
pub(super) struct Foretold<'g, 'a> {
    grounds: &'g Grounds<'a>,
    history: std::sync::Arc<History>,
    pub(super) outlook: std::sync::Arc<Outlook>,
    unknown: Vec<String>,
}

impl<'g, 'a> Foretold<'g, 'a> {
    /// Waits for what predictions are made from.
    pub(super) fn new(
        grounds: &'g Grounds<'a>,
        changed: &[RelPath],
    ) -> Result<Foretold<'g, 'a>, OpError> {
        let context = grounds.context;
        let located = &grounds.asked.located;
        let trunk = match &located.session {
            None => std::sync::Arc::clone(&grounds.asked.code),
            Some(_) => located.room.code.of(&located.trunk),
        };
        let give_up = || context.interruption().is_some();
        let made = located.room.graph.outlook(&trunk, changed, patience(context, &give_up));
        let (history, outlook) =
            made.ok_or_else(|| still_made(context, "what predictions are made from"))?;
        let is_unknown = |path: &&RelPath| outlook.item(path).is_none();
        let unknown = changed.iter().filter(is_unknown).map(ToString::to_string).collect();
        Ok(Foretold { grounds, history, outlook, unknown })
    }

    /// What is not known.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if let Err(reason) = &self.history.read {
            notes.push(format!("no history: {reason}; only the code speaks"));
        }
        if !self.unknown.is_empty() {
            let shown: Vec<&str> = self.unknown.iter().take(5).map(String::as_str).collect();
            notes.push(format!("new, so that nothing is known of it: {}", shown.join(", ")));
        }
        notes
    }

    /// The files that will likely have to change with `changed`. `without` names evidence that is
    /// not to count.
    pub(super) fn rows(
        &self,
        changed: &[RelPath],
        limit: usize,
        without: &[String],
    ) -> Result<Vec<ForetoldRow>, OpError> {
        let mut how = PredictOptions { limit, ..PredictOptions::default() };
        for given in without {
            let part = Part::ALL.into_iter().find(|part| plain(part_word(*part)) == plain(given));
            let Some(part) = part else {
                let all: Vec<&str> = Part::ALL.into_iter().map(part_word).collect();
                let message = format!("`{given}` is no evidence; there is: {}", all.join(", "));
                return Err(OpError::new(Code::BadParameter, message));
            };
            how.weights[part as usize] = 0.0;
        }
        let items: Vec<(u32, f64)> =
            changed.iter().filter_map(|path| Some((self.outlook.item(path)?, 1.0))).collect();
        let snapshot = &self.grounds.asked.located.snapshot;
        // A new file of a session has no number, and is no answer: it is there already.
        let wanted = |path: &RelPath| snapshot.file(path).is_some();
        let found = self.outlook.predict(&items, &wanted, &how);
        self.grounds.check()?;
        let pairs: Vec<(u32, u32)> = found.iter().map(|it| (it.because, it.item)).collect();
        let mut commits = self.commits(&pairs);
        let mut ties = Ties::default();
        let mut rows = Vec::with_capacity(found.len());
        for (at, predicted) in found.iter().enumerate() {
            let newest = std::mem::take(&mut commits[at]);
            rows.push(self.row(predicted, newest, &mut ties)?);
        }
        Ok(rows)
    }

    fn row(
        &self,
        predicted: &Predicted,
        newest: Vec<CommitRow>,
        ties: &mut Ties,
    ) -> Result<ForetoldRow, OpError> {
        let path = |item: u32| self.outlook.path(item).map_or(String::new(), ToString::to_string);
        let mut evidence: Vec<PartRow> = Part::ALL
            .into_iter()
            .map(|part| (part, predicted.parts[part as usize]))
            .filter(|(_, adds)| *adds > 0.0)
            .map(|(part, adds)| PartRow { part: part_word(part).to_owned(), adds })
            .collect();
        evidence.sort_by(|a, b| b.adds.total_cmp(&a.adds));
        let (own, because) = (path(predicted.item), path(predicted.because));
        Ok(ForetoldRow {
            role: word(FileRole::of(&own)),
            share: predicted.share,
            edges: ties.between(self.grounds, &because, &own)?,
            path: own,
            because,
            evidence,
            commits: predicted.support,
            newest,
            through: predicted.through.map(path).unwrap_or_default(),
        })
    }

    /// For each pair of numbers the newest commits that changed both. One pass over the history.
    pub(super) fn commits(&self, pairs: &[(u32, u32)]) -> Vec<Vec<CommitRow>> {
        let mut found: Vec<Vec<CommitRow>> = vec![Vec::new(); pairs.len()];
        let Ok(read) = &self.history.read else { return found };
        // By path of the history: the pairs that it is in, and on which side.
        let mut sides: BTreeMap<u32, Vec<(usize, bool)>> = BTreeMap::new();
        let mut wanted: BTreeMap<&RelPath, Vec<(usize, bool)>> = BTreeMap::new();
        for (at, (one, other)) in pairs.iter().enumerate() {
            for (item, side) in [(*one, false), (*other, true)] {
                if let Some(path) = self.outlook.path(item) {
                    wanted.entry(path).or_default().push((at, side));
                }
            }
        }
        for (ix, path) in (0..).zip(read.paths()) {
            if let Some(places) = wanted.get(path) {
                sides.insert(ix, places.clone());
            }
        }
        let mut met: BTreeMap<usize, [bool; 2]> = BTreeMap::new();
        for commit in read.commits() {
            // What is too large says nothing of pairs.
            if commit.touches.len() > COCHANGE.max_items {
                continue;
            }
            met.clear();
            for (at, side) in commit.touches.iter().filter_map(|it| sides.get(&it.now.0)).flatten()
            {
                met.entry(*at).or_default()[usize::from(*side)] = true;
            }
            for (at, both) in &met {
                if *both == [true; 2] && found[*at].len() < MOST_SHOWN {
                    found[*at].push(commit_row(commit.id, commit.time, commit.message));
                }
            }
        }
        found
    }
}

fn commit_row(id: &[u8], time: i64, message: &str) -> CommitRow {
    let subject: String =
        message.lines().next().unwrap_or_default().chars().take(MAX_SUBJECT).collect();
    CommitRow { id: crate::daemon::graph::hex(id), time, subject }
}

/// A word as it is compared: `UsedBy`, `used_by` and `usedby` are the same.
fn plain(word: &str) -> String {
    word.trim().replace('_', "").to_lowercase()
}

/// The word for a kind of evidence.
fn part_word(part: Part) -> &'static str {
    match part {
        Part::Together => "together",
        Part::Through => "through",
        Part::Often => "often",
        Part::Alike => "alike",
        Part::Uses => "uses",
        Part::UsedBy => "used_by",
        Part::Imports => "imports",
        Part::ImportedBy => "imported_by",
        Part::Near => "near",
        Part::Named => "named",
    }
}

/// Edges of the code between files, found once for each file.
#[derive(Default)]
pub(super) struct Ties {
    /// By file: the first edges to and from each other file.
    of: BTreeMap<String, BTreeMap<NodeIx, Vec<(Edge, bool)>>>,
}

impl Ties {
    /// The first edges between what is in two files; co-change is none.
    pub(super) fn between(
        &mut self,
        grounds: &Grounds<'_>,
        one: &str,
        other: &str,
    ) -> Result<Vec<StepRow>, OpError> {
        let graph = grounds.graph()?;
        let node = |path: &str| grounds.code_graph.node_of(path);
        let (Some(from), Some(to)) = (node(one), node(other)) else { return Ok(Vec::new()) };
        if !self.of.contains_key(one) {
            self.of.insert(one.to_owned(), edges_of(graph, from));
        }
        let edges = self.of.get(one).and_then(|it| it.get(&to)).map_or(&[][..], |it| it);
        let step = |(edge, out): &(Edge, bool)| {
            let (from, to) = if *out { (edge.from, edge.to) } else { (edge.to, edge.from) };
            grounds.step(&Step { from, to, edge: edge.ix, kind: edge.kind, forward: *out })
        };
        edges.iter().map(step).collect()
    }
}

/// The edges of a file's nodes by the file at their other end; those that call or inherit before
/// those that only import.
fn edges_of(graph: &coderoom_engine::Graph, file: NodeIx) -> BTreeMap<NodeIx, Vec<(Edge, bool)>> {
    let mut nodes = vec![file];
    let mut at = 0;
    while at < nodes.len() && nodes.len() < MAX_NODES {
        let inner = graph.outgoing(nodes[at]).filter(|edge| edge.kind == EdgeKind::Contains);
        nodes.extend(inner.map(|edge| edge.to));
        at += 1;
    }
    let mut found: BTreeMap<NodeIx, Vec<(Edge, bool)>> = BTreeMap::new();
    for node in nodes {
        let out = graph.outgoing(node).map(|edge| (edge, true));
        for (edge, out) in out.chain(graph.incoming(node).map(|edge| (edge, false))) {
            if matches!(edge.kind, EdgeKind::Contains | EdgeKind::CoChange) {
                continue;
            }
            let end = if out { edge.to } else { edge.from };
            if let Some(other) = graph.container(end, NodeKind::File).filter(|it| *it != file) {
                found.entry(other).or_default().push((edge, out));
            }
        }
    }
    for edges in found.values_mut() {
        edges.sort_by_key(|(edge, _)| (strength(edge.kind), edge.ix));
        edges.dedup_by_key(|(edge, _)| (edge.from, edge.to));
        edges.truncate(MOST_SHOWN);
    }
    found
}

fn strength(kind: EdgeKind) -> u8 {
    match kind {
        EdgeKind::Inherits => 0,
        EdgeKind::Calls => 1,
        EdgeKind::References => 2,
        EdgeKind::Tests => 3,
        EdgeKind::Documents => 4,
        _ => 5,
    }
}
