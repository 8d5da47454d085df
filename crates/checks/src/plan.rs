//! The index answers as a scan does, for any pattern, options and texts.

use coderoom_engine::{Boundary, Case, Covering, Mode, Query, Search};

use crate::support::{Plain, PlainBody, World, answer, open, path};

/// Longer inputs are only slower.
const MAX_LEN: usize = 4096;
/// Files of several parts are made from texts with this much between their halves.
const LARGE: usize = 150 * 1024;

/// A line of option letters, the pattern up to a record separator (0x1e), then texts, each up to
/// the next one.
///
/// # Panics
/// If a search with the index differs from one without.
pub fn plan(data: &[u8]) {
    let Some(line_end) = data.iter().position(|&b| b == b'\n').filter(|_| data.len() <= MAX_LEN)
    else {
        return;
    };
    let (options, rest) = (&data[..line_end], &data[line_end + 1..]);
    let mut records = rest.split(|&b| b == 0x1e);
    let Some(Ok(pattern)) = records.next().map(std::str::from_utf8) else { return };
    let mut query = query(options, pattern);
    if Search::new(query.clone(), &[]).is_err() {
        return;
    }
    let large = options.contains(&b'L');
    let texts = records.map(|text| if large { stretched(text) } else { text.to_vec() });
    let world: World = (0..)
        .zip(texts)
        .map(|(n, text)| {
            let file = Plain { body: PlainBody::Bytes(text), mtime_ns: n };
            (path(format!("f{n}").as_bytes()), file)
        })
        .collect();
    let session = open(&world);
    let scan = session.snapshot();
    // The last file stays uncovered, as one that was just edited.
    let files: Vec<_> = scan.files().take(world.len().saturating_sub(1)).cloned().collect();
    let indexed = session.attach(Covering::build(&files));
    for mode in [Mode::Standard, Mode::FilesWithMatches, Mode::FilesWithoutMatch, Mode::Json] {
        query.mode = mode;
        let search = Search::new(query.clone(), &[]).expect("only the mode changed");
        assert_eq!(answer(&search, &indexed), answer(&search, &scan), "{query:?}");
    }
}

fn query(options: &[u8], pattern: &str) -> Query {
    let mut query = Query::default();
    let said = |letter| options.contains(&letter);
    let of = &mut query.pattern;
    of.patterns = if said(b'2') {
        pattern.split('\n').map(str::to_string).collect()
    } else {
        vec![pattern.to_string()]
    };
    of.fixed_strings = said(b'F');
    of.case = match (said(b'i'), said(b'S')) {
        (true, _) => Case::Insensitive,
        (false, true) => Case::Smart,
        (false, false) => Case::Sensitive,
    };
    of.boundary = match (said(b'x'), said(b'w')) {
        (true, _) => Some(Boundary::Line),
        (false, true) => Some(Boundary::Word),
        (false, false) => None,
    };
    of.multiline = said(b'U');
    of.multiline_dotall = said(b's');
    of.crlf = said(b'c');
    of.null_data = said(b'z');
    of.no_unicode = said(b'N');
    of.invert_match = said(b'v');
    of.text = said(b'a');
    of.stop_on_nonmatch = said(b'n');
    of.max_count = said(b'1').then_some(1);
    // An expression that takes seconds to compile is no news.
    of.regex_size_limit = Some(1 << 18);
    of.dfa_size_limit = Some(1 << 18);
    query.output.line_number = true;
    query
}

/// The text twice, so far apart that the index takes it in parts.
fn stretched(text: &[u8]) -> Vec<u8> {
    let filler = b"-\n".repeat(LARGE / 2);
    [text, &filler, text].concat()
}
