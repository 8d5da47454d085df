//! `commit_review`: a session's state as a commit on its review branch.

use coderoom_system::review::Reviewed;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, Group, Operation, edits};
use crate::{daemon::sessions::Handed, error::OpError};

/// The operation.
pub struct CommitReview;

/// What to commit.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["session"]))]
pub struct Params {
    /// Absolute path of the workspace. May be left out if the session's name is the only such one.
    pub workspace: String,
    /// The session.
    pub session: String,
    /// The commit's subject. Default: the newest entry's reason.
    pub reason: String,
    /// Who. Default: who opened the session. Git's configured user, if there is one, is the author.
    pub agent: String,
    /// Give up after so many milliseconds.
    pub timeout_ms: Option<u64>,
}

/// The commit.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// Its id.
    pub commit: String,
    /// The branch that it is on: `refs/heads/<diff_branch>/<session>`.
    pub branch: String,
    /// Its tree.
    pub tree: String,
    /// The newest entry of the log that is in it.
    pub entry: u64,
    /// False if the newest commit had this state already.
    pub created: bool,
    /// What to know besides.
    pub notes: Vec<String>,
}

impl Operation for CommitReview {
    const NAME: &'static str = "commit_review";
    const TITLE: &'static str = "Commit for review";
    const DESCRIPTION: &'static str = "Commit an edit session's state to its review branch, for \
        people to read and merge with git. The working directory, the index and the branch that is \
        checked out stay as they are.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Edit;
    const STRUCTURED: bool = false;
    const CHANGES: bool = true;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        let (_, session) = edits::session(context, &params.workspace)?;
        let (agent, reason) = (&params.agent, &params.reason);
        let reviewed = session.commit_review(&context.rooms, agent, reason, context.deadline)?;
        session.handed_over(Handed::All);
        let Reviewed { commit, branch, tree, entry, created, notes } = reviewed;
        Ok(Reply { commit, branch, tree, entry, created, notes })
    }

    fn text(reply: &Reply) -> String {
        let Reply { commit, branch, entry, created, notes, .. } = reply;
        let branch = branch.strip_prefix("refs/heads/").unwrap_or(branch);
        let short = &commit[..commit.len().min(12)];
        let mut text = match created {
            true => format!("{short} on {branch} [entry {entry}]\n"),
            false => format!("nothing new: {short} has this state [entry {entry}]\n"),
        };
        for note in notes {
            text.push_str(&format!("[{note}]\n"));
        }
        text
    }
}
