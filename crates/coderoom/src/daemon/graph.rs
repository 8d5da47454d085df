//! What questions about meaning need of a workspace: its words, its history, its graph. Each is made
//! when it is first asked for, and carried from snapshot to snapshot.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use coderoom_engine::{Code, Lexicon, Past, PastCommit};
use coderoom_system::past::{self, Limits, NoHistory};
use parking_lot::Mutex;

use super::made::Made;

/// Words are weighed anew when so many files have changed, or a tenth of all.
const MANY_CHANGED: usize = 400;
/// Whether HEAD has moved is not asked more often than this.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Words, history and graph of one workspace.
pub struct RoomGraph {
    root: PathBuf,
    lexicon: Arc<Made<Lexicon>>,
    /// The history, and when it was last looked at.
    history: Mutex<Option<(Instant, Arc<History>)>>,
    stopped: Arc<AtomicBool>,
}

/// The history of a workspace.
pub struct History {
    /// As it was read; or why there is none.
    pub read: Result<Arc<past::Past>, NoHistory>,
    /// Ready for questions in words.
    pub past: Past,
}

/// How long somebody waits.
#[derive(Clone, Copy)]
pub struct Patience<'a> {
    /// Until when.
    pub until: Instant,
    /// Asked now and then: ends the wait.
    pub give_up: &'a dyn Fn() -> bool,
}

impl RoomGraph {
    /// Nothing is known yet of the workspace at `root`.
    pub fn new(root: PathBuf) -> RoomGraph {
        RoomGraph { root, lexicon: Made::new(), history: Mutex::default(), stopped: Arc::default() }
    }

    /// The words of a workspace, of about this snapshot. `None` if they are not there in time.
    pub fn lexicon(&self, code: &Arc<Code>, patience: Patience<'_>) -> Option<Arc<Lexicon>> {
        let build = |code: Arc<Code>, stopped: Arc<AtomicBool>| {
            move || Lexicon::build(&code, &|| stopped.load(Ordering::Relaxed))
        };
        let make = build(Arc::clone(code), Arc::clone(&self.stopped));
        let lexicon = self.lexicon.wait(make, patience.until, patience.give_up)?;
        let files = code.snapshot().totals().text_files as usize;
        if lexicon.differing(code.snapshot()) <= MANY_CHANGED.max(files / 10) {
            return Some(lexicon);
        }
        let newer = build(Arc::clone(code), Arc::clone(&self.stopped))().map(Arc::new)?;
        self.lexicon.put(Arc::clone(&newer));
        Some(newer)
    }

    /// The history up to where HEAD is now. What is known is only extended.
    pub fn history(&self) -> Arc<History> {
        let known = self.history.lock().clone();
        if let Some((seen, history)) = &known
            && seen.elapsed() < LOOK_AGAIN
        {
            return Arc::clone(history);
        }
        let before = known.as_ref().and_then(|(_, it)| it.read.as_ref().ok());
        let read = past::read(&self.root, before, &Limits::default());
        let same = match (&read, before) {
            (Ok(now), Some(before)) => Arc::ptr_eq(now, before),
            _ => false,
        };
        let history = match known {
            Some((_, history)) if same => history,
            _ => Arc::new(History { past: read_past(&read), read }),
        };
        *self.history.lock() = Some((Instant::now(), Arc::clone(&history)));
        history
    }

    /// No more of it is made: the workspace is let go.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }
}

fn read_past(read: &Result<Arc<past::Past>, NoHistory>) -> Past {
    let Ok(read) = read else { return Past::new([]) };
    Past::new(read.commits().map(|commit| {
        PastCommit {
            id: hex(commit.id).into(),
            time: commit.time,
            message: commit.message.into(),
            paths: commit
                .touches
                .iter()
                .filter_map(|touch| read.path(touch.now).as_str().map(Into::into))
                .collect(),
        }
    }))
}

/// The first digits of a commit's name.
fn hex(id: &[u8]) -> String {
    use std::fmt::Write;
    id.iter().take(6).fold(String::new(), |mut hex, byte| {
        let _: std::fmt::Result = write!(hex, "{byte:02x}");
        hex
    })
}
