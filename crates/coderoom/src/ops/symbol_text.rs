//! Where the text of an edit of a symbol goes, and how it is indented there: bytes in, bytes out.

use std::ops::Range;

use coderoom_edit::{Modify, Position, PositionEncoding, Range as TextRange, TextEdit};
use coderoom_engine::Language;

/// A symbol in its file's text.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) text: &'a str,
    pub(super) language: Language,
    /// First byte of all of it, doc comment and decorators included.
    pub(super) start: usize,
    /// Behind its last byte.
    pub(super) end: usize,
    /// Where its declaration ends.
    pub(super) header_end: usize,
    /// It is a value and no function or type: neighbours stand right beside it.
    pub(super) is_value: bool,
}

/// What is put in the place of which bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Splice {
    pub(super) range: Range<usize>,
    pub(super) text: String,
}

impl Place<'_> {
    /// Where the line that it begins on begins.
    fn line_start(&self) -> usize {
        self.text[..self.start].rfind('\n').map_or(0, |at| at + 1)
    }

    /// Behind the line that it ends on, its line end included.
    fn line_end(&self) -> usize {
        self.text[self.end..].find('\n').map_or(self.text.len(), |at| self.end + at + 1)
    }

    /// White space before it on its line.
    fn indent(&self) -> &str {
        let line = &self.text[self.line_start()..];
        &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
    }

    /// Behind it and the separator that belongs to it.
    fn end_with_separator(&self) -> usize {
        let rest = &self.text[self.end..];
        self.end + usize::from(rest.starts_with([';', ',']))
    }

    /// Whether nothing else stands on its lines.
    fn has_its_lines(&self) -> bool {
        let before = &self.text[self.line_start()..self.start];
        let after = &self.text[self.end_with_separator()..self.line_end()];
        before.trim().is_empty() && after.trim().is_empty()
    }

    /// What separates it from its neighbours.
    fn gap(&self) -> &'static str {
        match (self.is_value, self.language, self.indent()) {
            (true, ..) => "",
            (false, Language::Python, "") => "\n\n",
            (false, ..) => "\n",
        }
    }

    /// All of it is replaced.
    pub(super) fn replace(&self, new: &str) -> Splice {
        let new = indented(new, self.indent());
        // Its first line's indentation is there already.
        let new = new.trim_end().trim_start_matches([' ', '\t']).to_owned();
        Splice { range: self.start..self.end, text: new }
    }

    /// It is taken out, with the empty lines behind it.
    pub(super) fn delete(&self) -> Splice {
        if !self.has_its_lines() {
            return Splice { range: self.start..self.end, text: String::new() };
        }
        let mut end = self.line_end();
        while end < self.text.len() {
            let line = self.text[end..].split_inclusive('\n').next().unwrap_or_default();
            if !line.trim().is_empty() {
                break;
            }
            end += line.len();
        }
        let mut start = self.line_start();
        // At the end of a file, or of a block, the empty lines before it go.
        if end == self.text.len() || self.text[end..].trim_start().starts_with('}') {
            start = self.text[..start].trim_end().len();
            let kept = if self.text[start..].starts_with("\r\n") { 2 } else { 1 };
            start = if start == 0 { 0 } else { (start + kept).min(self.line_start()) };
        }
        Splice { range: start..end, text: String::new() }
    }

    /// Something new before it.
    pub(super) fn before(&self, new: &str) -> Splice {
        let at = self.line_start();
        let new = indented(new, self.indent());
        Splice { range: at..at, text: format!("{}\n{}", new.trim_end(), self.gap()) }
    }

    /// Something new behind it.
    pub(super) fn after(&self, new: &str) -> Splice {
        let at = self.line_end();
        let open = if self.text[..at].ends_with('\n') { "" } else { "\n" };
        let new = indented(new, self.indent());
        let text = format!("{open}{}{}\n", self.gap(), new.trim_end());
        Splice { range: at..at, text }
    }

    /// Its body is replaced; none if it has no body that is a block.
    pub(super) fn body(&self, new: &str) -> Option<Splice> {
        let region = &self.text[self.header_end..self.end];
        let indent = self.indent();
        match self.language {
            Language::Python => {
                let colon = self.header_end + region.find(':')? + 1;
                let (text, range) = self.block(new, colon, self.end);
                Some(Splice { range, text: text.trim_end().to_owned() })
            }
            Language::Ruby | Language::Lua => {
                let end = self.header_end + region.trim_end().strip_suffix("end")?.len();
                let first = self.header_end + region.find('\n')?;
                let (text, range) = self.block(new, first.min(end), end);
                Some(Splice { range, text: format!("{}\n{indent}", text.trim_end()) })
            }
            _ => {
                let open = self.header_end + region.find('{')? + 1;
                let inside = region.trim_end().trim_end_matches([';', ',', ')']).trim_end();
                let close = self.header_end + inside.strip_suffix('}')?.len();
                let range = open..close.max(open);
                if new.trim().is_empty() {
                    return Some(Splice { range, text: String::new() });
                }
                let (text, range) = self.block(new, range.start, range.end);
                Some(Splice { range, text: format!("{}\n{indent}", text.trim_end()) })
            }
        }
    }

    /// The block between two places as new lines, indented as the old ones are.
    fn block(&self, new: &str, start: usize, end: usize) -> (String, Range<usize>) {
        let old = &self.text[start..end];
        let own_lines = old.lines().skip(1).find(|line| !line.trim().is_empty());
        let deeper = format!("{}{}", self.indent(), unit(self.text));
        let indent = match own_lines {
            Some(line) => &line[..line.len() - line.trim_start_matches([' ', '\t']).len()],
            None => &deeper,
        };
        (format!("\n{}", indented(new.trim_matches('\n'), indent)), start..end)
    }
}

