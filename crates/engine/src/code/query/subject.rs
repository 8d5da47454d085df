//! From what a client says to what it means: symbols, modules, or the import of something foreign.

use std::sync::Arc;

use coderoom_syntax::{Form, Kind, Language, OccurrenceIx, Place, Role, ScopeIx};

use super::{
    ask::{Ask, AskError},
    lines::Lines,
    near::nearest,
    symbol::{Pages, SymbolInfo, container, describe},
};
use crate::{
    Body, RelPath,
    code::{
        Certainty, Code,
        index::language_of,
        loaded::Loaded,
        resolve::{Found, Resolver, Thing},
        view::Target,
    },
    file::FileId,
};

/// Candidates that an error lists.
const MOST_CANDIDATES: usize = 10;

/// What a question is about.
#[derive(Debug, Default)]
pub(crate) struct Subject {
    /// Symbols and modules; never `External`.
    pub(crate) found: Vec<Found>,
    /// The import that binds it, where it is defined outside of the workspace.
    pub(crate) import: Option<Target>,
    /// Whether it rests on a guess.
    pub(crate) guessed: bool,
    /// The name by which it was asked for.
    pub(crate) name: String,
    /// Where it was asked for, if at a place.
    pub(crate) at: Option<(FileId, OccurrenceIx)>,
}

impl Subject {
    /// The symbols among what is meant.
    pub(crate) fn targets(&self) -> Vec<Target> {
        let symbol = |found: &Found| match found {
            Found::Symbol(target) => Some(*target),
            _ => None,
        };
        self.found.iter().filter_map(symbol).collect()
    }

    pub(crate) fn certainty(&self) -> Certainty {
        if self.guessed { Certainty::Likely } else { Certainty::Exact }
    }
}

/// What a question is about; several symbols where several fit.
pub(crate) fn subject(resolver: &mut Resolver<'_>, ask: &Ask) -> Result<Subject, AskError> {
    match ask {
        Ask::At { path, line, column, name } => {
            at_place(resolver, path, *line, *column, name.as_deref())
        }
        Ask::Named { name, within } => by_name(resolver, name, within.as_ref()),
    }
}

/// As [`subject`], for questions about one symbol: several of a name are an error, and so is
/// something foreign or unknown.
pub(crate) fn one_subject(resolver: &mut Resolver<'_>, ask: &Ask) -> Result<Subject, AskError> {
    let subject = subject(resolver, ask)?;
    if subject.found.is_empty() {
        return Err(missing(resolver, &subject));
    }
    let named = matches!(ask, Ask::Named { .. });
    if named && subject.found.len() > 1 && !are_linked(resolver, &subject) {
        let infos = describe(resolver, subject.targets());
        let total = infos.len();
        let candidates = infos.into_iter().take(MOST_CANDIDATES).collect();
        return Err(AskError::Ambiguous { name: subject.name, candidates, total });
    }
    Ok(subject)
}

/// Why there is nothing to be said of a subject without symbols.
pub(crate) fn missing(resolver: &mut Resolver<'_>, subject: &Subject) -> AskError {
    let name = subject.name.clone();
    if let Some(import) = subject.import {
        return AskError::Outside { name, import: Pages::new(resolver.code).symbol(import) };
    }
    let Some((file, ix)) = subject.at else {
        return AskError::UnknownName { name, near: Vec::new() };
    };
    if resolver.resolve(file, ix).found == [Found::External] {
        return AskError::Outside { name, import: None };
    }
    let (candidates, total) = of_name(resolver, &name);
    let start = resolver.facts(file).map_or(0, |facts| facts.facts.occurrence(ix).start);
    let line = Pages::new(resolver.code).place(file, start).0;
    let path = resolver.code.file(file).map_or_else(RelPath::root, |file| file.path.clone());
    AskError::Unresolved { name, path, line, candidates, total }
}

/// The first symbols of a name, and how many there are.
fn of_name(resolver: &mut Resolver<'_>, name: &str) -> (Vec<SymbolInfo>, usize) {
    let targets = plain(resolver, resolver.code.defined(name));
    let infos = describe(resolver, targets);
    let total = infos.len();
    (infos.into_iter().take(MOST_CANDIDATES).collect(), total)
}

/// Whether these are declarations and definitions of one thing.
fn are_linked(resolver: &mut Resolver<'_>, subject: &Subject) -> bool {
    subject.targets().into_iter().all(|target| {
        resolver.with(target, |symbol, _| symbol.flags.has(coderoom_syntax::Flags::LINKED))
            == Some(true)
    })
}

