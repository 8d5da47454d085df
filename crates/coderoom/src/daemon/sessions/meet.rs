//! Where a session's changes meet those of others: the disk's at a rebase, another session's at a
//! merge. What goes together is merged; what does not is a conflict that the session holds.

use coderoom_engine::{
    Combined, Conflict, Content, Entry, EntryKind, FileDelta, RelPath, State, Version, combine,
    language_of,
};

use coderoom_system::{
    disk::{DiskError, LARGEST},
    journal::CommitError,
};

use super::{AgentSession, now_ms, present};
use crate::error::{Code, OpError};

/// Whose the other side of a conflict is if it is no session's. No session may be called so.
pub(super) const DISK: &str = "disk";

/// What a meeting came to.
#[derive(Clone, Debug, Default)]
pub struct Met {
    /// The newest entry then.
    pub entry: u64,
    /// Files in which both sides' changes are now.
    pub merged: Vec<String>,
    /// Files that are as the other side has them.
    pub taken: Vec<String>,
    /// Files whose two changes do not go together.
    pub conflicts: Vec<String>,
}

/// How a conflict is settled.
#[derive(Clone, Debug)]
pub enum Settlement {
    /// By the session's version.
    Ours,
    /// By the other one.
    Theirs,
    /// By this text.
    Text(String),
}

impl AgentSession {
    /// Brings the session up to date with the working directory: untouched files are as the disk has
    /// them, touched ones are merged.
    ///
    /// # Errors
    /// If files cannot be read, or it cannot be written down.
    pub fn rebase(&self, agent: &str, reason: &str) -> Result<Met, OpError> {
        let mut met = Met::default();
        let agent = if agent.is_empty() { &self.agent } else { agent };
        let trunk = self.room.workspace.snapshot();
        let state = self
            .live
            .advance(|state, session| {
                met = Met::default();
                let paths: Vec<RelPath> = state.dirty().map(|(path, _)| path.clone()).collect();
                let mut entry =
                    self.meet_disk(state, &paths, &mut met).map_err(CommitError::Refused)?;
                self.follow_disk(state, &mut entry).map_err(CommitError::Refused)?;
                let entry = entry.by(agent, reason, now_ms());
                let moved = state.onto(session, &trunk).map_err(CommitError::Mismatch)?;
                moved.next(session, entry).map_err(CommitError::Mismatch)
            })
            .map_err(|err| self.commit_error(err))?;
        met.entry = state.head();
        Ok(met)
    }

    /// Takes in what the disk has made of these files, if it has made anything. No entry if not.
    ///
    /// # Errors
    /// As `rebase`.
    pub(super) fn meet(&self, paths: &[RelPath]) -> Result<Met, OpError> {
        let mut met = Met::default();
        let state = self.commit_unless_empty(|state| {
            met = Met::default();
            let entry = self.meet_disk(state, paths, &mut met)?;
            Ok(entry.by(&self.agent, "changed on disk", now_ms()))
        })?;
        met.entry = state.map_or(0, |state| state.head());
        Ok(met)
    }

    /// Files that the log speaks of and that do not differ are as the disk has them: the log has to
    /// say so, or what comes after would not fit to it.
    fn follow_disk(&self, state: &State, entry: &mut Entry) -> Result<(), OpError> {
        for path in state.settled() {
            let file = state.snapshot().file(&path);
            if file.is_some_and(|file| file.text().is_none()) {
                continue;
            }
            let (before, after) = (state.version(&path), self.on_disk(&path)?);
            if before.as_ref().map(|it| it.hash) != after.as_ref().map(|it| it.hash) {
                let delta = FileDelta { path, before, after };
                entry.base.push(delta.clone());
                entry.files.push(delta);
            }
        }
        Ok(())
    }

    fn meet_disk(&self, state: &State, paths: &[RelPath], met: &mut Met) -> Result<Entry, OpError> {
        let mut entry = Entry::new(EntryKind::Rebase, Vec::new());
        for path in paths {
            let Some(dirty) = state.dirty_file(path) else { continue };
            let theirs = self.on_disk(path)?;
            let conflict = state.conflict(path);
            if conflict.is_some_and(|conflict| conflict.from != DISK) {
                // Settled with the other session first.
                continue;
            }
            let known = conflict.map_or(&dirty.base, |conflict| &conflict.theirs);
            if known.as_ref().map(|it| it.hash) == theirs.as_ref().map(|it| it.hash) {
                continue;
            }
            self.meet_version(state, path, &dirty.base, theirs.clone(), DISK, &mut entry, met);
            // Whatever came of it, the next difference is counted from what is on disk; a conflict
            // keeps the old base until it is settled.
            if !entry.conflicts.iter().any(|(at, it)| at == path && it.is_some()) {
                let (before, path) = (dirty.base.clone(), path.clone());
                entry.base.push(FileDelta { path, before, after: theirs });
            }
        }
        Ok(entry)
    }

