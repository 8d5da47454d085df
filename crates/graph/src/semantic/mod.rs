//! What words say: BM25F over the fields of documents, labels that look like a question, and nodes
//! that are met together.

mod bm25f;
mod cooccurrence;
mod trigrams;

pub use bm25f::{Bm25f, Bm25fBuilder, Field};
pub use cooccurrence::{COOCCURRENCE_MAX_NODES, Cooccurrence};
pub use trigrams::TrigramIndex;
