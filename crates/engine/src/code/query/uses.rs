//! Every place that names a symbol or module: the ground of several questions.

use std::{collections::BTreeSet, sync::Arc};

use coderoom_syntax::{Expr, ExprIx, Facts, Flags, Form, Kind, Name, OccurrenceIx, Place, Role};

use super::{
    dispatch,
    subject::{Subject, binding_import, module_text},
};
use crate::{
    code::{
        Certainty,
        loaded::Loaded,
        resolve::{Found, Resolver},
        view::Target,
    },
    file::FileId,
};

/// One place that names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Use {
    pub(crate) file: FileId,
    pub(crate) at: u32,
    pub(crate) len: u32,
    pub(crate) role: Role,
    pub(crate) certainty: Certainty,
}

/// The name of a default export, which importers give a name of their own.
const DEFAULT: &str = "default";

/// What is looked for.
struct Wanted {
    found: BTreeSet<Found>,
    /// What the wanted methods override: a call of one of these may run a wanted one.
    overridden: BTreeSet<Target>,
    /// The types that the wanted methods belong to.
    owners: BTreeSet<Target>,
    /// Members that are one with the wanted ones.
    family: BTreeSet<Target>,
    /// Nothing else can see it: only its own file is looked at, and members of its name are others.
    local: bool,
}

/// All uses of a subject down to those that have only its name, in path order and then in the order
/// of the text; and whether the work was ended before all files were seen.
pub(crate) fn uses(
    resolver: &mut Resolver<'_>,
    subject: &Subject,
    stop: &(dyn Fn() -> bool + Sync),
) -> (Vec<Use>, bool) {
    if let (true, Some(import)) = (subject.found.is_empty(), subject.import) {
        return (uses_of_import(resolver, import), false);
    }
    let (wanted, mut names) = wanted(resolver, &subject.found);
    let mut found: Vec<Use> = Vec::new();
    let mut cut = false;
    let mut next = 0;
    while next < names.len() && !cut {
        let name = names[next].clone();
        next += 1;
        let files = if wanted.local {
            let own = subject.targets().into_iter().map(|target| target.file);
            own.collect::<BTreeSet<_>>().into_iter().collect()
        } else {
            resolver.code.files_with(&name, false)
        };
        for file in files {
            if stop() {
                cut = true;
                break;
            }
            in_file(resolver, file, &name, &wanted, &mut found, &mut names);
        }
    }
    for place in subject.found.iter().filter_map(place_of) {
        uses_of_module(resolver, place, &mut found);
    }
    known(resolver, subject, &wanted, &mut found);
    sort(resolver, &mut found);
    (found, cut)
}

/// In files that an imported index speaks for, what it knows counts, and of ours only what it cannot
/// say: that a call of a method may run one that overrides it.
fn known(resolver: &Resolver<'_>, subject: &Subject, wanted: &Wanted, found: &mut Vec<Use>) {
    let code = resolver.code;
    let targets = subject.targets();
    if targets.len() != subject.found.len() {
        return;
    }
    let Some(known) = code.known_references(&targets) else { return };
    let overrides = |targets: Vec<Target>| targets.iter().any(|it| wanted.overridden.contains(it));
    found.retain(|it| {
        !code.is_known(it.file)
            || it.certainty == Certainty::Likely
                && code.known_at(it.file, it.at).is_some_and(overrides)
    });
    found.extend(known.into_iter().map(|(file, span, role)| Use {
        file,
        at: span.start,
        len: span.end - span.start,
        role,
        certainty: Certainty::Exact,
    }));
}

fn place_of(found: &Found) -> Option<&Arc<Place>> {
    match found {
        Found::Module(place) => Some(place),
        _ => None,
    }
}

fn sort(resolver: &Resolver<'_>, found: &mut Vec<Use>) {
    let snapshot = &resolver.code.snapshot;
    let rank = |file: FileId| snapshot.table.get(file).map(|file| snapshot.rank(file));
    found.sort_by_cached_key(|it| (rank(it.file), it.at, it.role, std::cmp::Reverse(it.certainty)));
    found.dedup_by_key(|it| (it.file, it.at, it.role));
}

