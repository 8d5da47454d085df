//! `sync`, `rebase`, `merge` and `resolve`: where a session meets the disk and other sessions.

use coderoom_engine::Version;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, Group, Operation, edits};
use crate::{
    daemon::sessions::{Handed, Met, Settlement},
    error::{Code, OpError},
};

/// Changes are written to the working directory.
pub struct Sync;
/// What others wrote to the working directory is taken in.
pub struct Rebase;
/// What another session has changed is taken in.
pub struct Merge;
/// A conflict is settled, or shown.
pub struct Resolve;

/// What to write.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["session"]))]
pub struct SyncParams {
    /// Absolute path of the workspace. May be left out if the session's name is the only such one.
    pub workspace: String,
    /// The session.
    pub session: String,
    /// Only these files or directories. Default: every file that it has changed.
    pub paths: Vec<String>,
}

/// What was written.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SyncReply {
    /// The newest entry of the log.
    pub entry: u64,
    /// Files written or removed.
    pub written: Vec<String>,
    /// Files in which somebody else's changes on disk were merged first.
    pub merged: Vec<String>,
    /// Files that were not written: what somebody else wrote does not go together with the session's
    /// change. Settle them with `resolve`, then sync again.
    pub conflicts: Vec<String>,
}

/// What to take in.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["session"]))]
pub struct RebaseParams {
    /// Absolute path of the workspace. May be left out if the session's name is the only such one.
    pub workspace: String,
    /// The session.
    pub session: String,
    /// Why: kept in the log.
    pub reason: String,
    /// Who. Default: who opened the session.
    pub agent: String,
}

/// Whose changes to take in.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["session", "from"]))]
pub struct MergeParams {
    /// Absolute path of the workspace. May be left out if the session's name is the only such one.
    pub workspace: String,
    /// The session that takes them.
    pub session: String,
    /// The session that has them; it stays as it is.
    pub from: String,
    /// Why: kept in the log.
    pub reason: String,
    /// Who. Default: who opened the session.
    pub agent: String,
}

/// What was taken in.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MetReply {
    /// The newest entry of the log; 0 if there was nothing to take.
    pub entry: u64,
    /// Files in which both sides' changes are now.
    pub merged: Vec<String>,
    /// Files that are as the other side has them.
    pub taken: Vec<String>,
    /// Files whose two changes do not go together: settle them with `resolve`.
    pub conflicts: Vec<String>,
}

/// Which conflict, and how.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["session", "path"]))]
pub struct ResolveParams {
    /// Absolute path of the workspace. May be left out if the session's name is the only such one.
    pub workspace: String,
    /// The session.
    pub session: String,
    /// The file.
    pub path: String,
    /// `ours`, `theirs`, or `text` with `content`. Default: show both sides and settle nothing.
    pub with: Option<Side>,
    /// The text that settles it.
    pub content: Option<String>,
    /// Why: kept in the log.
    pub reason: String,
    /// Who. Default: who opened the session.
    pub agent: String,
}

/// A side of a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The session's.
    Ours,
    /// The other one's.
    Theirs,
    /// A text of its own.
    Text,
}

/// A conflict, or that it is settled.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ResolveReply {
    /// The entry that settles it; 0 if it is only shown.
    pub entry: u64,
    /// Both changes with markers around what does not go together.
    pub text: String,
    /// Whose the other change is: `disk`, or a session's name.
    pub from: String,
}

impl Operation for Sync {
    const NAME: &'static str = "sync";
    const TITLE: &'static str = "Write changes to disk";
    const DESCRIPTION: &'static str = "Write an edit session's changes to the working directory. What \
        somebody else has changed there meanwhile is merged first; what does not go together is left \
        alone and listed.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Edit;
    const STRUCTURED: bool = true;
    const CHANGES: bool = true;
    type Params = SyncParams;
    type Reply = SyncReply;

    fn run(context: &Context, params: SyncParams) -> Result<SyncReply, OpError> {
        let (located, session) = edits::session(context, &params.workspace)?;
        let mut paths = Vec::new();
        for path in &params.paths {
            paths.push(located.relative(path)?);
        }
        let synced = session.sync(&context.rooms, &paths, &context.progress)?;
        session.handed_over(Handed::Written);
        Ok(SyncReply {
            entry: synced.entry,
            written: synced.written,
            merged: synced.merged,
            conflicts: synced.conflicts,
        })
    }
}

impl From<Met> for MetReply {
    fn from(met: Met) -> MetReply {
        let Met { entry, merged, taken, conflicts } = met;
        MetReply { entry, merged, taken, conflicts }
    }
}

