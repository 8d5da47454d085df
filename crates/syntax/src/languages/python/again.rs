//! One function of a file read anew, for the facts of the file after an edit inside it.
//!
//! The rest of the file means what it did if the new function is one whole statement by itself: the
//! parser begins where a statement began, on the same indentation, and has to end without errors
//! exactly where what was left alone goes on.

use ruff_python_ast::{Mod, Stmt};
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};

use super::{guard, span, statements::Walk};
use crate::{Budget, Facts, ScopeIx, Span, TextEdit, splice::Splice};

/// What makes a name of a function seen elsewhere in ways that a walk remembers.
const FAR_REACHING: [&str; 2] = ["nonlocal", "__all__"];

pub(super) fn extract_after(
    before: &Facts,
    source: &str,
    edit: TextEdit,
    budget: &Budget,
) -> Option<Facts> {
    let splice = Splice::new(before, edit)?;
    let at = splice.span();
    let statement = source.get(at.start as usize..at.end as usize)?;
    let far = |word: &&str| memchr::memmem::find(statement.as_bytes(), word.as_bytes()).is_some();
    let far_before = memchr::memmem::find(source.as_bytes(), b"nonlocal").is_some();
    // Identifiers with other letters can be other spellings of the same.
    let had = splice.had(|name| name == "__all__" || !name.is_ascii());
    if FAR_REACHING.iter().any(far) || far_before || had {
        return None;
    }
    let plain = is_balanced(statement) && is_balanced(source);
    if !plain {
        guard::longest_chain(source, budget.max_depth)?;
    }
    let longest = guard::longest_chain(statement, budget.max_depth)?;
    guard::with_stack(statement, longest, || read_alone(source, &splice, budget))
}

/// The facts with those of the statement as it is now, if it is one function by itself.
fn read_alone(source: &str, splice: &Splice<'_>, budget: &Budget) -> Option<Facts> {
    let at = splice.span();
    let in_class = splice.scope() != ScopeIx(0);
    let text = alone(source, at, in_class)?;
    let parsed = parse_unchecked(&text, ParseOptions::from(Mode::Module));
    if !parsed.errors().is_empty() {
        return None;
    }
    let Mod::Module(module) = parsed.syntax() else { return None };
    let body = match (&*module.body, in_class) {
        ([Stmt::If(around)], true) if around.elif_else_clauses.is_empty() => &*around.body,
        (body, false) => body,
        _ => return None,
    };
    let [Stmt::FunctionDef(function)] = body else { return None };
    if span(function) != at {
        return None;
    }
    let mut walk = Walk::new(splice.builder(source), budget.max_depth);
    walk.at_depth(usize::from(in_class));
    walk.statements(body);
    splice.finish(walk.into_builder())
}

/// The text up to the end of the statement, with what is in front of it made a comment, and a
/// block to stand in where it is indented. `None` if something else is on its line.
fn alone(source: &str, at: Span, in_class: bool) -> Option<String> {
    let (start, end) = (at.start as usize, at.end as usize);
    let line = memchr::memrchr(b'\n', &source.as_bytes()[..start]).map_or(0, |n| n + 1);
    let indent = &source[line..start];
    if !indent.bytes().all(|byte| matches!(byte, b' ' | b'\t')) || indent.is_empty() == in_class {
        return None;
    }
    let mut text = String::with_capacity(end);
    if line > 0 {
        let opening = if in_class { "\nif 1:\n" } else { "\n" };
        text.push('#');
        text.extend(std::iter::repeat_n(' ', line.checked_sub(opening.len() + 1)?));
        text.push_str(opening);
    }
    text.push_str(&source[line..end]);
    Some(text)
}

