//! Writes a session's changes to the working directory, and what others wrote into the session.
//!
//! What is about to be written is noted down first, so that a crash in the middle is carried on at
//! the next start. Each file is replaced only if it is what the session started from; what somebody
//! else has changed is merged first, or is a conflict, and never written over.

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    sync::{Arc, atomic::Ordering},
};

use coderoom_engine::{Entry, EntryKind, FileDelta, FileMode, RelPath, State, Version};
use coderoom_system::{
    crash,
    disk::{DiskFile, Expected, LARGEST, Target, Written, is_half_written},
    journal::Durability,
};

use super::{AgentSession, SyncMode, now_ms};
use crate::{
    daemon::{progress::Progress, rooms::Rooms},
    error::{Code, OpError},
};

/// Others may go on writing while a sync merges what they wrote: it gives up after so many rounds.
const ROUNDS: usize = 8;

/// What a sync did.
#[derive(Clone, Debug, Default)]
pub struct Synced {
    /// The newest entry then.
    pub entry: u64,
    /// Files that were written or removed.
    pub written: Vec<String>,
    /// Files in which somebody else's changes were merged first.
    pub merged: Vec<String>,
    /// Files that were not written: somebody else's change does not go together with ours.
    pub conflicts: Vec<String>,
}

/// Held while a session is being synced.
struct Claim<'a>(&'a AgentSession);

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.0.syncing.store(false, Ordering::Release);
    }
}

impl AgentSession {
    /// Writes changed files to the working directory: those within `paths`, or all.
    ///
    /// # Errors
    /// `busy` if it is being synced, `tests_failed`, or `sync_failed` if a file cannot be written:
    /// those before it are written and logged then.
    pub fn sync(
        self: &Arc<Self>,
        rooms: &Rooms,
        paths: &[RelPath],
        progress: &Progress,
    ) -> Result<Synced, OpError> {
        if self.config.validation.run_tests_before_sync {
            progress.doing("running the tests");
            self.run_tests(rooms.config().state_dir.as_ref())?;
        }
        self.write_out(paths, progress)
    }

    fn write_out(&self, paths: &[RelPath], progress: &Progress) -> Result<Synced, OpError> {
        if self.syncing.swap(true, Ordering::Acquire) {
            let message = format!("session `{}` is being synced: try again", self.name);
            return Err(OpError::new(Code::Busy, message));
        }
        let _claim = Claim(self);
        let mut synced = Synced::default();
        for _ in 0..ROUNDS {
            progress.doing("comparing files with the disk");
            let wanted = self.wanted(&self.state(), paths);
            let met = self.meet(&wanted)?;
            synced.merged.extend(met.merged);
            let state = self.state();
            let wanted: Vec<RelPath> = self
                .wanted(&state, paths)
                .into_iter()
                .filter(|path| state.conflict(path).is_none())
                .collect();
            let others = self.write_files(&state, &wanted, &mut synced, progress)?;
            if !others {
                break;
            }
        }
        let state = self.state();
        let left = self.wanted(&state, paths);
        synced.conflicts = left
            .iter()
            .filter(|path| state.conflict(path).is_some())
            .map(ToString::to_string)
            .collect();
        synced.entry = state.head();
        synced.merged.sort();
        synced.merged.dedup();
        Ok(synced)
    }

    /// The changed files within `paths`.
    fn wanted(&self, state: &State, paths: &[RelPath]) -> Vec<RelPath> {
        let within = |path: &RelPath| paths.is_empty() || paths.iter().any(|it| path.is_within(it));
        state.dirty().map(|(path, _)| path).filter(|path| within(path)).cloned().collect()
    }

    /// Writes files and logs those that were written. True if somebody else has changed one of them
    /// in the meantime.
    fn write_files(
        &self,
        state: &State,
        paths: &[RelPath],
        synced: &mut Synced,
        progress: &Progress,
    ) -> Result<bool, OpError> {
        if paths.is_empty() {
            return Ok(false);
        }
        self.note_plan(state, paths)?;
        let durable = self.config.durability == Durability::Power;
        let mut done: Vec<FileDelta> = Vec::new();
        let mut others = false;
        let mut failure = None;
        // Removed files first: a directory may have to make way for a file.
        let mut order: Vec<&RelPath> = paths.iter().collect();
        order.sort_by_key(|path| state.dirty_file(path).is_some_and(|it| it.now.is_some()));
        let total = order.len() as u64;
        for (n, path) in order.into_iter().enumerate() {
            progress.done("writing files", n as u64, total);
            let Some(dirty) = state.dirty_file(path) else { continue };
            let (before, after) = (dirty.base.clone(), dirty.now.clone());
            match self.disk.write(
                path,
                &expected(before.as_ref()),
                &target(before.as_ref(), after.as_ref())?,
                durable,
            ) {
                Ok(Written::Done) => {
                    synced.written.push(path.to_string());
                    done.push(FileDelta { path: path.clone(), before, after });
                }
                Ok(Written::Changed(_)) => others = true,
                Err(err) => {
                    failure = Some(OpError::from(err));
                    break;
                }
            }
        }
        crash::step("sync: written");
        self.log_written(done)?;
        crash::step("sync: logged");
        match failure {
            Some(err) => {
                let (written, err) = (synced.written.len(), err.message);
                let message = format!(
                    "{err}; {written} files are written, the others are still in session `{}`: \
                     make way and `sync` again",
                    self.name
                );
                Err(OpError::new(Code::SyncFailed, message))
            }
            None => {
                let _ = fs::remove_file(self.plan_path());
                Ok(others)
            }
        }
    }

