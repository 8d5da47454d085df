//! Learnt weights as bytes, and back: versioned, checksummed, and nothing that is not a number.
//!
//! `CRLEARNT`, the version (u32), the length of the payload (u64) and its XXH3 (u64), all little
//! endian; then the payload, in postcard's encoding. Who writes a file of it replaces the old one
//! whole.

use thiserror::Error;
use xxhash_rust::xxh3::xxh3_64;

use crate::plasticity::Learnt;

const MAGIC: &[u8; 8] = b"CRLEARNT";
/// Counted up when the encoding changes, or the numbers of kinds of edges do.
const VERSION: u32 = 1;
const HEADER: usize = 8 + 4 + 8 + 8;

/// Why bytes are not what was learnt.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum PersistError {
    /// They are something else.
    #[error("this is something else")]
    NotLearnt,
    /// They are of another version.
    #[error("of version {found}; this program reads version {read}")]
    Version {
        /// The version.
        found: u32,
        /// The version that can be read.
        read: u32,
    },
    /// Some are missing, or too many.
    #[error("{found} bytes instead of {wanted}")]
    Length {
        /// How many there are.
        found: u64,
        /// How many there should be.
        wanted: u64,
    },
    /// They are not those that were written.
    #[error("a wrong checksum")]
    Checksum,
    /// They hold what no weight can be.
    #[error("something that cannot be read")]
    Malformed,
}

/// Bytes of what was learnt.
///
/// # Errors
/// `Malformed` if it cannot be encoded, which no value is known to cause.
pub fn encode_learnt(learnt: &[Learnt]) -> Result<Vec<u8>, PersistError> {
    let payload = postcard::to_stdvec(learnt).map_err(|_| PersistError::Malformed)?;
    Ok(seal(MAGIC, VERSION, &payload))
}

/// What was learnt, from bytes.
///
/// # Errors
/// If they are not exactly what [`encode_learnt`] has made.
pub fn decode_learnt(bytes: &[u8]) -> Result<Vec<Learnt>, PersistError> {
    match postcard::take_from_bytes(unseal(MAGIC, VERSION, bytes)?) {
        Ok((learnt, [])) => Ok(learnt),
        _ => Err(PersistError::Malformed),
    }
}

/// A payload with a header that tells what it is and whether it is whole.
pub fn seal(magic: &[u8; 8], version: u32, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER + payload.len());
    bytes.extend_from_slice(magic);
    bytes.extend_from_slice(&version.to_le_bytes());
    bytes.extend_from_slice(&(payload.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&xxh3_64(payload).to_le_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

/// The payload that [`seal`] was given.
///
/// # Errors
/// If the bytes are of something else, of another version, or not what was written.
pub fn unseal<'b>(
    magic: &[u8; 8],
    version: u32,
    bytes: &'b [u8],
) -> Result<&'b [u8], PersistError> {
    let rest = bytes.strip_prefix(magic).ok_or(PersistError::NotLearnt)?;
    let short = PersistError::Length { found: bytes.len() as u64, wanted: HEADER as u64 };
    let (own, rest) = rest.split_first_chunk().ok_or(short)?;
    let found = u32::from_le_bytes(*own);
    if found != version {
        return Err(PersistError::Version { found, read: version });
    }
    let (length, rest) = rest.split_first_chunk().ok_or(short)?;
    let (checksum, payload) = rest.split_first_chunk().ok_or(short)?;
    let (found, wanted) = (payload.len() as u64, u64::from_le_bytes(*length));
    if found != wanted {
        return Err(PersistError::Length { found, wanted });
    }
    if xxh3_64(payload) != u64::from_le_bytes(*checksum) {
        return Err(PersistError::Checksum);
    }
    Ok(payload)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{finite::PosF32, kind::EdgeKind};

    fn learnt(count: usize) -> Vec<Learnt> {
        let one = |number: usize| Learnt {
            from: format!("src/{number}.rs").into(),
            to: "ü".into(),
            kind: EdgeKind::ALL[number % 8],
            factor: PosF32::clamped(0.5 + number as f32),
        };
        (0..count).map(one).collect()
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(count in 0_usize..50) {
            let bytes = encode_learnt(&learnt(count)).unwrap();
            prop_assert_eq!(decode_learnt(&bytes), Ok(learnt(count)));
        }

        /// Whatever happens to the bytes, they are refused, not misread.
        #[test]
        fn damage_is_seen(at in any::<prop::sample::Index>(), bit in 0_u32..8, cut: bool) {
            let mut bytes = encode_learnt(&learnt(5)).unwrap();
            let at = at.index(bytes.len());
            if cut {
                bytes.truncate(at);
            } else {
                bytes[at] ^= 1 << bit;
            }
            prop_assert!(decode_learnt(&bytes).is_err());
        }

        #[test]
        fn any_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(decode_learnt(&bytes).is_err());
        }
    }

    #[test]
    fn a_number_that_is_none_is_refused_though_the_checksum_is_right() {
        let mut bytes = encode_learnt(&learnt(1)).unwrap();
        let end = bytes.len();
        bytes[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
        let sum = xxh3_64(&bytes[HEADER..]).to_le_bytes();
        bytes[HEADER - 8..HEADER].copy_from_slice(&sum);
        assert_eq!(decode_learnt(&bytes), Err(PersistError::Malformed));
    }

    #[test]
    fn another_version_is_named() {
        let mut bytes = encode_learnt(&learnt(1)).unwrap();
        bytes[8] = 9;
        assert_eq!(decode_learnt(&bytes), Err(PersistError::Version { found: 9, read: VERSION }));
        assert_eq!(decode_learnt(b"{}"), Err(PersistError::NotLearnt));
    }
}
