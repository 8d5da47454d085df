//! The comments right above a declaration, found in the text: walking back through a tree's siblings
//! takes a pass over all of them for each step.

use crate::Span;

/// The block of `//` and `/* */` comments that ends on the line above `start`, or right before it;
/// empty (at `start`) if there is none. A comment behind code belongs to that code.
pub(crate) fn above(source: &str, start: usize) -> Span {
    let mut found: Option<Span> = None;
    let mut at = start;
    while let Some(comment) = last_comment(source, at) {
        at = comment.start as usize;
        found = Some(Span { start: comment.start, end: found.map_or(comment.end, |it| it.end) });
    }
    found.unwrap_or(Span::new(start, start))
}

/// The comment that ends right before `at`, with at most one line end between them.
fn last_comment(source: &str, at: usize) -> Option<Span> {
    let before = source.get(..at)?;
    let text = before.trim_end();
    if before[text.len()..].matches('\n').count() > 1 {
        return None;
    }
    let line_start = text.rfind('\n').map_or(0, |end| end + 1);
    let line = &text[line_start..];
    if line.trim_start().starts_with("//") {
        // A line comment runs to the end of its line, so nothing can follow it there.
        let follows = before[text.len()..].contains('\n');
        let start = line_start + line.len() - line.trim_start().len();
        return follows.then(|| Span::new(start, text.len()));
    }
    let start = text.strip_suffix("*/")?.rfind("/*")?;
    let line_start = text[..start].rfind('\n').map_or(0, |end| end + 1);
    text[line_start..start].trim().is_empty().then(|| Span::new(start, text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'s>(source: &'s str, declaration: &str) -> &'s str {
        let start = source.find(declaration).expect("is there");
        let span = above(source, start);
        &source[span.start as usize..span.end as usize]
    }

    #[test]
    fn a_block_right_above_is_the_doc() {
        assert_eq!(found("// a\n\n// b\n//  c\nfunc", "func"), "// b\n//  c");
        assert_eq!(found("x = 1 // no\nfunc", "func"), "");
        assert_eq!(found("/** a\n * b */\n  int x;", "int"), "/** a\n * b */");
        assert_eq!(found("int y; /* no */\nint x;", "int x"), "");
        assert_eq!(found("/* a */ int x;", "int"), "/* a */");
        assert_eq!(found("// a */\nint x;", "int"), "// a */");
        assert_eq!(found("int x;", "int"), "");
    }
}
