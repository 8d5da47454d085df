//! Declarations' first words: which are attributes in disguise, and which names followed by
//! parentheses are macros that declare something or nothing.

use super::{
    lexer::Token,
    mask::{Context, MacroUse, Masker, NONE},
    words,
};

/// Template arguments longer than this are taken for comparisons.
const LONGEST_ANGLE: usize = 400;

/// What has been seen of a declaration.
pub(super) struct Head {
    /// Its first token.
    start: usize,
    /// Words that are types, names or attributes.
    words: Vec<usize>,
    /// How many of them come before the first `*`.
    before_star: Option<usize>,
    /// Whether a keyword or tag has already said the type.
    typed: bool,
    /// Whether the name has a `::` in it.
    qualified: bool,
    /// Whether a name has come behind the type.
    named: bool,
    /// Where it is left: `;`, a parenthesis.
    end: usize,
}

impl Masker<'_> {
    /// Looks at the declaration that begins here.
    pub(super) fn item(&mut self, start: usize) {
        if self.cpp && self.context() == Context::Record && self.is_qt_section(start) {
            return;
        }
        let mut start = start;
        if words::looks_like_macro(self.word(start))
            && self.ends_line(start)
            && words::is_keyword(self.word(start + 1), self.cpp)
        {
            // `BEGIN_DECLS`, and then declarations.
            self.hide(start, start + 1);
            start += 1;
        }
        let mut head = Head {
            start,
            words: Vec::new(),
            before_star: None,
            typed: false,
            qualified: false,
            named: false,
            end: start,
        };
        let mut at = start;
        while let Some(next) = self.head_step(&mut head, at) {
            at = next;
        }
        head.end = at;
        if self.restart.is_none() {
            self.settle(&head);
        }
    }

    /// `signals:`, `public slots:`.
    fn is_qt_section(&mut self, at: usize) -> bool {
        let slots = usize::from(matches!(self.word(at), "public" | "private" | "protected"));
        let name = at + slots;
        let known = matches!(self.word(name), "slots" | "signals" | "Q_SLOTS" | "Q_SIGNALS");
        if !known || !self.is(name + 1, b':') {
            return false;
        }
        let to = if slots == 1 { name + 1 } else { name + 2 };
        self.blank_tokens(name, to);
        true
    }

    /// Takes one part of a declaration; where the next begins, if it is of interest.
    fn head_step(&mut self, head: &mut Head, at: usize) -> Option<usize> {
        match self.token(at)? {
            Token::Word => self.head_word(head, at),
            Token::Path => {
                head.qualified = true;
                Some(at + 1)
            }
            Token::Punct(b'*' | b'&') | Token::Operator => {
                if head.words.is_empty() && !head.typed {
                    return None;
                }
                head.before_star.get_or_insert(head.words.len());
                Some(at + 1)
            }
            Token::Punct(b'[') if self.is(at + 1, b'[') => {
                Some(self.pair[at]).filter(|&close| close != NONE).map(|close| close + 1)
            }
            Token::Punct(b'~') if self.is_name(at + 1) && self.is(at + 2, b'(') => {
                self.call_in_head(head, at + 1)
            }
            _ => None,
        }
    }

    fn head_word(&mut self, head: &mut Head, at: usize) -> Option<usize> {
        if self.gone[at] {
            return Some(at + 1);
        }
        let word = self.word(at);
        if words::is_annotation_call(word)
            && let Some(close) = self.close_of(at + 1)
        {
            self.hide(at, close + 1);
            return Some(close + 1);
        }
        if words::is_annotation(word) {
            self.hide_unless_name(head, at);
            return Some(at + 1);
        }
        if words::is_typeof(word) {
            head.typed = true;
            return self.type_of(at);
        }
        match word {
            "template" if self.cpp => return self.angle(at + 1),
            "extern" if self.token(at + 1) == Some(Token::Text) => {
                self.brace = (at + 2, Context::Top);
                return Some(at + 2);
            }
            "namespace" if self.cpp => {
                let brace = (at..self.tokens.len().min(at + 32)).find(|&n| self.is(n, b'{'));
                self.brace = (brace.unwrap_or(NONE), Context::Top);
                return None;
            }
            "struct" | "union" | "enum" => return self.tag(head, at),
            "class" if self.cpp => return self.tag(head, at),
            _ => {}
        }
        if words::is_specifier(word, self.cpp) {
            return Some(at + 1);
        }
        if words::is_type_word(word, self.cpp) {
            head.typed = true;
            return Some(at + 1);
        }
        if words::is_keyword(word, self.cpp) { None } else { self.head_name(head, at) }
    }

    /// An annotation that nothing but a `;` follows can be a name after all.
    fn hide_unless_name(&mut self, head: &mut Head, at: usize) {
        let named = matches!(self.token(at + 1), Some(Token::Punct(b';' | b'=' | b',' | b'[')));
        if named && head.typed && head.words.is_empty() && self.context() == Context::Record {
            head.words.push(at);
        } else {
            self.hide(at, at + 1);
        }
    }

    /// An ordinary word.
    fn head_name(&mut self, head: &mut Head, at: usize) -> Option<usize> {
        if self.is(at + 1, b'(') {
            return self.call_in_head(head, at);
        }
        let mut end = at + 1;
        loop {
            if self.cpp && self.is(end, b'<') {
                let Some(next) = self.angle(end) else { break };
                end = next;
            } else if self.token(end) == Some(Token::Path) {
                head.qualified = true;
                end += 1;
                if self.word(end).is_empty() {
                    return None;
                }
                if self.is(end + 1, b'(') {
                    return self.call_in_head(head, end);
                }
                end += 1;
            } else {
                break;
            }
        }
        let plain = |n: &usize| !words::looks_like_annotation(self.word(*n));
        head.named |= head.typed || head.before_star.is_some() || head.words.iter().any(plain);
        head.words.push(at);
        Some(end)
    }

    /// Behind the `>` of the `<` that is here.
    fn angle(&self, open: usize) -> Option<usize> {
        if !self.is(open, b'<') {
            return None;
        }
        let mut depth = 0usize;
        let mut at = open;
        while at < self.tokens.len().min(open + LONGEST_ANGLE) {
            match self.tokens[at].token {
                Token::Punct(b'<') => depth += 1,
                Token::Punct(b'>') => {
                    depth -= 1;
                    if depth == 0 {
                        return Some(at + 1);
                    }
                }
                Token::Punct(b'(' | b'[' | b'{') if self.pair[at] != NONE => at = self.pair[at],
                Token::Punct(b';' | b'}') => return None,
                _ => {}
            }
            at += 1;
        }
        None
    }

    /// `struct name`, with or without members to follow.
    fn tag(&mut self, head: &mut Head, at: usize) -> Option<usize> {
        let is_enum = self.word(at) == "enum";
        let mut end = at + 1;
        if is_enum && matches!(self.word(end), "class" | "struct") {
            end += 1;
        }
        let mut names = Vec::new();
        while let Some(next) = self.tag_step(&mut names, end) {
            end = next;
        }
        let members = if is_enum { Context::Enum } else { Context::Record };
        let brace = match self.token(end) {
            Some(Token::Punct(b'{')) => Some(end),
            Some(Token::Punct(b':')) if is_enum || self.cpp => {
                let until = self.tokens.len().min(end + LONGEST_ANGLE);
                let stop = (end..until)
                    .find(|&n| matches!(self.token(n), Some(Token::Punct(b'{' | b';' | b'='))));
                stop.filter(|&n| self.is(n, b'{'))
            }
            _ => None,
        };
        head.typed = true;
        let Some(brace) = brace else {
            head.words.extend(names.into_iter().skip(1));
            return Some(end);
        };
        self.brace = (brace, members);
        names.pop();
        for name in names {
            if words::looks_like_annotation(self.word(name)) {
                self.hide(name, name + 1);
            }
        }
        None
    }

    fn tag_step(&mut self, names: &mut Vec<usize>, at: usize) -> Option<usize> {
        let word = self.word(at);
        if !word.is_empty() {
            let fits = words::is_annotation_call(word)
                || (names.is_empty() && words::looks_like_annotation(word));
            if let Some(close) = self.close_of(at + 1).filter(|_| fits) {
                self.hide(at, close + 1);
                return Some(close + 1);
            }
            if words::is_annotation(word) {
                self.hide(at, at + 1);
                return Some(at + 1);
            }
            if word == "final" {
                return Some(at + 1);
            }
            if words::is_keyword(word, self.cpp) || self.is(at + 1, b'(') {
                return None;
            }
            names.push(at);
            return Some(at + 1);
        }
        match self.token(at)? {
            Token::Path if !self.word(at + 1).is_empty() => Some(at + 2),
            Token::Punct(b'<') if self.cpp => self.angle(at),
            Token::Punct(b'[') if self.is(at + 1, b'[') => {
                Some(self.pair[at]).filter(|&close| close != NONE).map(|close| close + 1)
            }
            _ => None,
        }
    }

    /// A name with parentheses behind it: a function, or a macro.
    fn call_in_head(&mut self, head: &mut Head, at: usize) -> Option<usize> {
        let close = self.close_of(at + 1)?;
        let lone = head.words.is_empty()
            && !head.typed
            && !head.qualified
            && head.before_star.is_none()
            && !(at > 0 && self.is(at - 1, b'~'));
        if head.named && words::looks_like_annotation(self.word(at)) {
            // `int x GUARDED_BY(lock);`
            self.hide(at, close + 1);
            return Some(close + 1);
        }
        if !lone && self.is_pointer_macro(at, close) {
            // `int CALLBACK(name)(int)` becomes `int (*name)(int)`.
            let open = self.tokens[at + 1].span.start as usize;
            self.hide(at, at + 1);
            self.text[open - 1..=open].copy_from_slice(b"(*");
            return None;
        }
        let record = self.context() == Context::Record;
        let macro_like = words::looks_like_macro(self.word(at));
        if lone && record && self.cpp {
            let body = matches!(self.token(close + 1), Some(Token::Punct(b'{' | b':')));
            if macro_like && !body {
                return self.lone(head, at, close);
            }
        } else if lone {
            return self.lone(head, at, close);
        }
        head.words.push(at);
        self.behind_parameters(close + 1);
        None
    }

    /// A macro around a name, and then parameters: what it declares points to a function.
    fn is_pointer_macro(&self, at: usize, close: usize) -> bool {
        let (word, open) = (self.tokens[at].span, self.tokens[at + 1].span);
        words::looks_like_macro(self.word(at))
            && close == at + 3
            && self.is_name(at + 2)
            && self.is(close + 1, b'(')
            && word.end == open.start
    }

    /// A macro where a declaration could begin.
    fn lone(&mut self, head: &mut Head, at: usize, close: usize) -> Option<usize> {
        let next_line = self.ends_line(close);
        match self.token(close + 1) {
            None | Some(Token::Punct(b';' | b'}')) => self.invoke(head.start, at, close, None),
            Some(Token::Punct(b'{')) => {
                let body = self.tokens[close + 1].span.start;
                self.brace = (close + 1, Context::Body);
                self.invoke(head.start, at, close, Some(body));
            }
            Some(Token::Punct(b'=')) => self.initialised(at, close),
            Some(Token::Word | Token::Punct(b'*') | Token::Path) if !next_line => {
                head.typed = self.holds_type(at + 2, close);
                if head.typed {
                    let wrapped = (self.tokens[at + 2].span.start, self.tokens[at].span);
                    self.out.wrapped.push(wrapped);
                    self.hide(at, at + 2);
                    self.blank_tokens(close, close + 1);
                } else {
                    self.hide(at, close + 1);
                }
                return Some(close + 1);
            }
            Some(Token::Word | Token::Path) => {
                if let Some(brace) = self.old_parameters(at + 1, close) {
                    let body = self.tokens[brace].span.start;
                    self.brace = (brace, Context::Body);
                    self.hide(close + 1, brace);
                    self.invoke(head.start, at, close, Some(body));
                    return None;
                }
                self.invoke(head.start, at, close, None);
            }
            _ => {}
        }
        None
    }

    /// The brace of a function whose parameters are declared in the old style, if one follows.
    fn old_parameters(&self, open: usize, close: usize) -> Option<usize> {
        let arguments = self.arguments(open, close);
        if arguments.is_empty() || !arguments.iter().all(|it| it.0 + 1 == it.1) {
            return None;
        }
        let is_part = |token| {
            matches!(token, Token::Word | Token::Number)
                || matches!(token, Token::Punct(b'*' | b',' | b'[' | b']' | b';'))
        };
        let until = self.tokens.len().min(close + LONGEST_ANGLE);
        let brace = (close + 1..until).find(|&n| !self.token(n).is_some_and(is_part))?;
        (self.is(brace, b'{') && self.is(brace - 1, b';')).then_some(brace)
    }

    /// Whether tokens could be a type: words, stars, paths.
    fn holds_type(&self, from: usize, to: usize) -> bool {
        from < to
            && (from..to).all(|n| {
                matches!(
                    self.token(n),
                    Some(Token::Word | Token::Path | Token::Punct(b'*' | b'&' | b'<' | b'>'))
                )
            })
    }

    fn invoke(&mut self, start: usize, name: usize, close: usize, body: Option<u32>) {
        let end = close + 1 + usize::from(self.is(close + 1, b';'));
        self.blank_tokens(start, end);
        self.out.uses.push(MacroUse { start, name, close, body });
        self.restart = Some(end);
    }

    /// `DEFINE_PER_CPU(struct x, y) = ...` becomes `struct x  y = ...`.
    fn initialised(&mut self, at: usize, close: usize) {
        let definer = words::definer(self.word(at));
        let arguments = self.arguments(at + 1, close);
        let name = definer.map_or(0, |it| it.name);
        let ty = definer.and_then(|it| it.ty);
        let Some(&(name, name_end)) = arguments.get(name) else { return };
        let ty = ty.and_then(|it| arguments.get(it).copied());
        if name + 1 != name_end || !self.is_name(name) {
            return;
        }
        let span = self.tokens[at].span;
        self.hide(at, at + 2);
        for n in at + 2..=close {
            let kept = n == name || ty.is_some_and(|(from, to)| (from..to).contains(&n));
            if !kept {
                self.blank_tokens(n, n + 1);
            }
        }
        if ty.is_none() && span.end - span.start >= 3 {
            let start = span.start as usize;
            self.text[start..start + 3].copy_from_slice(b"int");
        }
    }

    /// The arguments between parentheses, as ranges of tokens.
    fn arguments(&self, open: usize, close: usize) -> Vec<(usize, usize)> {
        super::tokens::split_arguments(&self.tokens, open, close)
    }

    /// What stands between a function's parameters and its body or `;`.
    fn behind_parameters(&mut self, mut at: usize) {
        loop {
            match self.token(at) {
                Some(Token::Word) => {
                    let Some(next) = self.trailing_word(at) else { return };
                    at = next;
                }
                Some(Token::Punct(b'&') | Token::Operator) if self.cpp => at += 1,
                Some(Token::Arrow) if self.cpp => {
                    let until = self.tokens.len().min(at + LONGEST_ANGLE);
                    let stop = (at..until)
                        .find(|&n| matches!(self.token(n), Some(Token::Punct(b'{' | b';'))));
                    let Some(stop) = stop else { return };
                    at = stop;
                }
                Some(Token::Punct(b':')) if self.cpp => {
                    let Some(next) = self.behind_initialisers(at + 1) else { return };
                    at = next;
                }
                Some(Token::Punct(b'{')) => {
                    self.brace = (at, Context::Body);
                    return;
                }
                _ => return,
            }
        }
    }

    fn trailing_word(&mut self, at: usize) -> Option<usize> {
        let word = self.word(at);
        let close = self.close_of(at + 1);
        let is_asm = matches!(word, "asm" | "__asm__" | "__asm");
        let known = words::is_annotation_call(word) || words::is_annotation(word) || is_asm;
        if known || (words::looks_like_annotation(word) && !words::is_keyword(word, self.cpp)) {
            let end = close.map_or(at + 1, |close| close + 1);
            self.hide(at, end);
            return Some(end);
        }
        let is_suffix = matches!(
            word,
            "const" | "volatile" | "override" | "final" | "noexcept" | "throw" | "try" | "requires"
        );
        (self.cpp && is_suffix).then(|| close.map_or(at + 1, |close| close + 1))
    }

    /// Behind a constructor's `: a(1), b{2}`.
    fn behind_initialisers(&self, mut at: usize) -> Option<usize> {
        loop {
            while matches!(self.token(at), Some(Token::Word | Token::Path)) {
                at += 1;
            }
            if self.is(at, b'<') {
                at = self.angle(at)?;
                continue;
            }
            let opens = self.is(at, b'(') || self.is(at, b'{');
            let close = self.pair.get(at).copied().filter(|&it| opens && it != NONE)?;
            at = close + 1;
            if self.token(at) == Some(Token::Dots) {
                at += 1;
            }
            if !self.is(at, b',') {
                return Some(at);
            }
            at += 1;
        }
    }

    /// Blanks the words that are neither the type nor the name.
    fn settle(&mut self, head: &Head) {
        // `API int (name)(...)`: no word is the name.
        let unnamed = head.typed
            && self.is(head.end, b'(')
            && !head.words.contains(&(head.end.wrapping_sub(1)))
            && head.words.last().is_none_or(|last| last + 1 < head.end);
        if unnamed {
            for &word in &head.words {
                self.hide(word, word + 1);
            }
            return;
        }
        let (before, after) = match head.before_star {
            Some(star) => head.words.split_at(star.min(head.words.len())),
            None => match head.words.split_last() {
                Some((_, before)) => (before, &head.words[before.len()..]),
                None => return,
            },
        };
        if let Some((_, extra)) = after.split_last() {
            for &word in extra {
                self.hide(word, word + 1);
            }
        }
        let mut extra = before.to_vec();
        if !head.typed && !extra.is_empty() {
            let looks = |at: &usize| words::looks_like_annotation(self.word(*at));
            let plain = extra.iter().rposition(|at| !looks(at));
            let first = extra.iter().position(|at| !is_linkage(self.word(*at)));
            extra.remove(plain.or(first).unwrap_or(0));
        }
        for word in extra {
            self.hide(word, word + 1);
        }
    }
}

/// `FOO_API`, `EXTERN`: says who sees a function.
fn is_linkage(word: &str) -> bool {
    ["API", "EXPORT", "EXTERN", "PUBLIC", "PRIVATE", "STATIC", "INLINE", "IMPORT"]
        .iter()
        .any(|part| word.contains(part))
}
