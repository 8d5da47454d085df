//! Which branches of `#if` a parser is to see.
//!
//! A parser that knows no configuration wants all branches, so that nothing goes unseen, and cannot
//! have them where they are alternatives in the middle of a construct (`if (a) {` here, `if (b) {`
//! there). So branches that stand for themselves are all kept; of others the first is. What is left
//! out of the parse is still searched for names.

use super::lexer::{Directive, Lexed, Lexeme, Line, Token};
use crate::Span;

/// What is known of a condition without a configuration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Verdict {
    Always,
    Never,
    Maybe,
}

/// Tokens between two directives of one group.
struct Branch {
    verdict: Verdict,
    /// First token, first byte.
    from: (usize, u32),
    /// Brackets opened and not closed.
    net: i64,
    /// The deepest that it goes below where it began.
    lowest: i64,
    /// What it ends with.
    last: Option<Token>,
}

struct Group {
    branches: Vec<Branch>,
}

/// A stretch that the parser does not see.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dropped {
    /// Its tokens: from, to.
    pub(super) tokens: (usize, usize),
    /// Its bytes.
    pub(super) span: Span,
    /// Whether no configuration compiles it (`#if 0`).
    pub(super) dead: bool,
}

/// The stretches to leave out, in the order of the text; they do not overlap.
pub(super) fn dropped(source: &str, lexed: &Lexed, cpp: bool) -> Vec<Dropped> {
    let mut out = Vec::new();
    let mut groups: Vec<Group> = Vec::new();
    let mut at = 0;
    for line in &lexed.lines {
        if let Some(branch) = groups.last_mut().and_then(|group| group.branches.last_mut()) {
            branch.take(&lexed.tokens[at..line.tokens]);
        }
        at = line.tokens;
        let verdict = || verdict(source, line, cpp);
        match line.directive {
            Directive::If | Directive::Ifdef | Directive::Ifndef => {
                groups.push(Group { branches: vec![Branch::new(line, verdict())] });
            }
            Directive::Elif | Directive::Else => {
                if let Some(group) = groups.last_mut() {
                    let else_of = line.directive == Directive::Else;
                    let verdict = if else_of { Verdict::Maybe } else { verdict() };
                    group.branches.push(Branch::new(line, verdict));
                }
            }
            Directive::Endif => {
                if let Some(group) = groups.pop() {
                    let (net, lowest, last) = group.decide(line, &mut out);
                    let outer = groups.last_mut().and_then(|group| group.branches.last_mut());
                    if let Some(branch) = outer {
                        branch.lowest = branch.lowest.min(branch.net + lowest);
                        branch.net += net;
                        branch.last = last.or(branch.last);
                    }
                }
            }
            _ => {}
        }
    }
    merged(out)
}

/// Outer stretches swallow inner ones.
fn merged(mut parts: Vec<Dropped>) -> Vec<Dropped> {
    parts.sort_by_key(|part| (part.span.start, std::cmp::Reverse(part.span.end)));
    let mut end = 0;
    parts.retain(|part| {
        let inside = part.span.end <= end;
        end = end.max(part.span.end);
        !inside
    });
    parts
}

impl Branch {
    fn new(line: &Line, verdict: Verdict) -> Branch {
        let from = (line.tokens, line.span.end);
        Branch { verdict, from, net: 0, lowest: 0, last: None }
    }

    fn take(&mut self, tokens: &[Lexeme]) {
        for lexeme in tokens {
            match lexeme.token {
                Token::Punct(b'(' | b'[' | b'{') => self.net += 1,
                Token::Punct(b')' | b']' | b'}') => self.net -= 1,
                _ => {}
            }
            self.lowest = self.lowest.min(self.net);
        }
        self.last = tokens.last().map(|lexeme| lexeme.token).or(self.last);
    }

    fn balanced(&self) -> bool {
        self.net == 0 && self.lowest == 0
    }

    /// Whether another branch can follow it as if neither were conditional.
    fn stands_alone(&self) -> bool {
        let ends = matches!(self.last, None | Some(Token::Punct(b';' | b'}' | b',' | b':')));
        self.balanced() && ends
    }
}

