//! A workspace that is a list, and short ways to look at what an edit made of it.
#![allow(dead_code, reason = "each test takes what it needs")]

use std::{borrow::Cow, collections::BTreeMap};

use coderoom_edit::{Applied, EditError, Format, Outcome, ParseOptions, apply};

/// A source of these texts.
pub(crate) fn files(list: &[(&str, &str)]) -> impl Fn(&str) -> Option<Cow<'static, [u8]>> + use<> {
    let files: BTreeMap<String, Vec<u8>> =
        list.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
    move |path| files.get(path).map(|text| Cow::Owned(text.clone()))
}

/// What an input makes of these files, or why not.
pub(crate) fn tried(
    format: Format,
    input: &str,
    list: &[(&str, &str)],
) -> Result<Applied, EditError> {
    apply(format, input.as_bytes(), &ParseOptions::default(), &files(list))
}

/// What an input makes of these files.
pub(crate) fn made(format: Format, input: &str, list: &[(&str, &str)]) -> Applied {
    tried(format, input, list).unwrap_or_else(|error| panic!("{error}\n{input}"))
}

/// The files that are written, as text.
pub(crate) fn written(applied: &Applied) -> Vec<(&str, &str)> {
    let mut list = Vec::new();
    for (path, outcome) in &applied.files {
        if let Outcome::Written { bytes, .. } = outcome {
            list.push((path.as_str(), std::str::from_utf8(bytes).expect("test")));
        }
    }
    list
}

/// The notes.
pub(crate) fn notes(applied: &Applied) -> Vec<String> {
    applied.notes.clone()
}
