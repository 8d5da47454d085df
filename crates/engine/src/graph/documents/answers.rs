//! Questions about documents: their sections, what they are about, and what of it no longer holds.

use coderoom_graph::NodeKind;

use super::{
    bind::{Binder, Bound, Known, NodeAt},
    read::{Document, How, Mention, parts},
    read_file,
};
use crate::{
    Certainty, Code, RelPath,
    code::{Resolver, Target},
    file::FileId,
    graph::{CodeGraph, nodes::FileRole, nodes::Nodes},
};

/// Documents that are looked through for one symbol at most.
const MOST_DOCUMENTS: usize = 500;

/// A section of a document.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct SectionInfo {
    /// Its heading, without marks.
    pub heading: String,
    /// From 1.
    pub level: u8,
    /// The key of its node: `path#slug`.
    pub key: String,
    /// The line of the heading, from 1.
    pub line: u32,
    /// The last line before the next heading.
    pub end_line: u32,
}

/// A place of a document that names code, or links to something.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct MentionInfo {
    /// From 1.
    pub line: u32,
    /// What it names: a name, a path, or what it links to.
    pub text: String,
    /// How.
    pub why: Why,
}

/// Why a section is bound to code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// It names a path.
    Path,
    /// It links to it.
    Link,
    /// A role or directive says what it is.
    Role,
    /// A code span names it.
    CodeSpan,
    /// A word in prose, or in an example, is its name.
    Prose,
}

/// A section that speaks of a file or symbol.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Binding {
    /// The document.
    pub document: String,
    /// The heading; empty before the first.
    pub section: String,
    /// The line of the first mention in that section, from 1.
    pub line: u32,
    /// The words of the document.
    pub mention: String,
    /// The key of the file's or symbol's node.
    pub target: String,
    /// The line of the symbol; 1 for a file.
    pub target_line: u32,
    /// How certain it is that this is meant.
    pub certainty: Certainty,
    /// By what it is known.
    pub why: Why,
}

/// What has become of what a section speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftKind {
    /// It is not there any more.
    Gone,
    /// It is elsewhere.
    Moved,
    /// It is another than it was, and the section is the same.
    Changed,
}

/// A section that speaks of code that is gone, has moved or has changed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Drift {
    /// The document.
    pub document: String,
    /// The heading; empty before the first.
    pub section: String,
    /// The line of the mention, from 1.
    pub line: u32,
    /// The words of the document.
    pub mention: String,
    /// What has become of it.
    pub kind: DriftKind,
    /// `Exact`: it was there in the past that was asked about. `Likely`: what it should be in is
    /// there and has nothing of that name.
    pub certainty: Certainty,
    /// The keys of what it was, if a past was given.
    pub before: Vec<String>,
    /// The keys of what is meant now.
    pub now: Vec<String>,
}

/// The documents of a snapshot. A function of the snapshot: nothing is kept.
#[derive(Clone, Copy)]
pub struct Documents<'a> {
    code: &'a Code,
    graph: &'a CodeGraph,
}