    /// From here on the session's differences are counted from what is on disk.
    fn log_written(&self, done: Vec<FileDelta>) -> Result<(), OpError> {
        if done.is_empty() {
            return Ok(());
        }
        self.commit(|state| {
            let mut entry = Entry::new(EntryKind::Sync, Vec::new());
            for delta in &done {
                // An edit or an undo that came meanwhile is a difference to what is on disk now; of
                // what is not held it cannot be said.
                let (path, snapshot) = (&delta.path, state.snapshot());
                let known = state.dirty_file(path).is_some()
                    || state.version(path).is_some()
                    || snapshot.file(path).is_none();
                if known {
                    entry.base.push(delta.clone());
                }
            }
            Ok(entry.by(&self.agent, "", now_ms()))
        })?;
        Ok(())
    }

    fn plan_path(&self) -> PathBuf {
        self.dir.join("sync.plan")
    }

    /// Notes down what is about to be written.
    fn note_plan(&self, state: &State, paths: &[RelPath]) -> Result<(), OpError> {
        use std::io::Write;
        let fail = |err: std::io::Error| {
            let message = format!("cannot write {}: {err}", self.plan_path().display());
            OpError::new(Code::SyncFailed, message)
        };
        let mut text = String::new();
        for path in paths {
            let hash =
                |version: Option<&Version>| version.map_or(String::new(), |it| it.hash.to_hex());
            let Some(dirty) = state.dirty_file(path) else { continue };
            let (before, after) = (hash(dirty.base.as_ref()), hash(dirty.now.as_ref()));
            let path: String = path.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
            text.push_str(&format!("{path} {before} {after}\n"));
        }
        text.push_str("end\n");
        let temporary = self.dir.join("sync.plan.new");
        let mut file = fs::File::create(&temporary).map_err(fail)?;
        file.write_all(text.as_bytes()).map_err(fail)?;
        if self.config.durability == Durability::Power {
            file.sync_data().map_err(fail)?;
        }
        crash::step("plan: beside");
        fs::rename(&temporary, self.plan_path()).map_err(fail)?;
        crash::step("plan: in place");
        Ok(())
    }

    /// Carries on a sync that a crash has cut off. Called when the session is resumed.
    ///
    /// # Errors
    /// As `sync`.
    pub(super) fn carry_on(&self) -> Result<(), OpError> {
        let Ok(text) = fs::read_to_string(self.plan_path()) else { return Ok(()) };
        if !text.ends_with("end\n") {
            let _ = fs::remove_file(self.plan_path());
            return Ok(());
        }
        let state = self.state();
        let (mut written, mut paths) = (Vec::new(), Vec::new());
        self.sweep(&state, &text)?;
        for line in text.lines() {
            let mut words = line.split(' ');
            let (Some(path), Some(_), Some(after)) = (words.next(), words.next(), words.next())
            else {
                continue;
            };
            let Some(path) = unhex(path).and_then(|bytes| RelPath::new(&bytes).ok()) else {
                continue;
            };
            match self.carry_on_with(&state, &path, after)? {
                Some(delta) => written.push(delta),
                None => paths.push(path),
            }
        }
        self.log_written(written)?;
        tracing::info!(session = self.name, files = paths.len(), "carrying on a sync");
        if !paths.is_empty() {
            self.write_out(&paths, &Progress::default())?;
        }
        crash::step("carry on: done");
        let _ = fs::remove_file(self.plan_path());
        Ok(())
    }

