//! Measures edit sessions inside the daemon's own types, without a socket: prints one JSON object a
//! line. `sessions ROOT STATE_DIR EDITS [PARTS]` edits files of the workspace at ROOT in memory; nothing
//! is written there but by the `write_through` part, which puts everything back. PARTS are some of
//! `on_demand,write_through,lazy,power,visible,many`, all of them if not said.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::{
    fs::{File, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use coderoom::{
    daemon::{
        cancel::Cancel,
        config::Config,
        rooms::Rooms,
        sessions::{AgentSession, Batch, Opening},
    },
    ops::Context,
};
use coderoom_edit::{Action, FileEdit, Modify};
use coderoom_engine::{Ask, AskLimits, Certainty, RelPath};
use serde_json::json;

fn main() {
    let mut args = std::env::args().skip(1);
    let root = PathBuf::from(args.next().unwrap()).canonicalize().unwrap();
    let state = PathBuf::from(args.next().unwrap());
    let edits: usize = args.next().unwrap().parse().unwrap();
    let parts = args.next();
    let wants = |part: &str| parts.as_ref().is_none_or(|it| it.split(',').any(|one| one == part));
    std::fs::create_dir_all(&state).unwrap();
    let config = Config { state_dir: Some(state.clone()), cache_dir: None, ..Config::default() };
    let rooms = Arc::new(Rooms::new(config));
    let context = Context {
        rooms: Arc::clone(&rooms),
        cancel: Cancel::default(),
        deadline: Instant::now() + Duration::from_secs(3600),
        progress: coderoom::daemon::progress::Progress::default(),
        session: String::new(),
    };
    let located = rooms.locate(root.to_str().unwrap(), &context).unwrap();
    located.room.code.indexed(&located.snapshot, context.deadline, &|| false);
    let bench = Bench { rooms, room: located.room, state, edits };
    for sync in ["on_demand", "write_through", "lazy"] {
        if wants(sync) {
            bench.edit_latency(sync, "process");
        }
    }
    if wants("power") {
        bench.edit_latency("on_demand", "power");
    }
    if wants("visible") {
        bench.visible();
    }
    if wants("many") {
        bench.many();
    }
}

struct Bench {
    rooms: Arc<Rooms>,
    room: Arc<coderoom::daemon::rooms::Room>,
    state: PathBuf,
    edits: usize,
}

impl Bench {
    fn open(&self, name: &str, config: &str) -> Arc<AgentSession> {
        let opening = Opening { name: name.into(), agent: "bench".into(), config: config.into() };
        self.rooms.sessions.open(&self.room, &opening, None).unwrap()
    }

    /// Python files of the size that most are.
    fn files(&self) -> Vec<(String, String)> {
        let snapshot = self.room.workspace.snapshot();
        let text = |file: &Arc<coderoom_engine::File>| {
            let text = String::from_utf8(file.text()?.bytes().to_vec()).ok()?;
            let path = file.path.to_string();
            let fits = (2_000..20_000).contains(&text.len()) && text.contains("\n    return ");
            (fits && path.ends_with(".py")).then_some((path, text))
        };
        snapshot.files().filter_map(text).take(64).collect()
    }

    /// An edit of one line, again and again in other files: parsed, judged, journalled, published.
    /// After each, the same bytes are appended to a file that is nothing else, and synced there too
    /// if the edit was: the disk's speed of the moment, and of records as large.
    fn edit_latency(&self, sync: &str, durability: &str) {
        let config = format!(
            "git:\n  sync_frequency: {sync}\n  auto_commit: false\ndurability: {durability}\n"
        );
        let session = self.open(&format!("edit-{sync}-{durability}"), &config);
        let files = self.files();
        let power = durability == "power";
        let edits = if power { self.edits / 10 } else { self.edits };
        let mut bare = Bare::new(&self.state);
        let (mut times, mut bare_times) = (Vec::with_capacity(edits), Vec::with_capacity(edits));
        for n in 0..edits {
            let (path, _) = &files[n % files.len()];
            // Another text each time: nothing is known of it from before.
            let state = session.state();
            let text = state.version(&RelPath::new(path.as_bytes()).unwrap()).unwrap();
            let text = String::from_utf8(text.bytes().unwrap().to_vec()).unwrap();
            let at = text.find("\n    return ").unwrap();
            let line = text[at..].split('\n').nth(1).unwrap();
            let old = text[..at + 1 + line.len()].rsplit_once("\n\n").map_or("", |it| it.1);
            let rest = line.trim_start_matches("    return ");
            let new =
                old.replacen(line, &format!("    return '{sync} {durability} {n}', {rest}"), 1);
            let (old, new) = (old.to_owned(), new);
            if text.matches(&old).count() != 1 || old.is_empty() {
                continue;
            }
            let action = Action::Modify(Modify::Replace { old, new, all: false });
            let edits = vec![FileEdit { path: path.clone(), action }];
            let batch = Batch { edits, allow_syntax_errors: false, ..Batch::default() };
            let before = session.live.journal_bytes();
            let begun = Instant::now();
            let done = session.apply(&batch).unwrap();
            if let Some(state) = done.state {
                session.after(&self.rooms, &state);
            }
            times.push(begun.elapsed());
            let written = session.live.journal_bytes() - before;
            bare_times.push(bare.append(written as usize, power));
        }
        if sync == "write_through" {
            let entry = session.state().rollback(0).unwrap();
            let state = session.commit_unless_empty(|_| Ok(entry.clone())).unwrap();
            if let Some(state) = state {
                session.after(&self.rooms, &state);
            }
        }
        report(&format!("edit, {sync}, {durability}"), &mut times);
        let what = if power { "append and fdatasync" } else { "append" };
        report(&format!("bare {what} of the same bytes"), &mut bare_times);
        let bytes = session.live.journal_bytes();
        println!("{}", json!({"what": "journal bytes an edit", "value": bytes / edits as u64}));
    }

    /// From an edit's beginning until references of the session have it.
    fn visible(&self) {
        let session = self.open("visible", "git:\n  auto_commit: false\n");
        let files = self.files();
        let mut times = Vec::new();
        for n in 0..(self.edits / 10).max(5) {
            let (path, text) = &files[n % files.len()];
            let name = format!("brand_new_name_{n}");
            let content = format!("{text}\n\ndef {name}():\n    return {name}\n");
            let action = Action::Create {
                content: content.into_bytes(),
                executable: None,
                existing: coderoom_edit::Existing::Replace,
            };
            let edits = vec![FileEdit { path: path.clone(), action }];
            let begun = Instant::now();
            session.apply(&Batch { edits, ..Batch::default() }).unwrap();
            let state = session.state();
            let code = session.code(state.snapshot()).unwrap();
            let ask = Ask::Named { name, within: Some(RelPath::new(path.as_bytes()).unwrap()) };
            let limits = AskLimits { offset: 0, limit: 10, stop: &|| false };
            let found = code.references(&ask, Certainty::Likely, &limits).unwrap();
            assert!(found.total >= 1, "the edit is in the answer");
            times.push(begun.elapsed());
        }
        report("edit until references have it", &mut times);
    }

    /// What 1, 100 and 1,000 sessions cost.
    fn many(&self) {
        let mut opened = 0;
        for count in [1, 100, 1000] {
            let before = resident();
            let mut times = Vec::new();
            let first = opened;
            while opened < first + count {
                let begun = Instant::now();
                self.open(&format!("many-{opened}"), "");
                times.push(begun.elapsed());
                opened += 1;
            }
            let kib = resident().saturating_sub(before) / 1024 / count as u64;
            report(&format!("open, {count} sessions"), &mut times);
            println!("{}", json!({"what": format!("KiB a session, {count}"), "value": kib}));
        }
        let parent = self.rooms.sessions.named("many-0").unwrap();
        let mut times = Vec::new();
        for n in 0..50 {
            let opening =
                Opening { name: format!("fork-{n}"), agent: "bench".into(), config: String::new() };
            let begun = Instant::now();
            self.rooms.sessions.open(&self.room, &opening, Some(&parent)).unwrap();
            times.push(begun.elapsed());
        }
        report("fork", &mut times);
    }
}

/// A file beside the journals that is only appended to.
struct Bare {
    path: PathBuf,
    file: File,
    bytes: Vec<u8>,
}

impl Bare {
    fn new(dir: &Path) -> Bare {
        let path = dir.join("bare");
        let file = OpenOptions::new().create(true).append(true).open(&path).unwrap();
        Bare { path, file, bytes: Vec::new() }
    }

    /// What an append of so many bytes takes, with fdatasync if that is asked for.
    fn append(&mut self, bytes: usize, sync: bool) -> Duration {
        self.bytes.resize(bytes, 7);
        let begun = Instant::now();
        self.file.write_all(&self.bytes).unwrap();
        if sync {
            self.file.sync_data().unwrap();
        }
        begun.elapsed()
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Bytes of memory of this process.
fn resident() -> u64 {
    let text = std::fs::read_to_string(Path::new("/proc/self/statm")).unwrap();
    let pages: u64 = text.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

fn report(what: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let at = |part: usize| times[(times.len() - 1) * part / 100].as_secs_f64() * 1e6;
    println!("{}", json!({"what": what, "n": times.len(), "p50_us": at(50), "p95_us": at(95)}));
}