/// The facts of a file that is to be asked about.
pub(crate) fn source(code: &Code, path: &RelPath) -> Result<(FileId, Arc<Loaded>), AskError> {
    let not = |why| AskError::NotSource { path: path.clone(), why };
    let Some(file) = code.snapshot.file(path) else {
        let name = path.file_name();
        let same = code.snapshot.files().filter(|file| file.path.file_name() == name);
        let near = same.take(5).map(|file| file.path.clone()).collect();
        return Err(AskError::UnknownPath { path: path.clone(), near });
    };
    match &file.body {
        Body::Text(_) => {}
        Body::Binary => return Err(not("it is binary")),
        Body::TooLarge => return Err(not("it is over the workspace's size limit")),
        Body::Unreadable(_) => return Err(not("it could not be read")),
    }
    if language_of(file).is_none() {
        return Err(not("its language is not known; search its text instead"));
    }
    let facts = code.facts(file.id).ok_or_else(|| not("its text is not held"))?;
    Ok((file.id, facts))
}

fn at_place(
    resolver: &mut Resolver<'_>,
    path: &RelPath,
    line: u32,
    column: Option<u32>,
    name: Option<&str>,
) -> Result<Subject, AskError> {
    let (file, facts) = source(resolver.code, path)?;
    let text = resolver.code.file(file).and_then(|file| file.text()).cloned();
    let Some(lines) = text.map(Lines::new) else {
        return Err(AskError::NotSource { path: path.clone(), why: "its text is not held" });
    };
    let Some((start, end)) = lines.range(line).filter(|_| line <= lines.count()) else {
        return Err(AskError::NoLine { path: path.clone(), line, lines: lines.count() });
    };
    let width = lines.width(line);
    if let Some(column) = column.filter(|column| *column > width + 1 || *column == 0) {
        return Err(AskError::NoColumn { path: path.clone(), line, column, width });
    }
    let on_line = on_line(&facts, start, end);
    let occurrence = match (column, name) {
        (Some(column), _) => {
            let at = lines.offset(line, column).unwrap_or(start);
            if let Some(module) = imported(resolver, file, &facts, at) {
                return Ok(module);
            }
            facts.occurrence_at(at)
        }
        (None, Some(name)) => on_line
            .iter()
            .copied()
            .find(|ix| facts.facts.name(facts.facts.occurrence(*ix).name) == name),
        (None, None) => on_line
            .iter()
            .copied()
            .find(|ix| facts.facts.occurrence(*ix).role == Role::Definition)
            .or_else(|| on_line.first().copied().filter(|_| on_line.len() == 1)),
    };
    let Some(ix) = occurrence else {
        let near = on_line.iter().map(|ix| {
            let it = facts.facts.occurrence(*ix);
            (facts.facts.name(it.name).to_owned(), lines.place(it.start).1)
        });
        return Err(AskError::NothingThere {
            path: path.clone(),
            line,
            column,
            near: near.collect(),
        });
    };
    Ok(of_occurrence(resolver, file, &facts, ix))
}

/// The names on a line.
fn on_line(facts: &Loaded, start: u32, end: u32) -> Vec<OccurrenceIx> {
    let all = &facts.facts.occurrences;
    let from = all.partition_point(|it| it.start < start);
    let to = all.partition_point(|it| it.start < end);
    (from..to.max(from)).map(|ix| OccurrenceIx(ix as u32)).collect()
}

/// What an occurrence is about.
pub(crate) fn of_occurrence(
    resolver: &mut Resolver<'_>,
    file: FileId,
    facts: &Loaded,
    ix: OccurrenceIx,
) -> Subject {
    let resolution = resolver.resolve(file, ix);
    let occurrence = facts.facts.occurrence(ix);
    if let Some(targets) = resolver.code.known_at(file, occurrence.start) {
        return Subject {
            found: targets.into_iter().map(Found::Symbol).collect(),
            name: facts.facts.name(occurrence.name).to_owned(),
            at: Some((file, ix)),
            ..Subject::default()
        };
    }
    let external = resolution.found == [Found::External];
    let import = if external { binding_import(facts, file, ix) } else { None };
    let mut found: Vec<Found> =
        resolution.found.into_iter().filter(|it| *it != Found::External).collect();
    // `const { name } = ...` and `{ name }`: a member, and what is declared there under its name.
    if import.is_none()
        && let Some(declared) = resolver.declared_at(file, ix)
        && (found.is_empty() || resolver.kind(declared) != Some(Kind::Alias))
        && !found.contains(&Found::Symbol(declared))
    {
        found.push(Found::Symbol(declared));
    }
    Subject {
        import,
        found,
        guessed: resolution.guessed,
        name: facts.facts.name(occurrence.name).to_owned(),
        at: Some((file, ix)),
    }
}

