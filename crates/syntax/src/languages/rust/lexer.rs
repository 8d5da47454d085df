//! Bytes to tokens, with brackets paired.
//!
//! Comments and white space leave no tokens; doc comments are listed apart. Brackets that have no
//! partner are given one or dropped, so that whoever reads the tokens can rely on groups.

use super::brackets;
use crate::Span;

/// What a token is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum T {
    Ident,
    Lifetime,
    Text,
    Number,
    Char,
    OpenParen,
    CloseParen,
    OpenBracket,
    CloseBracket,
    OpenBrace,
    CloseBrace,
    Comma,
    Semi,
    Colon,
    PathSep,
    Dot,
    /// `..`, `...` and `..=`.
    Dots,
    Arrow,
    FatArrow,
    Eq,
    EqEq,
    NotEq,
    Lt,
    Gt,
    Bang,
    Question,
    Pound,
    At,
    Dollar,
    Amp,
    Pipe,
    Plus,
    Minus,
    Star,
    /// `/ % ^ ~`.
    Operator,
    Underscore,
    As,
    Async,
    Await,
    Break,
    Const,
    Continue,
    Crate,
    Dyn,
    Else,
    Enum,
    Extern,
    Fn,
    For,
    If,
    Impl,
    In,
    Let,
    Loop,
    Match,
    Mod,
    Move,
    Mut,
    Pub,
    Ref,
    Return,
    SelfValue,
    SelfType,
    Static,
    Struct,
    Super,
    Trait,
    /// `true` and `false`.
    Bool,
    Type,
    Unsafe,
    Use,
    Where,
    While,
    /// A character that no token begins with.
    Other,
    /// Behind the last token, or behind the end of the group that is being read.
    End,
}

/// A token.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: T,
    pub(super) start: u32,
    pub(super) end: u32,
    /// The index of the other bracket; for an opening one without it, of the token at which its
    /// group ends.
    pub(super) mate: u32,
}

impl Token {
    pub(super) fn span(self) -> Span {
        Span { start: self.start, end: self.end }
    }
}

/// A run of doc comments.
#[derive(Clone, Copy, Debug)]
pub(super) struct Doc {
    /// The token behind it.
    pub(super) before: u32,
    pub(super) span: Span,
}

/// A source in tokens.
pub(super) struct Tokens {
    /// Ended by a [`T::End`].
    pub(super) list: Vec<Token>,
    /// In the order of the text.
    pub(super) docs: Vec<Doc>,
    /// Brackets without a partner, and texts and comments without an end.
    pub(super) errors: Vec<(Span, &'static str)>,
}

/// Reads all tokens of a source.
pub(super) fn tokens(source: &str) -> Tokens {
    let mut lexer = Lexer {
        source,
        bytes: source.as_bytes(),
        at: 0,
        out: Tokens {
            list: Vec::with_capacity(source.len() / 4),
            docs: Vec::new(),
            errors: Vec::new(),
        },
    };
    lexer.run();
    lexer.out
}

struct Lexer<'s> {
    source: &'s str,
    bytes: &'s [u8],
    at: usize,
    out: Tokens,
}

