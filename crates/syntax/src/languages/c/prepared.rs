//! Questions to a prepared file: which language it is, what stands before a place.

use super::{
    lexer::{Lexeme, Token},
    mask::Prepared,
};
use crate::Span;

/// Whether a file that was prepared as C is C++.
pub(super) fn is_cpp(source: &str, prepared: &Prepared) -> bool {
    let tokens = &prepared.tokens;
    let word = |n: usize| match tokens.get(n) {
        Some(Lexeme { token: Token::Word, span }) => {
            source.get(span.start as usize..span.end as usize).unwrap_or_default()
        }
        _ => "",
    };
    let is = |n: usize, byte: u8| tokens.get(n).is_some_and(|it| it.token == Token::Punct(byte));
    (0..tokens.len()).any(|n| match tokens[n].token {
        // `[[a::b]]` is C too.
        Token::Path => n > 1 && !word(n - 1).is_empty() && !is(n - 2, b'['),
        Token::Word => match word(n) {
            "template" => is(n + 1, b'<'),
            "namespace" => is(n + 1, b'{') || is(n + 2, b'{'),
            "class" => {
                let tagged = n > 0 && matches!(word(n - 1), "struct" | "union" | "enum");
                !tagged && !word(n + 1).is_empty() && (is(n + 2, b'{') || is(n + 2, b':'))
            }
            "public" | "private" | "protected" => {
                is(n + 1, b':') && tokens.get(n + 2).is_none_or(|it| it.token != Token::Number)
            }
            _ => false,
        },
        _ => false,
    })
}

impl Prepared {
    /// Where the attributes begin that were blanked in front of a place.
    pub(super) fn first_token(&self, at: u32) -> u32 {
        let mut first = self.tokens.partition_point(|it| it.span.start < at);
        while first > 0 {
            let Some(range) = self.hidden_at(first - 1) else { break };
            first = range;
        }
        self.tokens.get(first).map_or(at, |it| it.span.start.min(at))
    }

    /// The first token of the blanked stretch that ends with this one.
    fn hidden_at(&self, token: usize) -> Option<usize> {
        let n = self.hidden.partition_point(|(_, to)| *to <= token);
        let (from, to) = *self.hidden.get(n)?;
        (from <= token && token + 1 == to).then_some(from)
    }

    /// The comment, or run of line comments, that ends on the line above a place or on its line.
    pub(super) fn comment_before(&self, source: &str, at: u32) -> Span {
        let gap = |from: u32, to: u32| source.get(from as usize..to as usize).unwrap_or("x");
        let near = |text: &str| {
            text.bytes().all(|byte| byte.is_ascii_whitespace()) && text.matches('\n').count() <= 1
        };
        let mut n = self.comments.partition_point(|comment| comment.end <= at);
        let mut found = Span { start: at, end: at };
        let Some(last) = n.checked_sub(1).map(|n| self.comments[n]) else { return found };
        if !near(gap(last.end, at)) || self.follows_code(source, last) {
            return found;
        }
        found = last;
        let is_line = |span: Span| gap(span.start, span.end).starts_with("//");
        if !is_line(last) {
            return found;
        }
        n -= 1;
        while let Some(before) = n.checked_sub(1).map(|n| self.comments[n]) {
            let joined = is_line(before) && near(gap(before.end, found.start));
            if !joined || self.follows_code(source, before) {
                break;
            }
            found.start = before.start;
            n -= 1;
        }
        found
    }

    /// Whether a comment stands behind code on its line, and so speaks of that.
    fn follows_code(&self, source: &str, comment: Span) -> bool {
        let before = source.get(..comment.start as usize).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        !line.trim().is_empty()
    }
}
