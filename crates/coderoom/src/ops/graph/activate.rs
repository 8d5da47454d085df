//! `activate`: what a question in words lights up in the graph, with the path to each result.

use coderoom_engine::{LightOptions, Lit, NodeKind, SeekKnown, dimension_word};
use coderoom_graph::{Dimension, SeedLevel};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    handoff::{Handoff, of_ranking},
    semantic::{self, PartRow, SemanticRow},
    shared::{Grounds, NodeRow, StepRow, proof_text},
};
use crate::{
    error::{Code, OpError},
    ops::{
        Context, Group, Operation,
        code::{with_notes, word},
    },
};

/// Results unless the client says otherwise.
const DEFAULT_LIMIT: u64 = 20;
/// Results at most, whatever it says.
const MAX_LIMIT: u64 = 500;
/// Seeds that are named.
const SHOWN_SEEDS: usize = 12;
/// Kinds of nodes that can be asked for.
const KINDS: [NodeKind; 5] =
    [NodeKind::Directory, NodeKind::File, NodeKind::Symbol, NodeKind::Section, NodeKind::Package];

/// The operation.
pub struct Activate;

/// What to light up.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["question"]))]
pub struct Params {
    /// Absolute path of the workspace (or of any directory or file in it). It is loaded if it is not
    /// yet. May be left out while exactly one workspace is loaded.
    pub workspace: String,
    /// The edit session whose state is meant. Default: the files as they are on disk.
    pub session: String,
    /// The task or question, in words.
    pub question: String,
    /// Dimensions that take part: `structural`, `semantic`, `temporal`, `causal`. Default: all but
    /// `temporal`, which makes the ranking no better.
    pub dimensions: Vec<String>,
    /// Parts of the semantic dimension that take part: `text` (what `seek` finds), `trigrams` (labels
    /// that look like the question), `cooccurrence` (nodes that random walks meet together with the
    /// seeds; not in graphs of more than 50,000 nodes). Default: `text`, since the others make the
    /// ranking no better.
    pub semantic: Vec<String>,
    /// Whether results on which three or four dimensions agree count more.
    pub resonance: bool,
    /// Whether what unrelated places light up as well is taken off.
    pub xlr: bool,
    /// Whether to answer as if nothing had been taught with `learn`.
    pub without_lessons: bool,
    /// Kinds of nodes that are wanted: `directory`, `file`, `symbol`, `section`, `package`. Default:
    /// all.
    pub kinds: Vec<String>,
    /// One result for each file: its best node.
    pub files_only: bool,
    /// Results at most. Default 20.
    pub limit: Option<u64>,
    /// Milliseconds that the answer may take. Default 10,000.
    pub timeout_ms: Option<u64>,
}

/// What is lit up, the brightest first.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// The nodes.
    pub results: Vec<LitRow>,
    /// Where it started, the best first.
    pub seeds: Vec<SeedRow>,
    /// What each dimension counted and added.
    pub dimensions: Vec<DimensionRow>,
    /// What each part of the semantic dimension added to it, if there was more than one.
    pub semantic: Vec<SemanticRow>,
    /// Lessons that were heard, because their questions are like this one.
    pub lessons: Vec<HeardRow>,
    /// How far the answer carries, and where to go from it.
    #[serde(flatten)]
    pub handoff: Handoff,
    /// What the answer leaves out or may miss, in words.
    pub notes: Vec<String>,
}

/// One node that is lit up.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LitRow {
    /// What it is.
    #[serde(flatten)]
    pub what: NodeRow,
    /// All dimensions together.
    pub score: f32,
    /// What edges add.
    pub structural: f32,
    /// What the text adds.
    pub semantic: f32,
    /// What changes lately, often and together add.
    pub temporal: f32,
    /// What calls, imports, inheritance and tests add.
    pub causal: f32,
    /// What each part of the semantic dimension adds, if there was more than one.
    pub semantic_parts: Vec<PartRow>,
    /// The steps from a seed; none if it is one, or if only its text is like the question.
    pub proof: Vec<StepRow>,
}

/// Where activation starts.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SeedRow {
    /// The node's key.
    pub key: String,
    /// How much of the question it has.
    pub score: f32,
    /// How its name was found: `exact`, `prefix`, `substring`, `tag`, `fuzzy`; `text` if only its text
    /// is like the question.
    pub level: String,
}

