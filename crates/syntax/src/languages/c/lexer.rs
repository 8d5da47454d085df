//! C's tokens and directives, as the preprocessor sees them: one pass over the bytes.

use crate::Span;

/// What a token is. Operators of several characters that nothing here asks for are `Operator`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Token {
    /// A name or keyword.
    Word,
    /// A number.
    Number,
    /// A string or character.
    Text,
    /// `->`.
    Arrow,
    /// `::`.
    Path,
    /// `##`.
    Paste,
    /// `...`.
    Dots,
    /// Any other operator of more than one character.
    Operator,
    /// One character.
    Punct(u8),
}

/// A token and where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Lexeme {
    pub(super) token: Token,
    pub(super) span: Span,
}

/// What a directive does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Directive {
    Define,
    Undef,
    Include,
    If,
    Ifdef,
    Ifndef,
    Elif,
    Else,
    Endif,
    Other,
}

/// A line that begins with `#`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) directive: Directive,
    /// All of it, without the line's end.
    pub(super) span: Span,
    /// Behind the directive's word.
    pub(super) rest: Span,
    /// How many tokens come before it.
    pub(super) tokens: usize,
}

/// A file in tokens. Directives are not among the tokens.
#[derive(Default)]
pub(super) struct Lexed {
    pub(super) tokens: Vec<Lexeme>,
    pub(super) lines: Vec<Line>,
    pub(super) comments: Vec<Span>,
}

/// Cuts a whole file.
pub(super) fn lex(source: &str) -> Lexed {
    let mut lexer = Lexer { bytes: source.as_bytes(), at: 0, end: source.len(), fresh: true };
    let mut out = Lexed { tokens: Vec::with_capacity(source.len() / 4), ..Lexed::default() };
    while let Some(start) = lexer.next_start(Some(&mut out.comments)) {
        if lexer.bytes[start] == b'#' && lexer.fresh {
            let line = lexer.directive(start, out.tokens.len());
            out.lines.push(line);
            continue;
        }
        lexer.fresh = false;
        let token = lexer.token();
        out.tokens.push(Lexeme { token, span: Span::new(start, lexer.at) });
    }
    out
}

/// Cuts a part of a file that holds no directives: a macro's body, a condition.
pub(super) fn lex_part(source: &str, part: Span) -> Vec<Lexeme> {
    let end = (part.end as usize).min(source.len());
    let mut lexer = Lexer { bytes: source.as_bytes(), at: part.start as usize, end, fresh: false };
    let mut tokens = Vec::new();
    while let Some(start) = lexer.next_start(None) {
        let token = lexer.token();
        tokens.push(Lexeme { token, span: Span::new(start, lexer.at) });
    }
    tokens
}

struct Lexer<'s> {
    bytes: &'s [u8],
    at: usize,
    end: usize,
    /// Whether nothing but space has been seen on this line.
    fresh: bool,
}