/// The import in the same file that binds a bare name, or the one that stands there.
pub(crate) fn binding_import(facts: &Loaded, file: FileId, ix: OccurrenceIx) -> Option<Target> {
    let occurrence = facts.facts.occurrence(ix);
    let is_alias = |it: &coderoom_syntax::SymbolIx| facts.facts.symbol(*it).kind == Kind::Alias;
    let symbol = match occurrence.form {
        Form::Definition(symbol) => Some(facts.head(symbol)).filter(is_alias),
        Form::Bare => {
            let mut scope = facts.scope_at(occurrence.start);
            loop {
                let found = facts.declared(scope, occurrence.name).find(is_alias);
                if found.is_some() || scope == ScopeIx(0) {
                    break found;
                }
                scope = facts.facts.scope(scope).parent;
            }
        }
        // The name in `from a import name` is a member of `a` and binds what it names.
        Form::Member(_) if occurrence.role == Role::Import => facts
            .named(occurrence.name)
            .filter(is_alias)
            .find(|it| facts.facts.symbol(*it).at.start == occurrence.start),
        _ => None,
    }?;
    Some(Target { file, symbol: facts.head(symbol) })
}

/// The module that an import statement names at a place.
fn imported(resolver: &mut Resolver<'_>, file: FileId, facts: &Loaded, at: u32) -> Option<Subject> {
    if facts.occurrence_at(at).is_some() {
        return None;
    }
    for import in &facts.facts.imports {
        let name = facts.facts.name(import.module);
        let Some(start) = module_text(resolver.code, file, facts, import) else { continue };
        if start <= at && at <= start + name.len() as u32 {
            let place = resolver.code.module_places(file, facts, name).first()?.clone();
            return Some(Subject {
                found: vec![Found::Module(Arc::new(place))],
                name: name.to_owned(),
                ..Subject::default()
            });
        }
    }
    None
}

/// Where an import statement writes its module's name, if it writes it as it is.
pub(crate) fn module_text(
    code: &Code,
    file: FileId,
    facts: &Loaded,
    import: &coderoom_syntax::Import,
) -> Option<u32> {
    let text = code.file(file)?.text()?;
    let bytes = text.bytes().get(import.span.start as usize..import.span.end as usize)?;
    let at = memchr::memmem::find(bytes, facts.facts.name(import.module).as_bytes())?;
    Some(import.span.start + at as u32)
}

fn by_name(
    resolver: &mut Resolver<'_>,
    name: &str,
    within: Option<&RelPath>,
) -> Result<Subject, AskError> {
    let code = resolver.code;
    let parts = parts_of(name);
    let unknown = |near| Err(AskError::UnknownName { name: name.to_owned(), near });
    let Some((last, outer)) = parts.split_last() else { return unknown(Vec::new()) };
    if let Some(path) = within
        && code.snapshot.file(path).is_none()
        && !code.snapshot.has_dir(path)
    {
        source(code, path)?;
    }
    let mut all = code.defined(last);
    if let Some(path) = within {
        if code.snapshot.file(path).is_some() {
            // What is local to functions can be asked for by its file.
            let (file, facts) = source(code, path)?;
            let local = facts.name(last).into_iter().flat_map(|name| facts.named(name));
            all = local.map(|symbol| (Target { file, symbol }, Arc::clone(&facts))).collect();
        }
        all.retain(|(target, _)| {
            code.file(target.file).is_some_and(|file| file.path.is_within(path))
        });
    }
    let aliases: Vec<Target> = all
        .iter()
        .filter(|(target, facts)| {
            outer.is_empty() && facts.facts.symbol(target.symbol).kind == Kind::Alias
        })
        .map(|(target, _)| *target)
        .collect();
    all.retain(|(target, facts)| fits(resolver, *target, facts, outer));
    let found = |targets: Vec<Target>| targets.into_iter().map(Found::Symbol).collect::<Vec<_>>();
    let mut subject =
        Subject { found: found(plain(resolver, all)), name: name.to_owned(), ..Subject::default() };
    if subject.found.is_empty() && within.is_none() {
        subject.found = through_modules(resolver, &parts, &all_ways());
    }
    if subject.found.is_empty() && !outer.is_empty() {
        subject.found = inherited(resolver, outer, last, within);
    }
    if subject.found.is_empty() {
        subject = through_imports(resolver, subject, aliases);
    }
    if subject.found.is_empty() && subject.import.is_none() {
        return unknown(nearest(code, last));
    }
    Ok(subject)
}

