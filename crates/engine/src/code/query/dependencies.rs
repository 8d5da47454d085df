//! Which files a file depends on, which depend on it, and where that goes round in circles.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use coderoom_syntax::Place;

use super::{
    ask::{AskError, AskLimits},
    notes::notes_on,
    subject::{module_text, source},
    symbol::Pages,
};
use crate::{
    RelPath,
    code::{Code, graph::Graph},
    file::FileId,
};

/// Cycles that are listed.
const MOST_CYCLES: usize = 20;

/// One file that another depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// The file.
    pub path: RelPath,
    /// Steps from what was asked for, from 1.
    pub depth: u32,
    /// The file whose import leads here (dependents: the file that is imported).
    pub via: RelPath,
    /// The importing line in the importing file.
    pub line: u32,
    /// The import, as the source names it.
    pub module: String,
}

/// Dependencies or dependents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dependencies {
    /// By depth, then in path order.
    pub files: Vec<Dependency>,
    /// How many there are.
    pub total: usize,
    /// Modules outside of the workspace that are imported.
    pub outside: Vec<String>,
    /// Circles of imports that go through what was asked for, each in path order.
    pub cycles: Vec<Vec<RelPath>>,
    /// What the answer may miss.
    pub notes: Vec<String>,
}

impl Code {
    /// What a file, or the files in a directory, import: directly, or whatever that imports too.
    ///
    /// # Errors
    /// If there is no such file or directory, or it is no source.
    pub fn dependencies(
        &self,
        path: &RelPath,
        depth: u32,
        limits: &AskLimits<'_>,
    ) -> Result<Dependencies, AskError> {
        let graph = self.graph();
        let roots = self.roots(path, &graph)?;
        let outside = roots.iter().flat_map(|file| graph.outside(*file));
        let outside: BTreeSet<String> = outside.map(str::to_owned).collect();
        let mut answer = self.walk(&graph, &roots, depth, limits, false);
        answer.outside = outside.into_iter().collect();
        Ok(answer)
    }

    /// Which files import a file, or the files in a directory: directly, or through others.
    ///
    /// # Errors
    /// If there is no such file or directory, or it is no source.
    pub fn dependents(
        &self,
        path: &RelPath,
        depth: u32,
        limits: &AskLimits<'_>,
    ) -> Result<Dependencies, AskError> {
        let graph = self.graph();
        let roots = self.roots(path, &graph)?;
        Ok(self.walk(&graph, &roots, depth, limits, true))
    }

    /// Files that import a module.
    pub(crate) fn importers(&self, place: &Place) -> Vec<FileId> {
        self.graph().importers(place)
    }

    /// The source files that a path stands for.
    fn roots(&self, path: &RelPath, graph: &Graph) -> Result<Vec<FileId>, AskError> {
        if self.snapshot.file(path).is_some() || !self.snapshot.has_dir(path) {
            return Ok(vec![source(self, path)?.0]);
        }
        let files = self.snapshot.files_within(path).map(|file| file.id);
        let roots: Vec<FileId> = files.filter(|id| graph.has(*id)).collect();
        if roots.is_empty() {
            let why = "there is no source of a known language below it";
            return Err(AskError::NotSource { path: path.clone(), why });
        }
        Ok(roots)
    }

    fn walk(
        &self,
        graph: &Graph,
        roots: &[FileId],
        depth: u32,
        limits: &AskLimits<'_>,
        backwards: bool,
    ) -> Dependencies {
        let reverse = if backwards { graph.reversed() } else { BTreeMap::new() };
        let mut seen: BTreeSet<FileId> = roots.iter().copied().collect();
        let mut queue: VecDeque<(FileId, u32)> = roots.iter().map(|id| (*id, 0)).collect();
        // Each: the file, its distance, and the importing and the imported file of the edge.
        let mut found: Vec<(FileId, u32, FileId, FileId)> = Vec::new();
        while let Some((here, distance)) = queue.pop_front() {
            if distance >= depth {
                continue;
            }
            let forward: Vec<FileId>;
            let next: &[FileId] = if backwards {
                reverse.get(&here).map_or(&[], |list| list)
            } else {
                forward = graph.targets(here).collect();
                &forward
            };
            for file in next {
                if seen.insert(*file) {
                    let (from, to) = if backwards { (*file, here) } else { (here, *file) };
                    found.push((*file, distance + 1, from, to));
                    queue.push_back((*file, distance + 1));
                }
            }
        }
        let rank = |id: FileId| self.file(id).map(|file| self.snapshot.rank(file));
        found.sort_by_cached_key(|(file, distance, ..)| (*distance, rank(*file)));
        let mut pages = Pages::new(self);
        let shown = found.iter().skip(limits.offset).take(limits.limit);
        let files = shown.filter_map(|(file, depth, from, to)| {
            let path = self.file(*file)?.path.clone();
            let via = if backwards { *to } else { *from };
            let via = self.file(via)?.path.clone();
            let (line, module) = self.import_line(graph, &mut pages, *from, *to);
            Some(Dependency { path, depth: *depth, via, line, module })
        });
        let files = files.collect();
        let notes = match roots {
            [one] => self.facts(*one).map(|facts| notes_on(self, *one, &facts)).unwrap_or_default(),
            _ => Vec::new(),
        };
        let cycles = self.cycles(graph, roots);
        Dependencies { files, total: found.len(), outside: Vec::new(), cycles, notes }
    }

    /// The line of the import by which a file depends on another.
    fn import_line(
        &self,
        graph: &Graph,
        pages: &mut Pages<'_>,
        from: FileId,
        to: FileId,
    ) -> (u32, String) {
        let Some(number) = graph.edge(from, to) else { return (0, String::new()) };
        let Some(facts) = self.facts(from) else { return (0, String::new()) };
        let Some(import) = facts.facts.imports.get(number as usize) else {
            return (0, String::new());
        };
        let at = module_text(self, from, &facts, import).unwrap_or(import.span.start);
        (pages.place(from, at).0, facts.facts.name(import.module).to_owned())
    }

    /// Strongly connected components of more than one file that `roots` are in.
    fn cycles(&self, graph: &Graph, roots: &[FileId]) -> Vec<Vec<RelPath>> {
        let roots: BTreeSet<FileId> = roots.iter().copied().collect();
        let mut cycles: Vec<Vec<RelPath>> = graph
            .components()
            .iter()
            .filter(|part| part.iter().any(|file| roots.contains(file)))
            .map(|part| {
                let paths = part.iter().filter_map(|id| Some(self.file(*id)?.path.clone()));
                let mut paths: Vec<RelPath> = paths.collect();
                paths.sort();
                paths
            })
            .collect();
        cycles.sort();
        cycles.truncate(MOST_CYCLES);
        cycles
    }
}