impl Lexer<'_> {
    fn byte(&self, at: usize) -> u8 {
        if at < self.end { self.bytes[at] } else { 0 }
    }

    /// Skips space and comments; where the next token begins.
    fn next_start(&mut self, mut comments: Option<&mut Vec<Span>>) -> Option<usize> {
        while self.at < self.end {
            match self.bytes[self.at] {
                b'\n' => {
                    self.fresh = true;
                    self.at += 1;
                }
                b' ' | b'\t' | b'\r' | 0x0b | 0x0c => self.at += 1,
                b'\\' if matches!(self.byte(self.at + 1), b'\n' | b'\r') => self.at += 2,
                b'/' if matches!(self.byte(self.at + 1), b'/' | b'*') => {
                    let start = self.at;
                    self.comment();
                    if let Some(comments) = comments.as_deref_mut() {
                        comments.push(Span::new(start, self.at));
                    }
                }
                _ => return Some(self.at),
            }
        }
        None
    }

    /// Skips the comment that begins here. A block comment leaves the line as fresh as it was.
    fn comment(&mut self) {
        let rest = &self.bytes[self.at + 2..self.end];
        if self.bytes[self.at + 1] == b'*' {
            let len = memchr::memmem::find(rest, b"*/").map_or(rest.len(), |found| found + 2);
            self.at += 2 + len;
            return;
        }
        let mut len = 0;
        loop {
            let found = memchr::memchr(b'\n', &rest[len..]);
            len = found.map_or(rest.len(), |found| len + found);
            let line = rest[..len].strip_suffix(b"\r").unwrap_or(&rest[..len]);
            if found.is_none() || !line.ends_with(b"\\") {
                break;
            }
            len += 1;
        }
        self.at += 2 + len;
    }

    /// Takes the token that begins here.
    fn token(&mut self) -> Token {
        let byte = self.bytes[self.at];
        match byte {
            b'"' | b'\'' => self.text(byte),
            b'0'..=b'9' => self.number(),
            b'.' if self.byte(self.at + 1).is_ascii_digit() => self.number(),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$' | 0x80.. => self.word(),
            _ => self.operator(byte),
        }
    }

    fn word(&mut self) -> Token {
        let start = self.at;
        while is_word(self.byte(self.at)) {
            self.at += 1;
        }
        let word = &self.bytes[start..self.at];
        match (word, self.byte(self.at)) {
            (b"R" | b"LR" | b"uR" | b"UR" | b"u8R", b'"') => self.raw_text(),
            (b"L" | b"u" | b"U" | b"u8", quote @ (b'"' | b'\'')) => self.text(quote),
            _ => Token::Word,
        }
    }

    fn text(&mut self, quote: u8) -> Token {
        self.at += 1;
        while self.at < self.end {
            match self.bytes[self.at] {
                b'\\' => self.at += 2,
                b'\n' => break,
                byte => {
                    self.at += 1;
                    if byte == quote {
                        break;
                    }
                }
            }
        }
        self.at = self.at.min(self.end);
        Token::Text
    }

    /// `R"x( ... )x"`, at the quote.
    fn raw_text(&mut self) -> Token {
        let rest = &self.bytes[self.at + 1..self.end];
        let delimiter = rest.iter().take(20).position(|&byte| byte == b'(');
        let Some(delimiter) = delimiter else { return self.text(b'"') };
        let mut close = vec![b')'];
        close.extend_from_slice(&rest[..delimiter]);
        close.push(b'"');
        let found = memchr::memmem::find(&rest[delimiter..], &close);
        let len = found.map_or(rest.len(), |found| delimiter + found + close.len());
        self.at += 1 + len;
        Token::Text
    }

    fn number(&mut self) -> Token {
        while self.at < self.end {
            let byte = self.bytes[self.at];
            let next = self.byte(self.at + 1);
            match byte {
                b'e' | b'E' | b'p' | b'P' if matches!(next, b'+' | b'-') => self.at += 2,
                b'\'' if next.is_ascii_alphanumeric() => self.at += 2,
                b'.' => self.at += 1,
                _ if is_word(byte) => self.at += 1,
                _ => break,
            }
        }
        self.at = self.at.min(self.end);
        Token::Number
    }

    fn operator(&mut self, byte: u8) -> Token {
        let next = self.byte(self.at + 1);
        let (token, len) = match (byte, next) {
            (b'-', b'>') => (Token::Arrow, 2),
            (b':', b':') => (Token::Path, 2),
            (b'#', b'#') => (Token::Paste, 2),
            (b'.', b'.') if self.byte(self.at + 2) == b'.' => (Token::Dots, 3),
            (b'<', b'<') if self.byte(self.at + 2) == b'=' => (Token::Operator, 3),
            (b'&', b'&') | (b'|', b'|') | (b'+', b'+') | (b'-', b'-') | (b'<', b'<') => {
                (Token::Operator, 2)
            }
            (b'=' | b'!' | b'<' | b'>' | b'+' | b'-' | b'*' | b'/', b'=') => (Token::Operator, 2),
            (b'%' | b'&' | b'|' | b'^', b'=') => (Token::Operator, 2),
            _ => (Token::Punct(byte), 1),
        };
        self.at += len;
        token
    }

    /// Takes the directive whose `#` is at `start`.
    fn directive(&mut self, start: usize, tokens: usize) -> Line {
        let mut at = start + 1;
        while matches!(self.byte(at), b' ' | b'\t') {
            at += 1;
        }
        let word = at;
        while is_word(self.byte(at)) {
            at += 1;
        }
        let directive = match &self.bytes[word..at] {
            b"define" => Directive::Define,
            b"undef" => Directive::Undef,
            b"include" | b"include_next" | b"import" => Directive::Include,
            b"if" => Directive::If,
            b"ifdef" => Directive::Ifdef,
            b"ifndef" => Directive::Ifndef,
            b"elif" | b"elifdef" | b"elifndef" => Directive::Elif,
            b"else" => Directive::Else,
            b"endif" => Directive::Endif,
            _ => Directive::Other,
        };
        self.at = at;
        self.line_end(directive == Directive::Define);
        let rest = Span::new(at, self.at);
        Line { directive, span: Span::new(start, self.at), rest, tokens }
    }

    /// Goes to the end of a directive's last line. A block comment can hide line ends.
    fn line_end(&mut self, strings: bool) {
        let mut quoted = false;
        while self.at < self.end {
            match self.bytes[self.at] {
                b'\n' => return,
                b'\\' if self.byte(self.at + 1) == b'\r' => self.at += 3,
                b'\\' => self.at += 2,
                b'"' if strings => {
                    quoted = !quoted;
                    self.at += 1;
                }
                b'/' if !quoted && matches!(self.byte(self.at + 1), b'/' | b'*') => self.comment(),
                _ => self.at += 1,
            }
        }
        self.at = self.end;
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::{Directive, Token, lex};

    #[test]
    fn directives_end_with_their_last_line() {
        let lexed = lex("#define A \\\n  b /* c\n d */ e\nf;\n  # if X\n\"a#b\" # no\n");
        let kinds: Vec<Directive> = lexed.lines.iter().map(|line| line.directive).collect();
        assert_eq!(kinds, [Directive::Define, Directive::If]);
        assert_eq!(lexed.lines[0].span.end, 28);
        assert_eq!(lexed.lines[1].tokens, 2);
        assert_eq!(lexed.tokens.len(), 5);
    }

    #[test]
    fn raw_strings_and_separators_are_one_token() {
        let lexed = lex("R\"x(a \" )x\" 1'000 1e-5 L'a' a->b");
        let kinds: Vec<Token> = lexed.tokens.iter().map(|lexeme| lexeme.token).collect();
        let expected = [Token::Text, Token::Number, Token::Number, Token::Text, Token::Word];
        assert_eq!(kinds[..5], expected);
        assert_eq!(kinds[5..], [Token::Arrow, Token::Word]);
    }
}
