//! Imports and the names that they bind.

use tree_sitter::Node;

use super::walk::Walk;
use crate::{
    Name,
    facts::{Expr, ExprIx, Form, Kind, Role, ScopeIx, Span},
    tree::{children, field, span},
};

/// An import that is called by its package's name, which stands in another file.
pub(super) struct Unnamed {
    value: ExprIx,
    /// The last part of the path that is no version.
    last: Span,
    spec: Span,
}

impl Walk<'_> {
    pub(super) fn import(&mut self, node: Node<'_>) {
        for child in children(node) {
            match child.kind() {
                "import_spec" => self.import_spec(child),
                "import_spec_list" => self.import(child),
                _ => {}
            }
        }
    }

    fn import_spec(&mut self, node: Node<'_>) {
        let Some(path) = field(node, "path") else { return };
        let quoted = span(path);
        let inside = Span { start: quoted.start + 1, end: quoted.end.saturating_sub(1) };
        let text = self.facts.text(inside);
        if text.is_empty() {
            return;
        }
        let module = self.facts.name_at(inside);
        self.facts.import(module, span(node), Vec::new());
        let value = self.facts.expr(Expr::Module(module));
        match field(node, "name") {
            Some(name) if name.kind() == "dot" => self.facts.wildcard(ScopeIx(0), value),
            Some(name) if name.kind() == "blank_identifier" => {}
            Some(name) => {
                let at = span(name);
                if at.is_empty() || self.facts.text(at) == "_" {
                    return;
                }
                let symbol = self.facts.define(Kind::Alias, at, span(node));
                self.facts.symbol_mut(symbol).value = value;
            }
            None => {
                let last = last_part(text, inside);
                self.imports.push(Unnamed { value, last, spec: span(node) });
            }
        }
    }

    /// Binds imports without a name of their own, when it is known which names are used.
    pub(super) fn bind_imports(&mut self) {
        for import in std::mem::take(&mut self.imports) {
            let text = self.facts.text(import.last);
            let candidates = package_names(text);
            let used = candidates.iter().find(|it| {
                let name = self.facts.name(it);
                self.qualifiers.contains(&name)
            });
            let Some(name) = used.or(candidates.first()) else { continue };
            let Some(offset) = text.find(name.as_str()) else {
                let name: Name = self.facts.name(name);
                let symbol = self.facts.declare_named(name, Kind::Alias, import.last, import.spec);
                self.facts.symbol_mut(symbol).value = import.value;
                continue;
            };
            let start = import.last.start + offset as u32;
            let at = Span { start, end: start + name.len() as u32 };
            let symbol = self.facts.declare(Kind::Alias, at, import.spec);
            self.facts.symbol_mut(symbol).value = import.value;
            self.facts.occurrence(at, Role::Import, Form::Bare);
        }
    }
}

/// `yaml.v3` of `gopkg.in/yaml.v3`, `pgx` of `github.com/jackc/pgx/v5`.
fn last_part(path: &str, at: Span) -> Span {
    let mut end = path.len();
    if let Some((before, last)) = path.rsplit_once('/')
        && is_version(last)
        && !before.is_empty()
    {
        end = before.len();
    }
    let start = path[..end].rfind('/').map_or(0, |slash| slash + 1);
    Span { start: at.start + start as u32, end: at.start + end as u32 }
}

fn is_version(part: &str) -> bool {
    part.strip_prefix('v')
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit()))
}

/// The names that a package in a directory of this name usually has, the likeliest first.
fn package_names(last: &str) -> Vec<String> {
    let last = last.rsplit_once('.').map_or(last, |(stem, version)| {
        if is_version(version) || version == "go" { stem } else { last }
    });
    let is_name = |text: &str| {
        let mut chars = text.chars();
        chars.next().is_some_and(|first| first.is_alphabetic() || first == '_')
            && chars.all(|it| it.is_alphanumeric() || it == '_')
    };
    let mut names = vec![last.to_owned()];
    let trimmed = last.strip_prefix("go-").unwrap_or(last);
    let trimmed = trimmed.strip_suffix("-go").unwrap_or(trimmed);
    names.push(trimmed.to_owned());
    names.push(trimmed.replace(['-', '.'], ""));
    names.push(trimmed.replace(['-', '.'], "_"));
    for separator in ['-', '.'] {
        names.extend(trimmed.rsplit_once(separator).map(|(_, end)| end.to_owned()));
        names.extend(trimmed.split_once(separator).map(|(start, _)| start.to_owned()));
    }
    names.retain(|name| is_name(name));
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names
}
