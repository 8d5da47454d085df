//! What is said about a symbol where it is defined.

use coderoom_syntax::Symbol;

use super::{
    ask::{Ask, AskError, AskLimits},
    definition::definitions,
    notes::file_notes,
    subject::{missing, subject},
    symbol::SymbolInfo,
};
use crate::code::{
    Certainty, Code,
    resolve::{Found, Resolver},
};

/// A symbol with its documentation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hover {
    /// The symbol.
    pub symbol: SymbolInfo,
    /// Its declaration, as it is written.
    pub signature: String,
    /// Its documentation, without the marks of a comment.
    pub doc: String,
    /// The name of the module that it is in.
    pub module: String,
    /// How certain it is that this is what was asked for.
    pub certainty: Certainty,
}

/// What is known of what was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hovers {
    /// One for each definition.
    pub hovers: Vec<Hover>,
    /// How many there are.
    pub total: usize,
    /// What the answer may miss.
    pub notes: Vec<String>,
}

impl Code {
    /// Signature and documentation of a symbol.
    ///
    /// # Errors
    /// If nothing stands there or is called so.
    pub fn hover(&self, ask: &Ask, limits: &AskLimits<'_>) -> Result<Hovers, AskError> {
        let mut resolver = Resolver::new(self);
        let subject = subject(&mut resolver, ask)?;
        let all = definitions(&mut resolver, &subject);
        if all.is_empty() {
            return Err(missing(&mut resolver, &subject));
        }
        let total = all.len();
        let mut hovers = Vec::new();
        for definition in all.into_iter().skip(limits.offset).take(limits.limit) {
            let (signature, doc) = self.words(&definition.symbol);
            let module = self.module_name(definition.symbol.path.as_str().unwrap_or_default());
            let certainty = definition.certainty;
            hovers.push(Hover { signature, doc, module, certainty, symbol: definition.symbol });
        }
        let mut notes = file_notes(&mut resolver, &subject);
        if subject.found.iter().all(|it| *it == Found::External) && subject.import.is_some() {
            notes.push("it is defined outside of the workspace; this is its import".to_owned());
        }
        Ok(Hovers { hovers, total, notes })
    }

    /// The name of the module that a file is.
    pub(crate) fn module_name(&self, path: &str) -> String {
        let language =
            self.id_of(path).and_then(|id| super::super::index::language_of(self.file(id)?));
        language.map_or_else(String::new, |language| language.plugin().module_name(self, path))
    }

    /// The declaration and the documentation of a symbol.
    fn words(&self, info: &SymbolInfo) -> (String, String) {
        let found = self.snapshot.id_of(&info.path).and_then(|file| {
            let facts = self.facts(file)?;
            let pages = super::symbol::Pages::new(self);
            let mut here = facts.facts.symbols.iter();
            let mut lines = super::symbol::Pages::new(self);
            let symbol: &Symbol = here.find(|it| {
                it.kind == info.kind
                    && facts.facts.name(it.name) == info.name
                    && lines.place(file, it.at.start) == (info.line, info.column)
            })?;
            let cut = |span: coderoom_syntax::Span| pages.slice(file, span.start, span.end);
            Some((cut(symbol.signature), clean(&cut(symbol.doc))))
        });
        match found {
            Some((signature, doc)) if !signature.trim().is_empty() => (dedent(&signature), doc),
            Some((_, doc)) => (info.signature.clone(), doc),
            None => (info.signature.clone(), String::new()),
        }
    }
}

/// Lines without the indentation that all but the first share.
pub(crate) fn dedent(text: &str) -> String {
    let indent = |line: &&str| line.len() - line.trim_start().len();
    let rest = text.lines().skip(1).filter(|line| !line.trim().is_empty());
    let shared = rest.map(|line| indent(&line)).min().unwrap_or(0);
    let lines = text.lines().enumerate().map(|(n, line)| match n {
        0 => line.trim(),
        _ => line.get(shared..).unwrap_or("").trim_end(),
    });
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// A doc comment without its marks: quotes, slashes, stars, hashes.
pub(crate) fn clean(doc: &str) -> String {
    let doc = doc.trim();
    let quoted = ["\"\"\"", "'''", "\"", "'"].iter().find_map(|quote| {
        let start =
            doc.find(quote).filter(|at| *at <= 2 && doc[..*at].chars().all(char::is_alphabetic))?;
        Some(doc[start + quote.len()..].trim_end_matches(quote))
    });
    if let Some(inside) = quoted {
        return dedent(inside);
    }
    let block = doc
        .strip_prefix("/*")
        .map(|rest| rest.trim_start_matches(['*', '!']).trim_end_matches("*/"));
    let strip = |line: &str| -> String {
        let line = line.trim();
        let line = match block {
            Some(_) => line.strip_prefix('*').unwrap_or(line),
            None => ["///", "//!", "//", "#", "--", ";;", ";"]
                .iter()
                .find_map(|mark| line.strip_prefix(mark))
                .unwrap_or(line),
        };
        line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned()
    };
    let lines: Vec<String> = block.unwrap_or(doc).lines().map(strip).collect();
    lines.join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn marks_of_comments_go() {
        assert_eq!(clean("\"\"\"Saves.\n\n    All of it.\n    \"\"\""), "Saves.\n\nAll of it.");
        assert_eq!(clean("/// One.\n/// Two."), "One.\nTwo.");
        assert_eq!(clean("/**\n * One.\n * @param x two\n */"), "One.\n@param x two");
        assert_eq!(clean("# shell\n# words"), "shell\nwords");
        assert_eq!(clean("r'''raw'''"), "raw");
        assert_eq!(clean(""), "");
    }
}
