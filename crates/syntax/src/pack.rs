//! Facts as they are kept: compact bytes, unpacked when a query needs them.
//!
//! Offsets are stored as differences, numbers as varints (postcard), and the whole is compressed
//! (LZ4): about a third of the source's size, unpacked at some 100 MB of source a second.

use crate::facts::{Facts, Span};

/// The facts of one file, packed.
#[derive(Clone, PartialEq, Eq)]
pub struct Packed(Box<[u8]>);

/// The bytes are no packed facts of this version.
#[derive(Debug, thiserror::Error)]
#[error("these bytes are not facts of this version")]
pub struct Damaged;

impl Packed {
    /// Packs facts.
    pub fn new(mut facts: Facts) -> Packed {
        relate(&mut facts, |value, base| value.wrapping_sub(base), true);
        let plain = postcard::to_allocvec(&facts).unwrap_or_default();
        Packed(lz4_flex::compress_prepend_size(&plain).into())
    }

    /// The facts again.
    ///
    /// # Errors
    /// If the bytes came from elsewhere ([`Packed::from_bytes`]) and are damaged.
    pub fn unpack(&self) -> Result<Facts, Damaged> {
        let plain = lz4_flex::decompress_size_prepended(&self.0).map_err(|_| Damaged)?;
        let mut facts: Facts = postcard::from_bytes(&plain).map_err(|_| Damaged)?;
        relate(&mut facts, |value, base| value.wrapping_add(base), false);
        Ok(facts)
    }

    /// The bytes, to be stored.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Facts from bytes that [`Packed::as_bytes`] gave. They are looked at when unpacked.
    pub fn from_bytes(bytes: &[u8]) -> Packed {
        Packed(bytes.into())
    }
}

/// Makes offsets relative to their neighbours (`packing`) or absolute again.
fn relate(facts: &mut Facts, combine: impl Fn(u32, u32) -> u32, packing: bool) {
    let mut last = 0;
    for occurrence in &mut facts.occurrences {
        let before = occurrence.start;
        occurrence.start = combine(occurrence.start, last);
        last = if packing { before } else { occurrence.start };
    }
    let span = |span: &mut Span, base: u32| {
        let start = if packing { span.start } else { combine(span.start, base) };
        span.end = combine(span.end, start);
        span.start = combine(span.start, base);
    };
    let mut last = 0;
    for symbol in &mut facts.symbols {
        let full = if packing { symbol.full.start } else { combine(symbol.full.start, last) };
        for part in [&mut symbol.at, &mut symbol.signature, &mut symbol.doc] {
            span(part, full);
        }
        span(&mut symbol.full, last);
        last = full;
    }
    let mut last = 0;
    for scope in &mut facts.scopes {
        let start = if packing { scope.span.start } else { combine(scope.span.start, last) };
        span(&mut scope.span, last);
        last = start;
    }
}
