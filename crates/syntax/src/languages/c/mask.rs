//! Makes a text of the same length that the grammar can parse.
//!
//! A parser that does not preprocess is thrown off by macros: attributes in front of names, loops
//! without `for`, declarations without types, types among arguments. What does that is blanked (or
//! given the semicolon that the macro brings), byte for byte, so that every place in the tree is a
//! place in the source; and is handed on in [`Prepared`], so that no name is lost.

use super::{
    conditions::{self, Dropped},
    lexer::{Lexed, Lexeme, Line, Token, lex},
    words,
};
use crate::Span;

/// What the parser gets, and what was kept from it.
#[derive(Default)]
pub(super) struct Prepared {
    /// As long as the source.
    pub(super) text: String,
    /// The tokens that the parser gets, and those blanked one by one.
    pub(super) tokens: Vec<Lexeme>,
    /// Tokens of each dropped branch, and whether the branch is dead.
    pub(super) dropped: Vec<(Vec<Lexeme>, bool)>,
    pub(super) lines: Vec<Line>,
    pub(super) comments: Vec<Span>,
    /// Ranges of `tokens` that were blanked and hold names.
    pub(super) hidden: Vec<(usize, usize)>,
    /// Blanked uses of macros that stand where a declaration could, in the order of the text.
    pub(super) uses: Vec<MacroUse>,
    /// Where names begin that the parser takes for values and are types.
    pub(super) types: Vec<u32>,
    /// What stands in `typeof(...)`: where it begins, and its tokens.
    pub(super) typeofs: Vec<(u32, (usize, usize))>,
    /// Where types begin that are arguments of a blanked macro, and the macro's name.
    pub(super) wrapped: Vec<(u32, Span)>,
}

/// A use of a macro in the place of a declaration.
#[derive(Clone, Copy, Debug)]
pub(super) struct MacroUse {
    /// The first token of all, a `static` for instance.
    pub(super) start: usize,
    /// Its name.
    pub(super) name: usize,
    /// Its closing parenthesis; the opening one follows the name.
    pub(super) close: usize,
    /// Where the function body begins that follows it.
    pub(super) body: Option<u32>,
}

/// What the tokens here are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Context {
    /// Declarations of a file or namespace.
    Top,
    /// Members of a type.
    Record,
    /// Members of an enumeration.
    Enum,
    /// Initialisers.
    Data,
    /// Statements.
    Body,
    /// Parentheses or brackets.
    Group,
    /// Arguments of a call.
    Call,
}

/// An open bracket.
pub(super) struct Frame {
    pub(super) context: Context,
    /// Whether the statement around here has come past its `=` or `return`.
    pub(super) assigned: bool,
    /// Question marks that wait for their colon.
    asked: u32,
    /// Whether a statement follows the closing parenthesis.
    then: bool,
    /// For parentheses: whether they are part of an expression.
    value: bool,
}

pub(super) const NONE: usize = usize::MAX;

pub(super) struct Masker<'s> {
    pub(super) source: &'s str,
    pub(super) cpp: bool,
    pub(super) tokens: Vec<Lexeme>,
    /// The partner of each bracket, or [`NONE`].
    pub(super) pair: Vec<usize>,
    pub(super) gone: Vec<bool>,
    pub(super) text: Vec<u8>,
    pub(super) frames: Vec<Frame>,
    /// What the brace at this token opens.
    pub(super) brace: (usize, Context),
    /// Where another declaration begins, if all up to there has been blanked.
    pub(super) restart: Option<usize>,
    /// The parenthesis of a macro that is a loop's head.
    pub(super) head_of_loop: usize,
    pub(super) out: Prepared,
}

/// Prepares a file.
pub(super) fn prepare(source: &str, cpp: bool) -> Prepared {
    let Lexed { tokens, lines, comments } = lex(source);
    let lexed = Lexed { tokens, lines, comments };
    let parts = conditions::dropped(source, &lexed, cpp);
    let mut text = source.as_bytes().to_vec();
    for line in &lexed.lines {
        blank(&mut text, line.span);
    }
    for part in &parts {
        blank(&mut text, part.span);
    }
    let (tokens, dropped) = split(lexed.tokens, &parts);
    let pair = pairs(&tokens);
    let mut masker = Masker {
        source,
        cpp,
        gone: vec![false; tokens.len()],
        pair,
        tokens,
        text,
        frames: vec![Frame::new(Context::Top)],
        brace: (NONE, Context::Top),
        restart: None,
        head_of_loop: NONE,
        out: Prepared::default(),
    };
    masker.run();
    let Masker { text, tokens, mut out, .. } = masker;
    out.hidden.sort_unstable();
    out.types.sort_unstable();
    out.typeofs.sort_unstable_by_key(|it| it.0);
    out.wrapped.sort_unstable_by_key(|it| it.0);
    Prepared {
        // Only whole characters are blanked; if ever not, the parser gets the source as it is.
        text: String::from_utf8(text).unwrap_or_else(|_| source.to_owned()),
        tokens,
        dropped,
        lines: lexed.lines,
        comments: lexed.comments,
        ..out
    }
}

