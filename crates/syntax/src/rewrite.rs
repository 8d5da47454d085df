//! Structural search and replace: ast-grep's patterns over the grammars of this crate.
//!
//! A pattern is code with holes: `$X` stands for one node, `$$$XS` for any number of them. The
//! matching is ast-grep's; here is only what it has to know of each language.

use std::{borrow::Cow, collections::BTreeSet, ops::Range};

use ast_grep_core::{
    AstGrep, Language as Grammar, Pattern, PatternError,
    matcher::PatternBuilder,
    replacer::TemplateFix,
    tree_sitter::{LanguageExt, StrDoc, TSLanguage},
};

use crate::{Language, extract::ended};

/// Larger files are not rewritten (generated tables, bundles).
const MAX_BYTES: usize = 4 << 20;

/// A pattern and what to put in the place of what it matches.
pub struct Rewriter {
    tongue: Tongue,
    pattern: Pattern,
    template: TemplateFix,
    /// Text that every match has.
    literal: String,
}

/// One replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// The bytes that go.
    pub range: Range<usize>,
    /// What comes.
    pub text: String,
}

/// Why there is no rewriting.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RewriteError {
    /// The pattern is no code.
    #[error(
        "the pattern is no {language} code: {why}; write one whole expression or statement, with \
         `$X` for any node and `$$$XS` for any number of them"
    )]
    Pattern {
        /// The language.
        language: &'static str,
        /// What is wrong.
        why: String,
    },
    /// The replacement speaks of a hole that the pattern does not have.
    #[error("the rewrite has {unknown}, and the pattern has {known}")]
    Unbound {
        /// The holes that are not there.
        unknown: String,
        /// Those that are.
        known: String,
    },
    /// The file is too large, or cannot be parsed.
    #[error("it cannot be parsed: {0}")]
    Unparsed(String),
}

/// A language as ast-grep wants to know it.
#[derive(Clone)]
struct Tongue {
    language: Language,
    grammar: TSLanguage,
}

impl Tongue {
    fn of(language: Language) -> Tongue {
        let grammar = match language {
            Language::C => tree_sitter_c::LANGUAGE,
            Language::Cpp => tree_sitter_cpp::LANGUAGE,
            Language::Go => tree_sitter_go::LANGUAGE,
            Language::Java => tree_sitter_java::LANGUAGE,
            Language::Python => tree_sitter_python::LANGUAGE,
            Language::Rust => tree_sitter_rust::LANGUAGE,
            Language::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT,
            Language::Tsx => tree_sitter_typescript::LANGUAGE_TSX,
            Language::JavaScript => tree_sitter_javascript::LANGUAGE,
            Language::Bash => tree_sitter_bash::LANGUAGE,
            Language::CSharp => tree_sitter_c_sharp::LANGUAGE,
            Language::Kotlin => tree_sitter_kotlin_ng::LANGUAGE,
            Language::Lua => tree_sitter_lua::LANGUAGE,
            // Patterns do not begin with `<?php`.
            Language::Php => tree_sitter_php::LANGUAGE_PHP_ONLY,
            Language::Ruby => tree_sitter_ruby::LANGUAGE,
            Language::Scala => tree_sitter_scala::LANGUAGE,
        };
        Tongue { language, grammar: grammar.into() }
    }
}

impl Grammar for Tongue {
    /// Holes are written `$X`; where `$` is no letter of names, the parser sees another one.
    fn pre_process_pattern<'q>(&self, query: &'q str) -> Cow<'q, str> {
        match self.expando_char() {
            '$' => Cow::Borrowed(query),
            letter => Cow::Owned(with_letter(query, letter)),
        }
    }

    fn expando_char(&self) -> char {
        match self.language {
            Language::TypeScript
            | Language::Tsx
            | Language::JavaScript
            | Language::Java
            | Language::Lua
            | Language::Scala
            | Language::Bash => '$',
            // Their grammars take no `µ`.
            Language::C | Language::Cpp => '𐀀',
            _ => 'µ',
        }
    }

    fn kind_to_id(&self, kind: &str) -> u16 {
        self.grammar.id_for_node_kind(kind, true)
    }

    fn field_to_id(&self, field: &str) -> Option<u16> {
        self.grammar.field_id_for_name(field).map(|field| field.get())
    }

    fn build_pattern(&self, builder: &PatternBuilder<'_>) -> Result<Pattern, PatternError> {
        builder.build(|source| StrDoc::try_new(source, self.clone()))
    }
}

impl LanguageExt for Tongue {
    fn get_ts_language(&self) -> TSLanguage {
        self.grammar.clone()
    }
}

/// The pattern with another letter in place of the `$`s that begin holes.
fn with_letter(pattern: &str, letter: char) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut dollars = 0;
    let flush = |out: &mut String, dollars: usize, hole: bool| {
        out.extend(std::iter::repeat_n(if hole { letter } else { '$' }, dollars));
    };
    for c in pattern.chars() {
        if c == '$' {
            dollars += 1;
            continue;
        }
        flush(&mut out, dollars, matches!(c, 'A'..='Z' | '_') || dollars == 3);
        dollars = 0;
        out.push(c);
    }
    flush(&mut out, dollars, dollars == 3);
    out
}

