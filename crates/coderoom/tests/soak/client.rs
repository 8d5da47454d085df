//! One question about one file, and whether the answer can be true.

use coderoom_engine::{Output, Pattern, Query};
use serde_json::{Value, json};

use crate::{
    common::{Client, Refused},
    world::{FILES, Random, World, is_absent, is_replaced, path, text},
};

/// How questions were answered.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Nothing happened to the file meanwhile: there is one right answer.
    pub(crate) exact: u64,
    /// Something did: every generation of that time is right.
    pub(crate) concurrent: u64,
    /// The daemon said by itself that it might not be true.
    pub(crate) declined: u64,
}

impl Tally {
    pub(crate) fn add(&mut self, other: &Tally) {
        self.exact += other.exact;
        self.concurrent += other.concurrent;
        self.declined += other.declined;
    }
}

/// What an answer shows of a file.
enum Shown {
    /// These lines of it.
    Text(String),
    Nothing,
    /// The daemon does not vouch for the answer.
    Unsure,
}

/// Asks about some file in some way and checks the answer.
pub(crate) fn ask(client: &mut Client, world: &World, random: &mut Random, tally: &mut Tally) {
    let file = random.below(FILES);
    let (progress, moves) = (world.file(file), world.moves_of(file));
    let (oldest, moves_before) = (progress.done(), moves.done());
    let way = random.below(4);
    let shown = match way {
        0 => by_view(client, world, file, moves_before),
        1 => by_rg(client, world, file),
        _ => by_search(client, world, file),
    };
    let (newest, moves_after) = (progress.begun(), moves.begun());
    let is_moved = moves_before != moves_after;
    let shown = match shown {
        Shown::Unsure => {
            tally.declined += 1;
            return;
        }
        Shown::Text(shown) => Some(shown),
        Shown::Nothing => None,
    };
    if oldest == newest && !is_moved {
        tally.exact += 1;
    } else {
        tally.concurrent += 1;
    }
    let mut possible = (oldest..=newest).map(|generation| match is_absent(generation) {
        true => None,
        false => Some(text(file, generation)),
    });
    if possible.any(|possible| possible == shown) {
        return;
    }
    // While a directory is moved, a file may be at neither name or at both; while a file is
    // overwritten where it is, anybody can see a part of it.
    if is_moved || (oldest != newest && !is_replaced(file)) {
        return;
    }
    panic!(
        "file {file} (asked by way {way}, replaced: {}) was in generation {oldest} when asked and \
         in {newest} when answered; the answer shows:\n{}",
        is_replaced(file),
        shown.as_deref().unwrap_or("nothing")
    );
}

fn by_search(client: &mut Client, world: &World, file: u64) -> Shown {
    let pattern = format!("of {file} generation");
    let reply = client
        .call("search", json!({"workspace": world.root, "pattern": pattern}))
        .unwrap_or_else(|refused| panic!("`{pattern}` is refused: {refused:?}"));
    if reply["notes"] != json!([]) {
        return Shown::Unsure;
    }
    let found = reply["text"].as_str().expect("a text");
    // PATH:NUMBER:LINE
    lines(found, |line| line.splitn(3, ':').nth(2))
}

fn by_rg(client: &mut Client, world: &World, file: u64) -> Shown {
    let pattern = Pattern { patterns: vec![format!("of {file} generation")], ..Pattern::default() };
    let output = Output { with_filename: Some(false), ..Output::default() };
    match client.rg(&world.root, Query { pattern, output, ..Query::default() }) {
        Ok((found, _)) => lines(&String::from_utf8_lossy(&found), Some),
        Err(refused) if refused.code == "stale" => Shown::Unsure,
        Err(refused) => panic!("the shim's search is refused: {refused:?}"),
    }
}

fn by_view(client: &mut Client, world: &World, file: u64, moves: u64) -> Shown {
    let files = json!([{"path": path(file, moves)}]);
    match client.call("view", json!({"workspace": world.root, "files": files, "plain": true})) {
        Ok(reply) if reply["notes"] != json!([]) => Shown::Unsure,
        Ok(Value::Object(reply)) => Shown::Text(reply["text"].as_str().expect("a text").to_owned()),
        Ok(reply) => panic!("no reply of `view`: {reply}"),
        Err(Refused { code, .. }) if code == "unknown_path" => Shown::Nothing,
        Err(refused) => panic!("`view` is refused: {refused:?}"),
    }
}

fn lines<'a>(found: &'a str, content: impl Fn(&'a str) -> Option<&'a str>) -> Shown {
    if found.is_empty() {
        return Shown::Nothing;
    }
    let text = found.lines().map(|line| content(line).unwrap_or(line));
    Shown::Text(text.flat_map(|line| [line, "\n"]).collect())
}