impl Operation for Rebase {
    const NAME: &'static str = "rebase";
    const TITLE: &'static str = "Take in what is on disk";
    const DESCRIPTION: &'static str = "Bring an edit session up to date with the working directory: \
        files that it has not touched are as on disk, the others are merged.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Edit;
    const STRUCTURED: bool = true;
    const CHANGES: bool = true;
    type Params = RebaseParams;
    type Reply = MetReply;

    fn run(context: &Context, params: RebaseParams) -> Result<MetReply, OpError> {
        let (_, session) = edits::session(context, &params.workspace)?;
        // The trunk must have what was written before this was asked.
        session.room.workspace.fresh(context.deadline);
        let met = session.rebase(&params.agent, &params.reason)?;
        session.review_soon(&context.rooms);
        Ok(met.into())
    }
}

impl Operation for Merge {
    const NAME: &'static str = "merge";
    const TITLE: &'static str = "Merge a session";
    const DESCRIPTION: &'static str = "Take into an edit session what another one has changed. What \
        does not go together is a conflict to be settled with `resolve`.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Edit;
    const STRUCTURED: bool = true;
    const CHANGES: bool = true;
    type Params = MergeParams;
    type Reply = MetReply;

    fn run(context: &Context, params: MergeParams) -> Result<MetReply, OpError> {
        let (_, session) = edits::session(context, &params.workspace)?;
        if params.from == session.name {
            let message = "`from` is the session itself: name another one";
            return Err(OpError::new(Code::BadParameter, message));
        }
        let from = context.rooms.sessions.find(&session.room, &params.from)?;
        let met = session.merge(&from, &params.agent, &params.reason)?;
        session.review_soon(&context.rooms);
        Ok(met.into())
    }
}

impl Operation for Resolve {
    const NAME: &'static str = "resolve";
    const TITLE: &'static str = "Settle a conflict";
    const DESCRIPTION: &'static str = "Settle a conflict of an edit session by its own version, by \
        the other one, or by a text; without `with`, show both sides with conflict markers.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Edit;
    const STRUCTURED: bool = false;
    const CHANGES: bool = true;
    type Params = ResolveParams;
    type Reply = ResolveReply;

    fn run(context: &Context, params: ResolveParams) -> Result<ResolveReply, OpError> {
        let (located, session) = edits::session(context, &params.workspace)?;
        let path = located.relative(&params.path)?;
        let settlement = match (params.with, params.content) {
            (None, None) => None,
            (Some(Side::Ours), None) => Some(Settlement::Ours),
            (Some(Side::Theirs), None) => Some(Settlement::Theirs),
            (Some(Side::Text) | None, Some(text)) => Some(Settlement::Text(text)),
            _ => {
                let message = "`content` goes with `with: text`, and only with that";
                return Err(OpError::new(Code::BadParameter, message));
            }
        };
        let state = session.state();
        let shown = state.conflict(&path).cloned();
        let entry = match &settlement {
            Some(how) => {
                let entry = session.resolve(&path, how, &params.agent, &params.reason)?;
                session.review_soon(&context.rooms);
                entry
            }
            None => 0,
        };
        let Some(conflict) = shown else {
            let open: Vec<String> = state.conflicts().map(|(path, _)| path.to_string()).collect();
            let message = format!("{path} has no conflict; open: [{}]", open.join(", "));
            return Err(OpError::new(Code::BadParameter, message));
        };
        let text = |version: &Option<Version>| {
            version.as_ref().and_then(|it| it.bytes().cloned()).unwrap_or_default()
        };
        let options = coderoom_edit::MergeOptions {
            ours: session.name.clone(),
            base: "base".into(),
            theirs: conflict.from.clone(),
            show_base: true,
        };
        let (base, ours, theirs) =
            (text(&conflict.base), text(&conflict.ours), text(&conflict.theirs));
        let merged = coderoom_edit::merge(&base, &ours, &theirs, &options);
        let gone = match (&conflict.ours, &conflict.theirs) {
            (None, _) => "[the session has deleted it]\n",
            (_, None) => "[the other side has deleted it]\n",
            _ => "",
        };
        let text = format!("{gone}{}", String::from_utf8_lossy(&merged.text));
        Ok(ResolveReply { entry, text, from: conflict.from })
    }

    fn text(reply: &ResolveReply) -> String {
        match reply.entry {
            0 => reply.text.clone(),
            entry => format!("settled [entry {entry}]\n"),
        }
    }
}
