//! The lines of source that edges rest on, and those that might mean something but are not known to.

use std::{collections::BTreeSet, sync::Arc};

use coderoom_graph::{EdgeIx, EdgeKind, NodeIx, NodeKind};
use coderoom_syntax::{Form, OccurrenceIx, Role};

use super::{
    CodeGraph, Documents,
    edges::Outer,
    join::Origin,
    nodes::{FileRole, Nodes},
};
use crate::{
    Certainty, Code,
    code::{Lines, Loaded, Resolver, Target, imports_of},
    file::FileId,
};

/// Files that are read for what they might mean, at most.
const MOST_FILES: usize = 500;

/// A line of a file that says something.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct EdgeLine {
    /// The file.
    pub path: String,
    /// From 1.
    pub line: u32,
    /// The line, without its indentation.
    pub text: String,
    /// How certain it is that it says so.
    pub certainty: Certainty,
}

/// Lines that have a name without its being known what they mean by it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Doubts {
    /// In the order of the files and of their text.
    pub lines: Vec<EdgeLine>,
    /// Lines that have the name and certainly mean something else.
    pub others: usize,
    /// Whether there was more than was looked at.
    pub cut: bool,
}

/// A file that is looked at line by line.
struct Page {
    nodes: Arc<Nodes>,
    facts: Arc<Loaded>,
    lines: Lines,
}

impl Page {
    fn line(&self, at: u32, certainty: Certainty) -> EdgeLine {
        let line = self.lines.line_of(at).max(1);
        let text = self.lines.shown(line);
        EdgeLine { path: self.nodes.path.to_string(), line, text, certainty }
    }
}

impl CodeGraph {
    /// The lines that an edge rests on, in the order of the text, `most` at most. None for what is
    /// no text: containment, changes together. Costs the resolution of one file, or the reading of
    /// one document.
    pub fn lines_of(&self, code: &Code, edge: EdgeIx, most: usize) -> Vec<EdgeLine> {
        let Ok(joined) = self.joined() else { return Vec::new() };
        let Some(edge) = joined.graph.edge(edge) else { return Vec::new() };
        let origin = |node: NodeIx| joined.numbering.origins.get(node.0 as usize).copied();
        let Some(Origin::In(file, from)) = origin(edge.from) else { return Vec::new() };
        let to = origin(edge.to);
        let mut found = match edge.kind {
            EdgeKind::Contains | EdgeKind::CoChange => Vec::new(),
            EdgeKind::Documents => self.mentions(code, file, edge.from, edge.to),
            _ => self.in_source(code, file, from as usize, to, edge.kind),
        };
        found.dedup_by(|a, b| a.line == b.line);
        found.truncate(most);
        found
    }

    fn page(&self, code: &Code, file: FileId) -> Option<Page> {
        let nodes = Arc::clone(&self.piece(file)?.nodes);
        let FileRole::Source(_) = nodes.role else { return None };
        let facts = code.facts(file)?;
        let lines = Lines::new(Arc::clone(code.file(file)?.text()?));
        Some(Page { nodes, facts, lines })
    }

    fn target(&self, origin: Option<Origin>) -> Option<(FileId, Option<Target>)> {
        let Some(Origin::In(file, ix)) = origin else { return None };
        let node = self.piece(file)?.nodes.list.get(ix as usize)?;
        Some((file, node.symbol.map(|symbol| Target { file, symbol })))
    }

    fn in_source(
        &self,
        code: &Code,
        file: FileId,
        from: usize,
        to: Option<Origin>,
        kind: EdgeKind,
    ) -> Vec<EdgeLine> {
        let Some(page) = self.page(code, file) else { return Vec::new() };
        let Some((there, symbol)) = self.target(to) else { return Vec::new() };
        let Some(wanted) = symbol else { return import_lines(code, &page, file, there) };
        let mut resolver = Resolver::new(code);
        let mut outer = Outer::new(&page.facts, &page.nodes);
        let (first, last) = page.nodes.list[from].lines;
        let mut found = Vec::new();
        for (ix, it) in (0..).map(OccurrenceIx).zip(&page.facts.facts.occurrences) {
            let fits = match kind {
                EdgeKind::Calls => it.role == Role::Call,
                EdgeKind::Imports => it.role == Role::Import,
                EdgeKind::Inherits => it.role == Role::Inherit,
                EdgeKind::Tests => !matches!(it.role, Role::Definition | Role::Inherit),
                _ => !matches!(it.role, Role::Definition | Role::Call | Role::Import),
            };
            if matches!(it.form, Form::Definition(_) | Form::Loose) || !fits {
                continue;
            }
            let span = page.facts.facts.span(it);
            let line = page.lines.line_of(span.start);
            let inside = match it.role {
                Role::Import => from == 0,
                Role::Inherit => (first..=last).contains(&line),
                _ => outer.at(span) == from,
            };
            if !inside {
                continue;
            }
            let resolution = resolver.resolve(file, ix);
            if resolution.targets().any(|target| target == wanted) {
                found.push(page.line(span.start, resolution.certainty()));
            }
        }
        if found.is_empty() && kind == EdgeKind::Inherits {
            // An overriding method says so by its name.
            found.push(page.line(page.nodes.list[from].at.start, Certainty::Exact));
        }
        found
    }

