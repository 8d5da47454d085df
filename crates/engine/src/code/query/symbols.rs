//! Symbols by name: exact, beginning, parts of words, letters in order.

use std::sync::Arc;

use coderoom_syntax::{Flags, Kind, Language, SymbolIx};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::{
    ask::{AskError, AskLimits},
    subject::parts_of,
    symbol::{Pages, SymbolInfo, container},
    types::kind_word,
};
use crate::{
    RelPath,
    code::{Code, loaded::Loaded, view::Target},
    file::File,
};

/// Symbols that are counted before the count is given as "at least".
const MAX_COUNTED: usize = 5_000;

/// All kinds that can be asked for.
const KINDS: [Kind; 20] = [
    Kind::Module,
    Kind::Class,
    Kind::Struct,
    Kind::Interface,
    Kind::Trait,
    Kind::Enum,
    Kind::EnumMember,
    Kind::TypeAlias,
    Kind::TypeParameter,
    Kind::Function,
    Kind::Method,
    Kind::Constructor,
    Kind::Property,
    Kind::Field,
    Kind::Variable,
    Kind::Constant,
    Kind::Parameter,
    Kind::Macro,
    Kind::Impl,
    Kind::Section,
];

/// How a name must be spelled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spelling {
    /// Anything that fits, the best first.
    #[default]
    Fuzzy,
    /// Exactly so.
    Exact,
    /// Beginning so.
    Prefix,
}

/// Which files' symbols are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CodeScope {
    /// Files or directories; none: all.
    pub paths: Vec<RelPath>,
    /// Globs that paths must match; `!` before one takes out what it matches.
    pub globs: Vec<String>,
    /// Languages by name; none: all.
    pub languages: Vec<String>,
    /// Kinds by name; none: all but parameters, imports and sections.
    pub kinds: Vec<String>,
}

/// Symbols of a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Symbols {
    /// The best first.
    pub symbols: Vec<SymbolInfo>,
    /// How many there are.
    pub total: usize,
    /// There are more than were counted, or the work was ended.
    pub more: bool,
}

/// A scope, ready to be asked.
pub(crate) struct Within {
    paths: Vec<RelPath>,
    only: Option<GlobSet>,
    not: GlobSet,
    languages: Vec<Language>,
    kinds: Vec<Kind>,
}

impl Within {
    pub(crate) fn new(scope: &CodeScope) -> Result<Within, AskError> {
        let (not, only): (Vec<&String>, Vec<&String>) =
            scope.globs.iter().partition(|glob| glob.starts_with('!'));
        let languages = scope.languages.iter().map(|name| language(name));
        let kinds = scope.kinds.iter().map(|name| kind(name));
        Ok(Within {
            paths: scope.paths.clone(),
            only: if only.is_empty() { None } else { Some(globs(only)?) },
            not: globs(not)?,
            languages: languages.collect::<Result<_, _>>()?,
            kinds: kinds.collect::<Result<Vec<_>, _>>()?.concat(),
        })
    }

    pub(crate) fn has_file(&self, file: &File) -> bool {
        let path = file.path.as_path();
        (self.paths.is_empty() || self.paths.iter().any(|dir| file.path.is_within(dir)))
            && self.only.as_ref().is_none_or(|globs| globs.is_match(path))
            && !self.not.is_match(path)
    }

    pub(crate) fn has_language(&self, language: Language) -> bool {
        self.languages.is_empty() || self.languages.contains(&language)
    }

    pub(crate) fn has_kind(&self, kind: Kind) -> bool {
        if self.kinds.is_empty() {
            return !matches!(
                kind,
                Kind::Parameter | Kind::TypeParameter | Kind::Alias | Kind::Impl
            );
        }
        self.kinds.contains(&kind)
    }
}

fn globs(list: Vec<&String>) -> Result<GlobSet, AskError> {
    let mut set = GlobSetBuilder::new();
    for glob in list {
        let glob = glob.trim_start_matches('!');
        // As ignore rules have it: without a slash, it speaks of names anywhere.
        let whole = match glob.trim_end_matches('/').strip_prefix('/') {
            Some(rooted) => rooted.to_owned(),
            None if glob.trim_end_matches('/').contains('/') => glob.to_owned(),
            None => format!("**/{glob}"),
        };
        let whole = if whole.ends_with('/') { format!("{whole}**") } else { whole };
        let built = GlobBuilder::new(&whole).literal_separator(true).build();
        set.add(built.map_err(|err| AskError::BadGlob(err.to_string()))?);
    }
    set.build().map_err(|err| AskError::BadGlob(err.to_string()))
}

