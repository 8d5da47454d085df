//! Pairs brackets, also where some are missing.

use super::lexer::{T, Token};
use crate::Span;

/// Open brackets among which a closing one looks for its partner.
const NEAR: usize = 64;

const NEVER_CLOSED: &str = "this bracket is never closed";
const NEVER_OPENED: &str = "this bracket was never opened";

/// Gives every bracket its partner. Where a brace is never closed, an item at the beginning of a
/// line is taken to stand outside of all brackets, as people and formatters write it: so that code
/// that is being typed hides nothing of what follows.
pub(super) fn pair(tokens: &mut [Token], source: &[u8]) -> Vec<(Span, &'static str)> {
    let mut pairing = Pairing { tokens, source, open: Vec::new(), errors: Vec::new() };
    let whole = pairing.run(false);
    if !whole {
        pairing.run(true);
    }
    pairing.errors
}

struct Pairing<'t> {
    tokens: &'t mut [Token],
    source: &'t [u8],
    /// Opening brackets whose partner has not come.
    open: Vec<u32>,
    errors: Vec<(Span, &'static str)>,
}

impl Pairing<'_> {
    /// Pairs all; whether every brace was closed.
    fn run(&mut self, by_layout: bool) -> bool {
        self.errors.clear();
        for ix in 0..self.tokens.len() {
            let token = self.tokens[ix];
            if by_layout && !self.open.is_empty() && self.begins_item(token) {
                self.close_down_to(0, ix as u32);
            }
            match (token.kind, self.source.get(token.start as usize)) {
                (T::OpenParen | T::OpenBracket | T::OpenBrace, _) => self.open.push(ix as u32),
                (T::CloseParen | T::Other, Some(b')')) => {
                    self.close(ix, T::OpenParen, T::CloseParen);
                }
                (T::CloseBracket | T::Other, Some(b']')) => {
                    self.close(ix, T::OpenBracket, T::CloseBracket);
                }
                (T::CloseBrace | T::Other, Some(b'}')) => {
                    self.close(ix, T::OpenBrace, T::CloseBrace);
                }
                _ => {}
            }
        }
        let is_brace = |ix: &u32| self.tokens[*ix as usize].kind == T::OpenBrace;
        let whole = !self.open.iter().any(is_brace);
        self.close_down_to(0, self.tokens.len() as u32 - 1);
        whole
    }

    /// Pairs a closing bracket with the nearest open one of its kind; those opened since end there.
    fn close(&mut self, ix: usize, opening: T, closing: T) {
        let kind = |ix: &u32| self.tokens[*ix as usize].kind;
        let recent = self.open.len().saturating_sub(NEAR);
        let found = self.open[recent..].iter().rposition(|ix| kind(ix) == opening);
        let found = found.map(|found| recent + found);
        // A brace is a stronger sign of what belongs together than what is inside.
        let found = found.filter(|&found| {
            closing == T::CloseBrace || self.open[found..].iter().all(|ix| kind(ix) != T::OpenBrace)
        });
        let Some(found) = found else {
            self.tokens[ix].kind = T::Other;
            self.errors.push((self.tokens[ix].span(), NEVER_OPENED));
            return;
        };
        self.close_down_to(found + 1, ix as u32);
        if let Some(open) = self.open.pop() {
            self.tokens[open as usize].mate = ix as u32;
            self.tokens[ix].kind = closing;
            self.tokens[ix].mate = open;
        }
    }

    /// Ends the groups that were opened last, all but so many, at a token that is not their own.
    fn close_down_to(&mut self, keep: usize, end: u32) {
        for open in self.open.drain(keep..) {
            let token = &mut self.tokens[open as usize];
            token.mate = end;
            self.errors.push((token.span(), NEVER_CLOSED));
        }
    }

    /// Whether an item begins here, at the beginning of a line.
    fn begins_item(&self, token: Token) -> bool {
        let start = token.start as usize;
        let first = start == 0 || self.source[start - 1] == b'\n';
        first
            && matches!(
                token.kind,
                T::Fn
                    | T::Pub
                    | T::Struct
                    | T::Enum
                    | T::Trait
                    | T::Impl
                    | T::Mod
                    | T::Use
                    | T::Const
                    | T::Static
                    | T::Type
                    | T::Extern
                    | T::Unsafe
                    | T::Async
                    | T::Pound
            )
    }
}
