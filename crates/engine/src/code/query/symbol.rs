//! A symbol as answers name it.

use std::collections::HashMap;

use coderoom_syntax::{Expr, ExprIx, Kind, SymbolIx, Visibility};

use super::lines::{Lines, shortened};
use crate::{
    RelPath,
    code::{Code, loaded::Loaded, resolve::Resolver, view::Target},
    file::FileId,
};

/// Signatures longer than this are cut.
const MAX_SIGNATURE: usize = 300;

/// A symbol: what it is and where it is defined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SymbolInfo {
    /// The file.
    pub path: RelPath,
    /// The line of its name, from 1.
    pub line: u32,
    /// The column of its name, from 1, in characters.
    pub column: u32,
    /// The last line of all of it.
    pub end_line: u32,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// The types, functions and modules inside the file that it stands in: `Model.Meta`. Empty at
    /// the top of a file.
    pub container: String,
    /// Its declaration on one line.
    pub signature: String,
    /// Who may use it.
    pub visibility: Visibility,
}

impl SymbolInfo {
    /// Its name behind that of its container: `Model.save`.
    pub fn qualified(&self) -> String {
        qualify(&self.container, &self.name)
    }

    /// Path order, then the order of the text.
    pub(crate) fn order(&self) -> (&RelPath, u32, u32, Kind) {
        (&self.path, self.line, self.column, self.kind)
    }
}

/// Texts' lines, found once for each file of an answer.
pub(crate) struct Pages<'c> {
    code: &'c Code,
    lines: HashMap<FileId, Option<Lines>>,
}

impl<'c> Pages<'c> {
    pub(crate) fn new(code: &'c Code) -> Pages<'c> {
        Pages { code, lines: HashMap::new() }
    }

    /// The lines of a file.
    pub(crate) fn lines(&mut self, file: FileId) -> Option<&Lines> {
        let code = self.code;
        let found = self.lines.entry(file).or_insert_with(|| {
            code.file(file).and_then(|file| file.text()).map(|text| Lines::new(text.clone()))
        });
        found.as_ref()
    }

    /// Line and column of a byte; zeros if there is no text.
    pub(crate) fn place(&mut self, file: FileId, at: u32) -> (u32, u32) {
        self.lines(file).map_or((0, 0), |lines| lines.place(at))
    }

    /// What is said of a symbol.
    pub(crate) fn symbol(&mut self, target: Target) -> Option<SymbolInfo> {
        let facts = self.code.facts(target.file)?;
        self.symbol_of(&facts, target)
    }

    /// The same with the facts at hand.
    pub(crate) fn symbol_of(&mut self, facts: &Loaded, target: Target) -> Option<SymbolInfo> {
        let symbol = facts.facts.symbols.get(target.symbol.0 as usize)?;
        let path = self.code.file(target.file)?.path.clone();
        let lines = self.lines(target.file)?;
        let (line, column) = lines.place(symbol.at.start);
        let end_line = lines.line_of(symbol.full.end.max(symbol.full.start + 1) - 1).max(line);
        let mut signature = self.slice(target.file, symbol.signature.start, symbol.signature.end);
        if signature.is_empty() {
            signature = self.lines(target.file)?.shown(line);
        }
        Some(SymbolInfo {
            path,
            line,
            column,
            end_line,
            name: facts.facts.name(symbol.name).to_owned(),
            kind: symbol.kind,
            container: container(facts, target.symbol),
            signature: shortened(&one_line(&signature), MAX_SIGNATURE),
            visibility: symbol.visibility,
        })
    }

    /// The text of a range.
    pub(crate) fn slice(&self, file: FileId, start: u32, end: u32) -> String {
        let text = self.code.file(file).and_then(|file| file.text());
        let bytes = text.and_then(|text| text.bytes().get(start as usize..end as usize));
        String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned()
    }
}

/// `container.name`, or the name alone.
pub(crate) fn qualify(container: &str, name: &str) -> String {
    if container.is_empty() { name.to_owned() } else { format!("{container}.{name}") }
}

/// The names of what a symbol stands in, inside its file.
pub(crate) fn container(facts: &Loaded, ix: SymbolIx) -> String {
    let mut parts = Vec::new();
    let mut at = ix;
    // Deeper nesting than this is no help to anybody.
    for _ in 0..32 {
        let symbol = facts.facts.symbol(at);
        let inside = symbol.container;
        let own = attached_name(facts, symbol.attached).filter(|_| symbol.kind != Kind::Impl);
        if let Some(name) = own {
            parts.push(name);
        }
        let Some(next) = inside else { break };
        parts.push(facts.facts.name(facts.facts.symbol(next).name).to_owned());
        at = next;
    }
    parts.dedup();
    parts.reverse();
    parts.join(".")
}

/// The name of the type that members attached to it name.
fn attached_name(facts: &Loaded, expr: ExprIx) -> Option<String> {
    let mut ix = expr;
    for _ in 0..8 {
        match facts.facts.expr(ix) {
            Expr::Occurrence(at) => {
                return Some(facts.facts.name(facts.facts.occurrence(*at).name).to_owned());
            }
            Expr::Named(_, name) | Expr::Member(_, name) => {
                return Some(facts.facts.name(*name).to_owned());
            }
            Expr::Generic(of, _) | Expr::Instance(of) | Expr::Await(of) | Expr::Element(of) => {
                ix = *of;
            }
            _ => return None,
        }
    }
    None
}

/// White space of any kind as single spaces.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The infos of several symbols, in path order, each once.
pub(crate) fn describe(
    resolver: &Resolver<'_>,
    targets: impl IntoIterator<Item = Target>,
) -> Vec<SymbolInfo> {
    let mut pages = Pages::new(resolver.code);
    let mut infos: Vec<SymbolInfo> =
        targets.into_iter().filter_map(|target| pages.symbol(target)).collect();
    infos.sort_by(|a, b| a.order().cmp(&b.order()));
    infos.dedup();
    infos
}
