//! Takes facts out of every source file of a language below a directory, and says how fast, how
//! much, and what was wrong: `cargo run --release -p coderoom-syntax --example extract -- rust DIR`.
//! With a file instead of a directory, prints its facts.

#![allow(clippy::print_stdout)]

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use coderoom_syntax::{Budget, Facts, Form, Language, Packed, extract, source_text};

#[derive(Default)]
struct Sum {
    files: usize,
    bytes: usize,
    facts_bytes: usize,
    symbols: usize,
    occurrences: usize,
    loose: usize,
    exprs: usize,
    with_errors: usize,
    cut: usize,
    time: Duration,
    slowest: (Duration, PathBuf),
}

fn main() {
    let mut args = std::env::args().skip(1);
    let (Some(language), Some(dir)) = (args.next(), args.next()) else {
        return println!("usage: extract LANGUAGE DIR|FILE");
    };
    let Some(language) = Language::named(&language) else {
        return println!("no such language: {language}");
    };
    let path = PathBuf::from(dir);
    if path.is_file() {
        let bytes = std::fs::read(&path).unwrap_or_default();
        let facts = extract(language, &bytes, &Budget::default());
        return print!("{}", facts.render(&source_text(&bytes)));
    }
    let mut sum = Sum::default();
    visit(&path, language, &mut sum);
    let seconds = sum.time.as_secs_f64();
    println!("{} files, {:.1} MB, {:.2} s", sum.files, sum.bytes as f64 / 1e6, seconds);
    println!("{:.1} MB/s", sum.bytes as f64 / 1e6 / seconds);
    println!("{} symbols, {} occurrences, {} exprs", sum.symbols, sum.occurrences, sum.exprs);
    println!("loose: {:.2} %", 100.0 * sum.loose as f64 / sum.occurrences.max(1) as f64);
    println!("packed: {:.2} of the source", sum.facts_bytes as f64 / sum.bytes.max(1) as f64);
    println!("{} files with errors, {} cut", sum.with_errors, sum.cut);
    println!("slowest: {:?} {}", sum.slowest.0, sum.slowest.1.display());
}

fn visit(dir: &Path, language: Language, sum: &mut Sum) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() && !path.is_symlink() {
            visit(&path, language, sum);
            continue;
        }
        let extension = path.extension().and_then(|it| it.to_str()).unwrap_or_default();
        if !language.plugin().extensions().contains(&extension) {
            continue;
        }
        let Ok(bytes) = std::fs::read(&path) else { continue };
        let begun = Instant::now();
        let facts = extract(language, &bytes, &Budget::default());
        sum.add(&path, &bytes, facts, begun.elapsed());
    }
}

impl Sum {
    fn add(&mut self, path: &Path, bytes: &[u8], facts: Facts, time: Duration) {
        self.files += 1;
        self.bytes += bytes.len();
        self.symbols += facts.symbols.len();
        self.occurrences += facts.occurrences.len();
        self.exprs += facts.exprs.len();
        self.loose += facts.occurrences.iter().filter(|it| it.form == Form::Loose).count();
        self.cut += usize::from(facts.cut.is_some());
        if let Some(error) = facts.errors.first() {
            self.with_errors += 1;
            let before = bytes.get(..error.span.start as usize).unwrap_or_default();
            let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
            eprintln!("{}:{line}: {}", path.display(), error.message);
        }
        self.time += time;
        if time > self.slowest.0 {
            self.slowest = (time, path.to_owned());
        }
        self.facts_bytes += Packed::new(facts).as_bytes().len();
    }
}
