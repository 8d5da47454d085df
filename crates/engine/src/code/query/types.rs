//! What inherits from a type or overrides a method, and what it inherits or overrides itself.

use std::collections::{BTreeMap, BTreeSet};

use coderoom_syntax::Kind;

use super::{
    ask::{Ask, AskError, AskLimits},
    notes::file_notes,
    subject::one_subject,
    symbol::{Pages, SymbolInfo, describe, one_line},
};
use crate::code::{
    Code,
    resolve::{Found, Resolver, Thing},
    view::Target,
};

/// Types that are followed for one answer.
const MAX_TYPES: usize = 5_000;

/// A type or method above or below the one that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relative {
    /// The type or method.
    pub symbol: SymbolInfo,
    /// Steps of inheritance between the two, from 1.
    pub depth: u32,
}

/// Types or methods above or below.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Relatives {
    /// What was asked for.
    pub subjects: Vec<SymbolInfo>,
    /// By depth, then in path order.
    pub relatives: Vec<Relative>,
    /// How many there are.
    pub total: usize,
    /// Supertypes outside of the workspace, as they are written.
    pub outside: Vec<String>,
    /// The work was ended early.
    pub cut: bool,
    /// What the answer may miss.
    pub notes: Vec<String>,
}

impl Code {
    /// Subtypes of a type; methods that override or implement a method.
    ///
    /// # Errors
    /// If it is not clear what is meant, or it is neither type nor method.
    pub fn implementations(
        &self,
        ask: &Ask,
        limits: &AskLimits<'_>,
    ) -> Result<Relatives, AskError> {
        let mut resolver = Resolver::new(self);
        let mut answer = Relatives::default();
        let mut found: BTreeMap<Target, u32> = BTreeMap::new();
        for (target, owner, member) in begin(&mut resolver, ask, &mut answer)? {
            for (subtype, depth) in subtypes(&mut resolver, owner, limits, &mut answer.cut) {
                let it = match &member {
                    None => Some(subtype),
                    Some(name) => own_member(&mut resolver, subtype, name),
                };
                if let Some(it) = it.filter(|it| *it != target) {
                    let known = found.entry(it).or_insert(depth);
                    *known = depth.min(*known);
                }
            }
        }
        Ok(finish(&resolver, answer, found, limits))
    }

    /// Supertypes of a type; methods that a method overrides or implements.
    ///
    /// # Errors
    /// If it is not clear what is meant, or it is neither type nor method.
    pub fn supertypes(&self, ask: &Ask, limits: &AskLimits<'_>) -> Result<Relatives, AskError> {
        let mut resolver = Resolver::new(self);
        let mut answer = Relatives::default();
        let mut found: BTreeMap<Target, u32> = BTreeMap::new();
        for (target, owner, member) in begin(&mut resolver, ask, &mut answer)? {
            for (supertype, depth) in supertypes(&mut resolver, owner, &mut answer.outside) {
                let it = match &member {
                    None => Some(supertype),
                    Some(name) => own_member(&mut resolver, supertype, name),
                };
                if let Some(it) = it.filter(|it| *it != target) {
                    let known = found.entry(it).or_insert(depth);
                    *known = depth.min(*known);
                }
            }
        }
        answer.outside.sort();
        answer.outside.dedup();
        Ok(finish(&resolver, answer, found, limits))
    }
}

/// What is meant: each symbol with its type, and its name if it is a member of it.
fn begin(
    resolver: &mut Resolver<'_>,
    ask: &Ask,
    answer: &mut Relatives,
) -> Result<Vec<(Target, Target, Option<String>)>, AskError> {
    let subject = one_subject(resolver, ask)?;
    answer.subjects = describe(resolver, subject.targets());
    answer.notes = file_notes(resolver, &subject);
    let mut meant = Vec::new();
    for target in subject.targets() {
        if resolver.kind(target).is_some_and(Kind::is_type) {
            meant.push((target, target, None));
        } else if resolver.is_member(target) {
            let attached = resolver.attached_to(target);
            let owners = if attached.is_empty() {
                resolver.container(target).into_iter().collect()
            } else {
                attached
            };
            let name =
                resolver.with(target, |symbol, facts| facts.facts.name(symbol.name).to_owned());
            meant.extend(owners.into_iter().map(|owner| (target, owner, name.clone())));
        }
    }
    match (meant.is_empty(), answer.subjects.first()) {
        (false, _) => Ok(meant),
        (true, first) => Err(AskError::WrongKind {
            qualified: first.map_or(subject.name, |info| format!("`{}`", info.qualified())),
            kind: first.map_or("module", |info| kind_word(info.kind)).to_owned(),
            wanted: "types and methods",
        }),
    }
}

/// A kind in a word, as it is written in replies.
pub fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Module => "module",
        Kind::Class => "class",
        Kind::Struct => "struct",
        Kind::Interface => "interface",
        Kind::Trait => "trait",
        Kind::Enum => "enum",
        Kind::EnumMember => "enum_member",
        Kind::TypeAlias => "type_alias",
        Kind::TypeParameter => "type_parameter",
        Kind::Function => "function",
        Kind::Method => "method",
        Kind::Constructor => "constructor",
        Kind::Property => "property",
        Kind::Field => "field",
        Kind::Variable => "variable",
        Kind::Constant => "constant",
        Kind::Parameter => "parameter",
        Kind::Macro => "macro",
        Kind::Impl => "impl",
        Kind::Alias => "alias",
        Kind::Section => "section",
    }
}

