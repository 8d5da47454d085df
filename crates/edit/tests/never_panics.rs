//! Whatever comes in: an answer or an error, and what is written is read back.

use std::borrow::Cow;

use coderoom_edit::{
    Action, DiffOptions, FileEdit, Format, MergeOptions, Modify, Outcome, ParseOptions, Part,
    Position, PositionEncoding, Range, Side, TextEdit, apply, apply_edits, clean_path, detect,
    diff, hunks, insert_lines, merge, parse, replace, replace_lines, uri_path, words,
};
use proptest::prelude::*;

const FORMATS: [Format; 4] =
    [Format::Unified, Format::Codex, Format::Blocks, Format::WorkspaceEdit];

/// Lines that mean something to one of the parsers, put together at random.
const PIECES: [&str; 44] = [
    "diff --git a/f b/f",
    "diff --git \"a/f b/f",
    "--- a/f",
    "+++ b/f",
    "--- /dev/null",
    "+++ /dev/null",
    "@@ -1,2 +1,2 @@",
    "@@ -1 +1 @@ fn",
    "@@",
    "@@ -0,0 +1 @@",
    "@@ -99,3 +1,0 @@",
    "@@ -18446744073709551615,18446744073709551615 +1 @@",
    " one",
    "-one",
    "+two",
    "+",
    "-",
    " ",
    "",
    "\\ No newline at end of file",
    "rename from f",
    "rename to g",
    "copy from f",
    "copy to g",
    "new file mode 100755",
    "deleted file mode 100644",
    "Binary files a/f and b/f differ",
    "*** Begin Patch",
    "*** End Patch",
    "*** Update File: f",
    "*** Add File: g",
    "*** Delete File: f",
    "*** Move to: h",
    "*** End of File",
    "@@ one",
    "<<<<<<< SEARCH",
    "=======",
    ">>>>>>> REPLACE",
    "```",
    "```f",
    "f",
    "one",
    "\"\\303\"",
    "-- ",
];

const TEXTS: [&[u8]; 6] =
    [b"", b"one\ntwo\nthree\n", b"one\r\ntwo\r\n", b"one", b"\xef\xbb\xbfone\n\xff\n", b"\n\n\n\n"];

fn input() -> impl Strategy<Value = Vec<u8>> {
    let lines = prop::collection::vec(prop::sample::select(&PIECES[..]), 0..24);
    prop_oneof![
        6 => lines.prop_map(|lines| lines.join("\n").into_bytes()),
        1 => any::<String>().prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..200),
    ]
}

/// Short texts over few bytes: everything repeats, and line endings are everywhere.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop::sample::select(&b"aab \t\r\n\n\xff"[..]);
    prop_oneof![
        prop::collection::vec(byte, 0..60),
        prop::collection::vec(any::<u8>(), 0..60),
        prop::sample::select(&TEXTS[..]).prop_map(<[u8]>::to_vec),
    ]
}

/// The lines of a text with their ends.
fn lines_of(text: &[u8]) -> Vec<Vec<u8>> {
    text.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn parsers_and_edits_answer(input in input(), text in text()) {
        let source = |path: &str| (path == "f").then(|| Cow::Borrowed(&text[..]));
        detect(&input);
        for format in FORMATS {
            if let Err(error) = apply(format, &input, &ParseOptions::default(), &source) {
                prop_assert!(!error.to_string().is_empty() && !error.code().is_empty());
            }
        }
    }

    #[test]
    fn a_diff_leads_from_one_text_to_the_other(old in text(), new in text(), context in 0..4usize) {
        let side = |bytes| Some(Side { path: "f", bytes, executable: false });
        let options = DiffOptions { context, text: true, ..DiffOptions::default() };
        let patch = diff(side(&old), side(&new), &options);
        let source = |path: &str| (path == "f").then(|| Cow::Borrowed(&old[..]));
        if old == new {
            prop_assert!(patch.is_empty());
        } else {
            let applied = apply(Format::Unified, &patch, &ParseOptions::default(), &source);
            let applied = applied.unwrap_or_else(|error| panic!("{error}"));
            let written = Outcome::Written { bytes: new.clone(), executable: None, copy_of: None };
            prop_assert_eq!(applied.files, [("f".to_owned(), written)]);
        }
        hunks(&old, &new, context);
        words(&old, &new);
    }

    #[test]
    fn a_merge_with_one_side_is_that_side(base in text(), ours in text(), theirs in text()) {
        let options = MergeOptions::default();
        prop_assert_eq!(merge(&base, &ours, &base, &options).text, ours.clone());
        prop_assert_eq!(merge(&base, &base, &ours, &options).text, ours.clone());
        prop_assert_eq!(merge(&base, &ours, &ours, &options).text, ours.clone());
        // By the lines themselves: the text of a part is for reading, and two bytes that are
        // not UTF-8 are read alike.
        let (our_lines, their_lines) = (lines_of(&ours), lines_of(&theirs));
        for conflict in merge(&base, &ours, &theirs, &options).conflicts {
            let of = |lines: &[Vec<u8>], part: &Part| -> Vec<Vec<u8>> {
                let first = part.first_line as usize - 1;
                lines[first..first + part.lines as usize].to_vec()
            };
            prop_assert!(of(&our_lines, &conflict.ours) != of(&their_lines, &conflict.theirs));
        }
    }

    #[test]
    fn replacements_answer(text in text(), old in "[ab \r\n\t]{0,6}", new in "[ab\r\n]{0,6}", all: bool) {
        if let Ok(done) = replace(&text, &old, &new, all) {
            prop_assert!(all || done.count == 1);
            prop_assert_eq!(done.lines.len() as u64, done.count);
        }
    }

    #[test]
    fn the_nearest_text_is_told(lines in prop::collection::vec("[ab \r\t]{0,4}", 0..6), change in any::<u8>()) {
        let text = lines.join("\n");
        let old = text.replacen(' ', if change % 2 == 0 { "\t" } else { "" }, usize::from(change) / 2);
        let _ = replace(text.as_bytes(), &old, "", false);
    }

    #[test]
    fn lines_and_positions_answer(text in text(), a in 0..9u32, b in 0..9u32, c in 0..9u32, new in "[ab\n]{0,4}") {
        let _ = insert_lines(&text, a.into(), &new);
        let _ = replace_lines(&text, a.into(), b.into(), &new, None);
        let (start, end) = (Position { line: a, character: b }, Position { line: c, character: b });
        let edit = TextEdit { range: Range { start, end }, new_text: new };
        for encoding in [PositionEncoding::Utf8, PositionEncoding::Utf16, PositionEncoding::Utf32] {
            let action = Action::Modify(Modify::TextEdits(vec![edit.clone(); 2], encoding));
            let edits = [FileEdit { path: "f".into(), action }];
            let _ = apply_edits(&edits, &|_| Some(Cow::Borrowed(&text[..])));
        }
    }

    #[test]
    fn paths_answer(path in any::<String>(), json in any::<String>()) {
        if let Ok(clean) = clean_path(&path) {
            prop_assert_eq!(clean_path(&clean).ok(), Some(clean));
        }
        let _ = uri_path(&format!("file://{path}"), "/root");
        let _ = parse(Format::WorkspaceEdit, json.as_bytes(), &ParseOptions::default());
    }
}
