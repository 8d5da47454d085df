//! Loads a directory, indexes its code, makes its graph, keeps it as bytes and prints what each stage takes; then edits
//! a file as a session would, and prints what the graph of that costs:
//! `cargo run --release -p coderoom-system --example graph -- DIR [PATH TEXT REPLACEMENT]`.
#![allow(clippy::print_stdout)]

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use coderoom_engine::{
    Change, Code, CodeGraph, CodeIndex, FileChange, KeptGraph, RelPath, Session, Shelf, Stamp,
    TextStore, Visibility,
};
use coderoom_system::{LoadOptions, load};

/// Edits whose cost is measured.
const ROUNDS: usize = 21;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let dir = args.first().map_or(".", |dir| dir);
    let store = TextStore::default();
    let begun = begin();
    let loaded = load(Path::new(dir), &LoadOptions::default(), &store, None, &|_| ())?;
    let snapshot = loaded.session.snapshot();
    print("load", begun);
    let begun = begin();
    let index = CodeIndex::build(&snapshot, &|| false).ok_or("stopped")?;
    print("facts and names", begun);
    let (index, shelf) = (Arc::new(index), Arc::new(Shelf::new(256 << 20)));
    let code = Arc::new(Code::new(snapshot, Arc::clone(&index), Arc::clone(&shelf)));
    let begun = begin();
    let graph = Arc::new(build(&code, None)?);
    print("pieces", begun);
    let begun = begin();
    graph.graph()?;
    print("joining", begun);
    let begun = begin();
    let bytes = graph.encode("here")?;
    print("encoding the pieces", begun);
    let begun = begin();
    let kept = KeptGraph::decode(&bytes, "here")?.ok_or("of another program")?;
    print("decoding them", begun);
    let begun = begin();
    let read = kept.into_graph(graph.snapshot(), Arc::clone(graph.hints())).ok_or("others")?;
    print("putting them in their places", begun);
    println!("{} bytes; the same: {}", bytes.len(), listing(&read)? == listing(&graph)?);
    let (nodes, edges) = graph.counts();
    println!("{:?}", graph.stats());
    println!("nodes {} {nodes:?}", nodes.values().sum::<usize>());
    println!("edges {} {edges:?}", edges.values().sum::<usize>());
    println!("bytes of pieces {}", graph.piece_bytes());
    println!("joined {:?}", graph.graph()?.memory());
    if let [_, path, text, replacement] = &args[..] {
        let path = RelPath::new(path.as_bytes())?;
        let session = loaded.session.fork();
        let (mut code, mut graph) = (Arc::clone(&code), Arc::clone(&graph));
        let (mut pieces, mut joining) = (Vec::new(), Vec::new());
        // There and back again, as an agent edits on and on; each follows the one before.
        for round in 0..ROUNDS {
            let (old, new) = if round % 2 == 0 { (text, replacement) } else { (replacement, text) };
            edit(&session, &store, &path, old, new)?;
            let later = Code::new(session.snapshot(), Arc::clone(&index), Arc::clone(&shelf));
            code = Arc::new(later.following(&code));
            let begun = Instant::now();
            let edited = build(&code, Some(&graph))?;
            pieces.push(begun.elapsed());
            let begun = Instant::now();
            edited.graph()?;
            joining.push(begun.elapsed());
            graph = Arc::new(edited);
        }
        println!(
            "after an edit, median of {ROUNDS}: pieces {:?}, joining {:?}",
            median(pieces),
            median(joining)
        );
        println!("{:?}", graph.stats());
        let whole = build(&code, None)?;
        println!("equal to a graph from nothing: {}", listing(&graph)? == listing(&whole)?);
    }
    println!("equal to itself, made again: {}", listing(&build(&code, None)?)? == listing(&graph)?);
    Ok(())
}

fn build(code: &Code, earlier: Option<&CodeGraph>) -> Result<CodeGraph, Failure> {
    let hints = earlier.map_or_else(Arc::default, |it| Arc::clone(it.hints()));
    Ok(CodeGraph::build(code, earlier, hints, &|| false).ok_or("stopped")?)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// All edges by their keys.
fn listing(graph: &CodeGraph) -> Result<Vec<String>, Failure> {
    let graph = graph.graph()?;
    let edge = |it: coderoom_engine::Edge| {
        format!("{} {} {:?} {}", graph.key(it.from), graph.key(it.to), it.kind, it.weight)
    };
    let mut all: Vec<String> = graph.edges().map(edge).collect();
    all.sort_unstable();
    Ok(all)
}

fn edit(
    session: &Session,
    store: &TextStore,
    path: &RelPath,
    text: &str,
    replacement: &str,
) -> Result<(), Failure> {
    let snapshot = session.snapshot();
    let file = snapshot.file(path).and_then(|file| file.text()).ok_or("no such file")?;
    let old = String::from_utf8(file.bytes().to_vec())?;
    let new = old.replacen(text, replacement, 1);
    let body =
        store.intern(new.into()).map_or(coderoom_engine::Body::Binary, coderoom_engine::Body::Text);
    let change =
        FileChange::Put { body, stamp: Stamp::default(), visibility: Visibility::default() };
    let change = Change { files: [(path.clone(), change)].into(), ..Change::default() };
    session.apply(change)?;
    Ok(())
}

/// A time, and the processor time that all threads have taken up to it, in seconds.
type Begun = (Instant, f64);

fn begin() -> Begun {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    (Instant::now(), used.tv_sec as f64 + used.tv_nsec as f64 / 1e9)
}

fn print(what: &str, (begun, used): Begun) {
    let all = begin().1 - used;
    println!("{what}: {:.3} s, {all:.3} s of processors", begun.elapsed().as_secs_f64());
}