impl Group {
    /// Adds what is left out; says what brackets and last token the rest has.
    fn decide(&self, end: &Line, out: &mut Vec<Dropped>) -> (i64, i64, Option<Token>) {
        let mut decided = false;
        let verdicts: Vec<Verdict> = self
            .branches
            .iter()
            .map(|branch| {
                let verdict = if decided { Verdict::Never } else { branch.verdict };
                decided |= branch.verdict == Verdict::Always;
                verdict
            })
            .collect();
        let possible = |n: &usize| verdicts[*n] != Verdict::Never;
        let all = (0..self.branches.len()).filter(possible).count() == 1
            || (0..self.branches.len()).filter(possible).all(|n| self.branches[n].stands_alone());
        let first = (0..self.branches.len()).find(possible);
        let (mut net, mut lowest, mut last) = (0, 0, None);
        for (n, branch) in self.branches.iter().enumerate() {
            if possible(&n) && (all || first == Some(n)) {
                lowest = lowest.min(net + branch.lowest);
                net += branch.net;
                last = branch.last.or(last);
                continue;
            }
            let next = self.branches.get(n + 1).map(|next| next.from);
            // A branch begins behind its directive; the one before it ends there too, which only
            // takes in the directive, and that is blanked anyway.
            let (token, byte) = next.unwrap_or((end.tokens, end.span.start));
            out.push(Dropped {
                tokens: (branch.from.0, token),
                span: Span { start: branch.from.1, end: byte },
                dead: verdicts[n] == Verdict::Never,
            });
        }
        (net, lowest, last)
    }
}

fn verdict(source: &str, line: &Line, cpp: bool) -> Verdict {
    let rest = source.get(line.rest.start as usize..line.rest.end as usize).unwrap_or_default();
    let text = rest.split("//").next().unwrap_or(rest).split("/*").next().unwrap_or(rest).trim();
    let known = |name: &str| match name {
        "__cplusplus" if cpp => Some(true),
        "__cplusplus" | "__ASSEMBLY__" | "__ASSEMBLER__" => Some(false),
        _ => None,
    };
    let value = match line.directive {
        Directive::Ifdef => known(text),
        Directive::Ifndef => known(text).map(|it| !it),
        _ => constant(text, &known),
    };
    match value {
        Some(true) => Verdict::Always,
        Some(false) => Verdict::Never,
        None => Verdict::Maybe,
    }
}

/// The value of `0`, `1`, `defined(X)` and `!defined X`.
fn constant(text: &str, known: &dyn Fn(&str) -> Option<bool>) -> Option<bool> {
    let bare = text.trim_start_matches(['!', ' ', '\t']);
    let negated = text[..text.len() - bare.len()].matches('!').count() % 2 == 1;
    let value = match bare {
        "0" | "(0)" | "false" => Some(false),
        "1" | "(1)" | "true" => Some(true),
        _ => {
            let name = bare.strip_prefix("defined").unwrap_or(bare).trim();
            known(name.strip_prefix('(').and_then(|it| it.strip_suffix(')')).unwrap_or(name).trim())
        }
    };
    value.map(|it| it != negated)
}

#[cfg(test)]
mod tests {
    use super::dropped;
    use crate::languages::c::lexer::lex;

    fn kept(source: &str) -> String {
        let lexed = lex(source);
        let parts = dropped(source, &lexed, false);
        let is_out = |n: usize| parts.iter().any(|it| (it.tokens.0..it.tokens.1).contains(&n));
        let words = lexed.tokens.iter().enumerate().filter(|(n, _)| !is_out(*n));
        words
            .map(|(_, it)| &source[it.span.start as usize..it.span.end as usize])
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn branches_that_stand_alone_are_all_kept() {
        assert_eq!(kept("#ifdef A\nint a;\n#else\nint b;\n#endif\n"), "int a ; int b ;");
        assert_eq!(kept("x = {\n#if A\n1,\n#elif B\n2,\n#endif\n};"), "x = { 1 , 2 , } ;");
    }

    #[test]
    fn of_alternatives_in_a_construct_the_first_is_kept() {
        let source = "#ifdef A\nif (a) {\n#else\nif (b) {\n#endif\n}";
        assert_eq!(kept(source), "if ( a ) { }");
        let source = "f(\n#ifdef A\na\n#else\nb\n#endif\n)";
        assert_eq!(kept(source), "f ( a )");
    }

    #[test]
    fn what_no_configuration_compiles_is_left_out() {
        assert_eq!(kept("#if 0\na;\n#else\nb;\n#endif"), "b ;");
        assert_eq!(kept("#ifdef __cplusplus\nextern \"C\" {\n#endif\nc;"), "c ;");
        assert_eq!(kept("#if 1\na;\n#if 0\nx;\n#endif\n#else\nb;\n#endif"), "a ;");
    }

    #[test]
    fn odd_groups_are_no_trouble() {
        assert_eq!(kept("#else\na\n#endif\n#endif\n#if X\nb"), "a b");
    }
}
