//! A snapshot's code as a SCIP index, document by document in path order.
//!
//! An index is the concatenation of its fields: the head, the documents, what is outside. So it is
//! made in parts of bounded size, and the same snapshot gives the same bytes.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use coderoom_syntax::{Flags, Form, Kind, OccurrenceIx, Role, Span, SymbolIx, source_text};

use super::{
    lines::Lines,
    outside::outside,
    schema::{
        MODULE, TEXT_UTF8, UTF8_UNITS, document, index, information, kind, language, metadata, role,
    },
    wire::Writer,
};
use crate::{
    RelPath,
    code::{
        Certainty, Code,
        index::language_of,
        loaded::Loaded,
        naming::Namer,
        query::{clean, dedent},
        resolve::{Found, Resolver},
        view::Target,
    },
    file::{File, FileId},
};

/// Some of the documents of an index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScipPart {
    /// Encoded documents; to be written behind the head.
    pub bytes: Vec<u8>,
    /// What they name that is not in the workspace: symbol and name. To be collected from all parts.
    pub outside: BTreeMap<String, String>,
    /// How many documents there are.
    pub documents: u64,
    /// How many occurrences.
    pub occurrences: u64,
    /// The last document; `None` if there are no more behind it.
    pub next: Option<RelPath>,
}

/// The beginning of an index: who made it, and of what. `root` is an absolute path.
pub fn scip_head(root: &str, version: &str) -> Vec<u8> {
    let mut out = Writer::default();
    out.message(index::METADATA, |out| {
        out.message(metadata::TOOL_INFO, |out| {
            out.text(metadata::TOOL_NAME, "coderoom");
            out.text(metadata::TOOL_VERSION, version);
        });
        out.text(metadata::PROJECT_ROOT, &file_uri(root));
        out.number(metadata::TEXT_ENCODING, TEXT_UTF8);
    });
    out.bytes
}

/// The end of an index: the symbols that its documents name and none defines.
pub fn scip_tail(outside: &BTreeMap<String, String>) -> Vec<u8> {
    let mut out = Writer::default();
    for (symbol, name) in outside {
        out.message(index::EXTERNAL_SYMBOLS, |out| {
            out.text(information::SYMBOL, symbol);
            out.text(information::DISPLAY_NAME, name);
        });
    }
    out.bytes
}

/// `file:///a%20b` for `/a b`.
fn file_uri(path: &str) -> String {
    let mut uri = String::from("file://");
    for byte in path.bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'~' => uri.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

impl Code {
    /// The documents that come behind `after` in path order, until they take `max_bytes` (one is
    /// given at least), with the references that are certain enough. `None` if `stop` said so, which
    /// is asked before every document.
    pub fn scip_part(
        &self,
        after: Option<&RelPath>,
        floor: Certainty,
        max_bytes: usize,
        stop: &dyn Fn() -> bool,
    ) -> Option<ScipPart> {
        let mut part = ScipPart::default();
        let mut namer = Namer::default();
        for file in self.snapshot.files() {
            if after.is_some_and(|after| file.path <= *after) || language_of(file).is_none() {
                continue;
            }
            let Some(path) = file.path.as_str() else { continue };
            if part.bytes.len() >= max_bytes {
                return Some(part);
            }
            if stop() {
                return None;
            }
            let mut resolver = Resolver::new(self);
            let mut document = Document { namer, outside: part.outside, floor };
            let (bytes, occurrences) =
                document.write(&mut resolver, file, path).unwrap_or_default();
            (namer, part.outside) = (document.namer, document.outside);
            if !bytes.is_empty() {
                let mut out = Writer { bytes: part.bytes };
                out.nested(index::DOCUMENTS, &bytes);
                part.bytes = out.bytes;
                part.documents += 1;
                part.occurrences += occurrences;
            }
            part.next = Some(file.path.clone());
        }
        part.next = None;
        Some(part)
    }
}

/// One occurrence, in the order in which they are written.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Written {
    start: u32,
    end: u32,
    symbol: Arc<str>,
    roles: u32,
    /// All of what is defined here.
    whole: Option<(u32, u32)>,
}

/// One document in the making.
struct Document {
    namer: Namer,
    outside: BTreeMap<String, String>,
    floor: Certainty,
}

