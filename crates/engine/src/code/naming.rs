//! The symbol strings of a snapshot's symbols.
//!
//! A name is made of where the symbol stands: the module, the types and functions around it, its own
//! name. It does not change when other code is edited, moved within its scope, or added. Where two
//! symbols would have one name, the second in path order gets `+1`. What is bound inside a function
//! is `local`: it has a number that only its own document knows.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use coderoom_syntax::{Flags, Kind, Place, ScopeIx, Symbol};

use super::{
    descriptor::{Descriptor, Suffix, SymbolName},
    loaded::Loaded,
    resolve::Resolver,
    view::{Code, Target},
};
use crate::file::FileId;

/// The scheme of our symbols.
pub(crate) const SCHEME: &str = "coderoom";
/// Symbols nested deeper than this are local.
const MAX_DEPTH: u32 = 64;

/// Names symbols of one snapshot; remembers what it has named.
#[derive(Default)]
pub(crate) struct Namer {
    modules: HashMap<FileId, Arc<Module>>,
    named: HashMap<Target, Option<Arc<str>>>,
    /// Names of which every symbol has its string, or is about to get it.
    settled: HashSet<Box<str>>,
    /// The names that are about to.
    settling: Vec<String>,
    depth: u32,
}

/// What the names of a file's symbols begin with.
pub(crate) struct Module {
    /// `coderoom python src . `
    package: String,
    /// The module's own symbol: the package and a namespace.
    pub(crate) symbol: Arc<str>,
    /// What people call the module.
    pub(crate) display: String,
}

/// What a symbol's name is made of.
struct Parts {
    prefix: Arc<str>,
    descriptor: Descriptor,
    /// Whether other symbols may have the same.
    is_shared: bool,
}

impl Namer {
    /// The symbol string: one that holds everywhere, or `local` and a number.
    pub(crate) fn name(&mut self, resolver: &mut Resolver<'_>, target: Target) -> Arc<str> {
        match self.global(resolver, target) {
            Some(name) => name,
            None => format!("local {}", target.symbol.0).into(),
        }
    }

    /// The symbol string, if the symbol can be named from other documents.
    pub(crate) fn global(
        &mut self,
        resolver: &mut Resolver<'_>,
        target: Target,
    ) -> Option<Arc<str>> {
        if let Some(known) = self.named.get(&target) {
            return known.clone();
        }
        if self.depth >= MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let name = self.global_now(resolver, target);
        self.depth -= 1;
        name
    }

    fn global_now(&mut self, resolver: &mut Resolver<'_>, target: Target) -> Option<Arc<str>> {
        let spelled = resolver.with(target, |symbol, facts| {
            let local = symbol.flags.has(Flags::LOCAL);
            (!local).then(|| facts.facts.name(symbol.name).to_owned())
        })?;
        let mut under_way = false;
        if let Some(spelled) = spelled {
            if self.settled.insert(spelled.as_str().into()) {
                self.settle(resolver, &spelled);
            }
            if let Some(known) = self.named.get(&target) {
                return known.clone();
            }
            under_way = self.settling.contains(&spelled);
        }
        let parts = self.parts(resolver, target);
        let name: Option<Arc<str>> = parts.map(|parts| parts.text(0).into());
        if !under_way {
            self.named.insert(target, name.clone());
        }
        name
    }

