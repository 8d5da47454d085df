//! The weighted graph and its engines: numbers in, numbers out.
//!
//! Pure: no files, no clock, no environment, no randomness; time is an argument. It knows nothing of
//! source code: nodes have a kind, a label and tags, edges a kind and a weight. This file is the one
//! door: [`Graph::build`] makes a graph, its other methods answer questions about it, each with the
//! steps that prove the answer, and never change it. Only [`Graph::learn`], [`Graph::undo`],
//! [`Graph::import_learnt`] and [`Graph::reset_learning`] move weights.

mod activate;
mod build;
mod cochange;
mod counterfactual;
mod csr;
mod factors;
mod finite;
mod ghosts;
mod graph;
mod impact;
mod intern;
mod kind;
mod layers;
mod likeness;
mod nodes;
mod pagerank;
mod parts;
mod paths;
mod persist;
mod places;
mod plasticity;
mod predict;
mod projection;
mod resonance;
mod scratch;
mod semantic;
mod similar;
mod splice;
mod tempo;
#[cfg(test)]
mod testing;
mod top;
mod weight;
mod words;
mod xlr;

pub use activate::{
    ActivateOptions, Activated, Activation, Dimension, Question, SpreadOptions, Strategy,
    TemporalOptions,
    seeds::{Seed, SeedIndex, SeedLevel},
};
pub use build::{BuildOptions, GraphError};
pub use cochange::{CoChange, CoChangeOptions, Partner};
pub use counterfactual::{Counterfactual, CounterfactualOptions, CutOff};
pub use csr::{Edge, EdgeIx};
pub use factors::{Factors, KindFactors, Step};
pub use finite::{DecayFactor, FiniteF32, LearningRate, NotInRange, PosF32};
pub use ghosts::{Ghost, ghosts};
pub use graph::{Graph, Memory};
pub use impact::{Direction, Impact, ImpactOptions, Reached};
pub use intern::{InternedStr, StringInterner};
pub use kind::{EdgeKind, NodeKind};
pub use layers::{LayerOptions, Layers, Reason, Violation};
pub use likeness::{Likeness, MAX_POSTINGS};
pub use pagerank::PageRankOptions;
pub use parts::{EdgePart, NodeIx, NodePart};
pub use paths::{Path, PathOptions, Paths, Walk};
pub use persist::{PersistError, decode_learnt, encode_learnt, seal, unseal};
pub use places::Places;
pub use plasticity::{
    Change, Feedback, Imported, Learnt, Lesson, MAX_FACTOR, MIN_FACTOR, Outcome, PlasticityOptions,
};
pub use predict::{COCHANGE, Known, Link, Part, Parts, PredictOptions, Predicted, predict};
pub use resonance::{Antinode, HARMONICS, Resonance, ResonanceOptions};
pub use semantic::{
    Bm25f, Bm25fBuilder, COOCCURRENCE_MAX_NODES, Cooccurrence, Field, TrigramIndex,
};
pub use similar::{
    Signature, Similar, SimilarOptions, SimilarPair, near_duplicates, near_duplicates_of,
};
pub use splice::Replacement;
pub use tempo::{Tempo, tempo};
pub use weight::{AtomicWeight, CasRetryExhausted, MAX_CAS_RETRIES};
pub use words::words;
pub use xlr::{Xlr, XlrOptions};
