//! One server and what it has been shown: buffers are opened, changed and closed until it has the
//! state that is to be checked, then it is asked.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use coderoom_engine::{ContentHash, RelPath, Snapshot};
use serde_json::{Value, json};

use super::{
    buffer::{Buffer, Patience, state_key},
    catalog::{self, Checker},
    compare::{self, Finding, Units},
    connection::{Connection, Groups, Unsent},
    disk::{Known, Told},
    error::CheckError,
    heard::{self, Refusal},
    uri,
};

/// A server that pushes diagnostics has said all when it was quiet for so long.
const QUIET: Duration = Duration::from_millis(400);
/// The same if it does not say which version of a file it speaks of.
const LONG_QUIET: Duration = Duration::from_millis(1_500);
/// "The content was modified" and "the server cancelled this": ask again.
const ASK_AGAIN: [i64; 2] = [-32801, -32802];
/// Answers about states of the base that are kept.
const MOST_KEPT: usize = 64;

/// How diagnostics are got out of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// `textDocument/diagnostic`.
    Pull,
    /// tsserver's own commands, handed on.
    Tsserver,
    /// It pushes them.
    Push,
}

enum Phase {
    /// `initialize` was sent.
    Starting(i64),
    Ready,
}

struct Open {
    version: i64,
    hash: ContentHash,
}

/// A server that is there.
pub(super) struct Server {
    pub(super) checker: Checker,
    root: PathBuf,
    connection: Connection,
    phase: Phase,
    way: Way,
    units: Units,
    open: BTreeMap<RelPath, Open>,
    version: i64,
    disk: Known,
    /// What it said of states, by the hash of all that was open.
    kept: HashMap<ContentHash, Arc<Vec<Finding>>>,
}

impl Server {
    /// Starts a server. It reads the project from now on; nothing is waited for.
    ///
    /// # Errors
    /// If the process cannot be started, or dies at once.
    pub(super) fn start(
        checker: Checker,
        program: &Path,
        root: &Path,
        groups: &Groups,
    ) -> Result<Server, CheckError> {
        let mut command = Command::new(program);
        command.args(checker.args);
        let failed = |why: String| CheckError::Start { server: checker.name, why };
        let mut connection = Connection::start(command, root, groups)
            .map_err(|err| failed(format!("{}: {err}", program.display())))?;
        let until = Instant::now() + Duration::from_secs(1);
        let id = connection.request("initialize", &initialize(&checker, root), until).map_err(
            |unsent| match (unsent, connection.heard.ended()) {
                // It may end, or be no server at all, before it is asked anything.
                (Unsent::Gone, why) => {
                    let why = why.unwrap_or_else(|| "it ended".into());
                    CheckError::Died { server: checker.name, why }
                }
                (Unsent::Late, _) => failed("it does not read its input".into()),
            },
        )?;
        Ok(Server {
            checker,
            root: root.to_path_buf(),
            connection,
            phase: Phase::Starting(id),
            way: Way::Push,
            units: Units::Utf16,
            open: BTreeMap::new(),
            version: 0,
            disk: Known::default(),
            kept: HashMap::new(),
        })
    }

    /// Whether it still is there.
    pub(super) fn is_alive(&self) -> bool {
        self.connection.heard.ended().is_none()
    }

    /// What it complains of as a whole.
    pub(super) fn complaint(&self) -> Option<String> {
        self.connection.heard.complaint()
    }

    /// Waits until it has started, and tells it what has changed on disk. False if that is too much
    /// to tell: a new one is wanted.
    pub(super) fn prepare(
        &mut self,
        disk: &Snapshot,
        patience: Patience<'_>,
    ) -> Result<bool, CheckError> {
        if let Phase::Starting(id) = self.phase {
            let result = self.answer(id, patience, "it is starting", false)?;
            let result = result.map_err(|refusal| self.refused(refusal))?;
            self.learn(&result["capabilities"]);
            self.phase = Phase::Ready;
            self.notify("initialized", json!({}), patience)?;
        }
        if self.checker.tells_when_ready {
            self.await_ready(patience)?;
        }
        match self.disk.tell(&self.root, disk) {
            Told::Nothing => {}
            Told::Anew => return Ok(false),
            Told::Changes(changes) => {
                self.kept.clear();
                let params = json!({"changes": changes});
                self.notify("workspace/didChangeWatchedFiles", params, patience)?;
            }
        }
        Ok(true)
    }

    fn await_ready(&self, patience: Patience<'_>) -> Result<(), CheckError> {
        let ready = |state: &mut heard::State| state.ready.then_some(());
        let heard = self.connection.heard.wait(patience.until, patience.stop, ready);
        heard.ok_or_else(|| self.silence(patience, "it is reading the project"))
    }

    fn learn(&mut self, capabilities: &Value) {
        self.units = Units::of(capabilities["positionEncoding"].as_str());
        let commands = capabilities["executeCommandProvider"]["commands"].as_array();
        let has = |name: &str| commands.is_some_and(|all| all.iter().any(|it| it == name));
        self.way = if !capabilities["diagnosticProvider"].is_null() {
            Way::Pull
        } else if has("typescript.tsserverRequest") {
            Way::Tsserver
        } else {
            Way::Push
        };
    }