fn finish(
    resolver: &Resolver<'_>,
    mut answer: Relatives,
    found: BTreeMap<Target, u32>,
    limits: &AskLimits<'_>,
) -> Relatives {
    let mut pages = Pages::new(resolver.code);
    let mut relatives: Vec<Relative> = found
        .into_iter()
        .filter_map(|(target, depth)| Some(Relative { symbol: pages.symbol(target)?, depth }))
        .collect();
    relatives.sort_by(|a, b| {
        a.depth.cmp(&b.depth).then_with(|| a.symbol.order().cmp(&b.symbol.order()))
    });
    answer.total = relatives.len();
    answer.relatives = relatives.into_iter().skip(limits.offset).take(limits.limit).collect();
    answer
}

/// The member of this name that a type itself declares.
fn own_member(resolver: &mut Resolver<'_>, owner: Target, name: &str) -> Option<Target> {
    let on = Thing::Instance(owner, None);
    let hits = resolver.own_members(owner, &None, name, &on);
    hits.into_iter().find_map(|hit| match hit.found {
        Found::Symbol(target) => Some(target),
        _ => None,
    })
}

/// Everything below a type, with its distance.
pub(crate) fn subtypes(
    resolver: &mut Resolver<'_>,
    target: Target,
    limits: &AskLimits<'_>,
    cut: &mut bool,
) -> Vec<(Target, u32)> {
    let mut seen: BTreeSet<Target> = [target].into();
    let mut found = Vec::new();
    let mut level = vec![target];
    let mut depth = 0;
    while !level.is_empty() {
        depth += 1;
        let mut next = Vec::new();
        for base in level {
            if seen.len() > MAX_TYPES || (limits.stop)() {
                *cut = true;
                return found;
            }
            for subtype in direct_subtypes(resolver, base) {
                if seen.insert(subtype) {
                    found.push((subtype, depth));
                    next.push(subtype);
                }
            }
        }
        level = next;
    }
    found
}

/// The types that name this one among their supertypes.
fn direct_subtypes(resolver: &mut Resolver<'_>, base: Target) -> Vec<Target> {
    let name = resolver.with(base, |symbol, facts| facts.facts.name(symbol.name).to_owned());
    let Some(name) = name else { return Vec::new() };
    let mut found = Vec::new();
    for file in resolver.code.files_with(&name, false) {
        let Some(facts) = resolver.facts(file) else { continue };
        for (ix, symbol) in facts.facts.symbols.iter().enumerate() {
            if symbol.bases.is_empty() {
                continue;
            }
            let candidate =
                Target { file, symbol: facts.head(coderoom_syntax::SymbolIx(ix as u32)) };
            let inherits =
                symbol.bases.iter().any(|expr| resolver.types_named(file, *expr).contains(&base));
            if !inherits {
                continue;
            }
            if symbol.kind == Kind::Impl {
                found.extend(resolver.types_named(file, symbol.attached));
            } else {
                found.push(candidate);
            }
        }
    }
    if resolver.kind(base) == Some(Kind::Interface) {
        found.extend(resolver.structural_types(base));
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Everything above a type, with its distance; and what of that is not in the workspace.
fn supertypes(
    resolver: &mut Resolver<'_>,
    target: Target,
    outside: &mut Vec<String>,
) -> Vec<(Target, u32)> {
    let mut seen: BTreeSet<Target> = [target].into();
    let mut found = Vec::new();
    let mut level = vec![target];
    let mut depth = 0;
    while !level.is_empty() && seen.len() < MAX_TYPES {
        depth += 1;
        let mut next = Vec::new();
        for ty in level {
            let mut parents: Vec<Target> =
                resolver.parents(ty, &mut false).into_iter().map(|(parent, _)| parent).collect();
            if resolver.kind(ty) != Some(Kind::Interface) {
                parents.extend(resolver.structural_types(ty));
            }
            for parent in parents {
                if seen.insert(parent) {
                    found.push((parent, depth));
                    next.push(parent);
                }
            }
            outside.extend(foreign_bases(resolver, ty));
        }
        level = next;
    }
    found
}

/// The supertypes of a type that lead to nothing in the workspace, as they are written.
fn foreign_bases(resolver: &mut Resolver<'_>, ty: Target) -> Vec<String> {
    let mut blocks = vec![ty];
    blocks.extend(resolver.impls(ty));
    let mut names = Vec::new();
    for block in blocks {
        let Some(facts) = resolver.facts(block.file) else { continue };
        for ix in facts.group(block.symbol).collect::<Vec<_>>() {
            for base in facts.facts.symbol(ix).bases.clone() {
                if resolver.types_named(block.file, base).is_empty() {
                    names.push(one_line(&facts.facts.show(base)));
                }
            }
        }
    }
    names
}
