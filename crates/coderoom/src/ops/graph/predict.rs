//! `predict`: what else will have to change.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    foretold::{Foretold, ForetoldRow, files_of},
    handoff::{Handoff, of_prediction},
    shared::Grounds,
};
use crate::{
    error::{Code, OpError},
    ops::{Context, Group, Operation, code::with_notes},
};

/// Files unless the client says otherwise.
const DEFAULT_LIMIT: u64 = 20;
/// Files at most, whatever it says.
const MAX_LIMIT: u64 = 1_000;

/// The operation.
pub struct Predict;

/// With what.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Params {
    /// Absolute path of the workspace (or of any directory or file in it). It is loaded if it is not
    /// yet. May be left out while exactly one workspace is loaded.
    pub workspace: String,
    /// The edit session whose state is meant. Default: the files as they are on disk.
    pub session: String,
    /// What is changed: paths, `path:line`, or symbols (`Model.save`), which stand for their files.
    /// Default: the files that the session has changed.
    pub targets: Vec<String>,
    /// Evidence that is not to count: `together`, `through`, `often`, `alike`, `uses`, `used_by`,
    /// `imports`, `imported_by`, `near`, `named`.
    pub without: Vec<String>,
    /// Files at most. Default 20.
    pub limit: Option<u64>,
    /// Milliseconds that the answer may take. Default 10,000.
    pub timeout_ms: Option<u64>,
}

/// What will likely have to change, the surest first.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// The files that were asked about.
    pub changed: Vec<String>,
    /// The others, ranked.
    pub files: Vec<ForetoldRow>,
    /// How far the answer carries, and where to go from it.
    #[serde(flatten)]
    pub handoff: Handoff,
    /// What the answer leaves out or may miss, in words.
    pub notes: Vec<String>,
}

impl Operation for Predict {
    const NAME: &'static str = "predict";
    const TITLE: &'static str = "What else will have to change";
    const DESCRIPTION: &'static str = "Given files that are changed (or a session's edits): the other \
        files that will likely have to change with them, ranked by git history, by what the code ties \
        together and by what texts are about, each with its evidence: the commits that changed both, \
        imports, used names. Ask it before you call a change done.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Graph;
    const STRUCTURED: bool = false;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        let grounds = Grounds::new(context, &params.workspace)?;
        let changed = files_of(&grounds, &params.targets)?;
        if changed.is_empty() {
            let message = "say what is changed: paths or symbols in `targets`, or a `session` with \
                           edits";
            return Err(OpError::new(Code::BadParameter, message));
        }
        let limit = params.limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT) as usize;
        let foretold = Foretold::new(&grounds, &changed)?;
        let mut notes = foretold.notes();
        let files = foretold.rows(&changed, limit, &params.without)?;
        notes.extend(grounds.notes());
        let shares: Vec<f32> = files.iter().map(|it| it.share as f32).collect();
        let first = files.first();
        let handoff = of_prediction(
            &shares,
            first.map_or("", |it| &it.path),
            first.is_some_and(|it| it.commits > 0 || !it.edges.is_empty()),
        );
        let changed = changed.iter().map(ToString::to_string).collect();
        Ok(Reply { changed, files, handoff, notes })
    }

    fn text(reply: &Reply) -> String {
        let mut text = format!("with {}\n", reply.changed.join(", "));
        for row in &reply.files {
            text.push_str(&row.text());
        }
        text.push_str(&reply.handoff.line());
        with_notes(text, &reply.notes)
    }
}
