//! BM25F: documents with several fields, ranked by the words that they share with a question.
//!
//! After Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009): the
//! frequencies of a word in the fields of a document are weighed and normalised by the length of each
//! field, added up, and only then saturated. Words are numbers; the caller hashes them.

use std::collections::HashMap;

/// How a field counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Field {
    /// What one occurrence in it is worth.
    pub weight: f32,
    /// How far its length counts against it, from 0 (not at all) to 1: BM25's `b`.
    pub b: f32,
}

/// Collects documents. They are numbered in the order in which they come.
pub struct Bm25fBuilder {
    fields: Box<[Field]>,
    k1: f32,
    /// (word, document, field, count) of all documents.
    counts: Vec<(u64, u32, u8, u16)>,
    /// Of each document, the length of each field, one after the other.
    lengths: Vec<u32>,
    documents: u32,
}

/// The finished index. Eight bytes a posting and sixteen a word.
pub struct Bm25f {
    fields: Box<[Field]>,
    k1: f32,
    /// Where the postings of each word are.
    words: HashMap<u64, (u32, u32)>,
    /// A document, and the weighed and normalised frequency of the word in it.
    postings: Box<[(u32, f32)]>,
    /// The mean length of each field.
    means: Box<[f32]>,
    documents: u32,
}

impl Bm25fBuilder {
    /// For documents with these fields; `k1` is where frequencies saturate.
    pub fn new(fields: &[Field], k1: f32) -> Bm25fBuilder {
        Bm25fBuilder {
            fields: fields.into(),
            k1,
            counts: Vec::new(),
            lengths: Vec::new(),
            documents: 0,
        }
    }

    /// Adds a document: the words of each field (in any order, repeated as they occur; fields beyond
    /// those that were announced are left out). Says its number.
    pub fn add(&mut self, fields: &[&[u64]]) -> u32 {
        let document = self.documents;
        self.documents += 1;
        let mut sorted = Vec::new();
        for n in 0..self.fields.len() {
            let words = fields.get(n).copied().unwrap_or_default();
            self.lengths.push(words.len() as u32);
            sorted.clear();
            sorted.extend_from_slice(words);
            sorted.sort_unstable();
            for run in sorted.chunk_by(|a, b| a == b) {
                let count = run.len().min(usize::from(u16::MAX)) as u16;
                self.counts.push((run[0], document, n as u8, count));
            }
        }
        document
    }

    /// The index. Sorts everything once.
    pub fn finish(mut self) -> Bm25f {
        let width = self.fields.len().max(1);
        let documents = self.documents.max(1) as f32;
        let means: Box<[f32]> = (0..self.fields.len())
            .map(|n| {
                let lengths = self.lengths.iter().skip(n).step_by(width);
                let sum: f64 = lengths.map(|it| f64::from((*it).max(1))).sum();
                (sum as f32 / documents).max(1.0)
            })
            .collect();
        self.counts.sort_unstable();
        let mut words = HashMap::new();
        let mut postings: Vec<(u32, f32)> = Vec::with_capacity(self.counts.len());
        for of_word in self.counts.chunk_by(|a, b| a.0 == b.0) {
            let start = postings.len() as u32;
            for of_document in of_word.chunk_by(|a, b| a.1 == b.1) {
                let document = of_document[0].1;
                let frequency = of_document.iter().map(|(_, _, field, count)| {
                    let field = usize::from(*field);
                    let length = self.lengths[document as usize * width + field];
                    weighed(self.fields[field], f32::from(*count), length, means[field])
                });
                postings.push((document, frequency.sum()));
            }
            words.insert(of_word[0].0, (start, postings.len() as u32));
        }
        Bm25f {
            fields: self.fields,
            k1: self.k1,
            words,
            postings: postings.into(),
            means,
            documents: self.documents,
        }
    }
}

impl Bm25f {
    /// How many documents it has.
    pub fn documents(&self) -> u32 {
        self.documents
    }

    /// Documents with a word.
    pub fn frequency(&self, word: u64) -> u32 {
        self.words.get(&word).map_or(0, |(start, end)| end - start)
    }

    /// How much a word tells: never negative, 0 only without documents.
    pub fn idf(&self, word: u64) -> f32 {
        let (all, with) = (self.documents as f32, self.frequency(word) as f32);
        (1.0 + (all - with + 0.5) / (with + 0.5)).ln()
    }

