//! Where something is defined.

use coderoom_syntax::{Flags, Form, Kind, Place, Role, Visibility};

use super::{
    ask::{Ask, AskError, AskLimits},
    notes::file_notes,
    overloads::overload,
    references::{Reference, References},
    subject::{Subject, missing, subject},
    symbol::{Pages, SymbolInfo},
};
use crate::{
    RelPath,
    code::{
        Certainty, Code,
        resolve::{Found, Resolver},
        view::Target,
    },
};

/// One definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// What is defined; for a module, its file at line 1.
    pub symbol: SymbolInfo,
    /// How certain it is.
    pub certainty: Certainty,
    /// It is the import of something that is defined outside of the workspace.
    pub is_import: bool,
}

/// The definitions of what was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Definitions {
    /// The most certain first, then in path order.
    pub definitions: Vec<Definition>,
    /// How many there are at the floor or above.
    pub total: usize,
    /// How many more there are below the floor.
    pub below_floor: usize,
    /// What the answer may miss.
    pub notes: Vec<String>,
}

impl Code {
    /// Where something is defined, down to a certainty.
    ///
    /// # Errors
    /// If nothing stands there or is called so.
    pub fn definition(
        &self,
        ask: &Ask,
        floor: Certainty,
        limits: &AskLimits<'_>,
    ) -> Result<Definitions, AskError> {
        let mut resolver = Resolver::new(self);
        let subject = subject(&mut resolver, ask)?;
        let mut all = definitions(&mut resolver, &subject);
        if all.is_empty() {
            let error = missing(&mut resolver, &subject);
            let AskError::Unresolved { .. } = error else { return Err(error) };
            all = of_name(&mut resolver, &subject.name);
            if floor > Certainty::ByName || all.is_empty() {
                return Err(error);
            }
        }
        let found = all.len();
        all.retain(|it| it.certainty >= floor);
        all.dedup();
        let total = all.len();
        let definitions = all.into_iter().skip(limits.offset).take(limits.limit).collect();
        let notes = file_notes(&mut resolver, &subject);
        Ok(Definitions { definitions, total, below_floor: found - total, notes })
    }

    /// Where what stands at a place is defined.
    pub fn definition_at(&self, path: &RelPath, line: u32, column: u32) -> Option<References> {
        let ask = Ask::At { path: path.clone(), line, column: Some(column), name: None };
        let limits = AskLimits { offset: 0, limit: usize::MAX, stop: &|| false };
        let found = self.definition(&ask, Certainty::Likely, &limits).ok()?;
        let references: Vec<Reference> = found
            .definitions
            .into_iter()
            .map(|it| Reference {
                path: it.symbol.path,
                line: it.symbol.line,
                column: it.symbol.column,
                role: Role::Definition,
                certainty: it.certainty,
                text: it.symbol.signature,
                within: it.symbol.container,
            })
            .collect();
        let total = references.len();
        Some(References { references, total, ..References::default() })
    }
}

/// The definitions of a subject, or the import that it comes in by.
pub(crate) fn definitions(resolver: &mut Resolver<'_>, subject: &Subject) -> Vec<Definition> {
    let mut pages = Pages::new(resolver.code);
    let certainty = subject.certainty();
    let mut all: Vec<Definition> = Vec::new();
    let mut before: Vec<SymbolInfo> = Vec::new();
    for found in &subject.found {
        let symbol = match found {
            Found::Symbol(target) => {
                let (at, declared) = defined_at(resolver, subject, *target);
                before.extend(declared.and_then(|it| pages.symbol(it)));
                pages.symbol(at)
            }
            Found::Module(place) => module(resolver.code, &mut pages, place, &subject.name),
            Found::External => None,
        };
        all.extend(symbol.map(|symbol| Definition { symbol, certainty, is_import: false }));
    }
    if let (true, Some(import)) = (all.is_empty(), subject.import) {
        let symbol = pages.symbol(import);
        all.extend(symbol.map(|symbol| Definition { symbol, certainty, is_import: true }));
    }
    all.sort_by(|a, b| a.symbol.order().cmp(&b.symbol.order()));
    if let (Some((from, ix)), true) = (subject.at, all.len() > 1) {
        // Of alternatives, what the file includes comes first; who asks where something is declared
        // wants to know where else it is.
        let asked = resolver.facts(from).map(|facts| facts.facts.occurrence(ix).form);
        let declares = matches!(asked, Some(Form::Definition(_)));
        all.sort_by_cached_key(|it| {
            let file = it.symbol.path.as_str().and_then(|path| resolver.code.id_of(path));
            let order = file.map_or(u32::MAX, |file| resolver.order_seen(from, file));
            if declares { u32::from(order == 0) } else { order }
        });
    }
    let before =
        before.into_iter().map(|it| Definition { symbol: it, certainty, is_import: false });
    all.splice(0..0, before);
    all
}