impl Lexer<'_> {
    fn run(&mut self) {
        if self.source.starts_with('\u{feff}') {
            self.at = 3;
        }
        if self.bytes[self.at..].starts_with(b"#!") && !self.after_shebang().starts_with('[') {
            self.at = self.line_end(self.at);
        }
        while self.at < self.bytes.len() {
            self.step();
        }
        let end = self.out.list.len() as u32;
        let len = self.bytes.len() as u32;
        self.out.list.push(Token { kind: T::End, start: len, end: len, mate: end });
        let errors = brackets::pair(&mut self.out.list, self.bytes);
        self.out.errors.extend(errors);
    }

    fn after_shebang(&self) -> &str {
        self.source.get(self.at + 2..).unwrap_or_default().trim_start()
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn line_end(&self, from: usize) -> usize {
        memchr::memchr(b'\n', &self.bytes[from..]).map_or(self.bytes.len(), |n| from + n)
    }

    fn push(&mut self, kind: T, len: usize) {
        let start = self.at;
        self.at = (start + len).min(self.bytes.len());
        self.out.list.push(Token { kind, start: start as u32, end: self.at as u32, mate: 0 });
    }

    fn step(&mut self) {
        let byte = self.bytes[self.at];
        match byte {
            b' ' | b'\n' | b'\t' | b'\r' | 0x0b | 0x0c => self.at += 1,
            b'/' if self.peek(1) == b'/' => self.line_comment(),
            b'/' if self.peek(1) == b'*' => self.block_comment(),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.. => self.word(),
            b'0'..=b'9' => self.number(),
            b'"' => self.text(0),
            b'\'' => self.quote(),
            _ => {
                let (kind, len) = punctuation(byte, self.peek(1), self.peek(2));
                self.push(kind, len);
            }
        }
    }

    fn line_comment(&mut self) {
        let start = self.at;
        self.at = self.line_end(start);
        let is_doc =
            self.bytes[start..].starts_with(b"///") && !self.bytes[start..].starts_with(b"////");
        if is_doc {
            self.doc(start);
        }
    }

    fn block_comment(&mut self) {
        let start = self.at;
        self.at += 2;
        let mut depth = 1usize;
        while depth > 0 {
            let rest = &self.bytes[self.at..];
            let Some(next) = memchr::memchr2(b'*', b'/', rest) else {
                self.at = self.bytes.len();
                let span = Span::new(start, start + 2);
                self.out.errors.push((span, "this comment is never closed"));
                break;
            };
            match &rest[next..(next + 2).min(rest.len())] {
                b"*/" => {
                    depth -= 1;
                    self.at += next + 2;
                }
                b"/*" => {
                    depth += 1;
                    self.at += next + 2;
                }
                _ => self.at += next + 1,
            }
        }
        let is_doc = self.bytes[start..].starts_with(b"/**")
            && !matches!(self.bytes.get(start + 3), Some(b'*' | b'/'));
        if is_doc {
            self.doc(start);
        }
    }

    fn doc(&mut self, start: usize) {
        let end = self.bytes[..self.at].trim_ascii_end().len().max(start);
        let before = self.out.list.len() as u32;
        let span = Span::new(start, end);
        match self.out.docs.last_mut() {
            Some(last) if last.before == before => last.span.end = span.end,
            _ => self.out.docs.push(Doc { before, span }),
        }
    }

    fn word(&mut self) {
        let len = word_len(&self.source[self.at..]);
        if len == 0 {
            let len = self.source[self.at..].chars().next().map_or(1, char::len_utf8);
            self.push(T::Other, len);
            return;
        }
        let word = &self.bytes[self.at..self.at + len];
        match (word, self.peek(len)) {
            (b"r" | b"br" | b"cr", b'"' | b'#') if self.raw_text(len) => {}
            (b"b" | b"c", b'"') => self.text(1),
            (b"b", b'\'') => {
                let start = self.at;
                self.at += 1;
                self.quote();
                if let Some(last) = self.out.list.last_mut() {
                    last.start = start as u32;
                }
            }
            (b"r", b'#') => {
                // A raw identifier's name is what stands behind the mark.
                self.at += 2;
                let len = word_len(&self.source[self.at..]);
                if len > 0 {
                    self.push(T::Ident, len);
                }
            }
            _ => {
                let kind = keyword(word);
                self.push(kind, len);
            }
        }
    }

    /// `r#"..."#`, its prefix being `prefix` bytes long; false if it is none.
    fn raw_text(&mut self, prefix: usize) -> bool {
        let from = self.at + prefix;
        let marks = self.bytes[from..].iter().take_while(|&&byte| byte == b'#').count();
        if self.bytes.get(from + marks) != Some(&b'"') {
            return false;
        }
        let mut at = from + marks + 1;
        loop {
            let Some(quote) = memchr::memchr(b'"', &self.bytes[at..]) else {
                self.unended(self.bytes.len() - self.at);
                return true;
            };
            at += quote + 1;
            let rest = &self.bytes[at..];
            if rest.len() >= marks && rest[..marks].iter().all(|&byte| byte == b'#') {
                self.push(T::Text, at + marks - self.at);
                return true;
            }
        }
    }

    /// A text with escapes, behind a prefix of so many bytes.
    fn text(&mut self, prefix: usize) {
        let mut at = self.at + prefix + 1;
        loop {
            match memchr::memchr2(b'"', b'\\', &self.bytes[at.min(self.bytes.len())..]) {
                Some(next) if self.bytes[at + next] == b'"' => {
                    self.push(T::Text, at + next + 1 - self.at);
                    return;
                }
                Some(next) => at += next + 2,
                None => return self.unended(self.bytes.len() - self.at),
            }
        }
    }

    fn unended(&mut self, len: usize) {
        let span = Span::new(self.at, self.at + 1);
        self.out.errors.push((span, "this text is never closed"));
        self.push(T::Text, len);
    }

    /// A character, or a lifetime.
    fn quote(&mut self) {
        let rest = self.source.get(self.at + 1..).unwrap_or_default();
        let mut chars = rest.chars();
        match chars.next() {
            Some('\\') => {
                // The escaped character may be a quote itself.
                let end = rest.as_bytes().iter().skip(2).position(|&it| it == b'\'' || it == b'\n');
                match end {
                    Some(end) if rest.as_bytes()[end + 2] == b'\'' => self.push(T::Char, end + 4),
                    _ => self.push(T::Other, 1),
                }
            }
            Some(first) if chars.next() == Some('\'') => {
                self.push(T::Char, first.len_utf8() + 2);
            }
            _ => {
                let word = rest.strip_prefix("r#").map_or(0, |_| 2);
                match word_len(&rest[word..]) {
                    0 => self.push(T::Other, 1),
                    len => self.push(T::Lifetime, 1 + word + len),
                }
            }
        }
    }

    fn number(&mut self) {
        let mut len = 1;
        loop {
            let byte = self.peek(len);
            let goes_on = match byte {
                b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'_' => true,
                // `1.5`, but not `1..2` or `1.max(2)` or `x.0.1`.
                b'.' => {
                    let after = self.peek(len + 1);
                    let in_path = self.out.list.last().is_some_and(|last| last.kind == T::Dot);
                    let before = &self.bytes[self.at..self.at + len];
                    let member =
                        after.is_ascii_alphabetic() || matches!(after, b'_' | b'.' | 0x80..);
                    !in_path && !before.contains(&b'.') && !member
                }
                b'+' | b'-' => {
                    let digits = &self.bytes[self.at..self.at + len];
                    matches!(digits.last(), Some(b'e' | b'E'))
                        && !digits.starts_with(b"0x")
                        && self.peek(len + 1).is_ascii_digit()
                }
                _ => false,
            };
            if !goes_on {
                break;
            }
            len += 1;
        }
        self.push(T::Number, len);
    }
}