/// A dimension's part in the answer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DimensionRow {
    /// `structural`, `semantic`, `temporal` or `causal`.
    pub dimension: String,
    /// How much it counted; 0 if it was off or had nothing to say. All together: 1.
    pub weight: f32,
    /// Its share of the scores of all results, from 0 to 1.
    pub share: f32,
}

/// A lesson that was heard.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HeardRow {
    /// Its number.
    pub id: u64,
    /// How much its question is like this one, up to 1.
    pub alike: f32,
}

impl Operation for Activate {
    const NAME: &'static str = "activate";
    const TITLE: &'static str = "What a question lights up";
    const DESCRIPTION: &'static str = "What a task or question in words lights up in the graph of \
        the code: files, symbols, document sections and packages that its words name or that are \
        joined to them by calls, imports, inheritance, tests or common changes, each with the path \
        that leads there. Use `seek` for a plain list of files; use this for what belongs to it.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Graph;
    const STRUCTURED: bool = false;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        let options = options(&params)?;
        let asked = Asked::new(context, &params.workspace, &params.question)?;
        let lit = asked.grounds.code_graph.light_up(
            &asked.grounds.asked.code,
            asked.known(),
            &params.question,
            asked.grounds.now(),
            &options,
        );
        let lit = lit.map_err(|err| OpError::new(Code::TooLarge, err.to_string()))?;
        asked.grounds.check()?;
        let mut results = Vec::with_capacity(lit.results.len());
        for (it, shares) in lit.results.iter().zip(&lit.semantic) {
            let mut row = row(&asked.grounds, it, &lit.weights)?;
            row.semantic_parts = semantic::rows(&options, row.semantic, shares);
            results.push(row);
        }
        if let Some(session) = &asked.grounds.asked.located.session {
            let paths = results.iter().map(|it| &*it.what.path);
            session.was_asked(&params.question, paths.filter(|path| !path.is_empty()));
        }
        let scores: Vec<f32> = results.iter().map(|it| it.score).collect();
        let target = results.first().map_or(String::new(), |it| it.what.place());
        let mut notes = asked.notes();
        if lit.truncated {
            notes.push("the graph is so dense there that spreading was cut off".to_owned());
        }
        notes.extend(semantic::note(&options, asked.grounds.graph()?));
        Ok(Reply {
            handoff: of_ranking(&scores, &target, false),
            semantic: semantic::shares(&results),
            seeds: seeds(asked.grounds.graph()?, &lit.seeds),
            dimensions: dimensions(&lit),
            lessons: lit
                .lessons
                .iter()
                .map(|(id, alike)| HeardRow { id: *id, alike: *alike })
                .collect(),
            results,
            notes,
        })
    }

    fn text(reply: &Reply) -> String {
        let mut text = String::new();
        for it in &reply.results {
            text.push_str(&format!("{:.2}  {}\n", it.score, it.what.line_of_text()));
            if !it.proof.is_empty() {
                text.push_str(&format!("      {}\n", proof_text(&it.proof)));
            }
        }
        let seeds: Vec<String> =
            reply.seeds.iter().map(|it| format!("{} ({})", it.key, it.level)).collect();
        text.push_str(&format!("started at: {}\n", seeds.join(", ")));
        let shares: Vec<String> = reply
            .dimensions
            .iter()
            .map(|it| format!("{} {:.0}%", it.dimension, it.share * 100.0))
            .collect();
        text.push_str(&format!("added by: {}\n", shares.join(", ")));
        text.push_str(&semantic::line(&reply.semantic));
        if !reply.lessons.is_empty() {
            let heard: Vec<String> =
                reply.lessons.iter().map(|it| format!("{} ({:.2})", it.id, it.alike)).collect();
            text.push_str(&format!("lessons heard: {}\n", heard.join(", ")));
        }
        text.push_str(&reply.handoff.line());
        with_notes(text, &reply.notes)
    }
}

/// A question in words about the graph, with all that is known.
pub(super) struct Asked<'a> {
    pub(super) grounds: Grounds<'a>,
    lexicon: std::sync::Arc<coderoom_engine::Lexicon>,
    history: std::sync::Arc<crate::daemon::graph::History>,
    lessons: std::sync::Arc<coderoom_engine::Lessons>,
}

