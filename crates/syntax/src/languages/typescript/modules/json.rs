//! Configuration files: JSON that may have comments and trailing commas.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use serde_json::Value;

use crate::Tree;

/// Files whose meaning is kept, each for as long as its text stays the same.
const MOST: usize = 512;
/// A larger file is no configuration.
const LARGEST: usize = 1 << 20;

thread_local! {
    static PARSED: RefCell<HashMap<String, (String, Rc<Value>)>> = RefCell::default();
}

/// What a file says; nothing if it is not there or not JSON. Parsed once for each of its texts.
pub(super) fn read(tree: &dyn Tree, path: &str) -> Option<Rc<Value>> {
    let text = tree.read(path)?;
    if text.len() > LARGEST {
        return None;
    }
    PARSED.with_borrow_mut(|parsed| {
        if let Some((known, value)) = parsed.get(path)
            && *known == text
        {
            return Some(Rc::clone(value));
        }
        let value = Rc::new(serde_json::from_str(&plain(&text)).ok()?);
        if parsed.len() >= MOST {
            parsed.clear();
        }
        parsed.insert(path.to_owned(), (text, Rc::clone(&value)));
        Some(value)
    })
}

/// The text without comments and without commas before a closing bracket.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.trim_start_matches('\u{feff}');
    while let Some(c) = rest.chars().next() {
        let skipped = if c == '"' {
            let end = end_of_string(rest);
            out.push_str(&rest[..end]);
            end
        } else if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some(inside) = rest.strip_prefix("/*") {
            inside.find("*/").map_or(rest.len(), |at| at + 4)
        } else {
            if matches!(c, '}' | ']') {
                let kept = out.trim_end();
                if kept.ends_with(',') {
                    out.truncate(kept.len() - 1);
                }
            }
            out.push(c);
            c.len_utf8()
        };
        rest = &rest[skipped..];
    }
    out
}

fn end_of_string(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            b'"' if !escaped => return at + 1,
            b'\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn comments_and_trailing_commas_go() {
        let text = "{ // one\n \"a\": \"//no\\\"\", /* two */ \"b\": [1, 2, ], }";
        let value: serde_json::Value = serde_json::from_str(&plain(text)).unwrap();
        assert_eq!(value, serde_json::json!({ "a": "//no\"", "b": [1, 2] }));
        assert_eq!(plain("/* open"), "");
        assert_eq!(plain("\"open"), "\"open");
    }
}
