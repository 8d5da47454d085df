//! From a change of one line to the first answer that knows it.

use std::{
    io::{Error, Result},
    sync::Arc,
    time::Instant,
};

use bytes::Bytes;
use coderoom_engine::{
    Ask, AskLimits, Body, Certainty, Change, Code, CodeIndex, CodeScope, RelPath, Shelf, Spelling,
    TextStore,
};
use serde_json::{Value, json};

use super::tree;

/// Replaces `word` in `file` by another name, again and again, and asks for that.
pub(crate) fn measure(dir: &str, file: &str, word: &str, rounds: usize) -> Result<Value> {
    let loaded = tree::loaded(dir)?;
    let session = loaded.session;
    let snapshot = session.snapshot();
    let index = CodeIndex::build(&snapshot, &|| false).ok_or_else(|| Error::other("cut"))?;
    let index = Arc::new(index);
    let shelf = Arc::new(Shelf::new(256 << 20));
    let path = RelPath::new(file.as_bytes()).map_err(Error::other)?;
    let text = snapshot.file(&path).and_then(|file| file.text()).ok_or(Error::other("no file"))?;
    let text = String::from_utf8_lossy(text.bytes()).into_owned();
    let store = TextStore::default();
    let mut code = Arc::new(Code::new(snapshot, Arc::clone(&index), Arc::clone(&shelf)));
    let mut samples = Vec::new();
    for round in 0..rounds {
        for question in ["symbols", "references"] {
            let name = format!("{word}_{question}_{round}");
            let body = Bytes::from(text.replace(word, &name));
            let begun = Instant::now();
            let text = store.intern(body).ok_or_else(|| Error::other("binary"))?;
            let mut change = Change::default();
            change.files.insert(path.clone(), tree::put(Body::Text(text)));
            let snapshot = session.apply(change).map_err(Error::other)?;
            let next = Code::new(snapshot, Arc::clone(&index), Arc::clone(&shelf));
            code = Arc::new(next.following(&code));
            let seen = ask(&code, question, &name)?;
            let seconds = begun.elapsed().as_secs_f64();
            samples.push(json!({ "question": question, "seconds": seconds, "seen": seen }));
        }
    }
    Ok(json!({ "lines": text.lines().count(), "bytes": text.len(), "samples": samples }))
}

/// Whether the answer has the new name.
fn ask(code: &Code, question: &str, name: &str) -> Result<bool> {
    let limits = AskLimits { offset: 0, limit: 50, stop: &|| false };
    if question == "symbols" {
        let scope = CodeScope::default();
        let found = code.symbols(name, Spelling::Exact, &scope, &limits).map_err(Error::other)?;
        return Ok(found.total == 1);
    }
    let asked = Ask::Named { name: name.to_owned(), within: None };
    let found = code.references(&asked, Certainty::Likely, &limits).map_err(Error::other)?;
    Ok(found.total >= 1)
}
