//! Large texts are indexed in parts: a line is found wherever it stands, a match over several lines
//! even where it spans two parts, and a text without the line is ruled out although it has all of
//! its trigrams somewhere.

use std::sync::Arc;

use coderoom_engine::{
    Body, Covering, File, FileChange, Limits, Query, RelPath, Search, Session, Stamp, TextStore,
    Visibility,
};

fn session(files: &[(&str, Vec<u8>)]) -> Session {
    let store = TextStore::default();
    let put = |bytes: &Vec<u8>| FileChange::Put {
        body: Body::Text(store.intern(bytes.clone().into()).expect("text")),
        stamp: Stamp { size: bytes.len() as u64, ..Stamp::default() },
        visibility: Visibility::default(),
    };
    let files = files
        .iter()
        .map(|(path, bytes)| (RelPath::new(path.as_bytes()).expect("a path"), put(bytes)))
        .collect();
    Session::open(files, Vec::new())
}

/// Candidates and output of a search.
fn search(session: &Session, pattern: &str, multiline: bool) -> (usize, String) {
    let mut query = Query::default();
    query.pattern.patterns = vec![pattern.into()];
    query.pattern.multiline = multiline;
    query.output.line_number = true;
    let search = Search::new(query, &[]).expect("a query");
    let snapshot = session.snapshot();
    let candidates = search.candidates(&snapshot);
    let never = || false;
    let limits = Limits { threads: 1, offset: 0, head_limit: None, max_bytes: None, stop: &never };
    let mut output = Vec::new();
    search.run(&candidates, &limits, &mut output).expect("memory");
    (candidates.len(), String::from_utf8(output).expect("text"))
}

#[test]
fn a_large_text_is_searched_only_where_a_part_may_match() {
    let filler = "some ordinary line of code();\n".repeat(20_000);
    let needle = format!("{filler}the needle_in here\n{filler}");
    // All trigrams of `needle_in`, never in one part.
    let decoy = format!("nee eed edl {filler}dle le_ {filler}e_i _in\n{filler}");
    let long_line = format!("{}needle_in{}\n", "x".repeat(300_000), "y".repeat(300_000));
    let session = session(&[
        ("decoy.c", decoy.into_bytes()),
        ("long.c", long_line.into_bytes()),
        ("needle.c", needle.into_bytes()),
        ("small.c", b"nothing\n".to_vec()),
    ]);
    let scanned = search(&session, "needle_in", false);
    let spanning = search(&session, r"needle_in here\nsome ordinary", true);
    let before: Vec<Arc<File>> = session.snapshot().files().cloned().collect();
    session.attach(Covering::build(&before));
    assert_eq!(session.snapshot().coverage(), (0, 1));

    let indexed = search(&session, "needle_in", false);
    assert_eq!(indexed.1, scanned.1);
    assert_eq!((scanned.0, indexed.0), (4, 2), "the decoy's parts rule it out");
    assert_eq!(search(&session, r"needle_in here\nsome ordinary", true).1, spanning.1);
    assert!(spanning.1.contains("needle_in here"));
}

#[test]
fn a_match_over_lines_may_span_two_parts() {
    // Two lines of which no part has both, wherever the parts are cut.
    let mut text = String::new();
    for i in 0..20_000 {
        text.push_str(&format!("alpha {i:05} omega\nbeta {i:05} gamma\n"));
    }
    let session = session(&[("pairs.txt", text.into_bytes())]);
    let files: Vec<Arc<File>> = session.snapshot().files().cloned().collect();
    session.attach(Covering::build(&files));
    for i in (0..20_000).step_by(577) {
        let pattern = format!(r"{i:05} omega\nbeta {i:05}");
        let (candidates, output) = search(&session, &pattern, true);
        assert_eq!(candidates, 1, "{pattern} was ruled out");
        assert!(output.contains("omega"), "{pattern}");
    }
}
