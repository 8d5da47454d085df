//! Pieces of text around nodes of the graph, cut so that a reader sees what matters.

use coderoom_engine::{NodeIx, NodeKind, NodePlace, RelPath, view_lines};

use super::shared::Grounds;

/// Lines of a declaration at most.
const MAX_SIGNATURE: u32 = 6;
/// Bytes of a line that stands for a place.
const MAX_LINE: usize = 200;

/// A range of lines of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// The first line, from 1.
    pub(super) first: u32,
    /// The last line.
    pub(super) last: u32,
    /// The lines, each with its end.
    pub(super) text: String,
}

/// Lines of a file as it is in the snapshot that is asked.
pub(super) fn lines(grounds: &Grounds<'_>, path: &str, first: u32, last: u32) -> Option<Piece> {
    let path = RelPath::new(path.as_bytes()).ok()?;
    let text = grounds.asked.located.snapshot.file(&path)?.text()?.clone();
    let range = view_lines(&text, u64::from(first.max(1)), u64::from(last));
    let mut text = String::from_utf8_lossy(&range.bytes).into_owned();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    Some(Piece { first: range.first as u32, last: range.last as u32, text })
}

/// The whole of a node.
pub(super) fn whole(grounds: &Grounds<'_>, place: &NodePlace) -> Option<Piece> {
    let last = if place.kind == NodeKind::File { u32::MAX } else { place.end_line };
    lines(grounds, &place.path, place.line, last)
}

/// The declaration of a node: up to the line that begins its body, six lines at most.
pub(super) fn signature(grounds: &Grounds<'_>, place: &NodePlace) -> Option<Piece> {
    let last = place.end_line.min(place.line + MAX_SIGNATURE - 1);
    let piece = lines(grounds, &place.path, place.line, last)?;
    Some(head(piece))
}

/// A piece up to the line that begins a body.
fn head(piece: Piece) -> Piece {
    let mut text = String::new();
    let mut last = piece.first;
    for (line, shown) in (piece.first..).zip(piece.text.split_inclusive('\n')) {
        text.push_str(shown);
        last = line;
        let plain = shown.trim();
        // Attributes and comments stand before a declaration.
        let before = plain.starts_with(['#', '@', '/', '*']);
        if !before && plain.ends_with([':', '{', ';', ')', '=']) {
            break;
        }
    }
    Piece { first: piece.first, last, text }
}

/// The lines around the first mention of a name inside a node: `around` before and after it, not
/// beyond the node. The declaration if it is not mentioned.
pub(super) fn site(
    grounds: &Grounds<'_>,
    place: &NodePlace,
    name: &str,
    around: u32,
) -> Option<Piece> {
    let piece = whole(grounds, place)?;
    let Some(line) = line_of(&piece, name) else { return signature(grounds, place) };
    let first = line.saturating_sub(around).max(piece.first);
    lines(grounds, &place.path, first, (line + around).min(piece.last))
}

/// The line of a node's first mention of a name, and what stands there; the node's first line if
/// there is none.
pub(super) fn mention(grounds: &Grounds<'_>, node: NodeIx, name: &str) -> Option<(u32, String)> {
    let place = grounds.code_graph.place_of(node)?;
    let piece = whole(grounds, &place)?;
    let line = line_of(&piece, name).unwrap_or(piece.first);
    let text = piece.text.lines().nth((line - piece.first) as usize).unwrap_or_default();
    Some((line, text.trim().chars().take(MAX_LINE).collect()))
}

/// The first line with a name as a word of its own.
fn line_of(piece: &Piece, name: &str) -> Option<u32> {
    if name.is_empty() {
        return None;
    }
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let names = |line: &str| {
        line.match_indices(name).any(|(at, _)| {
            let before = line[..at].chars().next_back().is_some_and(is_part);
            let after = line[at + name.len()..].chars().next().is_some_and(is_part);
            !before && !after
        })
    };
    (piece.first..).zip(piece.text.lines()).find(|(_, line)| names(line)).map(|(line, _)| line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(text: &str) -> Piece {
        Piece { first: 10, last: 10 + text.lines().count() as u32 - 1, text: text.into() }
    }

    /// A declaration ends where the body begins, also if it takes several lines.
    #[test]
    fn declarations_end_before_bodies() {
        let check = |text: &str, wanted: u32| assert_eq!(head(piece(text)).last, wanted, "{text}");
        check("def f(a):\n    return a\n", 10);
        check("def f(\n    a,\n    b,\n):\n    return a\n", 13);
        check("#[test]\nfn f() {\n    1\n}\n", 11);
        check("x\ny\n", 11);
    }

    /// Only whole words are mentions.
    #[test]
    fn mentions_are_whole_words() {
        let text = piece("resave()\nsaved = 1\na.save()\n");
        assert_eq!(line_of(&text, "save"), Some(12));
        assert_eq!(line_of(&text, "sav"), None);
        assert_eq!(line_of(&text, ""), None);
        assert_eq!(line_of(&piece("é save"), "save"), Some(10));
    }
}
