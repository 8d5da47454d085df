//! Facts can be taken out of any bytes, in any language, and packed and unpacked unchanged.

use coderoom_syntax::{Budget, Form, Language, Packed, Placed, extract, source_text};

/// Longer inputs are only slower.
const MAX_LEN: usize = 16 << 10;

/// The first line names the language (anything else stands for one of them), the rest is the file.
///
/// # Panics
/// If extraction panics, an index or span leads nowhere, an occurrence is not where its name is, or
/// packing loses something.
pub fn facts(data: &[u8]) {
    let Some(end) = data.iter().position(|&b| b == b'\n').filter(|_| data.len() <= MAX_LEN) else {
        return;
    };
    let (first, source) = (&data[..end], &data[end + 1..]);
    let named = std::str::from_utf8(first).ok().and_then(Language::named);
    let languages: Vec<Language> = Language::all().collect();
    let any = languages[first.iter().map(|&b| usize::from(b)).sum::<usize>() % languages.len()];
    let language = named.unwrap_or(any);
    let budget = Budget { max_depth: 200, ..Budget::default() };
    let facts = extract(language, source, &budget);
    assert!(facts.is_sound(), "{language:?}: an index leads nowhere");
    let text = source_text(source);
    for occurrence in &facts.occurrences {
        let span = facts.span(occurrence);
        let there = text.get(span.start as usize..span.end as usize);
        let name = facts.name(occurrence.name);
        assert_eq!(there, Some(name), "{language:?}: {occurrence:?} is not there");
        if let Form::Definition(ix) = occurrence.form {
            assert!((ix.0 as usize) < facts.symbols.len());
        }
    }
    for Placed { what, span } in facts.spans() {
        let inside = text.get(span.start as usize..span.end as usize);
        assert!(inside.is_some(), "{language:?}: {what} at {span:?} is no range of the text");
    }
    let packed = Packed::new(&facts);
    assert!(packed.unpack().is_ok_and(|again| again == facts), "{language:?}: packing lost facts");
}
