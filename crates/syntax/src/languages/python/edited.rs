//! Whether an edit of a clean file leaves it clean, from the statements around it alone.
//!
//! A Python file is a sequence of statements, and so is the body of a class. If the file was clean,
//! `before` is A, C, B with C a run of whole statements of one block, and C' parses as such a run,
//! then A, C', B parses too. C is found by its first lines: a `def` or `class` line of a clean file
//! begins a statement, unless it stands in a string. A string over several lines begins and ends with
//! three quotes: if there are none in C and C', then C' is where C was, in such a string or not. Else
//! A must end outside of strings, and C outside of strings and brackets. Nothing is said of edits where
//! a line of C or C' leaves the block. What cannot be said costs the caller a parse of the whole file.

use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};

use super::{guard, strings};
use crate::{Budget, TextEdit};

/// Larger runs of statements are not worth it.
const MAX_RUN: usize = 16 << 10;

/// Whether `after` has no syntax errors, given that `before` has none. False: not known.
pub(super) fn stays_clean(before: &str, after: &str, edit: TextEdit) -> bool {
    let Some((start, indent)) = statement_before(before, edit.start as usize) else { return false };
    let Some(end) = statement_after(before, edit.old_end as usize, indent) else { return false };
    let after_end = after.len() - (before.len() - end);
    let (Some(run), Some(changed)) = (before.get(start..end), after.get(start..after_end)) else {
        return false;
    };
    let is_long = [run, changed].iter().any(|it| it.contains("\"\"\"") || it.contains("'''"));
    // A line that begins with `@` may be a decorator, or go on with a product in brackets.
    let at_sign = before[end..].trim_start_matches(' ').starts_with('@');
    is_run(run, indent)
        && is_run(changed, indent)
        && (!is_long || strings::ends_outside(&before[..start]))
        && (!is_long && !at_sign || strings::is_whole(run))
        && parses(changed, indent)
}

/// The nearest line before `at` that begins a definition, and how far it is indented. The edit must
/// not touch the line itself: what is above it may be a decorator.
fn statement_before(text: &str, at: usize) -> Option<(usize, usize)> {
    let mut end = text.as_bytes()[..at].iter().rposition(|&byte| byte == b'\n')?;
    loop {
        let start =
            text.as_bytes()[..end].iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let line = text.get(start..end)?;
        let indent = line.len() - line.trim_start_matches(' ').len();
        if begins_definition(&line[indent..]) {
            return Some((start, indent));
        }
        if start == 0 || at - start > MAX_RUN {
            return None;
        }
        end = start - 1;
    }
}

/// The first line at or after `at` that begins a definition no deeper than `indent`, or the end.
fn statement_after(text: &str, at: usize, indent: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut start = match at.checked_sub(1).map(|last| bytes[last]) {
        None | Some(b'\n') => at,
        _ => at + memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len() - at, |n| n + 1),
    };
    while start < bytes.len() {
        let end = start + memchr::memchr(b'\n', &bytes[start..]).unwrap_or(bytes.len() - start);
        let line = text.get(start..end)?;
        let own = line.len() - line.trim_start_matches(' ').len();
        let rest = &line[own..];
        if own <= indent && (begins_definition(rest) || rest.starts_with('@')) {
            return Some(start);
        }
        if own < indent && !rest.is_empty() && !rest.starts_with('#') {
            // The block ends in another way: `else`, a plain statement.
            return None;
        }
        if start - at.min(start) > MAX_RUN {
            return None;
        }
        start = (end + 1).min(bytes.len());
    }
    Some(bytes.len())
}

fn begins_definition(line: &str) -> bool {
    ["def ", "class ", "async def "].iter().any(|word| line.starts_with(word))
}