    /// What it says of a state. What it said of the same one before is not asked again if `keep`.
    pub(super) fn check(
        &mut self,
        buffers: &[Buffer],
        keep: bool,
        patience: Patience<'_>,
    ) -> Result<Arc<Vec<Finding>>, CheckError> {
        let key = state_key(buffers);
        if let Some(kept) = self.kept.get(&key) {
            return Ok(Arc::clone(kept));
        }
        self.show(buffers, patience)?;
        let found = match self.way {
            Way::Pull => self.pull(buffers, patience)?,
            Way::Tsserver => self.ask_tsserver(buffers, patience)?,
            Way::Push => self.hear(buffers, patience)?,
        };
        let found = Arc::new(found);
        if keep {
            if self.kept.len() >= MOST_KEPT {
                self.kept.clear();
            }
            self.kept.insert(key, Arc::clone(&found));
        }
        Ok(found)
    }

    /// Opens, changes and closes buffers until exactly these are open.
    fn show(&mut self, buffers: &[Buffer], patience: Patience<'_>) -> Result<(), CheckError> {
        let paths = buffers.iter().map(|buffer| self.root.join(buffer.path.as_path()));
        self.connection.heard.want_files(paths.collect::<Vec<_>>());
        let wanted: BTreeMap<&RelPath, ()> = buffers.iter().map(|it| (&it.path, ())).collect();
        let gone = self.open.keys().filter(|path| !wanted.contains_key(path));
        for path in gone.cloned().collect::<Vec<_>>() {
            let params = json!({"textDocument": {"uri": self.uri(&path)}});
            self.notify("textDocument/didClose", params, patience)?;
            self.open.remove(&path);
        }
        for buffer in buffers {
            let uri = self.uri(&buffer.path);
            // Versions never go back, not even of files that were closed meanwhile.
            let version = self.version + 1;
            match self.open.get(&buffer.path) {
                // One that pushes says nothing of what has not changed.
                Some(open) if open.hash == buffer.hash && self.way != Way::Push => continue,
                Some(_) => {
                    let mut params = json!({
                        "textDocument": {"uri": uri, "version": version},
                        "contentChanges": [{"text": &*buffer.text}],
                    });
                    if self.checker.rebuilds_when_asked {
                        params["forceRebuild"] = json!(true);
                    }
                    self.notify("textDocument/didChange", params, patience)?;
                }
                None => {
                    let params = json!({"textDocument": {
                        "uri": uri, "version": version, "languageId": buffer.language,
                        "text": &*buffer.text,
                    }});
                    self.notify("textDocument/didOpen", params, patience)?;
                }
            }
            self.version = version;
            self.open.insert(buffer.path.clone(), Open { version, hash: buffer.hash });
        }
        Ok(())
    }

    fn pull(
        &mut self,
        buffers: &[Buffer],
        patience: Patience<'_>,
    ) -> Result<Vec<Finding>, CheckError> {
        let ask = |_: &Buffer, uri: String| {
            ("textDocument/diagnostic", json!({"textDocument": {"uri": uri}}))
        };
        let units = self.units;
        self.ask_all(buffers, patience, ask, &|buffer, answer| {
            compare::of_protocol(&buffer.path, &buffer.text, &answer["items"], units)
        })
    }

    fn ask_tsserver(
        &mut self,
        buffers: &[Buffer],
        patience: Patience<'_>,
    ) -> Result<Vec<Finding>, CheckError> {
        let root = self.root.clone();
        let ask = |buffer: &Buffer, _| {
            let file = root.join(buffer.path.as_path());
            let arguments = json!(["semanticDiagnosticsSync", {"file": file.to_string_lossy()}]);
            let command = "typescript.tsserverRequest";
            ("workspace/executeCommand", json!({"command": command, "arguments": arguments}))
        };
        self.ask_all(buffers, patience, ask, &|buffer, answer| {
            compare::of_tsserver(&buffer.path, &buffer.text, &answer["body"])
        })
    }