fn language(name: &str) -> Result<Language, AskError> {
    let given = name.to_lowercase();
    Language::named(&given).ok_or_else(|| {
        let known: Vec<&str> = Language::all().map(|it| it.plugin().name()).collect();
        AskError::UnknownWord { what: "language", given, known: known.join(", ") }
    })
}

/// The kinds that a word means: `class` is also what other languages call struct or trait.
fn kind(name: &str) -> Result<Vec<Kind>, AskError> {
    let given = name.to_lowercase().replace('-', "_");
    if given == "type" {
        return Ok(KINDS
            .into_iter()
            .filter(|kind| kind.is_type() && *kind != Kind::TypeParameter)
            .collect());
    }
    if given == "callable" {
        return Ok(KINDS.into_iter().filter(|kind| kind.is_callable()).collect());
    }
    if given == "import" {
        return Ok(vec![Kind::Alias]);
    }
    match KINDS.into_iter().find(|kind| kind_word(*kind) == given) {
        Some(kind) => Ok(vec![kind]),
        None => {
            let mut known: Vec<&str> = KINDS.into_iter().map(kind_word).collect();
            known.extend(["type", "callable", "import"]);
            Err(AskError::UnknownWord { what: "kind", given, known: known.join(", ") })
        }
    }
}

impl Code {
    /// Symbols that are not local to functions, by name; the best first: exact, then beginning so,
    /// then the beginning of a word in it, then anywhere in it, then its letters in that order.
    /// `Model.save` wants a container (or file, or directory) of that name.
    ///
    /// # Errors
    /// If a glob does not parse, or a kind or language is unknown.
    pub fn symbols(
        &self,
        name: &str,
        spelling: Spelling,
        scope: &CodeScope,
        limits: &AskLimits<'_>,
    ) -> Result<Symbols, AskError> {
        let within = Within::new(scope)?;
        let parts = parts_of(name);
        let (last, outer) = match parts.split_last() {
            Some((last, outer)) => (*last, outer),
            None => ("", &[][..]),
        };
        let pattern = Pattern::new(last, spelling);
        let mut names: Vec<(u8, usize, String)> = self
            .names_where(&mut |name| pattern.rank(name).is_some())
            .into_iter()
            .map(|name| (pattern.rank(&name).unwrap_or(u8::MAX), name.len(), name))
            .collect();
        names.sort();
        let mut answer = Symbols::default();
        let mut pages = Pages::new(self);
        for (_, _, name) in names {
            if answer.total >= MAX_COUNTED || (limits.stop)() {
                answer.more = true;
                break;
            }
            for (target, facts) in self.matching(&name, outer, &within) {
                answer.total += 1;
                if answer.total > limits.offset && answer.symbols.len() < limits.limit {
                    answer.symbols.extend(pages.symbol_of(&facts, target));
                }
            }
        }
        Ok(answer)
    }

    /// Symbols of exactly this name, in path order.
    fn matching(&self, name: &str, outer: &[&str], within: &Within) -> Vec<(Target, Arc<Loaded>)> {
        let mut found = self.defined(name);
        found.retain(|(target, facts)| {
            let symbol = facts.facts.symbol(target.symbol);
            let value = !(symbol.kind.is_type() || symbol.kind.is_callable());
            within.has_kind(symbol.kind)
                && !symbol.flags.has(Flags::LOCAL)
                && within.has_language(facts.facts.language)
                && self.file(target.file).is_some_and(|file| within.has_file(file))
                && !(value && facts.head(target.symbol) != target.symbol)
                && ends_with(self, *target, facts, outer)
        });
        let path = |target: &Target| self.file(target.file).map(|file| self.snapshot.rank(file));
        found.sort_by_cached_key(|(target, facts)| {
            (path(target), facts.facts.symbol(target.symbol).at.start, target.symbol)
        });
        found
    }
}

/// Whether the names around a symbol fit, without regard to case.
fn ends_with(code: &Code, target: Target, facts: &Loaded, outer: &[&str]) -> bool {
    if outer.is_empty() {
        return true;
    }
    let path = code.path(target.file);
    let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
    let inside = container(facts, target.symbol);
    let mut chain = stem.split('/').chain(inside.split('.')).filter(|part| !part.is_empty());
    // In that order, not necessarily one right behind the other: `models.save`.
    outer.iter().all(|wanted| chain.any(|part| part.to_lowercase() == wanted.to_lowercase()))
}

