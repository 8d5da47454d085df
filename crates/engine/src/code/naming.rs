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
    /// Names before the second of a kind gets its number.
    plain: HashMap<Target, Option<Arc<str>>>,
    numbers: HashMap<Target, usize>,
    /// The spellings of which every symbol has its number.
    numbered: HashSet<Box<str>>,
    parts: HashMap<Target, Option<Arc<Parts>>>,
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
    parent: Parent,
    descriptors: Vec<Descriptor>,
    /// Whether other symbols may have the same.
    is_shared: bool,
}

/// What a symbol stands in.
enum Parent {
    /// A module, or a type that is not in the snapshot.
    Text(Arc<str>),
    Symbol(Target),
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
        self.nested(resolver, target, MAX_DEPTH)
    }

    fn nested(
        &mut self,
        resolver: &mut Resolver<'_>,
        target: Target,
        depth: u32,
    ) -> Option<Arc<str>> {
        if let Some(known) = self.named.get(&target) {
            return known.clone();
        }
        let depth = depth.checked_sub(1)?;
        let parts = self.parts(resolver, target);
        let name = parts.and_then(|parts| {
            let parent = match &parts.parent {
                Parent::Text(text) => Arc::clone(text),
                Parent::Symbol(parent) => self.nested(resolver, *parent, depth)?,
            };
            Some(parts.text(&parent, self.number(resolver, target)).into())
        });
        self.named.insert(target, name.clone());
        name
    }

    /// The name without numbers.
    fn plain(
        &mut self,
        resolver: &mut Resolver<'_>,
        target: Target,
        depth: u32,
    ) -> Option<Arc<str>> {
        if let Some(known) = self.plain.get(&target) {
            return known.clone();
        }
        let depth = depth.checked_sub(1)?;
        let plain = self.parts(resolver, target).and_then(|parts| {
            let parent = match &parts.parent {
                Parent::Text(text) => Arc::clone(text),
                Parent::Symbol(parent) => self.plain(resolver, *parent, depth)?,
            };
            Some(parts.text(&parent, 0).into())
        });
        self.plain.insert(target, plain.clone());
        plain
    }

    /// How many other symbols have the same plain name and come first.
    fn number(&mut self, resolver: &mut Resolver<'_>, target: Target) -> usize {
        let spelled = resolver.with(target, |symbol, facts| {
            let local = symbol.flags.has(Flags::LOCAL);
            (!local).then(|| facts.facts.name(symbol.name).to_owned())
        });
        if let Some(Some(spelled)) = spelled
            && self.numbered.insert(spelled.as_str().into())
        {
            self.number_all(resolver, &spelled);
        }
        self.numbers.get(&target).copied().unwrap_or(0)
    }

    /// Gives every symbol that is spelled so its number.
    fn number_all(&mut self, resolver: &mut Resolver<'_>, spelled: &str) {
        let mut targets = resolver.defined(spelled).to_vec();
        let code = resolver.code;
        targets.sort_by(|a, b| (code.path(a.file), a.symbol).cmp(&(code.path(b.file), b.symbol)));
        // Those of one plain name that are different, each with whether it is only declared.
        let mut taken: HashMap<Arc<str>, Vec<bool>> = HashMap::new();
        for target in targets {
            let Some(plain) = self.plain(resolver, target, MAX_DEPTH) else { continue };
            if self.parts(resolver, target).is_none_or(|parts| parts.is_shared) {
                continue;
            }
            let declared = resolver.with(target, |it, _| it.flags.has(Flags::DECLARATION));
            let declared = declared == Some(true);
            let others = taken.entry(plain).or_default();
            // A declaration and the definition that stands elsewhere are one symbol.
            let same = others.iter().position(|other| declared || *other);
            self.numbers.insert(target, same.unwrap_or(others.len()));
            match same {
                Some(same) => others[same] &= declared,
                None => others.push(declared),
            }
        }
    }

    fn parts(&mut self, resolver: &mut Resolver<'_>, target: Target) -> Option<Arc<Parts>> {
        if let Some(known) = self.parts.get(&target) {
            return known.clone();
        }
        let parts = self.parts_now(resolver, target).map(Arc::new);
        self.parts.insert(target, parts.clone());
        parts
    }

    fn parts_now(&mut self, resolver: &mut Resolver<'_>, target: Target) -> Option<Parts> {
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
        let parent = if symbol.attached.is_known() && symbol.kind != Kind::Impl {
            self.owner_of(resolver, target, &facts, symbol)
        } else if let Some((ix, _)) = container {
            Parent::Symbol(Target { file: target.file, symbol: facts.head(ix) })
        } else {
            let module = self.module(resolver.code, target.file);
            let text =
                if linked { module.package.as_str().into() } else { Arc::clone(&module.symbol) };
            Parent::Text(text)
        };
        let name = facts.facts.name(symbol.name).to_owned();
        let inside = matches!(symbol.kind, Kind::Parameter | Kind::TypeParameter);
        let is_shared = linked || inside || matches!(symbol.kind, Kind::Impl | Kind::Module);
        let descriptors = match symbol.kind {
            Kind::Impl => of_impl(&facts, symbol, name),
            kind => vec![Descriptor::new(name, suffix(kind))],
        };
        Some(Parts { parent, descriptors, is_shared })
    }

    /// The type that a symbol belongs to without standing in it.
    fn owner_of(
        &mut self,
        resolver: &mut Resolver<'_>,
        target: Target,
        facts: &Loaded,
        symbol: &Symbol,
    ) -> Parent {
        let owners = resolver.attached_to(target);
        if let Some(owner) = owners.first().filter(|owner| **owner != target) {
            return Parent::Symbol(*owner);
        }
        // The type is not in the snapshot: it is called as the text calls it.
        let module = self.module(resolver.code, target.file);
        let owner = Descriptor::new(facts.facts.show(symbol.attached), Suffix::Type);
        Parent::Text(format!("{}{owner}", module.symbol).into())
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
    /// The text, with a number if the plain one is taken.
    fn text(&self, parent: &str, number: usize) -> String {
        let mut text = parent.to_owned();
        for (n, descriptor) in self.descriptors.iter().enumerate() {
            let mut descriptor = descriptor.clone();
            if number > 0 && n + 1 == self.descriptors.len() {
                match &mut descriptor.suffix {
                    Suffix::Method(disambiguator) => *disambiguator = format!("+{number}"),
                    _ => descriptor.name.push_str(&format!("+{number}")),
                }
            }
            text.push_str(&descriptor.to_string());
        }
        text
    }
}

/// What stands for the language in its symbols: dialects are one.
pub(crate) fn manager(language: &'static str) -> &'static str {
    if language == "tsx" { "typescript" } else { language }
}

/// `impl#[Type][Trait]`, or `impl#[Type]`.
fn of_impl(facts: &Loaded, symbol: &Symbol, name: String) -> Vec<Descriptor> {
    let attached = symbol.attached;
    let of = if attached.is_known() { facts.facts.show(attached) } else { name };
    let mut descriptors =
        vec![Descriptor::new("impl", Suffix::Type), Descriptor::new(of, Suffix::TypeParameter)];
    descriptors.extend(
        symbol
            .bases
            .first()
            .map(|base| Descriptor::new(facts.facts.show(*base), Suffix::TypeParameter)),
    );
    descriptors
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
