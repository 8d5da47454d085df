//! JSDoc: names in `{@link ...}` and after `@param` are uses of what they name.

use std::collections::HashMap;

use super::walk::Walk;
use crate::facts::{Expr, ExprIx, Form, Role, ScopeIx, ScopeKind, Span, SymbolIx};

impl Walk<'_> {
    /// Reads the comments that document something. All symbols and scopes are known by now.
    pub(super) fn docs(&mut self) {
        let source = self.facts.source();
        let docs: Vec<Span> = self
            .ast
            .comments
            .iter()
            .copied()
            .filter(|comment| {
                let text = &source[comment.start as usize..comment.end as usize];
                text.starts_with("/**") && (text.contains("{@link") || text.contains("@param"))
            })
            .collect();
        if docs.is_empty() {
            return;
        }
        let documented = self.documented();
        let mut scopes: Vec<ScopeIx> =
            (0..self.facts.facts().scopes.len() as u32).map(ScopeIx).collect();
        scopes.sort_by_key(|ix| (self.facts.scope_of(*ix).span.start, ix.0));
        for comment in docs {
            let symbol = documented.get(&comment.end).copied();
            let own = symbol.and_then(|ix| self.type_scope(self.facts.symbol(ix).body?));
            let around = own.or_else(|| self.type_around(&scopes, comment.start));
            self.links(comment, around);
            if let Some(body) = symbol.and_then(|ix| self.facts.symbol(ix).body) {
                self.parameters_in(comment, body);
            }
        }
    }

    /// What each comment documents, by where the comment ends.
    fn documented(&self) -> HashMap<u32, SymbolIx> {
        let symbols = self.facts.facts().symbols.iter().enumerate();
        let with_doc = symbols.filter(|(_, symbol)| !symbol.doc.is_empty());
        with_doc.map(|(ix, symbol)| (symbol.doc.end, SymbolIx(ix as u32))).collect()
    }

    fn type_scope(&self, scope: ScopeIx) -> Option<ScopeIx> {
        (self.facts.scope_of(scope).kind == ScopeKind::Type).then_some(scope)
    }

    /// The innermost type that a comment stands in.
    fn type_around(&self, scopes: &[ScopeIx], at: u32) -> Option<ScopeIx> {
        let before = scopes.partition_point(|ix| self.facts.scope_of(*ix).span.start <= at);
        let mut ix = *scopes[..before].last()?;
        while ix.0 != 0 {
            let scope = self.facts.scope_of(ix);
            if scope.kind == ScopeKind::Type && at < scope.span.end {
                return Some(ix);
            }
            ix = scope.parent;
        }
        None
    }

    /// `{@link Name.member}`. A name that the file does not have may be a member of the type around.
    fn links(&mut self, comment: Span, around: Option<ScopeIx>) {
        let text = self.facts.text(comment);
        for (at, _) in text.match_indices("{@link") {
            let rest = text[at + 6..].trim_start_matches(|c: char| c.is_ascii_alphabetic());
            let start = text.len() - rest.trim_start().len();
            if start == text.len() - rest.len() {
                continue;
            }
            let mut from = start;
            let mut of: Option<ExprIx> = None;
            loop {
                let length = name_length(&text[from..]);
                let end = from + length;
                // The scheme of an address is no name.
                if length == 0 || text[end..].starts_with("://") {
                    break;
                }
                let at =
                    Span { start: comment.start + from as u32, end: comment.start + end as u32 };
                let form = match (of, around) {
                    (Some(of), _) => Form::Member(of),
                    (None, Some(scope)) if !self.top.declared.contains(self.facts.text(at)) => {
                        Form::Member(self.facts.expr(Expr::ThisType(scope)))
                    }
                    _ => Form::Bare,
                };
                of = Some(self.facts.use_of(at, Role::Read, form));
                if !text[end..].starts_with(['.', '#', '~']) {
                    break;
                }
                from = end + 1;
            }
        }
    }

    /// `@param name`.
    fn parameters_in(&mut self, comment: Span, body: ScopeIx) {
        let text = self.facts.text(comment);
        for (at, _) in text.match_indices("@param") {
            let mut rest = &text[at + 6..];
            rest = rest.trim_start_matches([' ', '\t']);
            if rest.starts_with('{') {
                let Some(end) = rest.find('}') else { continue };
                rest = rest[end + 1..].trim_start_matches([' ', '\t']);
            }
            rest = rest.strip_prefix('[').unwrap_or(rest);
            let length = name_length(rest);
            if length == 0 {
                continue;
            }
            let start = comment.start + (text.len() - rest.len()) as u32;
            let at = Span { start, end: start + length as u32 };
            let name = self.facts.name_at(at);
            if let Some(symbol) = self.facts.find_in(body, name) {
                self.facts.occurrence(at, Role::Read, Form::Definition(symbol));
            }
        }
    }
}

/// How many bytes of an identifier a text begins with.
fn name_length(text: &str) -> usize {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    if text.starts_with(|c: char| c.is_ascii_digit()) { 0 } else { end }
}
