//! Names that an edit has left without what they stood for.
//!
//! What a session no longer defines is looked for by name, in the files that have that name; each
//! place that led to a lost definition in the base and leads to nothing now is dangling. Costs in
//! proportion to what was lost and to the files that name it, not to the workspace.

use std::collections::{BTreeSet, HashMap, HashSet};

use coderoom_syntax::{OccurrenceIx, Role};

use super::{symbol::Pages, symbols::visible_heads};
use crate::{
    RelPath,
    code::{
        Code,
        loaded::Loaded,
        resolve::{Found, Resolution, Resolver},
        view::Target,
    },
    file::FileId,
};

/// A name that stands for nothing any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dangling {
    /// The file.
    pub path: RelPath,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// The name.
    pub name: String,
    /// Where it was defined in the base: `path`.
    pub was_in: String,
    /// The line.
    pub text: String,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DanglingNames {
    /// In path order, then in the order of the text.
    pub names: Vec<Dangling>,
    /// The work was ended before all places were looked at.
    pub cut: bool,
}

impl Code {
    /// Names that led to a definition in `base` (the code of an earlier snapshot of the same
    /// workspace) and lead nowhere in this code. `changed` are the files that differ.
    pub fn dangling(
        &self,
        base: &Code,
        changed: &[RelPath],
        stop: &dyn Fn() -> bool,
    ) -> DanglingNames {
        let (mut now, mut then) = (Resolver::new(self), Resolver::new(base));
        let mut pages = Pages::new(self);
        let mut answer = DanglingNames::default();
        let changed: HashSet<FileId> = changed
            .iter()
            .filter_map(|path| base.snapshot().id_of(path).or_else(|| self.snapshot().id_of(path)))
            .collect();
        let mut lost: BTreeSet<String> = BTreeSet::new();
        for file in &changed {
            lost.extend(lost_names(&mut then, &mut now, *file));
        }
        for name in lost {
            for file in self.files_with(&name, false) {
                if stop() {
                    answer.cut = true;
                    return answer;
                }
                let Some(facts) = now.facts(file) else { continue };
                let Some(local) = facts.name(&name) else { continue };
                for ix in facts.uses(local).to_vec() {
                    if facts.facts.occurrence(ix).role == Role::Definition {
                        continue;
                    }
                    if !leads_nowhere(&now.resolve(file, ix)) {
                        continue;
                    }
                    let Some(before) = counterpart(&mut then, &mut pages, base, file, ix, &facts)
                    else {
                        continue;
                    };
                    let Some(was_in) = lost_target(&mut then, base, &changed, file, before) else {
                        continue;
                    };
                    let start = facts.facts.occurrence(ix).start;
                    let (line, column) = pages.place(file, start);
                    let text = pages.lines(file).map(|it| it.shown(line)).unwrap_or_default();
                    let Some(path) = self.file(file).map(|file| file.path.clone()) else {
                        continue;
                    };
                    let name = name.clone();
                    answer.names.push(Dangling { path, line, column, name, was_in, text });
                }
            }
        }
        answer.names.sort_by(|a, b| (&a.path, a.line, a.column).cmp(&(&b.path, b.line, b.column)));
        answer
    }
}

/// Whether it leads to nothing of this snapshot: what an import names and no file has may be taken
/// for something from outside.
fn leads_nowhere(resolution: &Resolution) -> bool {
    resolution.found.iter().all(|found| *found == Found::External)
}

/// Names that a file defined and defines no longer; of a file that is gone, its own name too.
fn lost_names(then: &mut Resolver<'_>, now: &mut Resolver<'_>, file: FileId) -> Vec<String> {
    let Some(before) = then.facts(file) else { return Vec::new() };
    let after = now.facts(file);
    let name_of = |facts: &Loaded, ix| {
        let symbol = facts.facts.symbol(ix);
        let outer = symbol.container.map(|ix| facts.facts.symbol(ix).name);
        let outer = outer.map(|name| facts.facts.name(name).to_owned()).unwrap_or_default();
        (outer, facts.facts.name(symbol.name).to_owned())
    };
    let kept: HashSet<(String, String)> = after
        .as_ref()
        .map(|facts| visible_heads(facts).map(|ix| name_of(facts, ix)).collect())
        .unwrap_or_default();
    let all = visible_heads(&before).map(|ix| name_of(&before, ix));
    let mut lost: Vec<String> =
        all.filter(|name| !kept.contains(name)).map(|(_, name)| name).collect();
    if after.is_none() {
        let path = then.code.path(file);
        let stem = path.rsplit('/').next().and_then(|name| name.split('.').next());
        lost.extend(stem.map(str::to_owned));
    }
    lost.retain(|name| !name.is_empty());
    lost
}

/// The same place in the base: in a file that has not changed the same occurrence, else one of the
/// same name in a line of the same text.
fn counterpart(
    then: &mut Resolver<'_>,
    pages: &mut Pages<'_>,
    base: &Code,
    file: FileId,
    ix: OccurrenceIx,
    facts: &Loaded,
) -> Option<OccurrenceIx> {
    let before = then.facts(file)?;
    let name = facts.facts.name(facts.facts.occurrence(ix).name);
    let local = before.name(name)?;
    let start = facts.facts.occurrence(ix).start;
    let (line, column) = pages.place(file, start);
    let text = pages.lines(file)?.shown(line);
    let mut old_pages = Pages::new(base);
    let mut by_distance: HashMap<OccurrenceIx, u32> = HashMap::new();
    for old in before.uses(local) {
        let (old_line, old_column) = old_pages.place(file, before.facts.occurrence(*old).start);
        let same = old_pages.lines(file)?.shown(old_line) == text && old_column == column;
        if same {
            by_distance.insert(*old, old_line.abs_diff(line));
        }
    }
    by_distance.into_iter().min_by_key(|(ix, distance)| (*distance, *ix)).map(|(ix, _)| ix)
}

/// The file of a changed definition that an occurrence of the base led to.
fn lost_target(
    then: &mut Resolver<'_>,
    base: &Code,
    changed: &HashSet<FileId>,
    file: FileId,
    ix: OccurrenceIx,
) -> Option<String> {
    then.resolve(file, ix).found.iter().find_map(|found| {
        let file = match found {
            Found::Symbol(Target { file, .. }) => *file,
            Found::Module(place) => base.file_of_place(place)?,
            Found::External => return None,
        };
        changed.contains(&file).then(|| base.path(file).to_owned())
    })
}