/// The files and symbols that are meant: a file without a symbol is meant as a whole.
///
/// # Errors
/// If it is not clear what is meant, or it is nothing of this workspace.
pub(crate) fn named_nodes(
    code: &Code,
    ask: &Ask,
) -> Result<Vec<(FileId, Option<coderoom_syntax::SymbolIx>)>, AskError> {
    let mut resolver = Resolver::new(code);
    let subject = one_subject(&mut resolver, ask)?;
    let node = |found: &Found| match found {
        Found::Symbol(target) => Some((target.file, Some(target.symbol))),
        Found::Module(place) => Some((code.file_of_place(place)?, None)),
        Found::External => None,
    };
    Ok(subject.found.iter().filter_map(node).collect())
}

/// What a qualified name in prose means that is not declared where it says, as [`Ask::Named`] finds it:
/// what a module hands on, or a member that a type inherits. `ways` says how modules are written in
/// the languages that are to be asked, `owners` what the name without its last part means.
pub(crate) fn handed_on(
    resolver: &mut Resolver<'_>,
    parts: &[&str],
    ways: &[(Language, &str)],
    owners: &[Target],
) -> Vec<Found> {
    let found = through_modules(resolver, parts, ways);
    let (Some(last), true) = (parts.last(), found.is_empty()) else { return found };
    let mut found = Vec::new();
    for owner in owners {
        if resolver.kind(*owner).is_some_and(Kind::is_type) {
            let on = Thing::Instance(*owner, None);
            let hits = resolver.type_members(*owner, &None, last, &on);
            found.extend(hits.into_iter().map(|hit| hit.found));
        }
    }
    found.retain(|it| *it != Found::External);
    found.sort();
    found.dedup();
    found
}

/// `django.db.models.Model`, `crate::path::RelPath`, `Model#save()` in parts.
pub(crate) fn parts_of(name: &str) -> Vec<&str> {
    let name = name.trim().trim_end_matches("()");
    let separator = |c: char| matches!(c, '.' | ':' | '#' | '/' | '\\');
    let parts = name.split(separator).filter(|part| !part.is_empty());
    let parts: Vec<&str> = parts.collect();
    match parts.split_first() {
        Some((&"crate", rest)) if !rest.is_empty() => rest.to_vec(),
        _ => parts,
    }
}

/// First declarations of what is no import, `impl` block or parameter, unless there is nothing else.
fn plain(resolver: &mut Resolver<'_>, all: Vec<(Target, Arc<Loaded>)>) -> Vec<Target> {
    let _ = resolver;
    let kind = |(target, facts): &(Target, Arc<Loaded>)| facts.facts.symbol(target.symbol).kind;
    let head = |(target, facts): &(Target, Arc<Loaded>)| Target {
        symbol: facts.head(target.symbol),
        ..*target
    };
    let mut targets: Vec<Target> = all
        .iter()
        .filter(|it| {
            !matches!(kind(it), Kind::Alias | Kind::Impl | Kind::Parameter | Kind::TypeParameter)
        })
        .map(head)
        .collect();
    if targets.is_empty() {
        targets = all
            .iter()
            .filter(|it| matches!(kind(it), Kind::Parameter | Kind::TypeParameter))
            .map(head)
            .collect();
    }
    targets.sort_unstable();
    targets.dedup();
    targets
}

/// Whether the names of a symbol's containers, of its file and of the directories above it end with
/// `outer`.
fn fits(resolver: &mut Resolver<'_>, target: Target, facts: &Loaded, outer: &[&str]) -> bool {
    let path = resolver.code.path(target.file);
    outer.is_empty() || stands_in(path, &container(facts, target.symbol), outer)
}

