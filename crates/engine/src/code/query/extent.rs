//! How far a symbol reaches in its file, and which names are taken there: what edits of symbols
//! stand on.

use std::ops::Range;

use coderoom_syntax::{Flags, Form, Kind, Language, SymbolIx};

use super::{
    ask::{Ask, AskError},
    definition::best,
    subject::{missing, one_subject},
    symbol::{Pages, SymbolInfo},
};
use crate::{
    RelPath,
    code::{Code, resolve::Resolver, view::Target},
};

/// A symbol and the bytes of its file that are it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extent {
    /// What it is.
    pub symbol: SymbolInfo,
    /// The language of its file.
    pub language: Language,
    /// All of it: decorators, attributes and the doc comment above it included.
    pub whole: Range<usize>,
    /// Where its declaration ends and its body begins.
    pub header_end: usize,
}

impl Code {
    /// How far a symbol reaches; of a symbol with several declarations, the one with a body.
    ///
    /// # Errors
    /// If it is not clear what is meant, or it is nothing of this workspace.
    pub fn extent(&self, ask: &Ask) -> Result<Extent, AskError> {
        let mut resolver = Resolver::new(self);
        let subject = one_subject(&mut resolver, ask)?;
        let mut targets: Vec<Target> =
            subject.targets().into_iter().map(|it| best(&mut resolver, it)).collect();
        let declared = |resolver: &mut Resolver<'_>, target: Target| {
            resolver.with(target, |symbol, _| symbol.flags.has(Flags::DECLARATION))
        };
        targets.sort_by_key(|target| declared(&mut resolver, *target));
        let Some(target) = targets.first().copied() else {
            return Err(match subject.found.is_empty() {
                true => missing(&mut resolver, &subject),
                false => AskError::WrongKind {
                    qualified: subject.name,
                    kind: "module".into(),
                    wanted: "symbols inside of files",
                },
            });
        };
        let gone = || AskError::UnknownName { name: subject.name.clone(), near: Vec::new() };
        let symbol = Pages::new(self).symbol(target).ok_or_else(gone)?;
        let facts = resolver.facts(target.file).ok_or_else(gone)?;
        let its = facts.facts.symbol(target.symbol);
        let mut start = its.full.start;
        if !its.doc.is_empty() && its.doc.start < start {
            start = its.doc.start;
        }
        Ok(Extent {
            symbol,
            language: facts.facts.language,
            whole: start as usize..its.full.end as usize,
            header_end: its.signature.end.clamp(start, its.full.end) as usize,
        })
    }

    /// What a name that is used at a place would meet if it were called `new`: a symbol of that name
    /// in a scope on the way to where the old one is declared. Columns are characters.
    pub fn meets(&self, path: &RelPath, line: u32, column: u32, new: &str) -> Option<SymbolInfo> {
        let (file, ix) = self.occurrence(path, line, column)?;
        let facts = self.facts(file)?;
        let new = facts.name(new)?;
        let it = facts.facts.occurrence(ix);
        let real = |ix: &SymbolIx| facts.facts.symbol(*ix).kind != Kind::Impl;
        let found = match it.form {
            Form::Definition(symbol) => {
                facts.declared(facts.facts.symbol(symbol).scope, new).find(real)
            }
            // Members are not looked up through scopes.
            Form::Member(_) | Form::Label(_) => None,
            Form::Bare | Form::Macro | Form::Tag | Form::Loose => {
                let mut scope = facts.scope_at(it.start);
                loop {
                    let found = facts.declared(scope, new).find(real);
                    let home = facts.declared(scope, it.name).next().is_some();
                    let parent = facts.facts.scope(scope).parent;
                    if found.is_some() || home || parent == scope {
                        break found;
                    }
                    scope = parent;
                }
            }
        };
        Pages::new(self).symbol(Target { file, symbol: found? })
    }
}