/// Where a symbol is defined; and if that is where it was asked for, what declares it elsewhere.
fn defined_at(
    resolver: &mut Resolver<'_>,
    subject: &Subject,
    target: Target,
) -> (Target, Option<Target>) {
    let asked = subject.at.and_then(|(file, ix)| {
        let facts = resolver.facts(file)?;
        let Form::Definition(symbol) = facts.facts.occurrence(ix).form else { return None };
        let declares = facts.facts.symbol(symbol).flags.has(Flags::DECLARATION);
        (!declares).then_some(Target { file, symbol })
    });
    // C++ declares members in a class and defines them outside of it.
    let outside = resolver.defined_outside(target);
    let first = outside.first().copied();
    let at = match asked.filter(|asked| outside.contains(asked)) {
        Some(asked) => asked,
        None => first
            .or_else(|| overload(resolver, subject, target))
            .unwrap_or_else(|| best(resolver, target)),
    };
    let declared = asked.filter(|asked| *asked == at).and_then(|it| resolver.declared_before(it));
    (at, declared)
}

/// Of the declarations that are one symbol, the first that has a body; of macros the last: what
/// conditions choose between ends with what holds otherwise.
pub(crate) fn best(resolver: &mut Resolver<'_>, target: Target) -> Target {
    let Some(facts) = resolver.facts(target.file) else { return target };
    if facts.facts.symbol(target.symbol).kind == Kind::Macro && facts.rules().includes {
        let symbol = facts.group(target.symbol).last().unwrap_or(target.symbol);
        return Target { symbol, ..target };
    }
    let whole =
        |ix: &coderoom_syntax::SymbolIx| !facts.facts.symbol(*ix).flags.has(Flags::DECLARATION);
    let symbol = facts.group(target.symbol).find(whole).unwrap_or(target.symbol);
    Target { symbol, ..target }
}

/// A module: the beginning of its file, or its declaration inside of one.
pub(crate) fn module(
    code: &Code,
    pages: &mut Pages<'_>,
    place: &Place,
    name: &str,
) -> Option<SymbolInfo> {
    let path = match place {
        Place::File(path) => path.clone(),
        Place::Inside(path, names) => {
            let file = code.id_of(path)?;
            let facts = code.facts(file)?;
            let name = facts.name(names.last()?)?;
            let is_module =
                |ix: &coderoom_syntax::SymbolIx| facts.facts.symbol(*ix).kind == Kind::Module;
            let symbol = facts.named(name).find(is_module)?;
            return pages.symbol(Target { file, symbol });
        }
        Place::Several(places) => return module(code, pages, places.first()?, name),
        Place::Package(dir) | Place::Namespace(dir) => {
            let files = code.snapshot.files_within(&RelPath::new(dir.as_bytes()).ok()?);
            let mut sources = files.filter(|it| super::super::index::language_of(it).is_some());
            sources.next()?.path.as_str()?.to_owned()
        }
    };
    let file = code.id_of(&path)?;
    let lines = pages.lines(file)?;
    let (end_line, signature) = (lines.count(), lines.shown(1));
    Some(SymbolInfo {
        path: code.file(file)?.path.clone(),
        line: 1,
        column: 1,
        end_line,
        name: name.to_owned(),
        kind: Kind::Module,
        container: String::new(),
        signature,
        visibility: Visibility::Public,
    })
}

/// All symbols of a name.
fn of_name(resolver: &mut Resolver<'_>, name: &str) -> Vec<Definition> {
    let targets: Vec<Target> = resolver.defined(name).to_vec();
    let infos = super::symbol::describe(resolver, targets);
    let certainty = Certainty::ByName;
    let kept = infos.into_iter().filter(|it| !matches!(it.kind, Kind::Alias | Kind::Impl));
    kept.map(|symbol| Definition { symbol, certainty, is_import: false }).collect()
}
