//! Where something is defined.

use coderoom_syntax::{Flags, Kind, Place, Role, Visibility};

use super::{
    ask::{Ask, AskError, AskLimits},
    notes::file_notes,
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
    for found in &subject.found {
        let symbol = match found {
            Found::Symbol(target) => pages.symbol(best(resolver, *target)),
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
    all
}

/// Of the declarations that are one symbol, the first that has a body.
pub(crate) fn best(resolver: &mut Resolver<'_>, target: Target) -> Target {
    let Some(facts) = resolver.facts(target.file) else { return target };
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
