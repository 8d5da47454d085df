//! The twelve questions, put to symbols drawn from a tree.
//!
//! Each is asked in three states: *first*, when nothing has been unpacked or found out (a new view
//! for every question); *other*, when other symbols have been asked about before; *again*, when the
//! same has been asked before.

use std::{
    hint::black_box,
    io::{Error, Result},
    sync::Arc,
    time::{Duration, Instant},
};

use coderoom_engine::{
    Ask, AskError, AskLimits, Certainty, Code, CodeIndex, CodeScope, RelPath, Role, Shelf,
    Snapshot, Spelling,
};
use serde_json::{Value, json};

use super::tree;

/// A question is not asked in one state for longer than this.
const PATIENCE: Duration = Duration::from_secs(8);
const QUESTIONS: [&str; 12] = [
    "symbols",
    "outline",
    "definition",
    "references",
    "callers",
    "callees",
    "implementations",
    "supertypes",
    "dependencies",
    "dependents",
    "unused",
    "hover",
];

/// A symbol that was drawn: where it is defined, and where it is used if it is.
struct Drawn {
    name: String,
    path: RelPath,
    place: Ask,
    used: Ask,
}

/// Draws symbols, asks everything, and says what it asked so that others can ask the same.
pub(crate) fn ask_all(dir: &str, extensions: &str, count: usize) -> Result<Value> {
    let snapshot = tree::loaded(dir)?.session.snapshot();
    let index = CodeIndex::build(&snapshot, &|| false).ok_or_else(|| Error::other("cut"))?;
    let index = Arc::new(index);
    let view = || view(&snapshot, &index);
    let drawn = draw(&view(), extensions, count);
    let mut samples = Vec::new();
    for question in QUESTIONS {
        let begun = Instant::now();
        for (n, symbol) in drawn.iter().enumerate() {
            if begun.elapsed() > PATIENCE {
                break;
            }
            samples.push(timed(&view(), question, "first", n, symbol));
        }
        // One view that others have asked, as in a daemon; what is asked now was not.
        let code = view();
        for state in ["other", "again"] {
            for (n, symbol) in drawn.iter().enumerate() {
                let sample = timed(&code, question, state, n, symbol);
                samples.push(sample);
            }
        }
    }
    let asked: Vec<Value> = drawn.iter().map(said).collect();
    Ok(json!({ "symbols": asked, "samples": samples }))
}

/// Only says which symbols it would ask about.
pub(crate) fn draw_only(dir: &str, extensions: &str, count: usize) -> Result<Value> {
    let snapshot = tree::loaded(dir)?.session.snapshot();
    let index = CodeIndex::build(&snapshot, &|| false).ok_or_else(|| Error::other("cut"))?;
    let drawn = draw(&view(&snapshot, &Arc::new(index)), extensions, count);
    let asked: Vec<Value> = drawn.iter().map(said).collect();
    Ok(json!({ "symbols": asked }))
}

fn view(snapshot: &Arc<Snapshot>, index: &Arc<CodeIndex>) -> Code {
    Code::new(Arc::clone(snapshot), Arc::clone(index), Arc::new(Shelf::new(512 << 20)))
}

fn said(drawn: &Drawn) -> Value {
    let at = |ask: &Ask| match ask {
        Ask::At { path, line, column, .. } => json!([path.as_str(), line, column]),
        Ask::Named { .. } => Value::Null,
    };
    json!({ "name": drawn.name, "defined": at(&drawn.place), "used": at(&drawn.used) })
}

fn timed(code: &Code, question: &str, state: &str, n: usize, symbol: &Drawn) -> Value {
    let begun = Instant::now();
    let answered = black_box(ask(code, question, symbol));
    let seconds = begun.elapsed().as_secs_f64();
    let (entries, problem) = match answered {
        Ok(entries) => (entries, None),
        // A variable has no callers: the question is not for it.
        Err(AskError::WrongKind { .. }) => {
            return json!({ "question": question, "state": state, "not_for": true });
        }
        Err(problem) => (0, Some(problem.to_string())),
    };
    json!({ "question": question, "state": state, "symbol": n, "seconds": seconds,
            "entries": entries, "problem": problem })
}

/// Puts one question; says how many entries the answer has.
fn ask(code: &Code, question: &str, symbol: &Drawn) -> std::result::Result<usize, AskError> {
    let limits = AskLimits { offset: 0, limit: 200, stop: &|| false };
    let likely = Certainty::Likely;
    let (place, path) = (&symbol.place, &symbol.path);
    Ok(match question {
        "symbols" => {
            let scope = CodeScope::default();
            code.symbols(&symbol.name, Spelling::Fuzzy, &scope, &limits)?.total
        }
        "outline" => code.outline(path, &limits)?.total,
        "definition" => code.definition(&symbol.used, likely, &limits)?.total,
        "references" => code.references(place, likely, &limits)?.total,
        "callers" => code.callers(place, 1, likely, &limits)?.total,
        "callees" => code.callees(place, 1, likely, &limits)?.total,
        "implementations" => code.implementations(place, &limits)?.total,
        "supertypes" => code.supertypes(place, &limits)?.total,
        "dependencies" => code.dependencies(path, 1, &limits)?.total,
        "dependents" => code.dependents(path, 1, &limits)?.total,
        "unused" => {
            let scope = CodeScope { paths: vec![path.clone()], ..CodeScope::default() };
            code.unused(&scope, false, &limits)?.total
        }
        _ => code.hover(place, &limits)?.total,
    })
}

/// Draws `count` symbols with a generator of its own, the same ones at every run: a file, then one
/// of its symbols.
fn draw(code: &Code, extensions: &str, count: usize) -> Vec<Drawn> {
    let files: Vec<_> = tree::texts(code.snapshot(), extensions);
    let limits = AskLimits { offset: 0, limit: usize::MAX, stop: &|| false };
    let mut seed = 1u64;
    let mut below = |bound: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % bound.max(1)
    };
    let mut drawn = Vec::new();
    for _ in 0..count * 20 {
        if drawn.len() == count || files.is_empty() {
            break;
        }
        let path = &files[below(files.len())].0;
        let Ok(outline) = code.outline(path, &limits) else { continue };
        if outline.items.is_empty() {
            continue;
        }
        let symbol = &outline.items[below(outline.items.len())].symbol;
        let at = |path: &RelPath, line, column| Ask::At {
            path: path.clone(),
            line,
            column: Some(column),
            name: None,
        };
        let place = at(path, symbol.line, symbol.column);
        let Ok(found) = code.references(&place, Certainty::Likely, &limits) else { continue };
        let uses: Vec<_> =
            found.references.iter().filter(|it| it.role != Role::Definition).collect();
        let used = match uses.len() {
            0 => place.clone(),
            n => {
                let it = uses[below(n)];
                at(&it.path, it.line, it.column)
            }
        };
        drawn.push(Drawn { name: symbol.name.clone(), path: path.clone(), place, used });
    }
    drawn
}