/// Whether a run of lines stays in its block whatever its lines mean.
fn is_run(run: &str, indent: usize) -> bool {
    let stays = |line: &str| {
        let rest = line.trim_start_matches(' ');
        rest.is_empty() || rest.starts_with('#') || line.len() - rest.len() >= indent
    };
    let whole_lines = run.is_empty() || run.ends_with('\n');
    whole_lines
        && run.len() <= MAX_RUN
        && !run.contains(['\t', '\r', '\u{c}'])
        && !run.contains("\\\n")
        && run.split('\n').all(stays)
}

fn parses(run: &str, indent: usize) -> bool {
    let is_clean = |text: &str| {
        let Some(longest) = guard::longest_chain(text, Budget::default().max_depth) else {
            return false;
        };
        let options = ParseOptions::from(Mode::Module);
        guard::with_stack(text, longest, || parse_unchecked(text, options).errors().is_empty())
    };
    if indent == 0 { is_clean(run) } else { is_clean(&format!("if 1:\n{run}")) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn errors(text: &str) -> usize {
        parse_unchecked(text, ParseOptions::from(Mode::Module)).errors().len()
    }

    const FILE: &str = "import os\n\n@cache\ndef first(a, b=(1, 2)):\n    x = [a,\n         b]\n    return x\n\n\nclass C(Base):\n    y = 1\n\n    def m(self):\n        if self.y:\n            return f'{self.y}'\n        return 2\n\n    @property\n    def n(self):\n        text = \"def no(\"\n        return text\n\n\ndef last():\n    pass\n";

    /// The same with strings over several lines, with definitions in them, and a line that begins with
    /// an `@` and is no decorator.
    const STRINGS: &str = r##"'''It's a file:

def no(x):
    return '

def neither():
'''

@cache
def first(a):
    """Says "a", it's
    so.
    """
    x = r'\d\'(' # """
    return f"{a['k']:>{x}} 'a"


class C:
    def m(self):
        '''Def.

    def f():
        '''
        return f'{self["k"]} it' '''s {'''

    @m
    def n(self):
        text = """
    def no(""" + '''
    @x
'''
        return (text
    @ 2)

    def o(self):
        return rf'''{self:"^9}'''


def last():
    pass
"##;

    #[test]
    fn an_edit_inside_a_function_is_judged_by_that_function() {
        assert_eq!(errors(FILE), 0);
        for (old, new, clean) in [
            ("return 2", "return 3", true),
            ("return x", "return (x", false),
            ("b]", "b, 7]", true),
            ("pass", "return [", false),
            ("        return text", "        return text.upper()", true),
            ("        return text", "  return text", false),
            ("        return 2", "        \"\"\"Says.\n        \"\"\"\n        return 2", true),
            ("        return 2", "        '''Says.\n        return 2", false),
            ("pass", "x = r'\\d'", true),
        ] {
            let after = FILE.replacen(old, new, 1);
            assert_eq!(
                stays_clean(FILE, &after, TextEdit::between(FILE.as_bytes(), after.as_bytes())),
                clean,
                "{old} -> {new}"
            );
            assert_eq!(errors(&after) == 0, clean);
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
            "async def g():",
            " ",
            "'''",
            "\"",
            "f'",
            "{",
            "}",
            "\n    @ x",
            "x",
        ];
        prop::sample::select(words.to_vec()).prop_map(str::to_owned)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn what_is_called_clean_is_clean(
            file in prop::sample::select(vec![FILE, STRINGS]),
            at in any::<prop::sample::Index>(),
            cut in prop_oneof![Just(0), 0..30usize],
            pieces in prop::collection::vec(piece(), 0..4),
        ) {
            let at = at.index(file.len());
            let end = (at + cut).min(file.len());
            let after = format!("{}{}{}", &file[..at], pieces.concat(), &file[end..]);
            prop_assert_eq!(errors(file), 0);
            if stays_clean(file, &after, TextEdit::between(file.as_bytes(), after.as_bytes())) {
                prop_assert_eq!(errors(&after), 0, "{}", after);
            }
        }
    }
}