    /// Asks about every buffer. Requests are sent together, as many as the queue takes.
    fn ask_all(
        &mut self,
        buffers: &[Buffer],
        patience: Patience<'_>,
        ask: impl Fn(&Buffer, String) -> (&'static str, Value),
        read: &dyn Fn(&Buffer, &Value) -> Vec<Finding>,
    ) -> Result<Vec<Finding>, CheckError> {
        let mut found = Vec::new();
        let mut wanted: Vec<&Buffer> = buffers.iter().collect();
        while !wanted.is_empty() {
            let mut again = Vec::new();
            for some in wanted.chunks(16) {
                let mut sent = Vec::new();
                for buffer in some {
                    let (method, params) = ask(buffer, self.uri(&buffer.path));
                    let id = self.connection.request(method, &params, patience.until);
                    sent.push((*buffer, id.map_err(|unsent| self.unsent(&unsent))?));
                }
                for (n, (buffer, id)) in sent.iter().enumerate() {
                    let answer = self.answer(*id, patience, "it is checking", true);
                    match answer.inspect_err(|_| self.forget(&sent[n..]))? {
                        Ok(answer) => found.extend(read(buffer, &answer)),
                        Err(it) if ASK_AGAIN.contains(&it.code) => again.push(*buffer),
                        Err(refusal) => return Err(self.refused(refusal)),
                    }
                }
            }
            if !again.is_empty() {
                std::thread::sleep(Duration::from_millis(20));
            }
            wanted = again;
        }
        Ok(found)
    }

    fn forget(&self, sent: &[(&Buffer, i64)]) {
        for (_, id) in sent {
            self.connection.heard.forget(*id);
        }
    }

    /// Waits until diagnostics of every buffer were pushed, and then until it is quiet.
    fn hear(
        &mut self,
        buffers: &[Buffer],
        patience: Patience<'_>,
    ) -> Result<Vec<Finding>, CheckError> {
        let files: Vec<(PathBuf, i64)> = buffers
            .iter()
            .map(|buffer| {
                let version = self.open.get(&buffer.path).map_or(0, |open| open.version);
                (self.root.join(buffer.path.as_path()), version)
            })
            .collect();
        let complete = |state: &mut heard::State| {
            let all: Option<Vec<_>> =
                files.iter().map(|(path, version)| state.published(path, *version)).collect();
            let all = all?;
            let quiet = if all.iter().all(|it| it.version.is_some()) { QUIET } else { LONG_QUIET };
            let is_quiet = state.last.is_none_or(|last| last.elapsed() >= quiet);
            is_quiet.then(|| all.into_iter().map(|it| it.items.clone()).collect::<Vec<_>>())
        };
        let heard = self.connection.heard.wait(patience.until, patience.stop, complete);
        let all = heard.ok_or_else(|| self.silence(patience, "it is checking"))?;
        let one = |(buffer, items): (&Buffer, Value)| {
            compare::of_protocol(&buffer.path, &buffer.text, &items, self.units)
        };
        Ok(buffers.iter().zip(all).flat_map(one).collect())
    }

    /// Waits for an answer; one that does not come is forgotten if `forget`.
    fn answer(
        &self,
        id: i64,
        patience: Patience<'_>,
        doing: &'static str,
        forget: bool,
    ) -> Result<Result<Value, Refusal>, CheckError> {
        let heard = &self.connection.heard;
        let answer = heard.wait(patience.until, patience.stop, |state| state.answer(id));
        answer.ok_or_else(|| {
            if forget {
                heard.forget(id);
            }
            self.silence(patience, doing)
        })
    }

    fn notify(
        &self,
        method: &str,
        params: Value,
        patience: Patience<'_>,
    ) -> Result<(), CheckError> {
        let sent = self.connection.notify(method, params, patience.until);
        sent.map_err(|unsent| self.unsent(&unsent))
    }

    fn uri(&self, path: &RelPath) -> String {
        uri::of_path(&self.root.join(path.as_path()))
    }

    fn unsent(&self, unsent: &Unsent) -> CheckError {
        let server = self.checker.name;
        match unsent {
            Unsent::Late => CheckError::Timeout { server, doing: "it does not read its input" },
            Unsent::Gone => {
                let why = self.connection.heard.ended().unwrap_or_else(|| "it ended".into());
                CheckError::Died { server, why }
            }
        }
    }

    /// Why nothing was heard.
    fn silence(&self, patience: Patience<'_>, doing: &'static str) -> CheckError {
        let server = self.checker.name;
        match self.connection.heard.ended() {
            Some(why) => CheckError::Died { server, why },
            None if Instant::now() < patience.until => CheckError::Stopped,
            None => CheckError::Timeout { server, doing },
        }
    }

    fn refused(&self, refusal: Refusal) -> CheckError {
        CheckError::Refused { server: self.checker.name, why: refusal.message }
    }
}

fn initialize(checker: &Checker, root: &Path) -> Value {
    json!({
        "processId": std::process::id(),
        "clientInfo": {"name": "coderoom", "version": env!("CARGO_PKG_VERSION")},
        "rootUri": uri::of_path(root),
        "rootPath": root.to_string_lossy(),
        "workspaceFolders": heard::folders(root),
        "initializationOptions": catalog::initialization_options(checker),
        "capabilities": {
            "general": {"positionEncodings": ["utf-8", "utf-16"]},
            "workspace": {
                "configuration": true,
                "workspaceFolders": true,
                "didChangeWatchedFiles": {"dynamicRegistration": true},
            },
            "textDocument": {
                "synchronization": {"didSave": false},
                "publishDiagnostics": {"versionSupport": true},
                "diagnostic": {"dynamicRegistration": false},
            },
            "window": {"workDoneProgress": false},
            "experimental": {"serverStatusNotification": true},
        },
    })
}