    fn mentions(&self, code: &Code, file: FileId, from: NodeIx, to: NodeIx) -> Vec<EdgeLine> {
        let Ok(graph) = self.graph() else { return Vec::new() };
        let Some(piece) = self.piece(file) else { return Vec::new() };
        let Some(text) = code.file(file).and_then(|it| it.text()) else { return Vec::new() };
        let lines = Lines::new(Arc::clone(text));
        let place = self.place_of(from);
        let inside =
            |line: u32| place.as_ref().is_none_or(|it| it.line <= line && line <= it.end_line);
        let bindings = Documents::new(code, self).bindings(&piece.nodes.path);
        let fits = bindings.into_iter().filter(|it| it.target == graph.key(to) && inside(it.line));
        fits.map(|it| EdgeLine {
            path: it.document,
            line: it.line,
            text: lines.shown(it.line),
            certainty: it.certainty,
        })
        .collect()
    }

    /// The lines in some nodes that have the name of one of the symbols `to` (or of what is in it),
    /// but of which it is not known what they mean. Costs the resolution of these names in the files
    /// of `from`.
    pub fn doubts(
        &self,
        code: &Code,
        from: &BTreeSet<NodeIx>,
        to: &BTreeSet<NodeIx>,
        most: usize,
        stop: &dyn Fn() -> bool,
    ) -> Doubts {
        let mut doubts = Doubts::default();
        let Ok(joined) = self.joined() else { return doubts };
        let origin = |node: &NodeIx| joined.numbering.origins.get(node.0 as usize).copied();
        let wanted: BTreeSet<Target> =
            to.iter().filter_map(|node| self.target(origin(node))?.1).collect();
        let symbols = to.iter().filter(|node| joined.graph.kind(**node) == NodeKind::Symbol);
        let names: BTreeSet<&str> = symbols.map(|node| joined.graph.label(*node)).collect();
        let inside: BTreeSet<(FileId, u32)> = from
            .iter()
            .filter_map(|node| match origin(node)? {
                Origin::In(file, ix) => Some((file, ix)),
                Origin::Named => None,
            })
            .collect();
        let files: BTreeSet<FileId> = inside.iter().map(|(file, _)| *file).collect();
        doubts.cut = files.len() > MOST_FILES;
        let mut resolver = Resolver::new(code);
        for file in files.into_iter().take(MOST_FILES) {
            if stop() {
                doubts.cut = true;
                break;
            }
            let Some(page) = self.page(code, file) else { continue };
            let in_page = |ix: usize| inside.contains(&(file, ix as u32));
            look(&mut resolver, &page, &names, &wanted, &in_page, &mut doubts);
        }
        doubts.lines.dedup_by(|a, b| (&a.path, a.line) == (&b.path, b.line));
        doubts.cut |= doubts.lines.len() > most;
        doubts.lines.truncate(most);
        doubts
    }
}

/// Looks for these names in a file.
fn look(
    resolver: &mut Resolver<'_>,
    page: &Page,
    names: &BTreeSet<&str>,
    wanted: &BTreeSet<Target>,
    inside: &dyn Fn(usize) -> bool,
    doubts: &mut Doubts,
) {
    let facts = &page.facts.facts;
    let mut outer = Outer::new(&page.facts, &page.nodes);
    for (ix, it) in (0..).map(OccurrenceIx).zip(&facts.occurrences) {
        let named = names.contains(facts.name(it.name));
        if !named || it.role == Role::Definition || matches!(it.form, Form::Definition(_)) {
            continue;
        }
        let span = facts.span(it);
        if !inside(if it.role == Role::Import { 0 } else { outer.at(span) }) {
            continue;
        }
        let resolution = resolver.resolve(page.nodes.file, ix);
        let meant = resolution.targets().any(|target| wanted.contains(&target));
        let open = resolution.found.is_empty();
        if open || meant && resolution.certainty() == Certainty::ByName {
            doubts.lines.push(page.line(span.start, Certainty::ByName));
        } else if !meant {
            doubts.others += 1;
        }
    }
}

/// The line by which a file imports another.
fn import_lines(code: &Code, page: &Page, file: FileId, there: FileId) -> Vec<EdgeLine> {
    let (files, _) = imports_of(code, file);
    let numbers = files.iter().filter(|(id, _)| *id == there).map(|(_, number)| *number);
    let imports = numbers.filter_map(|number| page.facts.facts.imports.get(number as usize));
    imports.map(|import| page.line(import.span.start, Certainty::Exact)).collect()
}