    /// Gives every symbol that is spelled so its string.
    fn settle(&mut self, resolver: &mut Resolver<'_>, spelled: &str) {
        self.settling.push(spelled.to_owned());
        let mut targets = resolver.defined(spelled).to_vec();
        let code = resolver.code;
        targets.sort_by(|a, b| (code.path(a.file), a.symbol).cmp(&(code.path(b.file), b.symbol)));
        let mut taken: HashMap<String, Vec<Target>> = HashMap::new();
        for target in targets {
            if self.named.contains_key(&target) {
                continue;
            }
            let Some(parts) = self.parts(resolver, target) else {
                self.named.insert(target, None);
                continue;
            };
            let plain = parts.text(0);
            if parts.is_shared {
                self.named.insert(target, Some(plain.into()));
                continue;
            }
            let others = taken.entry(plain).or_default();
            let is_declared = |resolver: &mut Resolver<'_>, target: Target| {
                resolver.with(target, |it, _| it.flags.has(Flags::DECLARATION)) == Some(true)
            };
            // A declaration and the definition that stands elsewhere are one symbol.
            let declared = is_declared(resolver, target);
            let same =
                others.iter().copied().find(|other| declared || is_declared(resolver, *other));
            let name = match same {
                Some(other) => self.named.get(&other).cloned().flatten(),
                None => Some(parts.text(others.len()).into()),
            };
            if same.is_none() {
                others.push(target);
            }
            self.named.insert(target, name);
        }
        self.settling.pop();
    }

    fn parts(&mut self, resolver: &mut Resolver<'_>, target: Target) -> Option<Parts> {
        let facts = resolver.facts(target.file)?;
        let symbol = facts.facts.symbols.get(target.symbol.0 as usize)?;
        let container = symbol.container.map(|ix| (ix, facts.facts.symbol(ix)));
        let belongs = match symbol.kind {
            Kind::Parameter => container
                .is_some_and(|(_, it)| it.kind.is_callable() && it.body == Some(symbol.scope)),
            Kind::TypeParameter => container.is_some(),
            _ => !symbol.flags.has(Flags::LOCAL),
        };
        if !belongs {
            return None;
        }
        let linked = symbol.flags.has(Flags::LINKED);
        let prefix = if symbol.attached.is_known() && symbol.kind != Kind::Impl {
            self.owner_of(resolver, target, &facts, symbol)?
        } else if let Some((ix, _)) = container {
            self.global(resolver, Target { file: target.file, symbol: facts.head(ix) })?
        } else {
            let module = self.module(resolver.code, target.file);
            if linked { module.package.as_str().into() } else { Arc::clone(&module.symbol) }
        };
        let name = facts.facts.name(symbol.name).to_owned();
        let inside = matches!(symbol.kind, Kind::Parameter | Kind::TypeParameter);
        let is_shared = linked || inside || matches!(symbol.kind, Kind::Impl | Kind::Module);
        if symbol.kind == Kind::Impl {
            let prefix = impl_prefix(&prefix, &facts, symbol, &name);
            // The last of its brackets, so that members follow.
            let of = symbol.bases.first().copied().unwrap_or(symbol.attached);
            let last = if of.is_known() { facts.facts.show(of) } else { name };
            let descriptor = Descriptor::new(last, Suffix::TypeParameter);
            return Some(Parts { prefix, descriptor, is_shared });
        }
        let descriptor = Descriptor::new(name, suffix(symbol.kind));
        Some(Parts { prefix, descriptor, is_shared })
    }

    /// The name of the type that a symbol belongs to without standing in it.
    fn owner_of(
        &mut self,
        resolver: &mut Resolver<'_>,
        target: Target,
        facts: &Loaded,
        symbol: &Symbol,
    ) -> Option<Arc<str>> {
        let owners = resolver.attached_to(target);
        if let Some(owner) = owners.first().filter(|owner| **owner != target) {
            return self.global(resolver, *owner);
        }
        // The type is not in the snapshot: it is called as the text calls it.
        let module = self.module(resolver.code, target.file);
        let owner = Descriptor::new(facts.facts.show(symbol.attached), Suffix::Type);
        Some(format!("{}{owner}", module.symbol).into())
    }

    /// What the names of a file's symbols begin with.
    pub(crate) fn module(&mut self, code: &Code, file: FileId) -> Arc<Module> {
        if let Some(known) = self.modules.get(&file) {
            return Arc::clone(known);
        }
        let path = code.path(file);
        let plugin = code.facts(file).map(|facts| facts.facts.language.plugin());
        let (language, mut name) = match plugin {
            Some(plugin) => (manager(plugin.name()), plugin.module_name(code, path)),
            None => ("", String::new()),
        };
        if name.is_empty() {
            name = path.to_owned();
        }
        let module = Arc::new(Module::new(language, &source_root(path, &name), name));
        self.modules.insert(file, Arc::clone(&module));
        module
    }

    /// The symbol of a module that a name leads to, if it is code.
    pub(crate) fn place(
        &mut self,
        resolver: &mut Resolver<'_>,
        place: &Place,
        from: FileId,
    ) -> Option<Arc<str>> {
        let code = resolver.code;
        match place {
            Place::File(_) => {
                let file = code.file_of_place(place)?;
                code.facts(file)?;
                Some(Arc::clone(&self.module(code, file).symbol))
            }
            Place::Inside(_, names) => {
                let file = code.file_of_place(place)?;
                let facts = resolver.facts(file)?;
                let mut scope = ScopeIx(0);
                let mut symbol = None;
                for name in names {
                    let name = facts.name(name)?;
                    let is_module = |ix: &_| facts.facts.symbol(*ix).kind == Kind::Module;
                    let found = facts.declared(scope, name).find(is_module)?;
                    scope = facts.facts.symbol(found).body?;
                    symbol = Some(facts.head(found));
                }
                self.global(resolver, Target { file, symbol: symbol? })
            }
            Place::Package(dir) => {
                let language = resolver.facts(from)?.facts.language;
                let first = *code.package(dir, language).first()?;
                Some(Arc::clone(&self.module(code, first).symbol))
            }
            Place::Several(places) => self.place(resolver, places.first()?, from),
            Place::Namespace(_) => None,
        }
    }
}