/// What is to be found, and the names that it goes by.
fn wanted(resolver: &mut Resolver<'_>, subject: &[Found]) -> (Wanted, Vec<String>) {
    let mut found: BTreeSet<Found> = subject.iter().cloned().collect();
    let mut names: Vec<String> = Vec::new();
    let mut local = true;
    for it in subject {
        let name = match it {
            Found::Symbol(target) => {
                let known = resolver.with(*target, |symbol, facts| {
                    let name = facts.facts.name(symbol.name).to_owned();
                    (name, symbol.flags, symbol.kind)
                });
                let Some((name, flags, kind)) = known else { continue };
                if flags.has(Flags::LINKED) {
                    found.extend(resolver.linked_with(*target).into_iter().map(Found::Symbol));
                }
                let implementing = resolver.implementing(*target, &name);
                found.extend(implementing.into_iter().map(Found::Symbol));
                if flags.has(Flags::DEFAULT) && !names.iter().any(|it| it == DEFAULT) {
                    names.push(DEFAULT.to_owned());
                }
                // Keyword arguments name parameters from other files.
                local &= flags.has(Flags::LOCAL) && kind != Kind::Parameter;
                name
            }
            Found::Module(place) => {
                local = false;
                module_stem(place)
            }
            Found::External => continue,
        };
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    let overridden = dispatch::overridden(resolver, &found);
    let family = dispatch::family(resolver, &found);
    let owners =
        if overridden.is_empty() { BTreeSet::new() } else { dispatch::owners(resolver, &found) };
    (Wanted { found, overridden, owners, family, local }, names)
}

/// The name by which a module is usually called.
fn module_stem(place: &Place) -> String {
    let path = match place {
        Place::File(path) | Place::Package(path) | Place::Namespace(path) => path,
        Place::Inside(_, names) => return names.last().cloned().unwrap_or_default(),
        Place::Several(places) => return places.first().map(module_stem).unwrap_or_default(),
    };
    let (dir, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.split('.').next().unwrap_or(name);
    let stem = match stem {
        "__init__" | "mod" | "index" => dir.rsplit('/').next().unwrap_or(dir),
        stem => stem,
    };
    stem.to_owned()
}

/// Adds the uses in one file, and other names under which the file hands the symbol on.
fn in_file(
    resolver: &mut Resolver<'_>,
    file: FileId,
    name: &str,
    wanted: &Wanted,
    found: &mut Vec<Use>,
    names: &mut Vec<String>,
) {
    let Some(facts) = resolver.facts(file) else { return };
    let Some(local) = facts.name(name) else { return };
    let len = name.len() as u32;
    for ix in facts.uses(local) {
        let occurrence = facts.facts.occurrence(*ix);
        let resolution = resolver.resolve(file, *ix);
        let form = occurrence.form;
        let certainty = if resolution.found.iter().any(|it| wanted.found.contains(it)) {
            resolution.certainty()
        } else if resolution.targets().any(|it| wanted.family.contains(&it)) {
            Certainty::Likely
        } else if resolution.targets().any(|it| {
            wanted.overridden.contains(&it)
                && dispatch::may_run(resolver, file, &facts, form, it, &wanted.owners)
        }) {
            // Two guesses in a row are none: of what type it is, and that it is a special one.
            if resolution.guessed { Certainty::ByName } else { Certainty::Likely }
        } else if resolution.found.is_empty() && may_be(wanted, form) {
            Certainty::ByName
        } else {
            continue;
        };
        let (at, role) = (occurrence.start, occurrence.role);
        found.push(Use { file, at, len, role, certainty });
    }
    other_names(resolver, file, &facts, local, wanted, names);
}

/// Whether an occurrence that leads nowhere may mean it all the same.
fn may_be(wanted: &Wanted, form: Form) -> bool {
    !wanted.local || matches!(form, Form::Bare | Form::Loose)
}

/// `import a as b`: from here on it is called `b`.
fn other_names(
    resolver: &mut Resolver<'_>,
    file: FileId,
    facts: &Loaded,
    name: Name,
    wanted: &Wanted,
    names: &mut Vec<String>,
) {
    for alias in facts.facts.symbols.iter().filter(|symbol| symbol.kind == Kind::Alias) {
        let other = facts.facts.name(alias.name);
        if alias.name == name || names.iter().any(|known| known == other) {
            continue;
        }
        let leads = named_by(&facts.facts, alias.value).into_iter().any(|by| match by {
            By::Occurrence(of) => {
                facts.facts.occurrence(of).name == name
                    && resolver.resolve(file, of).found.iter().any(|it| wanted.found.contains(it))
            }
            By::Member(of, member) => {
                member == name
                    && resolver
                        .member_of(file, of, member)
                        .into_iter()
                        .any(|it| wanted.found.contains(&Found::Symbol(it)))
            }
        });
        if leads {
            names.push(other.to_owned());
        }
    }
}

/// How an alias names what it stands for.
enum By {
    /// Where it is written.
    Occurrence(OccurrenceIx),
    /// As a member of something, without being written (default imports).
    Member(ExprIx, Name),
}

fn named_by(facts: &Facts, value: ExprIx) -> Vec<By> {
    match facts.expr(value) {
        Expr::Occurrence(of) => vec![By::Occurrence(*of)],
        Expr::Member(of, name) => vec![By::Member(*of, *name)],
        Expr::Either(parts) => parts.iter().flat_map(|part| named_by(facts, *part)).collect(),
        _ => Vec::new(),
    }
}

/// Uses of what an import binds, in its own file: it is defined where we do not see it.
fn uses_of_import(resolver: &mut Resolver<'_>, import: Target) -> Vec<Use> {
    let Some(facts) = resolver.facts(import.file) else { return Vec::new() };
    let name = facts.facts.symbol(import.symbol).name;
    let len = facts.facts.name(name).len() as u32;
    let mut found = Vec::new();
    let is_it = |ix: OccurrenceIx| binding_import(&facts, import.file, ix) == Some(import);
    for ix in facts.uses(name) {
        let resolution = resolver.resolve(import.file, *ix);
        if resolution.found == [Found::External] && is_it(*ix) {
            let it = facts.facts.occurrence(*ix);
            let certainty = Certainty::Exact;
            found.push(Use { file: import.file, at: it.start, len, role: it.role, certainty });
        }
    }
    found
}

/// Adds the import statements that name a module, and the module's own beginning.
fn uses_of_module(resolver: &mut Resolver<'_>, place: &Arc<Place>, found: &mut Vec<Use>) {
    let code = resolver.code;
    if let Some(file) = code.file_of_place(place)
        && matches!(**place, Place::File(_))
    {
        let (role, certainty) = (Role::Definition, Certainty::Exact);
        found.push(Use { file, at: 0, len: 0, role, certainty });
    }
    for file in code.importers(place) {
        let Some(facts) = resolver.facts(file) else { continue };
        for import in &facts.facts.imports {
            let name = facts.facts.name(import.module);
            let leads = resolver.code.module_places(file, &facts, name);
            if leads.first() != Some(place) {
                continue;
            }
            let Some(at) = module_text(code, file, &facts, import) else { continue };
            if facts.occurrence_at(at).is_none() {
                let (role, certainty) = (Role::Import, Certainty::Exact);
                found.push(Use { file, at, len: name.len() as u32, role, certainty });
            }
        }
    }
}