    /// Adds the score of every document for a question (words, each with its weight) to `scores`,
    /// which has a place for each document. Costs the postings of its words.
    pub fn score(&self, question: &[(u64, f32)], scores: &mut [f32]) {
        for (word, weight) in question {
            let Some((start, end)) = self.words.get(word) else { continue };
            let worth = self.idf(*word) * weight;
            for (document, frequency) in &self.postings[*start as usize..*end as usize] {
                if let Some(score) = scores.get_mut(*document as usize) {
                    *score += worth * self.saturated(*frequency);
                }
            }
        }
    }

    /// The score of a document that is not in the index, as if it were.
    pub fn score_of(&self, question: &[(u64, f32)], fields: &[&[u64]]) -> f32 {
        let score = question.iter().map(|(word, weight)| {
            let frequencies = self.fields.iter().zip(&self.means).zip(fields);
            let frequency: f32 = frequencies
                .map(|((field, mean), words)| {
                    let count = words.iter().filter(|it| *it == word).count() as f32;
                    weighed(*field, count, words.len() as u32, *mean)
                })
                .sum();
            if frequency > 0.0 { self.idf(*word) * weight * self.saturated(frequency) } else { 0.0 }
        });
        score.sum()
    }

    fn saturated(&self, frequency: f32) -> f32 {
        frequency * (self.k1 + 1.0) / (frequency + self.k1)
    }

    /// Bytes of memory, about.
    pub fn bytes(&self) -> u64 {
        (self.postings.len() * 8 + self.words.capacity() * 17) as u64
    }
}

fn weighed(field: Field, count: f32, length: u32, mean: f32) -> f32 {
    field.weight * count / (1.0 - field.b + field.b * length.max(1) as f32 / mean)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FIELDS: [Field; 2] = [Field { weight: 1.0, b: 0.75 }, Field { weight: 4.0, b: 0.3 }];

    /// The words of its two fields.
    type Document = (Vec<u64>, Vec<u64>);

    /// The formula as it is printed, document by document.
    fn slow(documents: &[Document], question: &[(u64, f32)], of: usize) -> f32 {
        let mean = |field: fn(&Document) -> &Vec<u64>| {
            let sum: usize = documents.iter().map(|it| field(it).len().max(1)).sum();
            (sum as f32 / documents.len() as f32).max(1.0)
        };
        let means = [mean(|it| &it.0), mean(|it| &it.1)];
        let mut score = 0.0;
        for (word, weight) in question {
            let has = |it: &&Document| it.0.contains(word) || it.1.contains(word);
            let with = documents.iter().filter(has).count() as f32;
            let idf = (1.0 + (documents.len() as f32 - with + 0.5) / (with + 0.5)).ln();
            let mut frequency = 0.0;
            for (n, words) in [&documents[of].0, &documents[of].1].into_iter().enumerate() {
                let count = words.iter().filter(|it| *it == word).count() as f32;
                let length = words.len().max(1) as f32;
                let b = FIELDS[n].b;
                frequency += FIELDS[n].weight * count / (1.0 - b + b * length / means[n]);
            }
            score += weight * idf * frequency * 2.2 / (frequency + 1.2);
        }
        score
    }

    proptest! {
        /// What the index says is what the formula says, and a document scored by itself gets the
        /// same as one that is in the index.
        #[test]
        fn scores_are_those_of_the_formula(
            documents in prop::collection::vec(
                (prop::collection::vec(0u64..12, 0..20), prop::collection::vec(0u64..12, 0..4)), 1..12),
            question in prop::collection::vec((0u64..14, 0.5f32..3.0), 0..6),
        ) {
            let mut builder = Bm25fBuilder::new(&FIELDS, 1.2);
            for (a, b) in &documents {
                builder.add(&[a, b]);
            }
            let index = builder.finish();
            let mut scores = vec![0.0; documents.len()];
            index.score(&question, &mut scores);
            for (n, score) in scores.iter().enumerate() {
                let expected = slow(&documents, &question, n);
                prop_assert!((score - expected).abs() <= 1e-3 * expected.max(1.0), "{score} {expected}");
                let alone = index.score_of(&question, &[&documents[n].0, &documents[n].1]);
                prop_assert!((score - alone).abs() <= 1e-3 * expected.max(1.0), "{score} {alone}");
                prop_assert!(score.is_finite() && *score >= 0.0);
            }
        }
    }

    /// Nothing to look in, or nothing to look for, is no reason to fail.
    #[test]
    fn an_empty_index_has_no_scores() {
        let index = Bm25fBuilder::new(&FIELDS, 1.2).finish();
        index.score(&[(1, 1.0)], &mut []);
        assert_eq!(index.documents(), 0);
        assert_eq!(index.score_of(&[(1, 1.0)], &[&[], &[]]), 0.0);
    }
}