impl Module {
    fn new(language: &str, root: &str, name: String) -> Module {
        let parts = SymbolName::Global {
            scheme: SCHEME.to_owned(),
            manager: language.to_owned(),
            package: root.to_owned(),
            version: String::new(),
            descriptors: Vec::new(),
        };
        let package = parts.to_string();
        let symbol = format!("{package}{}", Descriptor::new(name.as_str(), Suffix::Namespace));
        let display = name.rsplit(['.', '/', ':']).next().unwrap_or_default().to_owned();
        Module { package, symbol: symbol.into(), display }
    }
}

impl Parts {
    /// The text; with a number if the plain one is taken.
    fn text(&self, number: usize) -> String {
        let mut descriptor = self.descriptor.clone();
        if number > 0 {
            match &mut descriptor.suffix {
                Suffix::Method(disambiguator) => *disambiguator = format!("+{number}"),
                _ => descriptor.name.push_str(&format!("+{number}")),
            }
        }
        format!("{}{descriptor}", self.prefix)
    }
}

/// What stands for the language in its symbols: dialects are one.
pub(crate) fn manager(language: &'static str) -> &'static str {
    if language == "tsx" { "typescript" } else { language }
}

/// `impl#[Type]` for `impl Trait for Type`; `impl#` for `impl Type`.
fn impl_prefix(prefix: &str, facts: &Loaded, symbol: &Symbol, name: &str) -> Arc<str> {
    let mut text = format!("{prefix}{}", Descriptor::new("impl", Suffix::Type));
    if !symbol.bases.is_empty() {
        let of = if symbol.attached.is_known() {
            facts.facts.show(symbol.attached)
        } else {
            name.to_owned()
        };
        text.push_str(&Descriptor::new(of, Suffix::TypeParameter).to_string());
    }
    text.into()
}

/// The part of a path that the module's name leaves out: `lib` of `lib/a/b.py` with the name `a.b`.
/// Two modules of one name lie in two of these.
fn source_root(path: &str, name: &str) -> String {
    let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
    let stem = stem.strip_suffix("/__init__").unwrap_or(stem);
    let root = stem.strip_suffix(&name.replace('.', "/")).unwrap_or_default();
    let root = root.trim_end_matches('/');
    // A field that begins with a space could not be told from the end of the one before it.
    if root.starts_with(' ') { format!("./{root}") } else { root.to_owned() }
}

/// How a symbol's descriptor ends.
fn suffix(kind: Kind) -> Suffix {
    match kind {
        Kind::Module => Suffix::Namespace,
        Kind::Class
        | Kind::Struct
        | Kind::Interface
        | Kind::Trait
        | Kind::Enum
        | Kind::TypeAlias
        | Kind::Impl => Suffix::Type,
        Kind::TypeParameter => Suffix::TypeParameter,
        Kind::Function | Kind::Method | Kind::Constructor => Suffix::Method(String::new()),
        Kind::Property
        | Kind::Field
        | Kind::EnumMember
        | Kind::Variable
        | Kind::Constant
        | Kind::Alias => Suffix::Term,
        Kind::Parameter => Suffix::Parameter,
        Kind::Macro => Suffix::Macro,
        Kind::Section => Suffix::Meta,
    }
}
