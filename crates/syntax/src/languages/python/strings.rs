//! Where strings and comments are, found without a lexer: a look at every quote and every `#`.

/// Whether `text`, the beginning of a clean file, ends outside of strings. False: not known.
pub(super) fn ends_outside(text: &str) -> bool {
    Code { text: text.as_bytes(), at: 0 }.all(|part| part.is_some())
}

/// Whether `text`, which begins outside of strings and brackets, ends outside of both. False: not
/// known.
pub(super) fn is_whole(text: &str) -> bool {
    let opened = |byte: &u8| match byte {
        b'(' | b'[' | b'{' => 1i64,
        b')' | b']' | b'}' => -1,
        _ => 0,
    };
    let of_part = |part: Option<&[u8]>| Some(part?.iter().map(opened).sum::<i64>());
    Code { text: text.as_bytes(), at: 0 }.map(of_part).sum::<Option<i64>>() == Some(0)
}

/// The parts of a text between its strings and comments. The last one is `None` if a string does not
/// end, or may end elsewhere.
struct Code<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Iterator for Code<'t> {
    type Item = Option<&'t [u8]>;

    fn next(&mut self) -> Option<Option<&'t [u8]>> {
        let (text, from) = (self.text, self.at);
        if from >= text.len() {
            return None;
        }
        let behind = |found: Option<usize>, start: usize| found.map_or(text.len(), |n| start + n);
        let until = behind(memchr::memchr3(b'"', b'\'', b'#', &text[from..]), from);
        let end = match text.get(until) {
            None => Some(until),
            Some(b'#') => Some(behind(memchr::memchr2(b'\n', b'\r', &text[until..]), until)),
            Some(_) => string_end(text, until),
        };
        self.at = end.unwrap_or(text.len());
        Some(end.map(|_| &text[from..until]))
    }
}

/// Behind the last quote of the string whose first one is at `start`.
fn string_end(text: &[u8], start: usize) -> Option<usize> {
    let quote = text[start];
    let quotes = if text[start..].starts_with(&[quote; 3]) { 3 } else { 1 };
    let begin = start + quotes;
    let mut at = begin;
    loop {
        let rest = text.get(at..)?;
        at += match quotes {
            1 => memchr::memchr3(quote, b'\\', b'\n', rest)?,
            _ => memchr::memchr2(quote, b'\\', rest)?,
        };
        match text[at] {
            b'\\' => at += 2,
            b'\n' => return None,
            _ if text[at..].starts_with(&[quote; 3][..quotes]) => break,
            _ => at += 1,
        }
    }
    let interpolates = matches!(
        text[..start],
        [.., b'f' | b'F' | b't' | b'T'] | [.., b'f' | b'F' | b't' | b'T', b'r' | b'R']
    );
    let ends = !interpolates || has_plain_fields(&text[begin..at], quote);
    ends.then_some(at + quotes)
}

/// Whether an f-string up to its first closing `quote` has no fields, or such in which there is nothing
/// that could be that quote: then it ends there. Strings of the other quote without braces are such.
fn has_plain_fields(content: &[u8], quote: u8) -> bool {
    let (mut open, mut at) = (false, 0);
    while let Some(&byte) = content.get(at) {
        at += 1;
        match byte {
            b'{' | b'}' if open == (byte == b'{') => return false,
            b'{' | b'}' => open = !open,
            b'#' if open => return false,
            b'"' | b'\'' if open => {
                let Some(len) = memchr::memchr(byte, &content[at..]) else { return false };
                let odd = |byte: &u8| matches!(byte, b'{' | b'}' | b'\\' | b'\n');
                let is_odd = content[at..at + len].iter().any(odd);
                at += len + 1;
                if byte == quote || is_odd || content.get(at) == Some(&byte) {
                    return false;
                }
            }
            _ => {}
        }
    }
    !open
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_and_comments_are_told_from_code() {
        for (text, outside) in [
            ("x = 'a' # it's\n", true),
            ("x = 'a\\'b' + \"'\"\n", true),
            ("\"\"\"Says \"so\", it's\n# no\n\"\"\"\n", true),
            ("x = r'\\'\n", false),
            ("\"\"\"Says\n", false),
            ("'''a\"\"\"b\n", false),
            ("# \"\"\"\nx = ''''a'''\n", true),
            ("f'{a} it' f's {b[\"k\"]}'\n", true),
            ("f'{a['\n", false),
            ("f\"{a[\"k\"]}\"\n", false),
            ("f\"\"\"{a # \"\"\"\n", false),
            ("rf'''{a:\"^9}'''\n", false),
            ("f'{{'\n", false),
            ("", true),
        ] {
            assert_eq!(ends_outside(text), outside, "{text}");
        }
    }

    #[test]
    fn brackets_in_strings_do_not_count() {
        for (text, whole) in [
            ("f(a, ')') # (\n", true),
            ("x = (a\n", false),
            ("x = (a + ')'\n", false),
            ("\"\"\"(\"\"\"\n", true),
        ] {
            assert_eq!(is_whole(text), whole, "{text}");
        }
    }
}