/// Whether as many brackets are opened as closed, those in strings included.
fn is_balanced(text: &str) -> bool {
    let opened = |byte: u8| match byte {
        b'(' | b'[' | b'{' => 1i64,
        b')' | b']' | b'}' => -1,
        _ => 0,
    };
    text.bytes().map(opened).sum::<i64>() == 0
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use proptest::{prelude::*, test_runner::TestRunner};

    use super::*;
    use crate::{Language, extract, extract_after as after};

    const FILE: &str = "import os\nfrom . import a as b\n\n__all__ = ['first', 'C']\n\n@cache\n\
        def first(a, b=(1, 2)):\n    '''Says (so.'''\n    x = [a,\n         b]\n    return x\n\n\n\
        class C(Base):\n    y = 1\n\n    def m(self, k):\n        if isinstance(k, D):\n\
        \x20           k.z()\n            k = 2\n        self.w = first(k, b=self.y)\n\
        \x20       return f'{self.y}'\n\n    @property\n    def n(self):\n        global far\n\
        \x20       far = self.w.n\n        return lambda q: q.m(self)\n\n    z = m\n\n\
        if os:\n    def inner():\n        return C()\n\n\ndef last():\n    \"\"\"Doc.\"\"\"\n\
        \x20   for i in first(1, 2):\n        yield i.r  # done\n\n\nfar = [last() for _ in far]\n";

    fn facts(text: &str) -> Facts {
        extract(Language::Python, text.as_bytes(), &Budget::default())
    }

    /// Makes the edit twice, both ways; whether the short one could be gone.
    fn both(before: &str, new: &str) -> bool {
        let old = facts(before);
        let edit = TextEdit::between(before.as_bytes(), new.as_bytes());
        let spliced = after(Language::Python, &old, new.as_bytes(), edit, &Budget::default());
        let whole = facts(new);
        assert!(whole.is_sound());
        if let Some(spliced) = &spliced {
            assert!(*spliced == whole, "{new}\n{spliced:#?}\n{whole:#?}");
        }
        spliced.is_some()
    }

    #[test]
    fn an_edit_inside_a_function_is_read_alone() {
        assert!(facts(FILE).errors.is_empty());
        assert_eq!(facts(FILE).regions.len(), 4, "first, m, n and last");
        for (old, new, alone) in [
            ("return x", "return x.y(a)", true),
            ("Says (so.", "Says so: (x", true),
            ("self.w = ", "self.w = self.v = ", true),
            ("def m(self, k)", "def m2(self, k, l: 'C' = None)", true),
            ("def n(self)", "async def n(self)", true),
            ("    return x\n", "    return x\n\n    y = (1, 2)\n", true),
            ("         b]\n    return x\n", "         b]\n", true),
            ("yield i.r", "yield i.r.s\n\n    def more():\n        return 1", true),
            ("  # done", "  # done\n        yield 2", false),
            ("yield i.r  # done", "yield i.r\nx = 1", false),
            ("return x", "return (x", false),
            ("return C()", "return None", false),
            ("y = 1", "y = 2", false),
            ("far = self", "nonlocal far; far = self", false),
        ] {
            let text = FILE.replacen(old, new, 1);
            assert_eq!(both(FILE, &text), alone, "{old} -> {new}");
        }
    }

    fn piece() -> impl Strategy<Value = String> {
        let words = [
            "def f(",
            "):",
            "class D:",
            "\n",
            "\n    ",
            "\n        ",
            "x = 1",
            "return",
            "(",
            ")",
            "[",
            "]",
            "'",
            "\"\"\"",
            "#",
            "@dec",
            "else:",
            "if x:",
            ",",
            "\\",
            "\t",
            "a.b",
            " ",
            "async def g():",
            "self.q = x",
            "global far",
            "lambda k: k",
            "\n    pass",
            "é",
            "pass",
            "import a",
            "from a import *",
            ";",
            "yield x",
            "isinstance(x, C)",
            "x",
            "y1",
            "_",
            " # x",
            "\n\n",
            ".z",
            " or k",
        ];
        prop::sample::select(words.to_vec()).prop_map(str::to_owned)
    }

    /// Whatever is edited: facts made of the facts before are those of the whole text, and so are
    /// those made of them in turn; and that happens often enough to be seen.
    #[test]
    fn facts_are_those_of_the_whole_text() {
        let pieces = prop::collection::vec(piece(), 0..3);
        let edit = (0..FILE.len(), prop_oneof![3 => 0..3usize, 1 => 0..30usize], pieces);
        let edits = prop::collection::vec(edit, 1..6);
        let (tried, alone) = (Cell::new(0), Cell::new(0));
        let mut runner = TestRunner::new(ProptestConfig::with_cases(2000));
        let result = runner.run(&edits, |edits| {
            let mut text = FILE.to_owned();
            for (at, cut, pieces) in edits {
                let floor =
                    |at: usize| (0..=at.min(text.len())).rev().find(|n| text.is_char_boundary(*n));
                let start = floor(at).unwrap_or(0);
                let end = floor(start + cut).unwrap_or(start).max(start);
                let new = format!("{}{}{}", &text[..start], pieces.concat(), &text[end..]);
                tried.set(tried.get() + 1);
                alone.set(alone.get() + usize::from(both(&text, &new)));
                // What does not parse is nothing to go on from.
                if facts(&new).errors.is_empty() {
                    text = new;
                }
            }
            Ok(())
        });
        result.expect("the same facts");
        assert!(alone.get() * 20 > tried.get(), "{} of {}", alone.get(), tried.get());
    }
}
