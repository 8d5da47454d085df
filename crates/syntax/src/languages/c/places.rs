//! Macros among statements and arguments, and attributes behind a type's members.

use super::{
    lexer::Token,
    mask::{Context, Masker, NONE},
    words,
};

impl Masker<'_> {
    /// Gives a macro that is a whole statement, or a loop's head, the semicolon that ends it.
    pub(super) fn statement(&mut self, at: usize) {
        if !self.is(at + 1, b'(') {
            self.surplus(at);
        }
        let alone = self.ends_line(at) && words::looks_like_macro(self.word(at));
        if alone && (!self.word(at + 1).is_empty() || self.is(at + 1, b'}')) {
            // A macro that is a statement by itself.
            let gap = self.tokens[at].span.end as usize;
            if self.text[gap].is_ascii_whitespace() {
                self.text[gap] = b';';
            }
            return;
        }
        let mut name = at;
        while words::is_specifier(self.word(name), self.cpp) {
            name += 1;
        }
        if name > at {
            self.specified(at, name);
            return;
        }
        if !self.is_name(at) {
            return;
        }
        let Some(close) = self.close_of(at + 1) else { return };
        let follows = match self.token(close + 1) {
            Some(Token::Word) => !matches!(self.word(close + 1), "and" | "or" | "xor" | "not_eq"),
            Some(Token::Punct(b'{' | b'}')) => true,
            Some(Token::Punct(b'(' | b'*')) => {
                self.ends_line(close) && self.word(at).contains("for_each")
            }
            _ => false,
        };
        let gap = self.tokens[close].span.end as usize;
        let next = self.tokens.get(close + 1).map_or(gap, |next| next.span.start as usize);
        if follows && gap < next && self.text[gap].is_ascii_whitespace() {
            self.text[gap] = b';';
            self.head_of_loop = at + 1;
        }
    }

    /// `static DEFINE_X(name, 1);` is a call once it is not `static`.
    fn specified(&mut self, from: usize, name: usize) {
        let macro_like = words::looks_like_macro(self.word(name));
        let close = self.close_of(name + 1).filter(|_| macro_like);
        if close.is_some_and(|close| self.is(close + 1, b';')) {
            self.blank_tokens(from, name);
        }
    }

    /// `NAME(x) "text"`: the parser knows strings side by side, and names, but no calls.
    pub(super) fn joined_text(&mut self, at: usize) {
        let before = at.checked_sub(1).map_or(NONE, |close| self.pair[close]);
        let call_before = before != NONE
            && before > 0
            && self.is(before, b'(')
            && self.is_name(before - 1)
            && matches!(self.context(), Context::Call | Context::Data | Context::Group);
        if call_before {
            self.hide(before - 1, at);
        }
        if self.cpp && self.is_name(at + 1) && self.token(at + 2) == Some(Token::Text) {
            self.hide(at + 1, at + 2);
        }
        let call_behind = self.is_name(at + 1) && !self.gone[at + 1];
        if let Some(close) = self.close_of(at + 2).filter(|_| call_behind) {
            self.hide(at + 1, close + 1);
        }
    }

    /// `new T *[n]` becomes `new T [n]`.
    pub(super) fn new_array(&mut self, at: usize) {
        let mut end = at + 1;
        while matches!(self.token(end), Some(Token::Path)) || self.is_name(end) {
            end += 1;
        }
        let stars = end;
        while self.is(end, b'*') {
            end += 1;
        }
        if self.is(end, b'[') {
            self.blank_tokens(stars, end);
        }
    }

    /// A type among arguments becomes a value: `f(struct x *, int)` is parsed as `f(x, 0)`.
    pub(super) fn argument(&mut self, start: usize) {
        if self.operand_missing(start) {
            return;
        }
        let mut name = start;
        while matches!(self.word(name), "const" | "volatile") {
            name += 1;
        }
        let is_tag = matches!(self.word(name), "struct" | "union" | "enum");
        let mut end;
        if is_tag {
            name += 1;
            end = name + 1;
            if !self.is_name(name) {
                return;
            }
        } else if words::is_type_word(self.word(name), self.cpp) {
            end = name + 1;
            while words::is_type_word(self.word(end), self.cpp) {
                end += 1;
            }
        } else if self.is_name(name) && self.is(name + 1, b'*') {
            end = name + 1;
        } else {
            return;
        }
        let stars = end;
        while self.is(end, b'*') || self.word(end) == "const" {
            end += 1;
        }
        let closed = matches!(self.token(end), Some(Token::Punct(b',' | b')')));
        if !closed {
            return;
        }
        if words::is_type_word(self.word(name), self.cpp) {
            let span = self.tokens[name].span;
            self.blank_tokens(start, end);
            self.text[span.start as usize] = b'0';
            return;
        }
        self.blank_tokens(start, name);
        self.blank_tokens(stars, end);
        self.out.types.push(self.tokens[name].span.start);
    }

    /// `f(, a)` and `f(a, ==, b)`: makes something of what only macros take.
    fn operand_missing(&mut self, at: usize) -> bool {
        let sign = |token| {
            matches!(
                token,
                Some(
                    Token::Operator | Token::Punct(b'<' | b'>' | b'+' | b'-' | b'|' | b'&' | b'=')
                )
            )
        };
        if self.is(at, b',') {
            self.blank_tokens(at, at + 1);
            return true;
        }
        if sign(self.token(at)) && matches!(self.token(at + 1), Some(Token::Punct(b',' | b')'))) {
            let start = self.tokens[at].span.start as usize;
            self.blank_tokens(at, at + 1);
            self.text[start] = b'0';
            return true;
        }
        false
    }

    /// `} __packed;`, `} __aligned(8) name;`.
    pub(super) fn behind_record(&mut self, mut at: usize) {
        let mut names: Vec<usize> = Vec::new();
        loop {
            let word = self.word(at);
            let known = words::is_annotation_call(word) || words::looks_like_annotation(word);
            if let Some(close) = self.close_of(at + 1).filter(|_| known) {
                self.hide(at, close + 1);
                at = close + 1;
            } else if words::is_annotation(word) {
                self.hide(at, at + 1);
                at += 1;
            } else if self.is_name(at) {
                names.push(at);
                at += 1;
            } else {
                break;
            }
        }
        names.pop();
        for name in names {
            if words::looks_like_annotation(self.word(name)) {
                self.hide(name, name + 1);
            }
        }
    }
}