    /// Combines one file's two changes into an entry.
    #[expect(clippy::too_many_arguments, reason = "two sides, their base, and where to put it")]
    pub(super) fn meet_version(
        &self,
        state: &State,
        path: &RelPath,
        base: &Option<Version>,
        theirs: Option<Version>,
        from: &str,
        entry: &mut Entry,
        met: &mut Met,
    ) {
        let ours = match state.dirty_file(path) {
            Some(dirty) => dirty.now.clone(),
            None => state.version(path),
        };
        let name = path.to_string();
        let taken = match combine(base.as_ref(), ours.as_ref(), theirs.as_ref()) {
            Combined::Ours => Some(None),
            Combined::Theirs => {
                met.taken.push(name.clone());
                Some(Some(theirs.clone()))
            }
            Combined::Merged(bytes, mode) => {
                let merged = Version { mode, ..present::of_bytes(&self.store, bytes.into()) };
                if self.is_broken(path, &merged, [ours.as_ref(), theirs.as_ref()]) {
                    None
                } else {
                    met.merged.push(name.clone());
                    Some(Some(Some(merged)))
                }
            }
            Combined::Conflict => None,
        };
        match taken {
            Some(after) => {
                if let Some(after) = after {
                    entry.files.push(FileDelta { path: path.clone(), before: ours, after });
                }
                if state.conflict(path).is_some() {
                    entry.conflicts.push((path.clone(), None));
                }
            }
            None => {
                met.conflicts.push(name);
                let (base, from) = (base.clone(), from.to_owned());
                entry.conflicts.push((path.clone(), Some(Conflict { base, ours, theirs, from })));
            }
        }
    }

    /// Whether a clean merge has syntax errors that neither side has: two good changes can make one
    /// bad file.
    fn is_broken(&self, path: &RelPath, merged: &Version, sides: [Option<&Version>; 2]) -> bool {
        if !self.config.validation.fail_on_syntax_error {
            return false;
        }
        let Content::Text(text) = &merged.content else { return false };
        if !language_of(path, text).is_some_and(|language| self.config.judges(language)) {
            return false;
        }
        let shelf = self.room.code.shelf();
        sides.into_iter().flatten().all(|side| match &side.content {
            Content::Text(before) => !shelf.new_syntax_errors(path, Some(before), text).is_empty(),
            _ => false,
        })
    }

    /// Takes in what another session has changed.
    ///
    /// # Errors
    /// If it cannot be written down.
    pub fn merge(&self, other: &AgentSession, agent: &str, reason: &str) -> Result<Met, OpError> {
        let theirs = other.state();
        let agent = if agent.is_empty() { &self.agent } else { agent };
        let mut met = Met::default();
        let state = self.commit_unless_empty(|state| {
            met = Met::default();
            let mut entry = Entry::new(EntryKind::Merge { from: other.name.clone() }, Vec::new());
            for (path, dirty) in theirs.dirty() {
                if state.conflict(path).is_some_and(|conflict| conflict.from != other.name) {
                    // One that is held is not lost for another.
                    met.conflicts.push(path.to_string());
                    continue;
                }
                let (base, now) = (&dirty.base, dirty.now.clone());
                self.meet_version(state, path, base, now, &other.name, &mut entry, &mut met);
            }
            Ok(entry.by(agent, reason, now_ms()))
        })?;
        met.entry = state.map_or(0, |state| state.head());
        Ok(met)
    }

    /// Settles a conflict.
    ///
    /// # Errors
    /// `bad_parameter` if the file has none.
    pub fn resolve(
        &self,
        path: &RelPath,
        settlement: &Settlement,
        agent: &str,
        reason: &str,
    ) -> Result<u64, OpError> {
        let agent = if agent.is_empty() { &self.agent } else { agent };
        let state = self.commit(|state| {
            let conflict = state.conflict(path).ok_or_else(|| {
                let open: Vec<String> = state.conflicts().map(|(it, _)| it.to_string()).collect();
                let message = match &open[..] {
                    [] => format!("{path} has no conflict, nor has any other file"),
                    open => format!("{path} has no conflict; these have: {}", open.join(", ")),
                };
                OpError::new(Code::BadParameter, message)
            })?;
            let now =
                state.dirty_file(path).map_or_else(|| state.version(path), |it| it.now.clone());
            let after = match settlement {
                Settlement::Ours => now.clone(),
                Settlement::Theirs => conflict.theirs.clone(),
                Settlement::Text(text) => {
                    let mode = now.as_ref().and_then(|it| it.mode);
                    let bytes = text.clone().into_bytes().into();
                    Some(Version { mode, ..present::of_bytes(&self.store, bytes) })
                }
            };
            let mut entry = Entry::new(EntryKind::Resolve, Vec::new());
            if after != now {
                let (before, path) = (now, path.clone());
                entry.files.push(FileDelta { path, before, after });
            }
            if conflict.from == DISK {
                // From here on the difference is to what they wrote: it may be written over.
                let (before, after) = (conflict.base.clone(), conflict.theirs.clone());
                entry.base.push(FileDelta { path: path.clone(), before, after });
            }
            entry.conflicts.push((path.clone(), None));
            Ok(entry.by(agent, reason, now_ms()))
        })?;
        Ok(state.head())
    }

    /// The version of a file that is on disk. Where a directory is, or a link on the way there, is
    /// no such file: what the session has is then in conflict with a deletion.
    ///
    /// # Errors
    /// If it cannot be read, or is too large.
    pub fn on_disk(&self, path: &RelPath) -> Result<Option<Version>, OpError> {
        let file = match self.disk.read(path, LARGEST) {
            Err(
                DiskError::NotFile { .. }
                | DiskError::NotDirectory { .. }
                | DiskError::ThroughLink { .. },
            ) => None,
            read => read?,
        };
        Ok(file.map(|file| {
            let link = coderoom_engine::FileMode::Link;
            let mode = (file.mode == link).then_some(link);
            Version { mode, ..present::of_bytes(&self.store, file.bytes) }
        }))
    }
}
