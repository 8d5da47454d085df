//! Two changes of one file made into one, or held as a conflict.

use coderoom_edit::{MergeOptions, merge};

use super::entry::Version;

/// What two changes of a file come to.
#[derive(Clone, Debug, PartialEq)]
pub enum Combined {
    /// Ours: they changed nothing, or the same.
    Ours,
    /// Theirs: we changed nothing.
    Theirs,
    /// Both, as this text, with this mode.
    Merged(Vec<u8>, Option<super::Mode>),
    /// They do not go together.
    Conflict,
}

/// What `ours` and `theirs` make of `base`. Modes and bytes are merged each by itself.
///
/// Costs two diffs if both sides changed the bytes.
pub fn combine(
    base: Option<&Version>,
    ours: Option<&Version>,
    theirs: Option<&Version>,
) -> Combined {
    let same = |a: Option<&Version>, b: Option<&Version>| match (a, b) {
        (Some(a), Some(b)) => {
            a.hash == b.hash && (a.mode == b.mode || a.mode.is_none() || b.mode.is_none())
        }
        (a, b) => a.is_none() && b.is_none(),
    };
    if same(ours, theirs) || same(base, theirs) {
        return Combined::Ours;
    }
    if same(base, ours) {
        return Combined::Theirs;
    }
    let (Some(ours), Some(theirs)) = (ours, theirs) else { return Combined::Conflict };
    let link = Some(super::Mode::Link);
    if ours.mode == link || theirs.mode == link || base.is_some_and(|base| base.mode == link) {
        return Combined::Conflict;
    }
    let before = base.and_then(|base| base.mode);
    let mode = if ours.mode == before { theirs.mode } else { ours.mode };
    if ours.hash == theirs.hash || base.is_some_and(|base| base.hash == theirs.hash) {
        return match ours.bytes() {
            Some(bytes) => Combined::Merged(bytes.to_vec(), mode),
            None => Combined::Conflict,
        };
    }
    let bytes = |version: &Version| version.bytes().cloned();
    let (Some(base), Some(ours), Some(theirs)) =
        (base.map_or(Some(bytes::Bytes::new()), bytes), bytes(ours), bytes(theirs))
    else {
        return Combined::Conflict;
    };
    if [&base, &ours, &theirs].into_iter().any(|text| memchr::memchr(0, text).is_some()) {
        return Combined::Conflict;
    }
    let merged = merge(&base, &ours, &theirs, &MergeOptions::default());
    if merged.conflicts.is_empty() {
        Combined::Merged(merged.text, mode)
    } else {
        Combined::Conflict
    }
}