    /// Brings one file of a plan to what the plan says, if that is not what the session has now or a
    /// crash has left it half written. `None` if it is to be synced as usual.
    fn carry_on_with(
        &self,
        state: &State,
        path: &RelPath,
        after: &str,
    ) -> Result<Option<FileDelta>, OpError> {
        let dirty = state.dirty_file(path);
        let is_it = |version: &&Version| version.hash.to_hex() == after;
        let now = dirty.map_or_else(|| state.version(path), |dirty| dirty.now.clone());
        let planned = match now.as_ref().filter(is_it) {
            Some(version) => Some(version.clone()),
            None => {
                let versions = state.log().rev().flat_map(|entry| &entry.files);
                let of_path = versions.filter(|delta| delta.path == *path);
                of_path.filter_map(|delta| delta.after.as_ref()).find(is_it).cloned()
            }
        };
        if planned.is_none() && !after.is_empty() {
            return Ok(None);
        }
        let base = dirty.map_or_else(|| state.version(path), |dirty| dirty.base.clone());
        let there = self.disk.read(path, LARGEST).ok().flatten();
        let delta = FileDelta { path: path.clone(), before: base.clone(), after: planned.clone() };
        let mode_fits = |there: &DiskFile| {
            let wanted = planned.as_ref().and_then(|version| version.mode);
            wanted.is_none_or(|mode| mode == there.mode)
        };
        let expected = match (&there, &planned, &base) {
            (None, None, _) => Expected::Absent,
            (Some(there), Some(planned), _) if there.hash == planned.hash && mode_fits(there) => {
                return Ok(Some(delta));
            }
            (Some(there), Some(planned), Some(base))
                if there.is_linked
                    && there.hash != base.hash
                    && let (Some(old), Some(new)) = (base.bytes(), planned.bytes())
                    && is_half_written(old, new, &there.bytes) =>
            {
                Expected::File(there.hash, None)
            }
            _ if planned.as_ref().map(|it| it.hash) == now.map(|it| it.hash) => return Ok(None),
            _ => expected(base.as_ref()),
        };
        let durable = self.config.durability == Durability::Power;
        let target = target(base.as_ref(), planned.as_ref())?;
        match self.disk.write(path, &expected, &target, durable)? {
            Written::Done => Ok(Some(delta)),
            Written::Changed(_) => Ok(None),
        }
    }

    /// Removes what the writes that were cut off have left beside the files of a plan. What is neither
    /// an old nor a new version of one of them, nor the beginning of one, stays and is told.
    fn sweep(&self, state: &State, plan: &str) -> Result<(), OpError> {
        let mut dirs: BTreeMap<RelPath, Vec<Version>> = BTreeMap::new();
        for line in plan.lines() {
            let path = line.split(' ').next().and_then(unhex);
            let Some(path) = path.and_then(|bytes| RelPath::new(&bytes).ok()) else { continue };
            let versions = dirs.entry(path.parent().unwrap_or_else(RelPath::root)).or_default();
            if let Some(dirty) = state.dirty_file(&path) {
                versions.extend(dirty.base.iter().chain(&dirty.now).cloned());
            }
        }
        for (dir, versions) in dirs {
            let is_known = |bytes: &bytes::Bytes| {
                let begins = |it: &Version| it.bytes().is_some_and(|it| it.starts_with(bytes));
                versions.iter().any(begins)
            };
            for path in self.disk.sweep(&dir, &is_known)? {
                tracing::warn!(%path, "a file that was being replaced when the daemon was killed");
            }
        }
        Ok(())
    }

    /// What the configuration wants done after each batch; gives notes for its author.
    pub fn after(self: &Arc<Self>, rooms: &Rooms, state: &State) -> Vec<String> {
        let mut notes = Vec::new();
        if self.config.git.sync_frequency == SyncMode::WriteThrough {
            let changed: Vec<RelPath> = match state.log().next_back() {
                Some(entry) => entry.files.iter().map(|delta| delta.path.clone()).collect(),
                None => Vec::new(),
            };
            match self.sync(rooms, &changed, &Progress::default()) {
                Ok(synced) if !synced.conflicts.is_empty() => notes.push(format!(
                    "not written, somebody else has changed them: {}",
                    synced.conflicts.join(", ")
                )),
                Ok(_) => {}
                Err(err) => notes.push(format!("not written to disk: {}", err.message)),
            }
        }
        self.review_soon(rooms);
        notes
    }
}

fn expected(base: Option<&Version>) -> Expected {
    match base {
        None => Expected::Absent,
        Some(version) => Expected::File(version.hash, version.mode),
    }
}

fn target(base: Option<&Version>, now: Option<&Version>) -> Result<Target, OpError> {
    // What has no mode of its own keeps the old one's, but a text is never a link for that.
    let was_link = base.is_some_and(|base| base.mode == Some(FileMode::Link));
    match now {
        None => Ok(Target::Absent),
        Some(version) => match version.bytes() {
            Some(bytes) => {
                let mode = version.mode.or(was_link.then_some(FileMode::File));
                Ok(Target::File(bytes.clone(), mode))
            }
            None => Err(OpError::new(Code::Internal, "the session has lost a version's bytes")),
        },
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) {
        return None;
    }
    let byte = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    (0..text.len()).step_by(2).map(byte).collect()
}