/// Bytes of the identifier that the text begins with.
fn word_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    let ascii = bytes.iter().take_while(|it| it.is_ascii_alphanumeric() || **it == b'_').count();
    if bytes.get(ascii).is_none_or(u8::is_ascii) {
        return ascii;
    }
    text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len())
}

fn punctuation(byte: u8, next: u8, third: u8) -> (T, usize) {
    match (byte, next, third) {
        (b':', b':', _) => (T::PathSep, 2),
        (b'-', b'>', _) => (T::Arrow, 2),
        (b'=', b'>', _) => (T::FatArrow, 2),
        (b'=', b'=', _) => (T::EqEq, 2),
        (b'!', b'=', _) => (T::NotEq, 2),
        (b'.', b'.', b'.' | b'=') => (T::Dots, 3),
        (b'.', b'.', _) => (T::Dots, 2),
        (b'(', ..) => (T::OpenParen, 1),
        (b')', ..) => (T::CloseParen, 1),
        (b'[', ..) => (T::OpenBracket, 1),
        (b']', ..) => (T::CloseBracket, 1),
        (b'{', ..) => (T::OpenBrace, 1),
        (b'}', ..) => (T::CloseBrace, 1),
        (b',', ..) => (T::Comma, 1),
        (b';', ..) => (T::Semi, 1),
        (b':', ..) => (T::Colon, 1),
        (b'.', ..) => (T::Dot, 1),
        (b'=', ..) => (T::Eq, 1),
        (b'<', ..) => (T::Lt, 1),
        (b'>', ..) => (T::Gt, 1),
        (b'!', ..) => (T::Bang, 1),
        (b'?', ..) => (T::Question, 1),
        (b'#', ..) => (T::Pound, 1),
        (b'@', ..) => (T::At, 1),
        (b'$', ..) => (T::Dollar, 1),
        (b'&', ..) => (T::Amp, 1),
        (b'|', ..) => (T::Pipe, 1),
        (b'+', ..) => (T::Plus, 1),
        (b'-', ..) => (T::Minus, 1),
        (b'*', ..) => (T::Star, 1),
        (b'/' | b'%' | b'^' | b'~', ..) => (T::Operator, 1),
        _ => (T::Other, 1),
    }
}

fn keyword(word: &[u8]) -> T {
    match word {
        b"_" => T::Underscore,
        b"as" => T::As,
        b"async" => T::Async,
        b"await" => T::Await,
        b"break" => T::Break,
        b"const" => T::Const,
        b"continue" => T::Continue,
        b"crate" => T::Crate,
        b"dyn" => T::Dyn,
        b"else" => T::Else,
        b"enum" => T::Enum,
        b"extern" => T::Extern,
        b"false" | b"true" => T::Bool,
        b"fn" => T::Fn,
        b"for" => T::For,
        b"if" => T::If,
        b"impl" => T::Impl,
        b"in" => T::In,
        b"let" => T::Let,
        b"loop" => T::Loop,
        b"match" => T::Match,
        b"mod" => T::Mod,
        b"move" => T::Move,
        b"mut" => T::Mut,
        b"pub" => T::Pub,
        b"ref" => T::Ref,
        b"return" => T::Return,
        b"self" => T::SelfValue,
        b"Self" => T::SelfType,
        b"static" => T::Static,
        b"struct" => T::Struct,
        b"super" => T::Super,
        b"trait" => T::Trait,
        b"type" => T::Type,
        b"unsafe" => T::Unsafe,
        b"use" => T::Use,
        b"where" => T::Where,
        b"while" => T::While,
        _ => T::Ident,
    }
}