/// The text with each line at this indentation or deeper: as it is if it begins there already,
/// otherwise moved as a whole.
pub(super) fn indented(new: &str, indent: &str) -> String {
    let new = new.replace("\r\n", "\n");
    let lines = || new.lines().filter(|line| !line.trim().is_empty());
    let leading = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let first = lines().next().unwrap_or_default();
    if &first[..leading(first)] == indent {
        return new;
    }
    let common = lines().map(leading).min().unwrap_or(0);
    let one = |line: &str| match line.trim().is_empty() {
        true => String::new(),
        false => format!("{indent}{}", &line[common..]),
    };
    new.lines().map(one).collect::<Vec<_>>().join("\n")
}

/// One step of indentation in a file.
fn unit(text: &str) -> String {
    let leading =
        |line: &str| line[..line.len() - line.trim_start_matches([' ', '\t']).len()].to_owned();
    let steps = text.lines().filter(|line| !line.trim().is_empty()).map(leading);
    let steps = steps.filter(|step| step.starts_with('\t') || step.len() >= 2);
    match steps.min_by_key(String::len) {
        Some(step) if step.starts_with('\t') => "\t".to_owned(),
        Some(step) => step,
        None => "    ".to_owned(),
    }
}

/// Splices of one file as an edit; line ends are those of the file.
pub(super) fn modify(text: &str, splices: Vec<Splice>) -> Modify {
    let crlf = text.contains("\r\n");
    let position = |at: usize| {
        let before = &text.as_bytes()[..at];
        let line = memchr::memchr_iter(b'\n', before).count();
        let start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        Position { line: line as u32, character: (at - start) as u32 }
    };
    let edit = |splice: Splice| TextEdit {
        range: TextRange { start: position(splice.range.start), end: position(splice.range.end) },
        new_text: if crlf { splice.text.replace('\n', "\r\n") } else { splice.text },
    };
    Modify::TextEdits(splices.into_iter().map(edit).collect(), PositionEncoding::Utf8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place<'a>(text: &'a str, whole: &str, header: &str, language: Language) -> Place<'a> {
        let start = text.find(whole).expect("it is there");
        let header_end = text.find(header).expect("it is there") + header.len();
        Place { text, language, start, end: start + whole.len(), header_end, is_value: false }
    }

    fn spliced(text: &str, splice: &Splice) -> String {
        format!("{}{}{}", &text[..splice.range.start], splice.text, &text[splice.range.end..])
    }

    #[test]
    fn a_python_body_is_replaced_at_its_indentation() {
        let text = "class A:\n  def f(self):\n    return 1\n\n  def g(self): return 2\n";
        let f = place(text, "def f(self):\n    return 1", "f(self)", Language::Python);
        let splice = f.body("x = 1\nif x:\n  return x").expect("a body");
        assert_eq!(
            spliced(text, &splice),
            "class A:\n  def f(self):\n    x = 1\n    if x:\n      return x\n\n  def g(self): return 2\n"
        );
        let g = place(text, "def g(self): return 2", "g(self)", Language::Python);
        let splice = g.body("return 3\n").expect("a body");
        assert!(spliced(text, &splice).ends_with("  def g(self):\n    return 3\n"));
    }

    #[test]
    fn a_block_in_braces_keeps_them() {
        let text = "class A {\n  f() {\n    return 1\n  }\n}\nconst g = (x) => x\n";
        let f = place(text, "f() {\n    return 1\n  }", "f()", Language::TypeScript);
        let splice = f.body("return 2").expect("a body");
        assert_eq!(spliced(text, &splice), text.replace('1', "2"));
        let g = place(text, "g = (x) => x", "g = (x)", Language::TypeScript);
        assert_eq!(g.body("return 2"), None, "an expression is no block");
    }

    #[test]
    fn neighbours_are_set_apart_and_what_goes_leaves_no_hole() {
        let text = "def f():\n    pass\n\n\ndef g():\n    pass\n";
        let g = place(text, "def g():\n    pass", "g()", Language::Python);
        let new = "def h():\n    pass";
        let after = format!("{text}\n\n{new}\n");
        assert_eq!(spliced(text, &g.after(new)), after);
        let before = "def f():\n    pass\n\n\ndef h():\n    pass\n\n\ndef g():\n    pass\n";
        assert_eq!(spliced(text, &g.before(new)), before);
        assert_eq!(spliced(text, &g.delete()), "def f():\n    pass\n");
        let f = place(text, "def f():\n    pass", "f()", Language::Python);
        assert_eq!(spliced(text, &f.delete()), "def g():\n    pass\n");
    }

    #[test]
    fn text_is_moved_to_its_place_and_left_where_it_is_there() {
        assert_eq!(indented("a\n  b\n\nc", "    "), "    a\n      b\n\n    c");
        assert_eq!(indented("    a\nb", "    "), "    a\nb");
        assert_eq!(indented("  a\n    b", ""), "a\n  b");
    }
}