impl Rewriter {
    /// Compiles a pattern and its replacement. Costs two small parses.
    ///
    /// # Errors
    /// If the pattern is no code of the language, or the replacement has holes of its own.
    pub fn new(language: Language, pattern: &str, rewrite: &str) -> Result<Rewriter, RewriteError> {
        let bad = |why: String| RewriteError::Pattern { language: language.plugin().name(), why };
        let tongue = Tongue::of(language);
        let pattern = ended(language, pattern);
        let compiled =
            Pattern::try_new(&pattern, tongue.clone()).map_err(|err| bad(err.to_string()))?;
        if compiled.has_error() {
            return Err(bad("it has a syntax error".into()));
        }
        let template =
            TemplateFix::try_new(rewrite, &tongue).map_err(|err| bad(err.to_string()))?;
        let known: BTreeSet<&str> = compiled.defined_vars().into_iter().collect();
        let used: BTreeSet<&str> = template.used_vars().into_iter().collect();
        let list = |names: Vec<&&str>| match names.is_empty() {
            true => "no names".to_owned(),
            false => names.iter().map(|name| format!("${name}")).collect::<Vec<_>>().join(", "),
        };
        let unknown: Vec<&&str> = used.difference(&known).collect();
        if !unknown.is_empty() {
            let known = list(known.iter().collect());
            return Err(RewriteError::Unbound { unknown: list(unknown), known });
        }
        let literal = compiled.fixed_string().into_owned();
        Ok(Rewriter { tongue, pattern: compiled, template, literal })
    }

    /// A text that every match has in it; may be empty.
    pub fn literal(&self) -> &str {
        &self.literal
    }

    /// Every match with its replacement, in the order of the text; of matches inside of others, the
    /// outermost alone. Costs a parse, unless the text lacks the literal.
    ///
    /// # Errors
    /// If the text is too large or cannot be parsed.
    pub fn replacements(&self, source: &str) -> Result<Vec<Replacement>, RewriteError> {
        if memchr::memmem::find(source.as_bytes(), self.literal.as_bytes()).is_none() {
            return Ok(Vec::new());
        }
        if source.len() > MAX_BYTES {
            let limit = MAX_BYTES >> 20;
            return Err(RewriteError::Unparsed(format!("it is over {limit} MiB")));
        }
        let text = ended(self.tongue.language, source);
        let doc = StrDoc::try_new(&text, self.tongue.clone()).map_err(RewriteError::Unparsed)?;
        let root = AstGrep::doc(doc);
        let mut found: Vec<Replacement> = Vec::new();
        for matched in root.root().find_all(&self.pattern) {
            let range = matched.range();
            if found.last().is_some_and(|last| range.start < last.range.end) {
                continue;
            }
            let edit = matched.make_edit(&self.pattern, &self.template);
            let end = source.len().min(edit.position + edit.deleted_length);
            let range = edit.position.min(end)..end;
            let text = String::from_utf8_lossy(&edit.inserted_text).into_owned();
            found.push(Replacement { range, text });
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::{RewriteError, Rewriter};
    use crate::Language;

    fn rewritten(language: Language, pattern: &str, rewrite: &str, source: &str) -> String {
        let rewriter = Rewriter::new(language, pattern, rewrite).expect("a pattern");
        let mut out = source.to_owned();
        for it in rewriter.replacements(source).expect("it parses").into_iter().rev() {
            out.replace_range(it.range, &it.text);
        }
        out
    }

    #[test]
    fn every_language_has_holes() {
        for language in Language::all() {
            let source = match language {
                Language::Ruby => "a = old(1, b)\n",
                Language::Go => "package p\nfunc f() { old(1, b) }\n",
                Language::C | Language::Cpp => "void f() { old(1, b); }\n",
                Language::Java | Language::CSharp => "class A { void f() { old(1, b); } }\n",
                Language::Rust | Language::Kotlin => "fn f() { old(1, b); }\n",
                Language::Php => "<?php\nold(1, b);\n",
                Language::Bash => "old 1 b\n",
                _ => "old(1, b)\n",
            };
            let source = match language {
                Language::Kotlin => source.replace("fn", "fun"),
                _ => source.to_owned(),
            };
            let (pattern, rewrite, now) = match language {
                Language::Bash => ("old $A $B", "new $B $A", source.replace("old 1 b", "new b 1")),
                _ => ("old($A, $B)", "new($B, $A)", source.replace("old(1, b)", "new(b, 1)")),
            };
            assert_eq!(rewritten(language, pattern, rewrite, &source), now, "{language:?}");
        }
    }

    #[test]
    fn structure_is_matched_and_no_text() {
        let source = "x = old( 1,\n  2 )  # old(3, 4)\ny = 'old(5, 6)'\nz = old(old(1), 2)\n";
        assert_eq!(
            rewritten(Language::Python, "old($$$ARGS)", "new($$$ARGS)", source),
            "x = new(1,\n  2)  # old(3, 4)\ny = 'old(5, 6)'\nz = new(old(1), 2)\n"
        );
        let same = "if a == a: pass\nif a == b: pass\n";
        let now = "if True: pass\nif a == b: pass\n";
        assert_eq!(rewritten(Language::Python, "$X == $X", "True", same), now);
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for (pattern, rewrite) in [("", "x"), ("a b c (", "x"), ("$$$A", "x")] {
            let refused = Rewriter::new(Language::Python, pattern, rewrite);
            assert!(matches!(refused, Err(RewriteError::Pattern { .. })), "{pattern}");
        }
        let refused = Rewriter::new(Language::Python, "f($X)", "g($X, $Y)").err();
        let words = refused.expect("refused").to_string();
        assert!(words.contains("$Y") && words.contains("$X"), "{words}");
    }
}
