//! Whatever bytes claim to be a segment: it is refused, or searching it stays inside and truthful.

use std::sync::Arc;

use bytes::Bytes;
use coderoom_engine::{ContentHash, Covering, Query, Segment, SegmentParts};

use crate::support::{Plain, PlainBody, World, answer, open, path, search};

const TEXTS: &[&[u8]] = &[b"needle\n", b"foo bar\n", b"task\nneedle\n", b"\n", b""];
const PATTERNS: &[&str] = &["needle", "foo|task", "absent", "[nf][eo][eo]", "needle.*x|bar", "."];

/// One byte each: options, how many documents, how many keys, how many ends; then a byte for each
/// document, the keys and the ends (three bytes each), and the postings.
///
/// # Panics
/// If a part of the segment is read that is not there, or a hit is reported that is none.
pub fn segment_parts(data: &[u8]) {
    let [options, docs, keys, ends, rest @ ..] = data else { return };
    let (docs, rest) = rest.split_at(usize::from(*docs % 64).min(rest.len()));
    let (keys, rest) = words(*keys, rest);
    let (mut ends, postings) = words(*ends, rest);
    let mut keys = keys;
    // Most random bytes fall at the first hurdle, so they may be helped over it.
    if options & 1 != 0 {
        keys.extend(
            PATTERNS.iter().map(|p| p.bytes().take(3).fold(0, |g, b| g << 8 | u32::from(b))),
        );
        keys.sort_unstable();
        ends.resize(keys.len(), 0);
        ends.iter_mut().for_each(|end| *end %= postings.len() as u32 + 1);
        ends.sort_unstable();
        if let Some(last) = ends.last_mut() {
            *last = postings.len() as u32;
        }
    }
    let hash = |&doc: &u8| match TEXTS.get(usize::from(doc)) {
        Some(text) => ContentHash::of(text),
        None => ContentHash([doc; 32]),
    };
    let parts = SegmentParts {
        docs: docs.iter().map(hash).collect(),
        text_bytes: u64::from(*options) << 56,
        keys: bytes_of(&keys, options & 2 != 0),
        ends: bytes_of(&ends, options & 4 != 0),
        postings: Bytes::copy_from_slice(postings),
    };
    let Ok(segment) = Segment::from_parts(parts) else { return };
    search_with(Arc::new(segment));
}

fn search_with(segment: Arc<Segment>) {
    let world: World = (0..)
        .zip(TEXTS)
        .map(|(n, text)| {
            let file = Plain { body: PlainBody::Bytes(text.to_vec()), mtime_ns: n };
            (path(format!("f{n}").as_bytes()), file)
        })
        .collect();
    let session = open(&world);
    let scan = session.snapshot();
    let indexed = session.attach(Covering::of_stored(segment, &scan));
    for pattern in PATTERNS {
        let mut query = Query::default();
        query.pattern.patterns = vec![pattern.to_string()];
        let search = search(query);
        let (found, all) = (answer(&search, &indexed), answer(&search, &scan));
        for hit in found.output.lines() {
            assert!(all.output.lines().any(|line| line == hit), "{hit} is not to be found");
        }
    }
}

/// Takes `count` words of three bytes each.
fn words(count: u8, data: &[u8]) -> (Vec<u32>, &[u8]) {
    let (words, rest) = data.split_at((usize::from(count) * 3).min(data.len()));
    let word = |w: &[u8]| w.iter().fold(0, |word, &b| word << 8 | u32::from(b));
    (words.chunks(3).map(word).collect(), rest)
}

/// The words as bytes; at an odd address if they are to be `crooked`.
fn bytes_of(words: &[u32], crooked: bool) -> Bytes {
    let mut aligned = vec![0; words.len() + 1];
    let (start, len) = (usize::from(crooked), words.len() * 4);
    let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut aligned);
    bytes[start..start + len].copy_from_slice(bytemuck::cast_slice(words));
    Bytes::from_owner(Words(aligned)).slice(start..start + len)
}

/// Aligned as a mapped file would be.
struct Words(Vec<u32>);

impl AsRef<[u8]> for Words {
    fn as_ref(&self) -> &[u8] {
        bytemuck::cast_slice(&self.0)
    }
}