impl Document {
    /// The document, and how many occurrences it has.
    fn write(
        &mut self,
        resolver: &mut Resolver<'_>,
        file: &Arc<File>,
        path: &str,
    ) -> Option<(Vec<u8>, u64)> {
        let facts = resolver.facts(file.id)?;
        let bytes = file.text()?.bytes();
        let lines = Lines::new(bytes);
        let module = self.namer.module(resolver.code, file.id);
        let mut written = BTreeSet::from([Written {
            start: 0,
            end: 0,
            symbol: Arc::clone(&module.symbol),
            roles: role::DEFINITION,
            whole: None,
        }]);
        for n in 0..facts.facts.occurrences.len() as u32 {
            self.occurrence(resolver, file.id, &facts, OccurrenceIx(n), &mut written);
        }
        let mut out = Writer::default();
        out.text(document::RELATIVE_PATH, path);
        for it in &written {
            out.message(document::OCCURRENCES, |out| {
                let span = Span { start: it.start, end: it.end };
                out.packed(super::schema::occurrence::RANGE, &lines.range(span));
                out.text(super::schema::occurrence::SYMBOL, &it.symbol);
                out.number(super::schema::occurrence::ROLES, u64::from(it.roles));
                if let Some((start, end)) = it.whole {
                    let whole = lines.range(Span { start, end });
                    out.packed(super::schema::occurrence::ENCLOSING_RANGE, &whole);
                }
            });
        }
        out.message(document::SYMBOLS, |out| {
            out.text(information::SYMBOL, &module.symbol);
            out.number(information::KIND, MODULE);
            out.text(information::DISPLAY_NAME, &module.display);
        });
        let source = source_text(bytes);
        let language = language(facts.facts.language.plugin().name(), path);
        let symbols = self.symbols(resolver, file.id, &facts, &module.symbol);
        for (symbol, target) in symbols {
            let about = self.about(resolver, &facts, target);
            out.message(document::SYMBOLS, |out| {
                about.write(out, &symbol, facts.facts.symbol(target.symbol), &source, &language);
            });
        }
        out.text(document::LANGUAGE, &language);
        out.number(document::POSITION_ENCODING, UTF8_UNITS);
        Some((out.bytes, written.len() as u64))
    }

    fn occurrence(
        &mut self,
        resolver: &mut Resolver<'_>,
        file: FileId,
        facts: &Loaded,
        ix: OccurrenceIx,
        written: &mut BTreeSet<Written>,
    ) {
        let occurrence = facts.facts.occurrence(ix);
        let span = facts.facts.span(occurrence);
        let resolution = resolver.resolve(file, ix);
        if resolution.certainty() < self.floor || span.is_empty() {
            return;
        }
        let (mut roles, mut whole) = (roles(occurrence.role), None);
        let mut defined = None;
        if let Form::Definition(ix) = occurrence.form {
            let symbol = facts.facts.symbol(ix);
            if symbol.kind != Kind::Alias {
                defined = Some(Found::Symbol(Target { file, symbol: facts.head(ix) }));
            }
            roles = match symbol.kind {
                Kind::Alias => role::IMPORT,
                _ if symbol.flags.has(Flags::LINKED) && symbol.flags.has(Flags::DECLARATION) => {
                    role::FORWARD_DEFINITION
                }
                _ => role::DEFINITION,
            };
            if symbol.kind != Kind::Alias && symbol.full.contains(span) && symbol.full != span {
                let start = if symbol.doc.is_empty() { u32::MAX } else { symbol.doc.start };
                whole = Some((symbol.full.start.min(start), symbol.full.end));
            }
            if symbol.flags.has(Flags::TEST) {
                roles |= role::TEST;
            }
        }
        for found in &resolution.found {
            // A name that is imported and then defined is both, but only one is defined here.
            if defined.as_ref().is_some_and(|defined| defined != found) {
                continue;
            }
            let symbol = match found {
                Found::Symbol(target) => self.seen_from(resolver, file, *target),
                Found::Module(place) => self.namer.place(resolver, place, file),
                Found::External => outside(resolver.code, file, facts, ix).map(|(symbol, name)| {
                    let shared = symbol.as_str().into();
                    self.outside.entry(symbol).or_insert(name);
                    shared
                }),
            };
            let Some(symbol) = symbol else { continue };
            written.insert(Written { start: span.start, end: span.end, symbol, roles, whole });
        }
    }

    /// A symbol's name as a document can write it: locals have none elsewhere.
    fn seen_from(
        &mut self,
        resolver: &mut Resolver<'_>,
        file: FileId,
        target: Target,
    ) -> Option<Arc<str>> {
        let facts = resolver.facts(target.file)?;
        let kind = |ix: SymbolIx| facts.facts.symbol(ix).kind;
        if kind(target.symbol) == Kind::Impl
            || facts.group(target.symbol).all(|ix| kind(ix) == Kind::Alias)
        {
            return None;
        }
        if target.file == file {
            return Some(self.namer.name(resolver, target));
        }
        // A document's path is text.
        resolver.code.file(target.file)?.path.as_str()?;
        self.namer.global(resolver, target)
    }

