//! Extracts facts of files or whole directories: `facts FILE` prints a file's facts, `facts DIR`
//! says how fast it went and what was found.
//!
//! `cargo run --release -p coderoom-syntax --example facts -- PATH`

#![allow(clippy::print_stdout)]

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use coderoom_syntax::{Budget, Form, Packed, detect, extract, source_text};

#[derive(Default)]
struct Totals {
    files: usize,
    bytes: usize,
    packed: usize,
    seconds: f64,
    symbols: usize,
    occurrences: usize,
    loose: usize,
    errors: usize,
    cut: usize,
}

fn main() -> std::io::Result<()> {
    let path = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".into()));
    if path.is_file() {
        let bytes = std::fs::read(&path)?;
        let Some(language) = detect(&path.to_string_lossy(), &bytes) else { return Ok(()) };
        let facts = extract(language, &bytes, &Budget::default());
        print!("{}", facts.render(&source_text(&bytes)));
        return Ok(());
    }
    let mut totals = Totals::default();
    visit(&path, &mut totals)?;
    let Totals { files, bytes, packed, seconds, symbols, occurrences, loose, errors, cut } = totals;
    let mb = bytes as f64 / 1e6;
    println!("{files} files, {mb:.1} MB in {seconds:.2} s: {:.1} MB/s", mb / seconds);
    println!("{symbols} symbols, {occurrences} occurrences ({loose} loose), packed {packed} bytes");
    println!("{errors} files with errors, {cut} cut");
    Ok(())
}

fn visit(path: &Path, totals: &mut Totals) -> std::io::Result<()> {
    let mut entries: Vec<_> = std::fs::read_dir(path)?.filter_map(Result::ok).collect();
    entries.sort_by_key(std::fs::DirEntry::path);
    for entry in entries {
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            visit(&path, totals)?;
            continue;
        }
        let Ok(bytes) = std::fs::read(&path) else { continue };
        let Some(language) = detect(&path.to_string_lossy(), &bytes) else { continue };
        let begun = Instant::now();
        let facts = extract(language, &bytes, &Budget::default());
        let took = begun.elapsed().as_secs_f64();
        totals.files += 1;
        totals.bytes += bytes.len();
        totals.seconds += took;
        totals.symbols += facts.symbols.len();
        totals.occurrences += facts.occurrences.len();
        totals.loose += facts.occurrences.iter().filter(|it| it.form == Form::Loose).count();
        totals.cut += usize::from(facts.cut.is_some());
        if !facts.errors.is_empty() {
            totals.errors += 1;
            let error = &facts.errors[0];
            let source = source_text(&bytes);
            let line = source[..error.span.start as usize].matches('\n').count() + 1;
            eprintln!("{}:{line}: {}", path.display(), error.message);
        }
        totals.packed += Packed::new(&facts).as_bytes().len();
    }
    Ok(())
}
