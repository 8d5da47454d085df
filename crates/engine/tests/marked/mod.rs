//! Sources with marks: `⟪name⟫` is what is asked about, `⟦name⟧` are all of its references.

use std::collections::BTreeSet;

use bytes::Bytes;
use coderoom_engine::{
    Ask, AskLimits, Body, Certainty, Code, CodeIndex, FileChange, RelPath, Role, Session, Shelf,
    Stamp, TextStore, Visibility,
};

/// A path, a line and a column, from 1.
type At = (String, u32, u32);

/// A file without its marks, and where these were: what is asked about and what should be found.
fn unmarked(path: &str, marked: &str) -> (String, Vec<At>, Vec<At>) {
    let (mut text, mut asked, mut expected) = (String::new(), Vec::new(), Vec::new());
    let (mut line, mut column) = (1, 1);
    for c in marked.chars() {
        match c {
            '⟪' => asked.push((path.to_owned(), line, column)),
            '⟦' => expected.push((path.to_owned(), line, column)),
            '⟫' | '⟧' => {}
            c => {
                text.push(c);
                (line, column) = if c == '\n' { (line + 1, 1) } else { (line, column + 1) };
            }
        }
    }
    (text, asked, expected)
}

fn at((path, line, column): &At) -> Ask {
    let path = RelPath::new(path.as_bytes()).expect("a clean path");
    Ask::At { path, line: *line, column: Some(*column), name: None }
}

/// Asks for every `⟪name⟫` and compares with every `⟦name⟧`; from each of these, the definition leads
/// back.
#[track_caller]
pub(crate) fn check(files: &[(&str, &str)]) {
    let store = TextStore::default();
    let (mut list, mut asked, mut expected) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (path, marked) in files {
        let (text, here, there) = unmarked(path, marked);
        let body = store.intern(Bytes::from(text)).map_or(Body::Binary, Body::Text);
        let put =
            FileChange::Put { body, stamp: Stamp::default(), visibility: Visibility::default() };
        list.push((RelPath::new(path.as_bytes()).expect("a clean path"), put));
        asked.extend(here);
        expected.extend(there);
    }
    list.sort_by(|a, b| a.0.cmp(&b.0));
    let snapshot = Session::open(list, Vec::new()).snapshot();
    let index = CodeIndex::build(&snapshot, &|| false).expect("it was not stopped");
    let code = Code::new(snapshot, index.into(), Shelf::new(32 << 20).into());
    let all = AskLimits { offset: 0, limit: usize::MAX, stop: &|| false };
    for place in &asked {
        let found = code.references(&at(place), Certainty::Likely, &all).expect("it is a symbol");
        let found: BTreeSet<At> = found
            .references
            .iter()
            .filter(|it| it.role != Role::Definition)
            .map(|it| (it.path.to_string(), it.line, it.column))
            .collect();
        assert_eq!(found, expected, "references of {place:?}");
    }
    for place in &expected {
        let found =
            code.definition(&at(place), Certainty::Likely, &all).expect("it leads somewhere");
        let leads = found.definitions.iter().any(|it| {
            let symbol = &it.symbol;
            asked.contains(&(symbol.path.to_string(), symbol.line, symbol.column))
        });
        assert!(leads, "definition of {place:?}: {:?}", found.definitions);
    }
}
