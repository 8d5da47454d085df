//! Diagnostics: read, and compared with those of the base.

use std::collections::HashMap;

use coderoom_engine::RelPath;
use serde_json::Value;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It is wrong.
    Error,
    /// It is suspicious.
    Warning,
    /// Anything less.
    Hint,
}

/// One thing that a type checker says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file.
    pub path: RelPath,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// How bad.
    pub severity: Severity,
    /// The checker's own name for it; may be empty.
    pub code: String,
    /// In words.
    pub message: String,
    /// The line, trimmed.
    pub text: String,
}

/// What a column counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Units {
    /// Bytes.
    Utf8,
    /// What the protocol counts unless it is told otherwise.
    Utf16,
    /// Characters.
    Utf32,
}

impl Units {
    pub(super) fn of(encoding: Option<&str>) -> Units {
        match encoding {
            Some("utf-8") => Units::Utf8,
            Some("utf-32") => Units::Utf32,
            _ => Units::Utf16,
        }
    }

    /// Characters before a column.
    fn characters(self, line: &str, column: u64) -> u32 {
        let mut left = column;
        let mut count = 0;
        for character in line.chars() {
            let width = match self {
                Units::Utf8 => character.len_utf8(),
                Units::Utf16 => character.len_utf16(),
                Units::Utf32 => 1,
            };
            if left < width as u64 {
                break;
            }
            left -= width as u64;
            count += 1;
        }
        count
    }
}

/// Reads one file's diagnostics as the protocol has them.
pub(super) fn of_protocol(path: &RelPath, text: &str, items: &Value, units: Units) -> Vec<Finding> {
    let lines: Vec<&str> = text.lines().collect();
    let one = |item: &Value| {
        let start = &item["range"]["start"];
        let severity = match item["severity"].as_u64() {
            Some(2) => Severity::Warning,
            Some(3 | 4) => Severity::Hint,
            _ => Severity::Error,
        };
        let (line, column) = (start["line"].as_u64()?, start["character"].as_u64()?);
        let message = item["message"].as_str().or_else(|| item["message"]["value"].as_str());
        Some(finding(path, &lines, (line, column), units, severity, &item["code"], message?))
    };
    items.as_array().into_iter().flatten().filter_map(one).collect()
}

/// Reads one file's diagnostics as tsserver has them: counted from 1.
pub(super) fn of_tsserver(path: &RelPath, text: &str, items: &Value) -> Vec<Finding> {
    let lines: Vec<&str> = text.lines().collect();
    let one = |item: &Value| {
        let severity = match item["category"].as_str() {
            Some("error") => Severity::Error,
            Some("warning") => Severity::Warning,
            _ => Severity::Hint,
        };
        let (line, column) = (item["start"]["line"].as_u64()?, item["start"]["offset"].as_u64()?);
        let place = (line.checked_sub(1)?, column.checked_sub(1)?);
        let message = item["text"].as_str()?;
        Some(finding(path, &lines, place, Units::Utf16, severity, &item["code"], message))
    };
    items.as_array().into_iter().flatten().filter_map(one).collect()
}

fn finding(
    path: &RelPath,
    lines: &[&str],
    (line, column): (u64, u64),
    units: Units,
    severity: Severity,
    code: &Value,
    message: &str,
) -> Finding {
    let text = usize::try_from(line).ok().and_then(|line| lines.get(line)).copied().unwrap_or("");
    Finding {
        path: path.clone(),
        line: u32::try_from(line + 1).unwrap_or(u32::MAX),
        column: units.characters(text, column) + 1,
        severity,
        code: code.as_str().map_or_else(
            || code.as_i64().map(|code| code.to_string()).unwrap_or_default(),
            str::to_owned,
        ),
        message: message.trim().to_owned(),
        text: text.trim().to_owned(),
    }
}

/// Those of `now` that the base does not have: by file, code, message and the line's text, each as
/// often as it is there. What a deleted file had counts for a new one: it may have been moved.
pub(super) fn new_since(
    base: &[Finding],
    now: Vec<Finding>,
    is_new: &dyn Fn(&RelPath) -> bool,
    is_gone: &dyn Fn(&RelPath) -> bool,
) -> Vec<Finding> {
    type Key = (Option<RelPath>, String, String, String);
    let key = |it: &Finding, anywhere: bool| -> Key {
        let place = (!anywhere).then(|| it.path.clone());
        (place, it.code.clone(), it.message.clone(), it.text.clone())
    };
    let mut had: HashMap<Key, usize> = HashMap::new();
    for it in base {
        *had.entry(key(it, is_gone(&it.path))).or_default() += 1;
    }
    let mut fresh = Vec::new();
    for it in now {
        match had.get_mut(&key(&it, is_new(&it.path))) {
            Some(count) if *count > 0 => *count -= 1,
            _ => fresh.push(it),
        }
    }
    fresh
}

#[cfg(test)]
mod tests {
    use coderoom_engine::RelPath;
    use serde_json::json;

    use super::{Severity, Units, new_since, of_protocol};

    fn path(path: &str) -> RelPath {
        RelPath::new(path.as_bytes()).expect("a path")
    }

    #[test]
    fn columns_are_characters_whatever_the_server_counts() {
        let text = "x\né🚀 = 1\n";
        for (units, character) in [(Units::Utf8, 7), (Units::Utf16, 4), (Units::Utf32, 3)] {
            let items = json!([{"range": {"start": {"line": 1, "character": character}},
                                "message": "bad", "code": 7}]);
            let found = of_protocol(&path("a.py"), text, &items, units);
            assert_eq!((found[0].line, found[0].column), (2, 4), "{units:?}");
            assert_eq!((&found[0].code[..], &found[0].text[..]), ("7", "é🚀 = 1"));
            assert_eq!(found[0].severity, Severity::Error);
        }
    }

    #[test]
    fn what_was_there_is_not_new_and_a_second_one_is() {
        let at = |file: &str, line: u64| {
            let items = json!([{"range": {"start": {"line": line, "character": 0}},
                                "message": "bad", "code": "c"}]);
            of_protocol(&path(file), "same\nsame\nother\n", &items, Units::Utf8).remove(0)
        };
        let none = |_: &RelPath| false;
        let base = [at("a", 0)];
        assert!(new_since(&base, vec![at("a", 1)], &none, &none).is_empty());
        assert_eq!(new_since(&base, vec![at("a", 0), at("a", 1)], &none, &none).len(), 1);
        assert_eq!(new_since(&base, vec![at("a", 2)], &none, &none).len(), 1);
        assert_eq!(new_since(&base, vec![at("b", 0)], &none, &none).len(), 1);
        let moved = |it: &RelPath| *it == path("b");
        let gone = |it: &RelPath| *it == path("a");
        assert!(new_since(&base, vec![at("b", 0)], &moved, &gone).is_empty());
    }
}
