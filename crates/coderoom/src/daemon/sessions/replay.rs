//! A session's edits made again in another one, entry by entry.

use std::sync::Arc;

use coderoom_engine::{Conflict, Content, Entry, EntryKind, FileDelta, State};

use super::{AgentSession, Met};
use crate::error::{Code, OpError};

/// What became of one entry.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// Its number in the old session.
    pub old: u64,
    /// Its number in the new one; 0 if it changes nothing there.
    pub entry: u64,
    /// Who made it.
    pub agent: String,
    /// Why.
    pub reason: String,
    /// Its files.
    pub files: Vec<String>,
    /// What met other changes: merged files, and conflicts.
    pub met: Met,
}

impl AgentSession {
    /// Makes the edits of another session again in this one: those that were not undone, each by its
    /// author, with its reason and time. A file whose change does not go together with what is here
    /// is a conflict; later changes of that file go to the conflict's other side.
    ///
    /// # Errors
    /// `no_such_entry` if a compaction has dropped the bytes of one; then nothing was made.
    pub fn replay(&self, from: &AgentSession) -> Result<Vec<Replayed>, OpError> {
        let theirs = from.state();
        let entries: Vec<Arc<Entry>> = theirs.effective().cloned().collect();
        for delta in entries.iter().flat_map(|entry| &entry.files) {
            let versions = delta.before.iter().chain(&delta.after);
            if versions.into_iter().any(|it| matches!(it.content, Content::Dropped)) {
                let message = format!(
                    "{} cannot be made again: a compaction has dropped old bytes of it; use \
                     `rebase`, or `merge` into a new session",
                    delta.path
                );
                return Err(OpError::new(Code::NoSuchEntry, message));
            }
        }
        entries.iter().map(|entry| self.replay_entry(from, entry)).collect()
    }

    fn replay_entry(&self, from: &AgentSession, old: &Entry) -> Result<Replayed, OpError> {
        let mut met = Met::default();
        let state = self.commit_unless_empty(|state| {
            met = Met::default();
            let mut entry = Entry::new(EntryKind::Edit, Vec::new());
            for delta in &old.files {
                match held(state, &from.name, delta) {
                    Some(conflict) => {
                        met.conflicts.push(delta.path.to_string());
                        entry.conflicts.push((delta.path.clone(), Some(conflict)));
                    }
                    None => self.meet_version(
                        state,
                        &delta.path,
                        &delta.before,
                        delta.after.clone(),
                        &from.name,
                        &mut entry,
                        &mut met,
                    ),
                }
            }
            Ok(entry.by(&old.agent, &old.reason, old.time_ms))
        })?;
        let entry = state.map_or(0, |state| state.head());
        met.entry = entry;
        Ok(Replayed {
            old: old.id,
            entry,
            agent: old.agent.clone(),
            reason: old.reason.clone(),
            files: old.files.iter().map(|delta| delta.path.to_string()).collect(),
            met,
        })
    }
}

/// The conflict that a file has already, with this change on its other side.
fn held(state: &State, from: &str, delta: &FileDelta) -> Option<Conflict> {
    let conflict = state.conflict(&delta.path).filter(|conflict| conflict.from == from)?;
    Some(Conflict { theirs: delta.after.clone(), ..conflict.clone() })
}
