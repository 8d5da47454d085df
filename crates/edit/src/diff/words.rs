//! Differences within lines, by words.

use imara_diff::{Algorithm, Diff, InternedInput};
use serde::Serialize;

use crate::{LineKind, near::tokens};

/// A run of words on one side or on both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WordPart {
    /// On which side it is.
    pub kind: LineKind,
    /// Its text; what is not UTF-8 is replaced.
    pub text: String,
}

/// The two texts as runs of words that both have, that are gone, and that are new: the kept and
/// removed parts in a row are the old text, the kept and added ones the new.
///
/// Costs in proportion to the texts and how much they differ.
pub fn words(old: &[u8], new: &[u8]) -> Vec<WordPart> {
    let mut input: InternedInput<&[u8]> = InternedInput::default();
    input.update_before(tokens(old));
    input.update_after(tokens(new));
    let mut diff = Diff::compute(Algorithm::Myers, &input);
    diff.postprocess_no_heuristic(&input);
    let mut parts = Vec::new();
    let mut push = |kind, tokens: &[imara_diff::Token]| {
        let bytes: Vec<&[u8]> = tokens.iter().map(|token| input.interner[*token]).collect();
        if !bytes.is_empty() {
            let text = String::from_utf8_lossy(&bytes.concat()).into_owned();
            parts.push(WordPart { kind, text });
        }
    };
    let mut at = 0;
    for change in super::changes(&diff) {
        push(LineKind::Context, &input.before[at..change.old.start]);
        at = change.old.end;
        push(LineKind::Removed, &input.before[change.old]);
        push(LineKind::Added, &input.after[change.new]);
    }
    push(LineKind::Context, &input.before[at..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_can_be_read_off() {
        let (old, new) = ("let a_b = f(x, 1);\n", "let a_c = f(x, y, 1);\n");
        let parts = words(old.as_bytes(), new.as_bytes());
        let side = |other| -> String {
            parts.iter().filter(|part| part.kind != other).map(|part| part.text.as_str()).collect()
        };
        assert_eq!((side(LineKind::Added), side(LineKind::Removed)), (old.into(), new.into()));
        assert_eq!(parts.iter().filter(|part| part.kind == LineKind::Removed).count(), 1);
    }
}
