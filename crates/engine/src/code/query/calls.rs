//! Who calls a function, and what it calls.

use std::collections::{BTreeMap, BTreeSet};

use coderoom_syntax::{Kind, OccurrenceIx, Place, Role, Span};

use super::{
    ask::{Ask, AskError, AskLimits},
    definition::module,
    notes::file_notes,
    references::{Reference, reference},
    subject::{Subject, one_subject},
    symbol::{Pages, SymbolInfo, describe},
    uses::{Use, uses},
};
use crate::{
    code::{
        Certainty, Code,
        resolve::{Found, Resolver},
        view::Target,
    },
    file::FileId,
};

/// Steps from the symbol at most, whatever is asked for.
const MAX_DEPTH: u32 = 8;
/// Functions that are looked into for one answer.
const MAX_NODES: usize = 2_000;

/// One function that calls another, with the places where it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Steps from the symbol that was asked for, from 1.
    pub depth: u32,
    /// The caller, or what is called.
    pub symbol: SymbolInfo,
    /// The other end, by its qualified name.
    pub other: String,
    /// The calls.
    pub sites: Vec<Reference>,
}

/// Callers or callees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// What was asked for.
    pub subjects: Vec<SymbolInfo>,
    /// By depth, then in path order (callees: in the order in which they are called).
    pub calls: Vec<Call>,
    /// How many there are.
    pub total: usize,
    /// Calls below the floor.
    pub below_floor: usize,
    /// Names of what is called outside of the workspace.
    pub outside: Vec<String>,
    /// Names that are called and not known.
    pub unresolved: Vec<String>,
    /// There is more than could be looked at.
    pub cut: bool,
    /// What the answer may miss.
    pub notes: Vec<String>,
}

/// One end of a call that is not looked into yet.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Node {
    Symbol(Target),
    /// The top of a file.
    File(FileId),
}

impl Code {
    /// Who calls a symbol, directly or in up to `depth` steps.
    ///
    /// # Errors
    /// If it is not clear what is meant, or it is nothing of this workspace.
    pub fn callers(
        &self,
        ask: &Ask,
        depth: u32,
        floor: Certainty,
        limits: &AskLimits<'_>,
    ) -> Result<Calls, AskError> {
        let mut resolver = Resolver::new(self);
        let subject = one_subject(&mut resolver, ask)?;
        let mut answer = Calls {
            subjects: describe(&resolver, subject.targets()),
            notes: file_notes(&mut resolver, &subject),
            ..Calls::default()
        };
        let mut seen: BTreeSet<Node> = subject.targets().into_iter().map(Node::Symbol).collect();
        let mut level = subject.targets();
        for step in 1..=depth.clamp(1, MAX_DEPTH) {
            let mut next = Vec::new();
            for target in std::mem::take(&mut level) {
                if seen.len() > MAX_NODES || (limits.stop)() {
                    answer.cut = true;
                    break;
                }
                for (node, sites) in callers_of(&mut resolver, target, floor, limits, &mut answer) {
                    let new = seen.insert(node);
                    push(&mut resolver, &mut answer, step, node, target, sites);
                    if let (true, Node::Symbol(caller)) = (new, node) {
                        next.push(caller);
                    }
                }
            }
            level = next;
        }
        Ok(page(answer, limits))
    }

    /// What a function calls, directly or in up to `depth` steps.
    ///
    /// # Errors
    /// If it is not clear what is meant, or it is nothing of this workspace.
    pub fn callees(
        &self,
        ask: &Ask,
        depth: u32,
        floor: Certainty,
        limits: &AskLimits<'_>,
    ) -> Result<Calls, AskError> {
        let mut resolver = Resolver::new(self);
        let subject = one_subject(&mut resolver, ask)?;
        let mut answer = Calls {
            subjects: describe(&resolver, subject.targets()),
            notes: file_notes(&mut resolver, &subject),
            ..Calls::default()
        };
        let mut seen: BTreeSet<Target> = subject.targets().into_iter().collect();
        let mut level = subject.targets();
        for step in 1..=depth.clamp(1, MAX_DEPTH) {
            let mut next = Vec::new();
            for target in std::mem::take(&mut level) {
                if seen.len() > MAX_NODES || (limits.stop)() {
                    answer.cut = true;
                    break;
                }
                for (callee, sites) in callees_of(&mut resolver, target, step, floor, &mut answer) {
                    push(&mut resolver, &mut answer, step, Node::Symbol(callee), target, sites);
                    if seen.insert(callee) {
                        next.push(callee);
                    }
                }
            }
            level = next;
        }
        answer.outside.sort();
        answer.outside.dedup();
        answer.unresolved.sort();
        answer.unresolved.dedup();
        Ok(page(answer, limits))
    }
}

