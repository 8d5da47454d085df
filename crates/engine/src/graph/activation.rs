//! A question in words to activation: the words find seeds and what means something like the
//! question, lessons that were given for like questions bend the edges, and the graph does the rest.
//!
//! Edges are bent in a fork of the graph that the question throws away: the graph itself never
//! learns, so questions that are unlike a lesson's, and all answers after it is taken back, are
//! exactly as they were.

use std::collections::BTreeMap;

use coderoom_graph::{
    ActivateOptions, Activated, Activation, Dimension, Feedback, Graph, GraphError, LearningRate,
    Lesson as GraphLesson, NodeIx, NodeKind, PlasticityOptions, Question, Resonance,
    ResonanceOptions, SeedLevel, XlrOptions,
};

use super::{
    CodeGraph,
    join::Origin,
    meaning::{Meaning, SemanticPart},
};
use crate::{
    code::{AskLimits, Code},
    file::FileId,
    seek::{HeardLesson, SeekKnown},
};

/// Files that count as meaning something like the question.
const ALIKE_FILES: usize = 50;
/// Of those, the first are read for symbols.
const READ_FILES: usize = 4;
/// Symbols that are taken from each.
const SYMBOLS: usize = 3;
/// A symbol has at most so much of what its file has.
const OF_FILE: f32 = 0.9;
/// Nodes that each other part of the semantic dimension finds.
const ALIKE_NODES: usize = 200;
/// Nodes that labels name: as many as the index is good for.
const LABEL_SEEDS: usize = 200;
/// Of those, so many start the activation; the rest is noise in a long question.
const START_LABELS: usize = 24;
/// And so many of those that mean something like the question.
const START_ALIKE: usize = 16;
/// A label that a question names counts so much beside the text that is like it.
const LABEL: f32 = 0.4;
/// Nodes that one lesson's edges are bent between: its places, and what lights up now.
const TAUGHT_SEEDS: usize = 12;
/// What is too little to be passed on, by the degree of a node.
const PRECISION: f32 = 4e-5;
/// How far a lesson for the very same question moves an edge.
const RATE: f32 = 0.5;

/// What takes part in an activation by words.
#[derive(Clone, Debug)]
pub struct LightOptions {
    /// How much each dimension counts, in the order of [`Dimension::ALL`]; 0 switches one off.
    pub weights: [f32; 4],
    /// How much each part of the semantic dimension counts, in the order of [`SemanticPart::ALL`]; 0
    /// switches one off.
    pub semantic: [f32; 3],
    /// Whether dimensions that agree count more.
    pub resonance: bool,
    /// Whether noise is cancelled.
    pub xlr: bool,
    /// Whether lessons take part.
    pub lessons: bool,
    /// Kinds of nodes that are wanted; all if there are none.
    pub kinds: Vec<NodeKind>,
    /// One result for each file: its best node.
    pub files_only: bool,
    /// The most results.
    pub limit: usize,
}

impl LightOptions {
    /// What each dimension counts if it takes part, in the order of [`Dimension::ALL`]. The words of
    /// the code decide, edges settle what is close: with the weights 0.35, 0.25, 0.15, 0.25 the right
    /// file comes first much less often (`bench/graph/activate.md` has the numbers).
    pub const WEIGHTS: [f32; 4] = [0.06, 0.88, 0.03, 0.03];

    /// The weights unless somebody says otherwise: time adds nothing that the ranking of texts does
    /// not have already, and is off.
    const USUAL: [f32; 4] = [0.06, 0.88, 0.0, 0.03];
}

impl Default for LightOptions {
    fn default() -> LightOptions {
        LightOptions {
            weights: LightOptions::USUAL,
            semantic: SemanticPart::USUAL,
            resonance: false,
            xlr: false,
            lessons: true,
            kinds: Vec::new(),
            files_only: false,
            limit: 20,
        }
    }
}

/// Why an activation starts at a node.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct LitSeed {
    /// The node.
    pub node: NodeIx,
    /// How much of the question it has, above 0 and up to 1.
    pub score: f32,
    /// How its label was found; `None` if its text is like the question.
    pub level: Option<SeedLevel>,
}

/// What a question lights up.
#[derive(Clone, Debug, Default)]
pub struct Lit {
    /// The nodes, best first, ties by node.
    pub results: Vec<Activated>,
    /// Of each result, the share of each part in what the semantic dimension adds to it.
    pub semantic: Vec<[f32; 3]>,
    /// Where it started, best first.
    pub seeds: Vec<LitSeed>,
    /// How much each dimension counted: 1 in sum.
    pub weights: [f32; 4],
    /// Whether spreading was cut off by its bound of work.
    pub truncated: bool,
    /// Lessons that were heard: their numbers, and how much the questions are alike.
    pub lessons: Vec<(u64, f32)>,
}

