//! A snapshot's code: facts of its files, and which files have a name.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use coderoom_syntax::{Language, Place, SymbolIx, Tree};
use parking_lot::Mutex;

use super::{
    graph::Graph,
    imported::Imported,
    index::{CodeIndex, language_of},
    loaded::Loaded,
    resolve::Memo,
    shelf::Shelf,
};
use crate::{RelPath, Snapshot, file::File, file::FileId};

/// One symbol of one file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Target {
    pub(crate) file: FileId,
    pub(crate) symbol: SymbolIx,
}

/// The code of one snapshot, ready for questions. Making one costs the files in which it differs
/// from the index; it is kept for as long as the snapshot is the newest.
pub struct Code {
    pub(crate) snapshot: Arc<Snapshot>,
    index: Arc<CodeIndex>,
    shelf: Arc<Shelf>,
    /// Source files that the index does not speak for, sorted.
    uncovered: Vec<FileId>,
    /// Files that the index knows and that are gone or different now, sorted.
    stale: Vec<FileId>,
    paths: OnceLock<Paths>,
    /// Which files import which, once somebody has asked.
    graph: Mutex<Option<Arc<Graph>>>,
    /// The same of an earlier snapshot, most of which still holds.
    earlier: Option<Arc<Graph>>,
    /// What resolution has found out on this snapshot so far.
    memo: Mutex<Option<Memo>>,
    /// What a compiler knows of it.
    pub(crate) imported: Option<Arc<Imported>>,
}

/// Directories and last components, for finding modules.
#[derive(Default)]
struct Paths {
    dirs: HashMap<Box<str>, Vec<Box<str>>>,
    files: HashMap<Box<str>, Vec<Box<str>>>,
}

impl Code {
    /// The code of `snapshot`, with what `index` (of the same workspace) knows.
    pub fn new(snapshot: Arc<Snapshot>, index: Arc<CodeIndex>, shelf: Arc<Shelf>) -> Code {
        let (mut uncovered, mut stale) = (Vec::new(), Vec::new());
        match &index.of {
            Some(old) => {
                for id in old.table.differences(&snapshot.table) {
                    let (before, now) = (old.table.get(id), snapshot.table.get(id));
                    let text = |file: Option<&Arc<File>>| {
                        file.and_then(|it| it.text()).map(|it| it.hash())
                    };
                    if text(before) == text(now) {
                        continue;
                    }
                    if before.is_some_and(|file| language_of(file).is_some()) {
                        stale.push(id);
                    }
                    if now.is_some_and(|file| language_of(file).is_some()) {
                        uncovered.push(id);
                    }
                }
            }
            None => {
                let sources = snapshot.files().filter(|file| language_of(file).is_some());
                uncovered = sources.map(|file| file.id).collect();
            }
        }
        uncovered.sort_unstable();
        stale.sort_unstable();
        Code {
            snapshot,
            index,
            shelf,
            uncovered,
            stale,
            paths: OnceLock::new(),
            graph: Mutex::default(),
            earlier: None,
            memo: Mutex::default(),
            imported: None,
        }
    }

    /// Takes over from the code of an earlier snapshot what still holds.
    #[must_use]
    pub fn following(mut self, earlier: &Code) -> Code {
        self.earlier = earlier.graph.lock().clone().or_else(|| earlier.earlier.clone());
        self
    }

    /// Which files import which.
    pub(crate) fn graph(&self) -> Arc<Graph> {
        if let Some(graph) = &*self.graph.lock() {
            return Arc::clone(graph);
        }
        // Two who ask at once make it twice: nobody waits behind a lock.
        let graph = Arc::new(Graph::new(self, self.earlier.as_deref()));
        *self.graph.lock() = Some(Arc::clone(&graph));
        graph
    }

    /// The files or directories that a module's name means in a file.
    pub(crate) fn module_places(&self, file: FileId, facts: &Loaded, name: &str) -> Vec<Place> {
        facts.facts.language.plugin().module(self, self.path(file), name)
    }