fn page(mut answer: Calls, limits: &AskLimits<'_>) -> Calls {
    answer.total = answer.calls.len();
    answer.calls = answer.calls.into_iter().skip(limits.offset).take(limits.limit).collect();
    answer
}

/// Adds one edge to the answer.
fn push(
    resolver: &mut Resolver<'_>,
    answer: &mut Calls,
    depth: u32,
    node: Node,
    other: Target,
    sites: Vec<Use>,
) {
    let mut pages = Pages::new(resolver.code);
    let symbol = match node {
        Node::Symbol(target) => pages.symbol(target),
        Node::File(file) => {
            let path = resolver.code.path(file).to_owned();
            module(resolver.code, &mut pages, &Place::File(path.clone()), &path)
        }
    };
    let Some(symbol) = symbol else { return };
    let other = pages.symbol(other).map_or_else(String::new, |info| info.qualified());
    let sites = sites.iter().filter_map(|it| reference(resolver, &mut pages, it)).collect();
    answer.calls.push(Call { depth, symbol, other, sites });
}

/// The calls of a symbol, by who makes them, in path order.
fn callers_of(
    resolver: &mut Resolver<'_>,
    target: Target,
    floor: Certainty,
    limits: &AskLimits<'_>,
    answer: &mut Calls,
) -> Vec<(Node, Vec<Use>)> {
    let mut found = vec![Found::Symbol(target)];
    found.extend(constructed(resolver, target).map(Found::Symbol));
    let subject = Subject { found, ..Subject::default() };
    let computed = resolver.kind(target) == Some(Kind::Property);
    let (all, cut) = uses(resolver, &subject, limits.stop);
    answer.cut |= cut;
    let mut callers: Vec<(Node, Vec<Use>)> = Vec::new();
    for it in all {
        if it.role != Role::Call && !(computed && it.role == Role::Read) {
            continue;
        }
        if it.certainty < floor {
            answer.below_floor += 1;
            continue;
        }
        let Some(facts) = resolver.facts(it.file) else { continue };
        let caller = facts.enclosing(Span { start: it.at, end: it.at + it.len });
        let node = caller.map_or(Node::File(it.file), |symbol| {
            Node::Symbol(Target { file: it.file, symbol: facts.head(symbol) })
        });
        match callers.iter_mut().find(|(known, _)| *known == node) {
            Some((_, sites)) => sites.push(it),
            None => callers.push((node, vec![it])),
        }
    }
    callers
}

/// The type that is called where a constructor is meant.
fn constructed(resolver: &mut Resolver<'_>, target: Target) -> Option<Target> {
    let is_constructor = resolver.with(target, |symbol, facts| {
        let name = facts.facts.name(symbol.name);
        symbol.kind == Kind::Constructor || facts.rules().constructors.contains(&name)
    })?;
    let owner = resolver.container(target).filter(|_| is_constructor)?;
    resolver.kind(owner).filter(|kind| kind.is_type()).map(|_| owner)
}

/// What is called in a symbol's body, in the order of the first call.
fn callees_of(
    resolver: &mut Resolver<'_>,
    target: Target,
    step: u32,
    floor: Certainty,
    answer: &mut Calls,
) -> Vec<(Target, Vec<Use>)> {
    let Some(facts) = resolver.facts(target.file) else { return Vec::new() };
    let mut sites: BTreeMap<Target, Vec<Use>> = BTreeMap::new();
    let mut order: Vec<Target> = Vec::new();
    for part in facts.group(target.symbol).collect::<Vec<_>>() {
        let range = facts.facts.symbol(part).full;
        let all = &facts.facts.occurrences;
        let from = all.partition_point(|it| it.start < range.start);
        let to = all.partition_point(|it| it.start < range.end);
        for (ix, it) in (from..to).zip(&all[from..to.max(from)]) {
            if it.role != Role::Call {
                continue;
            }
            let resolution = resolver.resolve(target.file, OccurrenceIx(ix as u32));
            let name = facts.facts.name(it.name);
            let certainty = resolution.certainty();
            let targets: Vec<Target> = resolution.targets().collect();
            match (targets.is_empty(), resolution.found.is_empty()) {
                (true, true) if step == 1 => answer.unresolved.push(name.to_owned()),
                (true, false) if step == 1 => answer.outside.push(name.to_owned()),
                _ => {}
            }
            for callee in targets {
                if certainty < floor {
                    answer.below_floor += 1;
                    continue;
                }
                if !sites.contains_key(&callee) {
                    order.push(callee);
                }
                let (file, at, len, role) = (target.file, it.start, name.len() as u32, it.role);
                sites.entry(callee).or_default().push(Use { file, at, len, role, certainty });
            }
        }
    }
    order.into_iter().map(|callee| (callee, sites.remove(&callee).unwrap_or_default())).collect()
}
