//! What words say: BM25F over the fields of documents.

mod bm25f;

pub use bm25f::{Bm25f, Bm25fBuilder, Field};