    /// The files right in a directory.
    pub(crate) fn files_right_in(&self, dir: &str) -> Vec<FileId> {
        let Ok(dir) = RelPath::new(dir.as_bytes()) else { return Vec::new() };
        let files = self.snapshot.files_within(&dir);
        let right_in = files.filter(|file| file.path.parent().as_ref() == Some(&dir));
        right_in.map(|file| file.id).collect()
    }

    /// The snapshot that it speaks of.
    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// The index that it uses.
    pub fn index(&self) -> &Arc<CodeIndex> {
        &self.index
    }

    /// Where facts are kept, and what else is made of texts.
    pub(crate) fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// Source files that the index does not speak for.
    pub fn uncovered(&self) -> usize {
        self.uncovered.len()
    }

    /// The paths of the source files in a directory, in path order.
    pub fn sources_within(&self, dir: &RelPath) -> impl Iterator<Item = &str> + use<'_> {
        let files = self.snapshot.files_within(dir).filter(|file| language_of(file).is_some());
        files.filter_map(|file| file.path.as_str())
    }

    pub(crate) fn file(&self, id: FileId) -> Option<&Arc<File>> {
        self.snapshot.table.get(id)
    }

    /// The path of a file.
    pub(crate) fn path(&self, id: FileId) -> &str {
        self.file(id).and_then(|file| file.path.as_str()).unwrap_or_default()
    }

    /// The facts of a file, if it is source of a language we know.
    pub(crate) fn facts(&self, id: FileId) -> Option<Arc<Loaded>> {
        let file = self.file(id)?;
        Some(self.shelf.facts(file.text()?, language_of(file)?))
    }

    /// The facts of a file of any snapshot, if it is source of a language we know.
    pub(crate) fn facts_of(&self, file: &File) -> Option<Arc<Loaded>> {
        Some(self.shelf.facts(file.text()?, language_of(file)?))
    }

    pub(crate) fn id_of(&self, path: &str) -> Option<FileId> {
        self.snapshot.id_of(&RelPath::new(path.as_bytes()).ok()?)
    }

    /// Files that have this name, or define it for others to see, in the order of their numbers.
    pub(crate) fn files_with(&self, name: &str, only_defining: bool) -> Vec<FileId> {
        let mut files = Vec::new();
        if let Some(n) = self.index.names.find(name) {
            files.extend(
                self.index
                    .names
                    .docs(n)
                    .filter(|(_, defines)| *defines || !only_defining)
                    .map(|(doc, _)| self.index.files[doc as usize])
                    .filter(|id| self.stale.binary_search(id).is_err()),
            );
        }
        let finder = memchr::memmem::Finder::new(name);
        // `import x from "y"` takes what is called `default` without saying so.
        let unwritten = name == "default";
        files.extend(self.uncovered.iter().copied().filter(|id| {
            if unwritten {
                return true;
            }
            let text = self.file(*id).and_then(|file| file.text());
            text.is_some_and(|text| finder.find(text.bytes()).is_some())
        }));
        files.sort_unstable();
        files
    }

    /// Symbols of this name that belong to types or can be seen from other files.
    pub(crate) fn defined(&self, name: &str) -> Vec<(Target, Arc<Loaded>)> {
        let mut found = Vec::new();
        for id in self.files_with(name, true) {
            let Some(facts) = self.facts(id) else { continue };
            let Some(local) = facts.name(name) else { continue };
            for symbol in facts.named(local) {
                if !facts.facts.symbol(symbol).flags.has(coderoom_syntax::Flags::LOCAL) {
                    found.push((Target { file: id, symbol }, Arc::clone(&facts)));
                }
            }
        }
        found
    }

    /// The names of symbols that other files can see, or that belong to types, as far as `wanted`
    /// says so; in the order of spelling.
    pub(crate) fn names_where(&self, wanted: &mut dyn FnMut(&str) -> bool) -> Vec<String> {
        let mut found = Vec::new();
        let names = &self.index.names;
        let live = |doc: u32| self.stale.binary_search(&self.index.files[doc as usize]).is_err();
        for n in 0..names.len() {
            let name = names.get(n);
            if wanted(name) && names.docs(n).any(|(doc, defines)| defines && live(doc)) {
                found.push(name.to_owned());
            }
        }
        for id in &self.uncovered {
            let Some(facts) = self.facts(*id) else { continue };
            for (name, defines) in super::names::names_of(&facts.facts) {
                if defines && wanted(&name) {
                    found.push(name.into());
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Source files in path order.
    pub(crate) fn sources(&self) -> impl Iterator<Item = &Arc<File>> {
        self.snapshot.files().filter(|file| language_of(file).is_some())
    }

    /// What resolution has found out so far; to be given back.
    pub(crate) fn take_memo(&self) -> Memo {
        self.memo.lock().take().unwrap_or_default()
    }

    pub(crate) fn return_memo(&self, memo: Memo) {
        *self.memo.lock() = Some(memo);
    }

    fn paths(&self) -> &Paths {
        self.paths.get_or_init(|| {
            let mut paths = Paths::default();
            let mut last_dir = "";
            for file in self.snapshot.files() {
                let Some(path) = file.path.as_str() else { continue };
                let (dir, name) = path.rsplit_once('/').unwrap_or(("", path));
                let manifest = matches!(
                    name,
                    "go.mod" | "Cargo.toml" | "package.json" | "tsconfig.json" | "jsconfig.json"
                );
                if manifest || language_of(file).is_some() {
                    paths.files.entry(name.into()).or_default().push(path.into());
                }
                // Files come directory by directory; each new directory and its parents count once.
                let mut dir_here = dir;
                while !dir_here.is_empty() && !is_below(last_dir, dir_here) {
                    let name = dir_here.rsplit('/').next().unwrap_or(dir_here);
                    paths.dirs.entry(name.into()).or_default().push(dir_here.into());
                    dir_here = dir_here.rsplit_once('/').map_or("", |(up, _)| up);
                }
                last_dir = dir;
            }
            for list in paths.dirs.values_mut() {
                list.sort_unstable();
                list.dedup();
            }
            paths
        })
    }

    /// The files of a package whose language belongs with `like`.
    pub(crate) fn package(&self, dir: &str, like: Language) -> Vec<FileId> {
        let mut files = Vec::new();
        for name in self.files_in(dir) {
            let path = if dir.is_empty() { name } else { format!("{dir}/{name}") };
            let Some(id) = self.id_of(&path) else { continue };
            let language = self.file(id).and_then(|file| language_of(file));
            if language.is_some_and(|it| it.is_related(like)) {
                files.push(id);
            }
        }
        files
    }

    /// The file that a place is, or is in.
    pub(crate) fn file_of_place(&self, place: &Place) -> Option<FileId> {
        match place {
            Place::File(path) | Place::Inside(path, _) => self.id_of(path),
            Place::Package(_) | Place::Namespace(_) | Place::Several(_) => None,
        }
    }
}

/// Whether `path` is `dir` or below it.
fn is_below(path: &str, dir: &str) -> bool {
    path.strip_prefix(dir).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl Tree for Code {
    fn is_file(&self, path: &str) -> bool {
        self.id_of(path).is_some_and(|id| self.file(id).is_some())
    }

    fn is_dir(&self, path: &str) -> bool {
        RelPath::new(path.as_bytes()).is_ok_and(|path| self.snapshot.has_dir(&path))
    }

    fn files_in(&self, dir: &str) -> Vec<String> {
        let Ok(path) = RelPath::new(dir.as_bytes()) else { return Vec::new() };
        let skip = if dir.is_empty() { 0 } else { dir.len() + 1 };
        let names = self.snapshot.files_within(&path);
        let names = names.filter_map(|file| file.path.as_str()?.get(skip..));
        names.filter(|name| !name.contains('/')).map(str::to_owned).collect()
    }

    fn files_named(&self, name: &str) -> Vec<String> {
        let found = self.paths().files.get(name);
        found.into_iter().flatten().map(|path| path.to_string()).collect()
    }

    fn dirs_named(&self, name: &str) -> Vec<String> {
        let found = self.paths().dirs.get(name);
        found.into_iter().flatten().map(|path| path.to_string()).collect()
    }

    fn read(&self, path: &str) -> Option<String> {
        let text = self.file(self.id_of(path)?)?.text()?;
        std::str::from_utf8(text.bytes()).ok().map(str::to_owned)
    }
}