/// Overwrites with spaces; lines stay lines.
pub(super) fn blank(text: &mut [u8], span: Span) {
    for byte in &mut text[span.start as usize..span.end as usize] {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
}

fn split(tokens: Vec<Lexeme>, parts: &[Dropped]) -> (Vec<Lexeme>, Vec<(Vec<Lexeme>, bool)>) {
    if parts.is_empty() {
        return (tokens, Vec::new());
    }
    let mut kept = Vec::with_capacity(tokens.len());
    let mut dropped = Vec::with_capacity(parts.len());
    let mut at = 0;
    for part in parts {
        let (from, to) = (part.tokens.0.max(at), part.tokens.1.max(at));
        kept.extend_from_slice(&tokens[at..from]);
        dropped.push((tokens[from..to].to_vec(), part.dead));
        at = to;
    }
    kept.extend_from_slice(&tokens[at..]);
    (kept, dropped)
}

/// The partner of each bracket. A brace closes whatever is open inside it.
fn pairs(tokens: &[Lexeme]) -> Vec<usize> {
    let mut pair = vec![NONE; tokens.len()];
    let mut open: Vec<(usize, u8)> = Vec::new();
    let mut braces = 0usize;
    for (n, lexeme) in tokens.iter().enumerate() {
        match lexeme.token {
            Token::Punct(byte @ (b'(' | b'[' | b'{')) => {
                braces += usize::from(byte == b'{');
                open.push((n, byte));
            }
            Token::Punct(byte @ (b')' | b']')) => {
                let wanted = if byte == b')' { b'(' } else { b'[' };
                if let Some(&(at, _)) = open.last().filter(|(_, it)| *it == wanted) {
                    open.pop();
                    (pair[at], pair[n]) = (n, at);
                }
            }
            Token::Punct(b'}') if braces > 0 => {
                while let Some((at, byte)) = open.pop() {
                    if byte == b'{' {
                        braces -= 1;
                        (pair[at], pair[n]) = (n, at);
                        break;
                    }
                }
            }
            _ => {}
        }
    }
    pair
}

impl Frame {
    fn new(context: Context) -> Frame {
        Frame { context, assigned: false, asked: 0, then: false, value: false }
    }
}

impl Masker<'_> {
    fn run(&mut self) {
        let mut fresh = true;
        let mut at = 0;
        while at < self.tokens.len() {
            if fresh {
                match self.context() {
                    Context::Top | Context::Record => self.item(at),
                    Context::Body => self.statement(at),
                    _ => {}
                }
                if let Some(next) = self.restart.take() {
                    at = next;
                    continue;
                }
            }
            fresh = if self.gone[at] { fresh } else { self.step(at) };
            at += 1;
        }
    }

    pub(super) fn context(&self) -> Context {
        self.frames.last().map_or(Context::Top, |frame| frame.context)
    }

    pub(super) fn token(&self, at: usize) -> Option<Token> {
        self.tokens.get(at).map(|lexeme| lexeme.token)
    }

    pub(super) fn is(&self, at: usize, byte: u8) -> bool {
        self.token(at) == Some(Token::Punct(byte))
    }

    pub(super) fn word(&self, at: usize) -> &str {
        match self.tokens.get(at) {
            Some(Lexeme { token: Token::Word, span }) => {
                self.source.get(span.start as usize..span.end as usize).unwrap_or_default()
            }
            _ => "",
        }
    }

    /// A word that is no keyword.
    pub(super) fn is_name(&self, at: usize) -> bool {
        let word = self.word(at);
        !word.is_empty() && !words::is_keyword(word, self.cpp)
    }

    /// The closing parenthesis of one that opens here.
    pub(super) fn close_of(&self, open: usize) -> Option<usize> {
        let close = self.pair.get(open).copied().filter(|&it| it != NONE && it > open)?;
        self.is(open, b'(').then_some(close)
    }

    /// Whether a line ends between this token and the next.
    pub(super) fn ends_line(&self, at: usize) -> bool {
        let (Some(this), Some(next)) = (self.tokens.get(at), self.tokens.get(at + 1)) else {
            return true;
        };
        self.text[this.span.end as usize..next.span.start as usize].contains(&b'\n')
    }

    pub(super) fn blank_tokens(&mut self, from: usize, to: usize) {
        for n in from..to {
            self.gone[n] = true;
            blank(&mut self.text, self.tokens[n].span);
        }
    }

    /// Blanks tokens whose names are still to be found.
    pub(super) fn hide(&mut self, from: usize, to: usize) {
        self.blank_tokens(from, to);
        if self.word(from).starts_with("__attribute") {
            self.attribute_names(from, to);
        } else {
            self.out.hidden.push((from, to));
        }
    }

    /// Of `__attribute__((cleanup(f)))`, only what is given to an attribute is a name.
    fn attribute_names(&mut self, from: usize, to: usize) {
        for n in from + 3..to {
            let wanted = self.is(n, b'(') && matches!(self.word(n - 1), "cleanup" | "__cleanup__");
            if let Some(close) = self.close_of(n).filter(|&close| wanted && close < to) {
                self.out.hidden.push((n + 1, close));
            }
        }
    }

    /// Takes one token; whether a declaration or statement begins behind it.
    fn step(&mut self, at: usize) -> bool {
        match self.tokens[at].token {
            Token::Word => self.step_word(at),
            Token::Punct(b'{') => {
                let context = self.brace_at(at);
                self.frames.push(Frame::new(context));
                matches!(context, Context::Top | Context::Record | Context::Body)
            }
            Token::Punct(b'}') => self.close_brace(at),
            Token::Punct(b'(') => {
                let value = self.is_value();
                let call = value && at > 0 && self.is_name(at - 1);
                let mut frame = Frame::new(if call { Context::Call } else { Context::Group });
                frame.value = value;
                let before = at.checked_sub(1).map_or("", |before| self.word(before));
                frame.then = matches!(before, "if" | "for" | "while" | "switch" | "catch")
                    || self.head_of_loop == at;
                let parameters = !value && !frame.then;
                self.frames.push(frame);
                if self.context() == Context::Call {
                    self.argument(at + 1);
                } else if parameters {
                    self.surplus(at + 1);
                }
                false
            }
            Token::Punct(b'[') => {
                let value = self.is_value();
                self.frames.push(Frame { value, ..Frame::new(Context::Group) });
                false
            }
            Token::Punct(b')' | b']') => {
                let group = matches!(self.context(), Context::Group | Context::Call);
                group && self.frames.pop().is_some_and(|frame| frame.then)
            }
            Token::Text => {
                self.joined_text(at);
                false
            }
            token => self.step_sign(at, token),
        }
    }

    fn step_sign(&mut self, at: usize, token: Token) -> bool {
        let context = self.context();
        let statements = matches!(context, Context::Top | Context::Record | Context::Body);
        let before = at.checked_sub(1).map_or("", |before| self.word(before));
        let access =
            self.cpp && matches!(before, "public" | "private" | "protected" | "slots" | "signals");
        if token == Token::Punct(b',') {
            let value = self.frames.last().is_none_or(|frame| frame.value);
            match context {
                Context::Call => self.argument(at + 1),
                Context::Group if !value => self.surplus(at + 1),
                _ => {}
            }
        }
        if token == Token::Dots && context == Context::Body {
            self.case_range(at);
        }
        let Some(frame) = self.frames.last_mut() else { return false };
        match token {
            Token::Punct(b';') => {
                (frame.assigned, frame.asked) = (false, 0);
                statements
            }
            Token::Punct(b'=') => {
                frame.assigned = true;
                false
            }
            Token::Punct(b'?') => {
                frame.asked += 1;
                false
            }
            Token::Punct(b':') if frame.asked > 0 => {
                frame.asked -= 1;
                false
            }
            Token::Punct(b':') => match context {
                Context::Body => true,
                Context::Record => access,
                _ => false,
            },
            _ => false,
        }
    }

    /// `case 1 ... 5:`, which the grammar does not have.
    fn case_range(&mut self, at: usize) {
        let end = (at..self.tokens.len().min(at + 16)).find(|&n| self.is(n, b':'));
        let case = (at.saturating_sub(16)..at).any(|n| self.word(n) == "case");
        if let Some(end) = end.filter(|_| case) {
            self.hide(at, end);
        }
    }

    fn step_word(&mut self, at: usize) -> bool {
        let word = self.word(at);
        match word {
            "else" | "do" => return true,
            "return" => {
                if let Some(frame) = self.frames.last_mut() {
                    frame.assigned = true;
                }
                return false;
            }
            _ => {}
        }
        if words::is_typeof(word) {
            self.type_of(at);
        } else if self.cpp && word == "new" {
            self.new_array(at);
        } else if let Some(other) =
            words::stand_in(word).filter(|_| self.is(at + 1, b'(') && !self.is(at + 2, b')'))
        {
            // The grammar knows less of this word's syntax than of the other's.
            let span = self.tokens[at].span;
            blank(&mut self.text, span);
            let start = span.start as usize;
            self.text[start..start + other.len()].copy_from_slice(other.as_bytes());
        } else if words::is_annotation_call(word)
            && let Some(close) = self.close_of(at + 1)
        {
            self.hide(at, close + 1);
        } else if words::is_annotation(word) {
            // `int __used;` declares something of that name.
            let behind = at > 0 && matches!(self.token(at - 1), Some(Token::Punct(b')' | b']')));
            if behind || !self.is(at + 1, b';') || self.context() == Context::Body {
                self.hide(at, at + 1);
            }
        }
        false
    }

    /// Makes one name of `typeof(...)`.
    pub(super) fn type_of(&mut self, at: usize) -> Option<usize> {
        let close = self.close_of(at + 1)?;
        let span = Span { start: self.tokens[at].span.end, end: self.tokens[close].span.end };
        self.text[span.start as usize..span.end as usize].fill(b'_');
        self.gone[at..=close].fill(true);
        self.out.typeofs.push((self.tokens[at].span.start, (at + 2, close)));
        Some(close + 1)
    }

    fn close_brace(&mut self, at: usize) -> bool {
        let closed = loop {
            if self.frames.len() < 2 {
                return true;
            }
            let Some(frame) = self.frames.pop() else { return true };
            if !matches!(frame.context, Context::Group | Context::Call) {
                break frame.context;
            }
        };
        match closed {
            Context::Record | Context::Enum => {
                self.behind_record(at + 1);
                false
            }
            Context::Data => false,
            _ => {
                let context = self.context();
                let statements = matches!(context, Context::Top | Context::Record | Context::Body);
                if let Some(frame) = self.frames.last_mut().filter(|_| statements) {
                    (frame.assigned, frame.asked) = (false, 0);
                }
                statements
            }
        }
    }

    /// Whether what is in parentheses here is part of an expression, and not of a declaration.
    fn is_value(&self) -> bool {
        self.frames.last().is_some_and(|frame| match frame.context {
            Context::Body | Context::Data => true,
            Context::Top | Context::Record => frame.assigned,
            Context::Group | Context::Call => frame.value,
            Context::Enum => false,
        })
    }

    /// What a brace opens that no declaration has announced.
    fn brace_at(&self, at: usize) -> Context {
        if self.brace.0 == at {
            return self.brace.1;
        }
        let before = (0..at).rev().find(|&n| !self.gone[n]).unwrap_or(at);
        for tag in [Some(before), before.checked_sub(1)].into_iter().flatten() {
            match self.word(tag) {
                "struct" | "union" => return Context::Record,
                "class" if self.cpp => return Context::Record,
                "enum" => return Context::Enum,
                _ => {}
            }
        }
        let assigned = self.frames.last().is_some_and(|frame| frame.assigned);
        let context = self.context();
        match self.token(before) {
            Some(Token::Punct(b'=')) => Context::Data,
            Some(Token::Punct(b'(' | b']')) => Context::Body,
            Some(Token::Punct(b')')) => {
                let literal = match context {
                    Context::Data | Context::Group | Context::Call => true,
                    _ => assigned,
                };
                if literal && !self.is_lambda(before) { Context::Data } else { Context::Body }
            }
            _ => match context {
                Context::Top | Context::Record if assigned => Context::Data,
                Context::Data | Context::Enum => Context::Data,
                Context::Call if self.cpp => Context::Data,
                Context::Body if self.cpp && self.is_name(before) => Context::Data,
                _ => Context::Body,
            },
        }
    }

    /// Whether the parenthesis that closes here belongs to a lambda.
    fn is_lambda(&self, close: usize) -> bool {
        let open = self.pair[close];
        self.cpp && open != NONE && open > 0 && self.is(open - 1, b']')
    }
}
