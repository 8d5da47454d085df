//! Who uses a symbol: every occurrence that resolves to it.

use std::collections::BTreeSet;

use coderoom_syntax::{Expr, ExprIx, Facts, Flags, Kind, Name, OccurrenceIx, Role};

use crate::{
    RelPath,
    code::{
        Certainty, Code,
        resolve::{Found, Resolver},
        view::Target,
    },
    file::FileId,
};

/// One use of a symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The file.
    pub path: RelPath,
    /// 1-based.
    pub line: u32,
    /// 1-based, in characters.
    pub column: u32,
    /// What is done with it there.
    pub role: Role,
    /// How certain it is.
    pub certainty: Certainty,
}

/// The uses of what stands at a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    /// In path order, then in the order of the text.
    pub references: Vec<Reference>,
}

impl Code {
    /// References to what stands at a place, down to a certainty.
    pub fn references_at(
        &self,
        path: &RelPath,
        line: u32,
        column: u32,
        floor: Certainty,
    ) -> Option<References> {
        let mut resolver = Resolver::new(self);
        let mut targets = self.known(path, line, column).unwrap_or_default();
        if targets.is_empty() {
            let (file, occurrence) = self.occurrence(path, line, column)?;
            targets.extend(resolver.resolve(file, occurrence).targets());
            if targets.is_empty() {
                targets.extend(resolver.declared_at(file, occurrence));
            }
        }
        Some(References { references: references(&mut resolver, &targets, floor) })
    }

    /// Where what stands at a place is defined.
    pub fn definition_at(&self, path: &RelPath, line: u32, column: u32) -> Option<References> {
        let mut resolver = Resolver::new(self);
        let mut targets = self.known(path, line, column).unwrap_or_default();
        let mut certainty = Certainty::Exact;
        if targets.is_empty() {
            let (file, occurrence) = self.occurrence(path, line, column)?;
            let resolution = resolver.resolve(file, occurrence);
            targets.extend(resolution.targets());
            if targets.is_empty() {
                targets.extend(resolver.declared_at(file, occurrence));
            } else {
                certainty = resolution.certainty();
            }
        }
        let mut references = Vec::new();
        for target in targets {
            let Some(facts) = resolver.facts(target.file) else { continue };
            let at = facts.facts.symbol(target.symbol).at.start;
            references.push(reference(self, target.file, at, Role::Definition, certainty));
        }
        Some(References { references })
    }

    /// What an imported index says stands at a place.
    fn known(&self, path: &RelPath, line: u32, column: u32) -> Option<Vec<Target>> {
        let file = self.snapshot.id_of(path)?;
        self.known_at(file, self.offset(file, line, column)?)
    }
}

/// The name of a default export, which importers give a name of their own.
const DEFAULT: &str = "default";

fn reference(code: &Code, file: FileId, at: u32, role: Role, certainty: Certainty) -> Reference {
    let (line, column) = code.line_column(file, at);
    let path = code.file(file).map_or_else(RelPath::root, |file| file.path.clone());
    Reference { path, line, column, role, certainty }
}

/// All references to any of `targets`.
pub(crate) fn references(
    resolver: &mut Resolver<'_>,
    targets: &[Target],
    floor: Certainty,
) -> Vec<Reference> {
    let mut wanted: BTreeSet<Target> = targets.iter().copied().collect();
    let mut names: Vec<String> = Vec::new();
    let mut local_only = true;
    for target in targets {
        let Some((name, local, linked)) = resolver.with(*target, |symbol, facts| {
            let name = facts.facts.name(symbol.name).to_owned();
            (name, symbol.flags.has(Flags::LOCAL), symbol.flags.has(Flags::LINKED))
        }) else {
            continue;
        };
        if linked {
            wanted.extend(resolver.linked(&name));
        }
        // Keyword arguments name parameters from other files.
        let parameter = resolver.kind(*target) == Some(Kind::Parameter);
        local_only &= local && !parameter;
        if !names.contains(&name) {
            names.push(name);
        }
        let default = resolver.with(*target, |symbol, _| symbol.flags.has(Flags::DEFAULT));
        if default == Some(true) && !names.iter().any(|it| it == DEFAULT) {
            names.push(DEFAULT.to_owned());
        }
    }
    let mut found: BTreeSet<(FileId, u32, Role, Certainty)> = BTreeSet::new();
    let mut next = 0;
    while next < names.len() {
        let name = names[next].clone();
        next += 1;
        let files = if local_only {
            targets.iter().map(|target| target.file).collect::<BTreeSet<_>>().into_iter().collect()
        } else {
            resolver.code.files_with(&name, false)
        };
        for file in files {
            in_file(resolver, file, &name, &wanted, floor, &mut found, &mut names);
        }
    }
    let code = resolver.code;
    if let Some(known) = code.known_references(targets) {
        found.retain(|(file, ..)| !code.is_known(*file));
        found.extend(known.into_iter().map(|(file, at, role)| (file, at, role, Certainty::Exact)));
    }
    let mut references: Vec<Reference> = found
        .into_iter()
        .map(|(file, at, role, certainty)| reference(code, file, at, role, certainty))
        .collect();
    references.sort_by(|a, b| (&a.path, a.line, a.column).cmp(&(&b.path, b.line, b.column)));
    references
}

/// Adds the references in one file, and other names under which the file hands the symbol on.
fn in_file(
    resolver: &mut Resolver<'_>,
    file: FileId,
    name: &str,
    wanted: &BTreeSet<Target>,
    floor: Certainty,
    found: &mut BTreeSet<(FileId, u32, Role, Certainty)>,
    names: &mut Vec<String>,
) {
    let Some(facts) = resolver.facts(file) else { return };
    let Some(local) = facts.name(name) else { return };
    for ix in facts.uses(local) {
        let resolution = resolver.resolve(file, *ix);
        let occurrence = facts.facts.occurrence(*ix);
        let certainty = if resolution.targets().any(|target| wanted.contains(&target)) {
            resolution.certainty()
        } else if resolution.found.is_empty() && resolution.found != [Found::External] {
            Certainty::ByName
        } else {
            continue;
        };
        if certainty >= floor {
            found.insert((file, occurrence.start, occurrence.role, certainty));
        }
    }
    // `import a as b`: from here on it is called `b`.
    for symbol in facts.facts.symbols.iter().filter(|symbol| symbol.kind == Kind::Alias) {
        if symbol.name == local {
            continue;
        }
        let leads = named_by(&facts.facts, symbol.value).into_iter().any(|by| match by {
            By::Occurrence(of) => {
                facts.facts.occurrence(of).name == local
                    && resolver.resolve(file, of).targets().any(|it| wanted.contains(&it))
            }
            By::Member(of, name) => {
                name == local
                    && resolver.member_of(file, of, name).iter().any(|it| wanted.contains(it))
            }
        });
        let other = facts.facts.name(symbol.name).to_owned();
        if leads && !names.contains(&other) {
            names.push(other);
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
