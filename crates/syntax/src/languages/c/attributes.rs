//! Macros that stand for attributes among the words of parameters and local declarations.

use super::{
    lexer::Token,
    mask::{Masker, NONE},
    words,
};

/// The words of a declaration up to what ends it.
#[derive(Default)]
struct Words {
    names: Vec<usize>,
    /// How many of them come before the first `*`.
    before_star: Option<usize>,
    /// Whether a keyword or tag says the type.
    typed: bool,
}

impl Masker<'_> {
    /// Blanks the words that a declaration has too many: `const char *UNUSED name`.
    pub(super) fn surplus(&mut self, start: usize) {
        let mut found = Words::default();
        let mut at = start;
        loop {
            match self.word_among(&mut found, at) {
                Some(next) if next > at => at = next,
                Some(_) => break,
                None => return,
            }
        }
        let needed = usize::from(!found.typed);
        match found.before_star {
            Some(star) => {
                let (before, after) = found.names.split_at(star);
                self.drop_surplus(before, needed);
                self.drop_surplus(after, 1);
            }
            None => self.drop_surplus(&found.names, needed + 1),
        }
    }

    /// Hides what looks like an attribute until so many words are left; the first and the last are
    /// the likeliest to be the type and the name.
    fn drop_surplus(&mut self, names: &[usize], needed: usize) {
        let surplus = names.len().saturating_sub(needed);
        if surplus == 0 {
            return;
        }
        let looks = |at: &&usize| words::looks_like_annotation(self.word(**at));
        let inner = names.len().min(1)..names.len().saturating_sub(1).max(names.len().min(1));
        let mut order: Vec<&usize> = names[inner].iter().filter(looks).collect();
        order.extend(names.last().filter(looks).filter(|_| names.len() > 1));
        order.extend(names.first().filter(looks));
        for at in order.into_iter().copied().take(surplus).collect::<Vec<_>>() {
            self.hide(at, at + 1);
        }
    }

    /// Takes one part; where the next begins, or the same place at the end. None: this is no such
    /// declaration.
    fn word_among(&mut self, found: &mut Words, at: usize) -> Option<usize> {
        match self.token(at)? {
            Token::Word if self.gone[at] => Some(at + 1),
            Token::Word => {
                let word = self.word(at);
                if words::is_specifier(word, self.cpp) {
                    return Some(at + 1);
                }
                if words::is_type_word(word, self.cpp) {
                    found.typed = true;
                    return Some(at + 1);
                }
                if matches!(word, "struct" | "union" | "enum") || (self.cpp && word == "class") {
                    found.typed = true;
                    return self.is_name(at + 1).then_some(at + 2);
                }
                if words::is_keyword(word, self.cpp) {
                    return None;
                }
                self.name_among(found, at)
            }
            Token::Punct(b'*' | b'&') => {
                let names = found.names.len();
                (names > 0 || found.typed).then_some(())?;
                found.before_star.get_or_insert(names);
                Some(at + 1)
            }
            Token::Punct(b',' | b')' | b';' | b'=' | b'[') => Some(at),
            _ => None,
        }
    }

    fn name_among(&mut self, found: &mut Words, at: usize) -> Option<usize> {
        let word = self.word(at);
        if self.is(at + 1, b'(') {
            let close = self.close_of(at + 1)?;
            let named = found.names.len() > usize::from(!found.typed)
                || found.before_star.is_some_and(|star| star < found.names.len());
            let attribute = words::looks_like_annotation(word) && (named || found.typed);
            if !attribute || self.pair[at + 1] == NONE {
                return None;
            }
            self.hide(at, close + 1);
            return Some(close + 1);
        }
        let mut end = at + 1;
        while self.token(end) == Some(Token::Path) && self.is_name(end + 1) {
            end += 2;
        }
        found.names.push(at);
        Some(end)
    }
}