impl<'a> Asked<'a> {
    pub(super) fn new(
        context: &'a Context,
        workspace: &str,
        question: &str,
    ) -> Result<Asked<'a>, OpError> {
        if question.trim().is_empty() {
            let message = "`question` is empty: say in words what it is about";
            return Err(OpError::new(Code::BadParameter, message));
        }
        let grounds = Grounds::new(context, workspace)?;
        let lexicon = grounds.asked.lexicon(context)?;
        let room = &grounds.asked.located.room;
        let (history, lessons) = (room.graph.history(), room.lessons.known());
        Ok(Asked { lexicon, history, lessons, grounds })
    }

    pub(super) fn known(&self) -> SeekKnown<'_> {
        SeekKnown {
            lexicon: &self.lexicon,
            past: Some(&self.history.past),
            lessons: Some(&self.lessons),
        }
    }

    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if let Err(why) = &self.history.read {
            notes.push(format!("{why}: ranked without what commits say"));
        }
        notes.extend(self.grounds.asked.located.room.lessons.note());
        notes.extend(self.grounds.notes());
        notes
    }
}

fn options(params: &Params) -> Result<LightOptions, OpError> {
    let mut options = LightOptions {
        resonance: params.resonance,
        xlr: params.xlr,
        lessons: !params.without_lessons,
        files_only: params.files_only,
        limit: params.limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT) as usize,
        ..LightOptions::default()
    };
    if !params.dimensions.is_empty() {
        let mut wanted = [0.0; 4];
        for name in &params.dimensions {
            let all = Dimension::ALL;
            let found =
                all.into_iter().find(|it| dimension_word(*it) == name).ok_or_else(|| {
                    let all: Vec<&str> = all.into_iter().map(dimension_word).collect();
                    let message = format!(
                        "`dimensions`: there is no `{name}`; dimensions: {}",
                        all.join(", ")
                    );
                    OpError::new(Code::BadParameter, message)
                })?;
            wanted[found as usize] = LightOptions::WEIGHTS[found as usize];
        }
        options.weights = wanted;
    }
    options.semantic = semantic::weights(&params.semantic)?;
    for name in &params.kinds {
        let found = KINDS.into_iter().find(|it| word(*it) == *name).ok_or_else(|| {
            let all: Vec<String> = KINDS.iter().map(word).collect();
            let message = format!("`kinds`: there is no `{name}`; kinds: {}", all.join(", "));
            OpError::new(Code::BadParameter, message)
        })?;
        options.kinds.push(found);
    }
    Ok(options)
}

fn row(
    grounds: &Grounds<'_>,
    it: &coderoom_graph::Activated,
    weights: &[f32; 4],
) -> Result<LitRow, OpError> {
    let adds =
        |dimension: Dimension| it.dimensions[dimension as usize] * weights[dimension as usize];
    Ok(LitRow {
        what: grounds.row(it.node)?,
        score: it.score,
        structural: adds(Dimension::Structural),
        semantic: adds(Dimension::Semantic),
        temporal: adds(Dimension::Temporal),
        causal: adds(Dimension::Causal),
        semantic_parts: Vec::new(),
        proof: grounds.steps(&it.path)?,
    })
}

fn dimensions(lit: &Lit) -> Vec<DimensionRow> {
    let added = |dimension: Dimension| -> f32 {
        let at = dimension as usize;
        lit.results.iter().map(|it| it.dimensions[at] * lit.weights[at]).sum()
    };
    let all: f32 = Dimension::ALL.into_iter().map(added).sum();
    let row = |dimension| DimensionRow {
        dimension: dimension_word(dimension).to_owned(),
        weight: lit.weights[dimension as usize],
        share: if all > 0.0 { added(dimension) / all } else { 0.0 },
    };
    Dimension::ALL.into_iter().map(row).collect()
}

/// Seeds, as answers name them.
pub(super) fn seeds(
    graph: &coderoom_graph::Graph,
    seeds: &[coderoom_engine::LitSeed],
) -> Vec<SeedRow> {
    let level = |level: Option<SeedLevel>| match level {
        Some(SeedLevel::Exact) => "exact",
        Some(SeedLevel::Prefix) => "prefix",
        Some(SeedLevel::Substring) => "substring",
        Some(SeedLevel::Tag) => "tag",
        Some(SeedLevel::Fuzzy) => "fuzzy",
        None => "text",
    };
    let row = |it: &coderoom_engine::LitSeed| SeedRow {
        key: graph.key(it.node).to_owned(),
        score: it.score,
        level: level(it.level).to_owned(),
    };
    seeds.iter().take(SHOWN_SEEDS).map(row).collect()
}
