//! Files that end in the middle of something, as files do that are being written: whatever a grammar's
//! scanner is waiting for there, it has to come back.

use std::{
    fs,
    path::Path,
    sync::mpsc::{RecvTimeoutError, channel},
    thread,
    time::Duration,
};

use coderoom_syntax::{Budget, Language, extract};

/// Beginnings of what some language wants an end of.
const OPEN: [&str; 44] = [
    "", "@", "@a", "@a(", "\n@", "\n@a(b", "<<", "<<E", "<<~E\n", "'''", "\"\"\"", "\"", "'", "#",
    "`", "$(", "${", "$((", "/*", "//", "R\"x(", "=begin\n", "%w[", "?", "[[", "--[[", "--[==[",
    "$\"", "@\"", "#if ", "\\", "<?php", "?>", "<!--", "r#\"", "s\"", "f\"{", "#{", "/", "%",
    "case ", "\r", "\n  .", "\0",
];
/// A parse takes milliseconds; this long is for ever.
const FOR_EVER: Duration = Duration::from_secs(120);

#[test]
fn every_scanner_comes_back_from_the_end_of_a_file() {
    let (say, said) = channel();
    let worker = thread::spawn(move || {
        for (name, language, text) in sources() {
            let step = (text.len() / 12).max(1);
            for (at, open) in
                (0..=text.len()).step_by(step).flat_map(|at| OPEN.map(|open| (at, open)))
            {
                if say.send(format!("{name}, {at} bytes of it, then {open:?}")).is_err() {
                    return;
                }
                let bytes = [&text[..at], open.as_bytes()].concat();
                extract(language, &bytes, &Budget::default());
            }
        }
    });
    let mut tried = String::new();
    loop {
        match said.recv_timeout(FOR_EVER) {
            Ok(next) => tried = next,
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => panic!("this is read for ever: {tried}"),
        }
    }
    worker.join().expect("nothing panics");
    assert!(!tried.is_empty(), "there are no sources");
}

/// The seeds of the target `facts`: a file of each language.
fn sources() -> Vec<(String, Language, Vec<u8>)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/facts");
    let entries = fs::read_dir(dir).expect("seeds").flatten();
    let sources = entries.filter_map(|entry| {
        let bytes = fs::read(entry.path()).expect("a seed");
        let end = bytes.iter().position(|&byte| byte == b'\n')?;
        let language = Language::named(std::str::from_utf8(&bytes[..end]).ok()?)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        Some((name, language, bytes[end + 1..].to_vec()))
    });
    sources.collect()
}