impl CodeGraph {
    /// What a question in words lights up. Changes nothing. `now` is what "lately" is counted from,
    /// in seconds since 1970. Costs a `seek` without places, the symbols of the first files, and the
    /// spreading.
    ///
    /// # Errors
    /// If there is no graph.
    pub fn light_up(
        &self,
        code: &Code,
        known: SeekKnown<'_>,
        question: &str,
        now: i64,
        options: &LightOptions,
    ) -> Result<Lit, GraphError> {
        let graph = self.graph()?;
        let known = SeekKnown { lessons: known.lessons.filter(|_| options.lessons), ..known };
        let heard =
            known.lessons.map_or(Vec::new(), |lessons| lessons.heard(known.lexicon, question));
        let mut meaning = Meaning::new(options.semantic);
        if meaning.wants(SemanticPart::Text) {
            let mut alike = self.sounding(code, known, question, options.limit);
            self.add_taught(graph, &heard, &mut alike);
            meaning.add(SemanticPart::Text, &alike);
        }
        if meaning.wants(SemanticPart::Trigrams) {
            let found = self.trigram_index()?.like(question, ALIKE_NODES);
            meaning.add(SemanticPart::Trigrams, &found);
        }
        let seeds = self.seeds(&meaning.scores(), question)?;
        let starts: Vec<(NodeIx, f32)> = seeds.iter().map(|it| (it.node, it.score)).collect();
        if meaning.wants(SemanticPart::Cooccurrence)
            && let Some(met) = self.cooccurrence()?
        {
            let found = met.with(graph, &starts, ALIKE_NODES);
            meaning.add(SemanticPart::Cooccurrence, &found);
        }
        let alike = meaning.scores();
        let bent = (!heard.is_empty()).then(|| bend(graph, &heard, &starts));
        let asked = Question { seeds: &starts, semantic: &alike, now };
        let wide = options.files_only || !options.kinds.is_empty();
        let ask = ActivateOptions {
            weights: options.weights,
            resonance: options.resonance,
            xlr: options.xlr.then(XlrOptions::default),
            max_results: if wide {
                options.limit.saturating_mul(4).max(200)
            } else {
                options.limit
            },
            ..precise_enough()
        };
        let Activation { mut results, weights, truncated, .. } =
            bent.as_ref().unwrap_or(graph).activate(&asked, &ask);
        if !options.kinds.is_empty() {
            results.retain(|it| options.kinds.contains(&graph.kind(it.node)));
        }
        if options.files_only {
            self.best_of_files(&mut results);
        }
        results.truncate(options.limit);
        let lessons = heard.iter().map(|it| (it.lesson.id, it.alike)).collect();
        let semantic = results.iter().map(|it| meaning.shares(it.node)).collect();
        Ok(Lit { results, semantic, seeds, weights, truncated, lessons })
    }

    /// What swings along when what a question names, and what is like it, is struck.
    ///
    /// # Errors
    /// If there is no graph.
    pub fn strike(
        &self,
        code: &Code,
        known: SeekKnown<'_>,
        question: &str,
        max_results: usize,
    ) -> Result<(Vec<LitSeed>, Resonance), GraphError> {
        let alike = self.sounding(code, known, question, 0);
        let seeds = self.seeds(&alike, question)?;
        let starts: Vec<(NodeIx, f32)> = seeds.iter().map(|it| (it.node, it.score)).collect();
        let waves = self.strike_nodes(&starts, max_results)?;
        Ok((seeds, waves))
    }

    /// What swings along when these nodes are struck, each with its score.
    ///
    /// # Errors
    /// If there is no graph.
    pub fn strike_nodes(
        &self,
        nodes: &[(NodeIx, f32)],
        max_results: usize,
    ) -> Result<Resonance, GraphError> {
        let factors = ActivateOptions::default().structural.factors;
        let options = ResonanceOptions { max_results, ..ResonanceOptions::new(factors) };
        Ok(self.graph()?.resonate(nodes, &options))
    }

    /// Nodes whose text means something like the question: files as `seek` ranks them, and symbols in
    /// the first. The best has 1; best first.
    fn sounding(
        &self,
        code: &Code,
        known: SeekKnown<'_>,
        question: &str,
        limit: usize,
    ) -> Vec<(NodeIx, f32)> {
        let limits = AskLimits { offset: 0, limit: limit.max(ALIKE_FILES), stop: &|| false };
        let found = code.seek(known, question, &crate::SeekPart::OFF, 0, &limits);
        let most = found.files.first().map_or(0.0, |it| it.score);
        let mut alike = Vec::new();
        for (rank, file) in found.files.iter().enumerate().filter(|(_, it)| it.score > 0.0) {
            let path = file.path.to_string();
            let score = file.score / most;
            alike.extend(self.node_of(&super::nodes::key_of_path(&path)).map(|it| (it, score)));
            let Some(id) = code.id_of(&path).filter(|_| rank < READ_FILES) else { continue };
            let places = code.seek_places(known.lexicon, id, question, SYMBOLS);
            let best = places.first().map_or(0.0, |it| it.score);
            for place in places.iter().filter(|it| it.score > 0.0) {
                let share = 0.5 + 0.5 * place.score / best;
                let node = self.node_at(&path, place.symbol.line);
                alike.extend(node.map(|it| (it, score * OF_FILE * share)));
            }
        }
        sort(&mut alike);
        alike
    }