impl<'a> Documents<'a> {
    /// The documents of `code`, with its graph.
    pub fn new(code: &'a Code, graph: &'a CodeGraph) -> Documents<'a> {
        Documents { code, graph }
    }

    /// The paths of all documents, in path order.
    pub fn paths(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let graph = self.graph;
        let pieces = graph.snapshot().files().filter_map(|file| graph.piece(file.id));
        let documents = pieces.filter(|piece| piece.nodes.role == FileRole::Document);
        documents.map(|piece| &*piece.nodes.path)
    }

    /// The sections of a document, in order; `None` if there is no such document.
    pub fn resolve(&self, path: &str) -> Option<Vec<SectionInfo>> {
        let (nodes, document) = self.read(path)?;
        let section = |(ix, it): (usize, super::read::Section)| SectionInfo {
            key: nodes.key(ix + 1),
            heading: it.heading,
            level: it.level,
            line: it.first,
            end_line: it.last,
        };
        Some((0..).zip(document.sections).map(section).collect())
    }

    /// The links of a document and what it names as code, in the order of the text; what stands in
    /// prose left out.
    pub fn mentions(&self, path: &str) -> Vec<MentionInfo> {
        let Some((_, document)) = self.read(path) else { return Vec::new() };
        let said = document.mentions.into_iter().filter(|it| it.how != How::Prose || it.is_path);
        said.map(|it| MentionInfo { line: it.line, why: why(&it, 0), text: it.text }).collect()
    }

    /// What a document speaks of, in the order of the text; or, for the key of a file or symbol (a
    /// path, `path#Qualified.name`), which sections speak of it or of what is in it. Each section and
    /// target once, by its most certain mention.
    pub fn bindings(&self, of: &str) -> Vec<Binding> {
        let mut bindings = match self.read(of) {
            Some((nodes, document)) => self.bindings_of(nodes, &document, &|_| true),
            None => self.bindings_to(of),
        };
        let mut seen = std::collections::BTreeSet::new();
        // The most certain first, then back in the order of the text.
        bindings.sort_by_key(|it| (std::cmp::Reverse(it.certainty), it.line));
        bindings
            .retain(|it| seen.insert((it.document.clone(), it.section.clone(), it.target.clone())));
        bindings.sort_by(|a, b| {
            (&a.document, a.line, &a.target).cmp(&(&b.document, b.line, &b.target))
        });
        bindings
    }

    /// What a document speaks of that is gone, has moved or has changed since a past; without one,
    /// what is not there although what it should be in is.
    pub fn drift(&self, path: &str, past: Option<Documents<'_>>) -> Vec<Drift> {
        let Some((nodes, document)) = self.read(path) else { return Vec::new() };
        let (mut known, mut known_past) = (Known::default(), Known::default());
        let before = past.and_then(|past| past.read(path)).map(|(_, document)| document);
        let mut found: Vec<Drift> = Vec::new();
        for mention in &document.mentions {
            let now = self.bind(nodes, mention, &mut known);
            let drift = match past {
                Some(past) => {
                    let then = past.bind(nodes, mention, &mut known_past);
                    let same = before.as_ref().is_none_or(|before| {
                        let text =
                            |all: &Documents<'_>, document| all.text(path, document, mention);
                        text(self, &document) == text(&past, before)
                    });
                    self.since(&past, &now, &then, same)
                }
                None if now.is_empty() => self.missing(nodes, mention, &mut known),
                None => None,
            };
            let Some((kind, certainty, before, now)) = drift else { continue };
            let (section, line) = (heading(&document, mention), mention.line);
            let document = path.to_owned();
            let mention = mention.text.clone();
            let same = |it: &Drift| it.section == section && it.mention == mention;
            if !found.iter().any(same) {
                found.push(Drift {
                    document,
                    section,
                    line,
                    mention,
                    kind,
                    certainty,
                    before,
                    now,
                });
            }
        }
        found
    }

    fn read(&self, path: &str) -> Option<(&'a Nodes, Document)> {
        let id = self.code.id_of(path)?;
        let nodes = &*self.graph.piece(id)?.nodes;
        if nodes.role != FileRole::Document {
            return None;
        }
        Some((nodes, read_file(self.code.file(id)?, path)?))
    }

    fn bind(&self, nodes: &Nodes, mention: &Mention, known: &mut Known) -> Vec<Bound> {
        let mut resolver = Resolver::new(self.code);
        let graph = self.graph;
        let all = move |id: FileId| graph.piece(id).map(|piece| &piece.nodes);
        let mut binder = Binder { resolver: &mut resolver, all: &all, known };
        let mut bound = binder.bind(&nodes.path, mention);
        bound.retain(|it| it.to.0 != nodes.file);
        bound
    }

    fn key(&self, (file, ix): NodeAt) -> Option<String> {
        Some(self.graph.piece(file)?.nodes.key(ix))
    }

    fn keys(&self, bound: &[Bound]) -> Vec<String> {
        bound.iter().filter_map(|it| self.key(it.to)).collect()
    }

    fn bindings_of(
        &self,
        nodes: &Nodes,
        document: &Document,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Vec<Binding> {
        let mut known = Known::default();
        let mut bindings = Vec::new();
        for mention in &document.mentions {
            for bound in self.bind(nodes, mention, &mut known) {
                let (file, ix) = bound.to;
                let Some(there) = self.graph.piece(file).map(|piece| &piece.nodes) else {
                    continue;
                };
                let target = there.key(ix);
                if wanted(&target) {
                    bindings.push(Binding {
                        document: nodes.path.to_string(),
                        section: heading(document, mention),
                        line: mention.line,
                        mention: mention.text.clone(),
                        target,
                        target_line: there.list[ix].lines.0,
                        certainty: bound.certainty,
                        why: why(mention, ix),
                    });
                }
            }
        }
        bindings
    }

    /// The sections that speak of a file or symbol, or of what is in it.
    fn bindings_to(&self, key: &str) -> Vec<Binding> {
        let inner = |target: &str| {
            target
                .strip_prefix(key)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['#', '.', '/']))
        };
        let mut documents = std::collections::BTreeSet::new();
        let Ok(graph) = self.graph.graph() else { return Vec::new() };
        for node in graph.nodes().filter(|node| inner(graph.key(*node))) {
            for edge in graph.incoming(node) {
                let from = graph.container(edge.from, NodeKind::File).unwrap_or(edge.from);
                if edge.kind == coderoom_graph::EdgeKind::Documents {
                    documents.extend(self.graph.place_of(from).map(|place| place.path));
                }
            }
        }
        let documents = documents.into_iter().take(MOST_DOCUMENTS);
        let read = documents.filter_map(|path| self.read(&path));
        read.flat_map(|(nodes, document)| self.bindings_of(nodes, &document, &inner)).collect()
    }

    /// The text of the section that a mention stands in, in a version of its document.
    fn text(&self, path: &str, document: &Document, mention: &Mention) -> Option<String> {
        let file = self.code.file(self.code.id_of(path)?)?;
        let text = String::from_utf8_lossy(file.text()?.bytes()).into_owned();
        let heading = |ix: usize| document.sections.get(ix);
        let section = mention.section.and_then(heading);
        let (first, last) = section.map_or((1, u32::MAX), |it| (it.first, it.last));
        let lines = text.lines().zip(1..).filter(|(_, line)| first <= *line && *line <= last);
        Some(lines.map(|(line, _)| line.trim_end()).collect::<Vec<_>>().join("\n"))
    }

    /// How what is meant now differs from what was meant.
    fn since(
        &self,
        past: &Documents<'_>,
        now: &[Bound],
        then: &[Bound],
        same_words: bool,
    ) -> Option<(DriftKind, Certainty, Vec<String>, Vec<String>)> {
        let (before, after) = (past.keys(then), self.keys(now));
        let kind = match (before.is_empty(), after.is_empty()) {
            (true, _) => return None,
            (false, true) => DriftKind::Gone,
            _ if before.iter().any(|key| after.contains(key)) => {
                let ([then], [now]) = (then, now) else { return None };
                let changed = past.source(then.to) != self.source(now.to);
                if !changed || !same_words || now.to.1 == 0 {
                    return None;
                }
                DriftKind::Changed
            }
            _ => DriftKind::Moved,
        };
        Some((kind, Certainty::Exact, before, after))
    }

    /// The text of a symbol.
    fn source(&self, (file, ix): NodeAt) -> Option<Vec<u8>> {
        let symbol = self.graph.piece(file)?.nodes.list.get(ix)?.symbol?;
        let full = self.code.facts(file)?.facts.symbols.get(symbol.0 as usize)?.full;
        let text = self.code.file(file)?.text()?;
        text.bytes().get(full.start as usize..full.end as usize).map(<[u8]>::to_vec)
    }

    /// Whether a mention that leads nowhere ought to lead somewhere: its directory, module or type is
    /// there and has nothing of that name.
    fn missing(
        &self,
        nodes: &Nodes,
        mention: &Mention,
        known: &mut Known,
    ) -> Option<(DriftKind, Certainty, Vec<String>, Vec<String>)> {
        let mut resolver = Resolver::new(self.code);
        let graph = self.graph;
        let all = move |id: FileId| graph.piece(id).map(|piece| &piece.nodes);
        let mut binder = Binder { resolver: &mut resolver, all: &all, known };
        let text = mention.text.trim_start_matches("./");
        if mention.is_path && text.contains('/') {
            let name = text.rsplit('/').next().unwrap_or(text);
            let elsewhere: Vec<FileId> = binder.files_ending(name).collect();
            let root = RelPath::new(text.split('/').next()?.as_bytes()).ok()?;
            let dir = RelPath::new(text.trim_end_matches('/').as_bytes()).ok()?;
            let ours = mention.how == How::Link || self.code.snapshot().has_dir(&root);
            if !ours || name.is_empty() || !name.contains('.') || self.code.snapshot().has_dir(&dir)
            {
                return None;
            }
            let now: Vec<String> = elsewhere.iter().filter_map(|id| self.key((*id, 0))).collect();
            let kind = if now.len() == 1 { DriftKind::Moved } else { DriftKind::Gone };
            let now = if now.len() == 1 { now } else { Vec::new() };
            return Some((kind, Certainty::Likely, Vec::new(), now));
        }
        let (outer, last) = mention.text.rsplit_once(['.', ':', '#'])?;
        let outer = outer.trim_end_matches(':');
        let said = matches!(mention.how, How::Code | How::Role) && !last.is_empty();
        if !said || mention.is_path || nodes.list[0].test {
            return None;
        }
        let distinct = parts(outer).count() > 1 || outer.starts_with(char::is_uppercase);
        let owners = if distinct { binder.name(outer) } else { return None };
        let [(file, ix)] = owners[..] else { return None };
        let there = &self.graph.piece(file)?.nodes;
        if let Some(symbol) = there.list[ix].symbol {
            let kind = there.list[ix].symbol_kind?;
            // What inherits from something foreign may have anything.
            let ancestors = resolver.ancestors(Target { file, symbol });
            if !kind.is_type() || ancestors.external {
                return None;
            }
        }
        Some((DriftKind::Gone, Certainty::Likely, Vec::new(), Vec::new()))
    }
}

fn heading(document: &Document, mention: &Mention) -> String {
    mention.section.map_or_else(String::new, |ix| document.sections[ix].heading.clone())
}

fn why(mention: &Mention, node: usize) -> Why {
    match mention.how {
        How::Link => Why::Link,
        _ if node == 0 && mention.is_path => Why::Path,
        How::Role => Why::Role,
        How::Code => Why::CodeSpan,
        How::Prose => Why::Prose,
    }
}