/// Whether the path of a file, and the names inside of it that are joined by dots, end with `outer`.
pub(crate) fn stands_in(path: &str, inside: &str, outer: &[&str]) -> bool {
    let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
    let dirs = stem.rsplit('/').enumerate().filter(|(n, part)| {
        let of_dir = matches!(*part, "__init__" | "mod" | "index" | "lib" | "main");
        *part != "src" && !(*n == 0 && of_dir)
    });
    let inside = inside.rsplit('.').filter(|part| !part.is_empty());
    let mut chain = inside.chain(dirs.map(|(_, part)| part));
    outer.iter().rev().all(|wanted| {
        let spelled = |part: &str| {
            let same = |(a, b): (u8, u8)| a == b || a == b'-' && b == b'_';
            part.len() == wanted.len() && part.bytes().zip(wanted.bytes()).all(same)
        };
        chain.next().is_some_and(spelled)
    })
}

/// Every language with every way in which a module may be written.
fn all_ways() -> Vec<(Language, &'static str)> {
    let ways = |language| [".", "::", "/"].map(|separator| (language, separator));
    Language::all().flat_map(ways).collect()
}

/// What a dotted name leads to through modules and what they re-export.
fn through_modules(
    resolver: &mut Resolver<'_>,
    parts: &[&str],
    ways: &[(Language, &str)],
) -> Vec<Found> {
    for count in (1..=parts.len()).rev() {
        let mut asked = None;
        for (language, separator) in ways.iter().copied() {
            // A single part is written the same way everywhere.
            if count == 1 && asked.replace(language) == Some(language) {
                continue;
            }
            let module = parts[..count].join(separator);
            let places = language.plugin().module(resolver.code, "x", &module);
            let Some(place) = places.into_iter().next() else { continue };
            let found = below(resolver, place, &parts[count..], language);
            if !found.is_empty() {
                return found;
            }
        }
    }
    Vec::new()
}

fn below(
    resolver: &mut Resolver<'_>,
    place: Place,
    parts: &[&str],
    language: Language,
) -> Vec<Found> {
    let mut found = vec![Found::Module(Arc::new(place))];
    for part in parts {
        found = found
            .into_iter()
            .flat_map(|it| match it {
                Found::Module(place) => resolver.module_member(&place, part, language),
                Found::Symbol(target) => {
                    let on = Thing::Instance(target, None);
                    let hits = resolver.type_members(target, &None, part, &on);
                    hits.into_iter().map(|hit| hit.found).collect()
                }
                Found::External => Vec::new(),
            })
            .collect();
    }
    found.retain(|it| *it != Found::External);
    found.sort();
    found.dedup();
    found
}

/// A member that a type of that name inherits.
fn inherited(
    resolver: &mut Resolver<'_>,
    outer: &[&str],
    last: &str,
    within: Option<&RelPath>,
) -> Vec<Found> {
    let Ok(owner) = by_name_of_type(resolver, outer, within) else { return Vec::new() };
    let mut found: Vec<Found> = Vec::new();
    for target in owner {
        let on = Thing::Instance(target, None);
        let hits = resolver.type_members(target, &None, last, &on);
        found.extend(hits.into_iter().map(|hit| hit.found));
    }
    found.retain(|it| *it != Found::External);
    found.sort();
    found.dedup();
    found
}

fn by_name_of_type(
    resolver: &mut Resolver<'_>,
    outer: &[&str],
    within: Option<&RelPath>,
) -> Result<Vec<Target>, AskError> {
    let subject = by_name(resolver, &outer.join("."), within)?;
    let targets = subject.targets().into_iter();
    Ok(targets.filter(|target| resolver.kind(*target).is_some_and(Kind::is_type)).collect())
}

/// What imports of a name lead to, or the first import of something foreign.
fn through_imports(
    resolver: &mut Resolver<'_>,
    mut subject: Subject,
    aliases: Vec<Target>,
) -> Subject {
    let mut foreign = Vec::new();
    for alias in aliases {
        let leads: Vec<Found> =
            resolver.follow(alias).into_iter().filter(|it| *it != Found::External).collect();
        if leads.is_empty() {
            foreign.push(alias);
        }
        subject.found.extend(leads);
    }
    subject.found.sort();
    subject.found.dedup();
    if subject.found.is_empty() {
        subject.import = foreign
            .into_iter()
            .min_by_key(|it| resolver.code.file(it.file).map(|file| file.path.clone()));
    }
    subject
}