/// A name that is looked for.
struct Pattern {
    text: String,
    lower: Vec<char>,
    spelling: Spelling,
}

impl Pattern {
    fn new(text: &str, spelling: Spelling) -> Pattern {
        Pattern { text: text.to_owned(), lower: text.to_lowercase().chars().collect(), spelling }
    }

    /// How well a name fits, 0 best; `None` if it does not.
    fn rank(&self, name: &str) -> Option<u8> {
        if name == self.text {
            return Some(0);
        }
        if self.spelling == Spelling::Exact {
            return None;
        }
        if self.spelling == Spelling::Prefix {
            return name.starts_with(&self.text).then_some(2);
        }
        // Nearly all names end here, so it must not cost anything.
        if !self.has_letters_in_order(name) {
            return None;
        }
        let chars: Vec<char> = name.chars().collect();
        let lower: Vec<char> =
            chars.iter().map(|c| c.to_lowercase().next().unwrap_or(*c)).collect();
        if lower == self.lower {
            return Some(1);
        }
        if lower.starts_with(&self.lower) {
            return Some(2);
        }
        if by_words(&self.lower, &chars, &lower, 0, 0) {
            return Some(3);
        }
        if lower.windows(self.lower.len()).any(|part| part == self.lower) {
            return Some(4);
        }
        (self.lower.len() >= 3).then_some(5)
    }

    /// Whether a name has the pattern's letters in that order, whatever is between them.
    fn has_letters_in_order(&self, name: &str) -> bool {
        let mut wanted = self.lower.iter();
        let mut next = wanted.next();
        if name.is_ascii() {
            for byte in name.bytes() {
                let Some(letter) = next else { break };
                if char::from(byte.to_ascii_lowercase()) == *letter {
                    next = wanted.next();
                }
            }
            return next.is_none();
        }
        let mut letters = name.chars().map(|c| c.to_lowercase().next().unwrap_or(c));
        self.lower.iter().all(|c| letters.any(|it| it == *c))
    }
}

/// Whether the pattern is made of beginnings of words: `qs` or `queset` for `QuerySet`.
fn by_words(pattern: &[char], name: &[char], lower: &[char], from: usize, at: usize) -> bool {
    if from == pattern.len() {
        return true;
    }
    (at..name.len()).filter(|at| begins_word(name, *at)).any(|start| {
        let most = pattern[from..].iter().zip(&lower[start..]).take_while(|(a, b)| a == b).count();
        (1..=most).rev().any(|n| by_words(pattern, name, lower, from + n, start + n))
    })
}

fn begins_word(name: &[char], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).map(|it| name[it]) else { return true };
    let here = name[at];
    here.is_alphanumeric()
        && (!before.is_alphanumeric()
            || (here.is_uppercase() && !before.is_uppercase())
            || (here.is_uppercase() && name.get(at + 1).is_some_and(|it| it.is_lowercase()))
            || (here.is_numeric() && !before.is_numeric()))
}

/// The heads among a file's symbols that are not local to functions.
pub(crate) fn visible_heads(facts: &Loaded) -> impl Iterator<Item = SymbolIx> + use<'_> {
    (0..facts.facts.symbols.len() as u32)
        .map(SymbolIx)
        .filter(|ix| !facts.facts.symbol(*ix).flags.has(Flags::LOCAL) && facts.head(*ix) == *ix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn better_fits_come_first() {
        let pattern = Pattern::new("save", Spelling::Fuzzy);
        let rank = |name| pattern.rank(name);
        assert_eq!(rank("save"), Some(0));
        assert_eq!(rank("Save"), Some(1));
        assert_eq!(rank("saveAll"), Some(2));
        assert_eq!(rank("pre_save"), Some(3));
        assert_eq!(rank("preSave"), Some(3));
        assert_eq!(rank("unsaved"), Some(4));
        assert_eq!(rank("sandwich"), None);
        assert_eq!(rank("slavery_e"), Some(5));
        let camel = Pattern::new("gqs", Spelling::Fuzzy);
        assert_eq!(camel.rank("getQuerySet"), Some(3));
        assert_eq!(camel.rank("get_query_set"), Some(3));
    }
}
