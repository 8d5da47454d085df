//! What questions about code cost inside the engine, without a daemon: one JSON object on standard
//! output, which `bench/run code` turns into tables.
//!
//! - `index DIR EXTENSIONS ROUNDS THREADS`: facts and names from text in memory;
//! - `memory DIR`: resident memory before and after;
//! - `questions DIR EXTENSIONS SYMBOLS [draw]`: the twelve questions about symbols drawn from the
//!   tree, or only the symbols;
//! - `edits DIR FILE WORD ROUNDS`: the word in the file becomes another, and is asked for.
//!
//! `cargo run --release -p coderoom-system --example code -- index DIR py 5 1,2`

#![allow(clippy::print_stdout)]

mod edits;
mod index;
mod questions;
mod tree;

use std::io::{Error, Result};

use serde_json::Value;

fn main() -> Result<()> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = given.iter().map(String::as_str).collect();
    let said = match words[..] {
        ["index", dir, extensions, rounds, threads] => {
            index::speed(dir, extensions, number(rounds)?, threads)?
        }
        ["memory", dir] => index::memory(dir)?,
        ["questions", dir, extensions, symbols] => {
            questions::ask_all(dir, extensions, number(symbols)?)?
        }
        ["questions", dir, extensions, symbols, "draw"] => {
            questions::draw_only(dir, extensions, number(symbols)?)?
        }
        ["edits", dir, file, word, rounds] => edits::measure(dir, file, word, number(rounds)?)?,
        _ => return Err(Error::other("index, memory, questions or edits; see the source")),
    };
    print(&said);
    Ok(())
}

fn number(word: &str) -> Result<usize> {
    word.parse().map_err(|_| Error::other(format!("not a number: {word}")))
}

fn print(said: &Value) {
    println!("{said}");
}
