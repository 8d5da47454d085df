//! `glob`: finds files by name, from memory.

use coderoom_engine as engine;
use engine::{Mode, Query};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Context, Group, Operation,
    search::{self, Reply, SortOrder},
};
use crate::error::OpError;

/// The operation.
pub struct Glob;

/// Which files to list.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Params {
    /// Absolute path of the workspace (or of any directory in it). It is loaded if it is not yet.
    /// May be left out while exactly one workspace is loaded.
    pub workspace: String,
    /// The edit session whose state is meant. Default: the files as they are on disk.
    pub session: String,
    /// Globs that files must match, as ripgrep's -g: `**/*.test.ts`, `!vendor/**`. None: all files.
    pub glob: Vec<String>,
    /// Directories to list, relative to the workspace. Default: all of it.
    pub paths: Vec<String>,
    /// File types, as ripgrep's -t: `rust`, `py`.
    #[serde(rename = "type")]
    pub types: Vec<String>,
    /// List hidden files too.
    pub hidden: bool,
    /// List ignored files too (only if the workspace was loaded with them).
    pub no_ignore: bool,
    /// `path` (default), `modified` (newest first).
    pub sort: SortOrder,
    /// Paths at most. Default 500.
    pub limit: Option<u64>,
    /// Paths to pass over first.
    pub offset: u64,
}

impl Operation for Glob {
    const NAME: &'static str = "glob";
    const TITLE: &'static str = "Find files";
    const DESCRIPTION: &'static str = "Find files of a code base by glob pattern, by name, type or \
        time of change, respecting .gitignore, answered from memory. Use it instead of find or ls.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Search;
    const STRUCTURED: bool = false;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        let located = context.rooms.locate(&params.workspace, context)?;
        let roots = located.search_roots(&params.paths)?;
        let root_is_file: Vec<bool> = roots.iter().map(|(_, is_file)| *is_file).collect();
        let mut query = Query { mode: Mode::Files, ..Query::default() };
        query.files.roots = roots.into_iter().map(|(root, _)| root).collect();
        query.files.globs = search::globs(params.glob);
        query.files.types = params.types.into_iter().map(engine::TypeChange::Select).collect();
        query.files.hidden = params.hidden;
        query.files.no_ignore = params.no_ignore;
        query.files.sort = match params.sort {
            SortOrder::Path => None,
            SortOrder::Modified => {
                Some(engine::Sort { by: engine::SortBy::Modified, reverse: true })
            }
        };
        let compiled = context.rooms.compiled.get(query, root_is_file)?;
        search::execute(context, &located, &compiled, params.offset, params.limit.or(Some(500)))
    }

    fn text(reply: &Reply) -> String {
        let mut text = reply.text.clone();
        if text.is_empty() {
            text.push_str("No files.\n");
        }
        for note in &reply.notes {
            text.push_str(&format!("[{note}]\n"));
        }
        text
    }
}