    /// What the document says of its symbols, by name.
    fn symbols(
        &mut self,
        resolver: &mut Resolver<'_>,
        file: FileId,
        facts: &Loaded,
        module: &Arc<str>,
    ) -> BTreeMap<Arc<str>, Target> {
        let mut symbols = BTreeMap::new();
        for n in 0..facts.facts.symbols.len() as u32 {
            let target = Target { file, symbol: SymbolIx(n) };
            if facts.head(target.symbol) != target.symbol {
                continue;
            }
            if let Some(symbol) = self.seen_from(resolver, file, target) {
                symbols.entry(symbol).or_insert(target);
            }
        }
        symbols.remove(module);
        symbols
    }

    fn about(&mut self, resolver: &mut Resolver<'_>, facts: &Loaded, target: Target) -> About {
        let symbol = facts.facts.symbol(target.symbol);
        let mut about =
            About { name: facts.facts.name(symbol.name).to_owned(), ..About::default() };
        if symbol.kind.is_type() {
            for (base, _) in resolver.parents(target, &mut false) {
                let base = self.seen_from(resolver, target.file, base);
                about.implements.extend(base.map(|base| (base, false)));
            }
        } else if resolver.is_member(target) && symbol.kind != Kind::Constructor {
            for overridden in overridden(resolver, target, &about.name) {
                let overridden = self.seen_from(resolver, target.file, overridden);
                about.implements.extend(overridden.map(|it| (it, true)));
            }
        }
        if self.namer.global(resolver, target).is_none()
            && let Some(container) = resolver.container(target)
        {
            about.enclosing = self.seen_from(resolver, target.file, container);
        }
        about
    }
}

/// What is said of a symbol beside what its declaration says.
#[derive(Default)]
struct About {
    name: String,
    /// Bases, and the members of bases that it overrides; whether references to those are
    /// references to it.
    implements: BTreeMap<Arc<str>, bool>,
    enclosing: Option<Arc<str>>,
}

impl About {
    fn write(
        &self,
        out: &mut Writer,
        symbol: &Arc<str>,
        facts: &coderoom_syntax::Symbol,
        source: &str,
        language: &str,
    ) {
        let text = |span: Span| source.get(span.start as usize..span.end as usize);
        out.text(information::SYMBOL, symbol);
        out.text(information::DOCUMENTATION, &clean(text(facts.doc).unwrap_or_default()));
        for (other, is_reference) in &self.implements {
            // A recursive type is no implementation of itself.
            if other != symbol {
                out.message(information::RELATIONSHIPS, |out| {
                    out.text(information::RELATED_SYMBOL, other);
                    out.flag(information::IS_REFERENCE, *is_reference);
                    out.flag(information::IS_IMPLEMENTATION, true);
                });
            }
        }
        out.number(information::KIND, kind(facts));
        out.text(information::DISPLAY_NAME, &self.name);
        let signature = dedent(text(facts.signature).unwrap_or_default());
        if !signature.is_empty() {
            out.message(information::SIGNATURE, |out| {
                out.text(document::LANGUAGE, language);
                out.text(document::TEXT, &signature);
            });
        }
        out.text(information::ENCLOSING_SYMBOL, self.enclosing.as_deref().unwrap_or_default());
    }
}

/// The members of ancestors that a member stands in for.
fn overridden(resolver: &mut Resolver<'_>, target: Target, name: &str) -> Vec<Target> {
    let mut owners = resolver.attached_to(target);
    if owners.is_empty() {
        owners.extend(resolver.container(target));
    }
    let mut found = Vec::new();
    for owner in owners {
        for (ancestor, _) in resolver.ancestors(owner).list.iter().skip(1) {
            found.extend(resolver.declared_in(*ancestor, name, false, |symbol| {
                !matches!(symbol.kind, Kind::TypeParameter | Kind::Alias | Kind::Impl)
            }));
        }
    }
    found.retain(|it| *it != target);
    found
}

fn roles(role: Role) -> u32 {
    match role {
        Role::Definition => role::DEFINITION,
        Role::Read | Role::Call | Role::Type | Role::Inherit => role::READ,
        Role::Write => role::WRITE,
        Role::Import => role::IMPORT,
    }
}