    /// Adds symbols and documents that lessons speak for, and takes what they speak against down.
    /// (What they say of files is in the ranking of files already.)
    fn add_taught(&self, graph: &Graph, heard: &[HeardLesson<'_>], alike: &mut Vec<(NodeIx, f32)>) {
        let mut said: BTreeMap<NodeIx, f32> = BTreeMap::new();
        for HeardLesson { lesson, alike } in heard {
            for (key, verdict) in lesson.verdicts() {
                let node = graph.node(key).filter(|it| graph.kind(*it) != NodeKind::File);
                if let Some(node) = node {
                    *said.entry(node).or_default() += alike * verdict;
                }
            }
        }
        for (node, verdict) in said {
            let verdict = verdict.clamp(-1.0, 1.0);
            match alike.iter_mut().find(|it| it.0 == node) {
                Some((_, score)) => *score = (*score * (1.0 + 0.5 * verdict)).clamp(0.0, 1.0),
                None if verdict > 0.0 => alike.push((node, 0.9 * verdict)),
                None => {}
            }
        }
        alike.retain(|it| it.1 > 0.0);
        sort(alike);
    }

    /// Where to start: what labels name, and the best of what is alike; each node once, best first.
    fn seeds(&self, alike: &[(NodeIx, f32)], question: &str) -> Result<Vec<LitSeed>, GraphError> {
        let mut seeds: Vec<LitSeed> = alike
            .iter()
            .take(START_ALIKE)
            .map(|(node, score)| LitSeed { node: *node, score: *score, level: None })
            .collect();
        let named = self.seed_index()?.find(question, LABEL_SEEDS);
        for seed in named.into_iter().take(START_LABELS) {
            let score = seed.score * LABEL;
            match seeds.iter_mut().find(|it| it.node == seed.node) {
                Some(there) => {
                    there.score = (there.score + score).min(1.0);
                    there.level = Some(seed.level);
                }
                None => seeds.push(LitSeed { node: seed.node, score, level: Some(seed.level) }),
            }
        }
        seeds.retain(|it| it.score > 0.0);
        seeds.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.node.cmp(&b.node)));
        Ok(seeds)
    }

    /// Of each file, keeps the best node; what is in no file goes.
    fn best_of_files(&self, results: &mut Vec<Activated>) {
        let Ok(joined) = self.joined() else { return };
        let mut seen: Vec<FileId> = Vec::new();
        results.retain(|it| match joined.numbering.origins.get(it.node.0 as usize) {
            Some(Origin::In(file, _)) if !seen.contains(file) => {
                seen.push(*file);
                true
            }
            _ => false,
        });
    }
}

/// Edges settle what is close: a third of the steps rank as all of them do.
fn precise_enough() -> ActivateOptions {
    let mut options = ActivateOptions::default();
    options.structural.precision = PRECISION;
    options.causal.precision = PRECISION;
    options
}

/// A fork of the graph in which lessons have moved the edges between their places and what lights up
/// now, each as far as its question is like this one. The least alike first, so that the others have
/// the last word.
fn bend(graph: &Graph, heard: &[HeardLesson<'_>], starts: &[(NodeIx, f32)]) -> Graph {
    let bent = graph.fork();
    for HeardLesson { lesson, alike } in heard.iter().rev() {
        let lists = [
            (&lesson.useful, Feedback::Useful),
            (&lesson.partly, Feedback::Partly),
            (&lesson.not_useful, Feedback::NotUseful),
        ];
        for (keys, feedback) in lists {
            let mut active: Vec<(NodeIx, f32)> =
                keys.iter().filter_map(|key| Some((graph.node(key)?, 1.0))).collect();
            if active.is_empty() {
                continue;
            }
            active.extend(starts.iter().take(TAUGHT_SEEDS));
            let lesson = GraphLesson {
                active: &active,
                feedback,
                rate: LearningRate::clamped(RATE * alike),
            };
            bent.learn(&lesson, &PlasticityOptions::default());
        }
    }
    bent
}

/// Best first, ties by node, each node once with its best score.
fn sort(scores: &mut Vec<(NodeIx, f32)>) {
    scores.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)));
    scores.dedup_by_key(|it| it.0);
    scores.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
}

/// The name of a dimension.
pub fn dimension_word(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Structural => "structural",
        Dimension::Semantic => "semantic",
        Dimension::Temporal => "temporal",
        Dimension::Causal => "causal",
    }
}
