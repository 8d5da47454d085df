//! `dependencies` and `dependents`: what a file imports, and who imports it.

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    Context, Group, Operation,
    code::{Asked, FileParams, more_note, with_notes},
};
use crate::error::OpError;

/// The operation `dependencies`.
pub struct Dependencies;

/// The operation `dependents`.
pub struct Dependents;

/// Files and modules.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// The files, the nearest first.
    pub files: Vec<Dependency>,
    /// How many there are, whatever the limit.
    pub total: u64,
    /// Modules outside of the workspace that are imported.
    pub outside: Vec<String>,
    /// Circles of imports that go through what was asked for.
    pub cycles: Vec<Vec<String>>,
    /// What the answer leaves out or may miss, in words.
    pub notes: Vec<String>,
}

/// One file.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Dependency {
    /// The file, relative to the workspace.
    pub path: String,
    /// Steps from what was asked for, from 1.
    pub depth: u32,
    /// The file at the other end of the import.
    pub via: String,
    /// The line of the import in the importing file.
    pub line: u32,
    /// The module, as the import names it.
    pub module: String,
}

impl Operation for Dependencies {
    const NAME: &'static str = "dependencies";
    const TITLE: &'static str = "What it imports";
    const DESCRIPTION: &'static str = "Which files of the code base a file or directory imports, \
        with the importing lines; transitively if asked; modules from outside by name; circular \
        imports.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Code;
    const STRUCTURED: bool = false;
    type Params = FileParams;
    type Reply = Reply;

    fn run(context: &Context, params: FileParams) -> Result<Reply, OpError> {
        let asked = Asked::new(context, &params.workspace)?;
        let path = asked.path(&params.path)?;
        let depth = if params.transitive { u32::MAX } else { 1 };
        let found = asked.run(params.limit, params.offset, |code, limits| {
            code.dependencies(&path, depth, limits)
        })?;
        Ok(reply(&asked, found, params.offset))
    }

    fn text(reply: &Reply) -> String {
        text(reply, false)
    }
}

impl Operation for Dependents {
    const NAME: &'static str = "dependents";
    const TITLE: &'static str = "Who imports it";
    const DESCRIPTION: &'static str = "Which files of the code base import a file or directory, \
        with the importing lines; transitively if asked; circular imports. Use it to see what a \
        change to a module can break.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Code;
    const STRUCTURED: bool = false;
    type Params = FileParams;
    type Reply = Reply;

    fn run(context: &Context, params: FileParams) -> Result<Reply, OpError> {
        let asked = Asked::new(context, &params.workspace)?;
        let path = asked.path(&params.path)?;
        let depth = if params.transitive { u32::MAX } else { 1 };
        let found = asked.run(params.limit, params.offset, |code, limits| {
            code.dependents(&path, depth, limits)
        })?;
        Ok(reply(&asked, found, params.offset))
    }

    fn text(reply: &Reply) -> String {
        text(reply, true)
    }
}

fn reply(asked: &Asked<'_>, found: coderoom_engine::Dependencies, offset: u64) -> Reply {
    let mut notes = found.notes;
    notes.extend(more_note(found.files.len(), offset, found.total, "files"));
    notes.extend(asked.notes());
    let file = |it: coderoom_engine::Dependency| Dependency {
        path: it.path.to_string(),
        depth: it.depth,
        via: it.via.to_string(),
        line: it.line,
        module: it.module,
    };
    let names = |cycle: Vec<coderoom_engine::RelPath>| {
        cycle.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    Reply {
        files: found.files.into_iter().map(file).collect(),
        total: found.total as u64,
        outside: found.outside,
        cycles: found.cycles.into_iter().map(names).collect(),
        notes,
    }
}

/// `backwards`: the lines are in the files that are listed.
fn text(reply: &Reply, backwards: bool) -> String {
    let mut text = format!("{} files\n", reply.total);
    for it in &reply.files {
        let place = if backwards { &it.path } else { &it.via };
        let far = if it.depth > 1 { format!("  ({} steps)", it.depth) } else { String::new() };
        text.push_str(&format!("{}  `{}` at {place}:{}{far}\n", it.path, it.module, it.line));
    }
    if !reply.outside.is_empty() {
        text.push_str(&format!("outside of the workspace: {}\n", reply.outside.join(", ")));
    }
    for cycle in &reply.cycles {
        text.push_str(&format!("circular: {}\n", cycle.join(" , ")));
    }
    with_notes(text, &reply.notes)
}
