//! What a server has said: answers that somebody waits for, the newest diagnostics of files that are
//! open, and whether it is still there. Everything else is dropped as it comes.

use std::{
    collections::{HashMap, HashSet},
    io::BufRead,
    path::{Path, PathBuf},
    sync::Arc,
    sync::mpsc::{SyncSender, TrySendError},
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};
use serde_json::{Value, json};

use super::{catalog, frame, uri};

/// Shared by the thread that reads and the one that asks.
pub(super) struct Heard {
    state: Mutex<State>,
    changed: Condvar,
    root: PathBuf,
}

/// What was heard so far.
#[derive(Default)]
pub(super) struct State {
    /// Numbers of requests whose answers are wanted.
    waiting: HashSet<i64>,
    answers: HashMap<i64, Result<Value, Refusal>>,
    /// Files whose diagnostics are wanted, with the newest.
    published: HashMap<PathBuf, Option<Published>>,
    /// When the last of them came.
    pub(super) last: Option<Instant>,
    /// Whether it has read the project, if it says so.
    pub(super) ready: bool,
    /// What it complains of as a whole.
    pub(super) complaint: Option<String>,
    /// Why nothing more comes.
    pub(super) ended: Option<String>,
}

/// An answer that is an error.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) code: i64,
    pub(super) message: String,
}

/// Diagnostics as they were pushed.
#[derive(Clone, Debug)]
pub(super) struct Published {
    pub(super) version: Option<i64>,
    pub(super) items: Value,
}

impl Heard {
    pub(super) fn new(root: &Path) -> Arc<Heard> {
        let (state, changed) = (Mutex::default(), Condvar::new());
        Arc::new(Heard { state, changed, root: root.to_path_buf() })
    }

    /// Reads until the stream ends or is not the protocol.
    pub(super) fn listen(&self, mut from: impl BufRead, answers: &SyncSender<Vec<u8>>) {
        let why = loop {
            match frame::read(&mut from) {
                Ok(None) => break "it ended".to_owned(),
                Err(err) => break err.to_string(),
                Ok(Some(body)) => match serde_json::from_slice(&body) {
                    Err(err) => break format!("a message is not JSON: {err}"),
                    Ok(message) => {
                        if let Err(why) = self.take(message, answers) {
                            break why;
                        }
                    }
                },
            }
        };
        self.end(why);
    }

    /// Nothing more comes from it.
    pub(super) fn end(&self, why: String) {
        self.state.lock().ended.get_or_insert(why);
        self.changed.notify_all();
    }

    fn take(&self, mut message: Value, answers: &SyncSender<Vec<u8>>) -> Result<(), String> {
        let id = message.get("id").cloned();
        let method = message.get("method").and_then(Value::as_str).map(str::to_owned);
        match (method, id) {
            (Some(method), Some(id)) => {
                let result = self.serve(&method, &message["params"]);
                let answer = json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string();
                match answers.try_send(frame::encode(answer.as_bytes())) {
                    Err(TrySendError::Full(_)) => Err("it does not read what it is sent".into()),
                    _ => Ok(()),
                }
            }
            (Some(method), None) => {
                self.note(&method, message["params"].take());
                Ok(())
            }
            (None, Some(id)) => {
                let answer = match message.get_mut("error") {
                    Some(error) => Err(Refusal {
                        code: error["code"].as_i64().unwrap_or_default(),
                        message: error["message"].as_str().unwrap_or("no reason").to_owned(),
                    }),
                    None => Ok(message["result"].take()),
                };
                let mut state = self.state.lock();
                if let Some(id) = id.as_i64().filter(|id| state.waiting.remove(id)) {
                    state.answers.insert(id, answer);
                    self.changed.notify_all();
                }
                Ok(())
            }
            (None, None) => Ok(()),
        }
    }

    /// Answers a request of the server's.
    fn serve(&self, method: &str, params: &Value) -> Value {
        match method {
            "workspace/configuration" => {
                let items = params["items"].as_array().map_or(&[][..], |items| items);
                let section = |item: &Value| item["section"].as_str().unwrap_or("").to_owned();
                let one = |item| catalog::configuration(&self.root, &section(item));
                items.iter().map(one).collect()
            }
            "workspace/applyEdit" => json!({"applied": false}),
            "workspace/workspaceFolders" => folders(&self.root),
            _ => Value::Null,
        }
    }

    fn note(&self, method: &str, mut params: Value) {
        let mut state = self.state.lock();
        match method {
            "textDocument/publishDiagnostics" => {
                let path = params["uri"].as_str().and_then(uri::to_path);
                let Some(slot) = path.and_then(|path| state.published.get_mut(&path)) else {
                    return;
                };
                let version = params["version"].as_i64();
                *slot = Some(Published { version, items: params["diagnostics"].take() });
                state.last = Some(Instant::now());
            }
            "experimental/serverStatus" => {
                state.ready = params["quiescent"].as_bool().unwrap_or(false);
                let bad = params["health"].as_str().is_some_and(|health| health == "error");
                let words = params["message"].as_str().unwrap_or("its project cannot be read");
                state.complaint = bad.then(|| words.trim().to_owned());
            }
            _ => return,
        }
        drop(state);
        self.changed.notify_all();
    }

    /// Announces that the answer to a request is wanted.
    pub(super) fn want(&self, id: i64) {
        self.state.lock().waiting.insert(id);
    }

    /// The answer is not wanted any more.
    pub(super) fn forget(&self, id: i64) {
        let mut state = self.state.lock();
        state.waiting.remove(&id);
        state.answers.remove(&id);
    }

    /// Announces which files' diagnostics are wanted; what was heard of them is forgotten.
    pub(super) fn want_files(&self, files: impl IntoIterator<Item = PathBuf>) {
        let mut state = self.state.lock();
        state.published = files.into_iter().map(|path| (path, None)).collect();
        state.last = None;
    }

    /// Waits until `done` says what is wanted; none when `until` is past or the server has ended.
    /// `done` is asked at each change, and now and then.
    pub(super) fn wait<T>(
        &self,
        until: Instant,
        stop: &dyn Fn() -> bool,
        mut done: impl FnMut(&mut State) -> Option<T>,
    ) -> Option<T> {
        const STEP: Duration = Duration::from_millis(50);
        let mut state = self.state.lock();
        loop {
            if let Some(found) = done(&mut state) {
                return Some(found);
            }
            let now = Instant::now();
            if state.ended.is_some() || now >= until || stop() {
                return None;
            }
            self.changed.wait_until(&mut state, until.min(now + STEP));
        }
    }

    /// Why nothing more comes, if nothing does.
    pub(super) fn ended(&self) -> Option<String> {
        self.state.lock().ended.clone()
    }

    /// What the server complains of as a whole.
    pub(super) fn complaint(&self) -> Option<String> {
        self.state.lock().complaint.clone()
    }
}

impl State {
    /// The answer to a request, once.
    pub(super) fn answer(&mut self, id: i64) -> Option<Result<Value, Refusal>> {
        self.answers.remove(&id)
    }

    /// The newest diagnostics of a file that were said of this version of it.
    pub(super) fn published(&self, path: &Path, version: i64) -> Option<&Published> {
        let published = self.published.get(path)?.as_ref()?;
        published.version.is_none_or(|its| its == version).then_some(published)
    }
}

/// The workspace as the protocol has it.
pub(super) fn folders(root: &Path) -> Value {
    json!([{"uri": uri::of_path(root), "name": root.file_name().unwrap_or_default().to_string_lossy()}])
}
