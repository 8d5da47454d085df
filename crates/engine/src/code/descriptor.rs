//! Names of symbols that mean the same everywhere: the symbol strings of SCIP.
//!
//! Text in, text out: nothing here knows a snapshot. The grammar is that of `scip.proto`:
//! `<scheme> ' ' <manager> ' ' <package> ' ' <version> ' ' <descriptor>+`, or `local <id>`. A space
//! in one of the first four is doubled, `.` stands for an empty one, and a name that is more than
//! ASCII letters, digits, `_`, `+`, `-` and `$` stands in backticks.

use std::{fmt, iter::Peekable, str::Chars};

/// What a descriptor describes: how it ends.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Suffix {
    /// `name/`
    Namespace,
    /// `name#`
    Type,
    /// `name.`
    Term,
    /// `name(disambiguator).`
    Method(String),
    /// `[name]`
    TypeParameter,
    /// `(name)`
    Parameter,
    /// `name!`
    Macro,
    /// `name:`
    Meta,
}

/// One step on the way from the package to the symbol.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Descriptor {
    pub(crate) name: String,
    pub(crate) suffix: Suffix,
}

/// A symbol's name, taken apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum SymbolName {
    /// One that other documents can name.
    Global {
        scheme: String,
        manager: String,
        package: String,
        version: String,
        descriptors: Vec<Descriptor>,
    },
    /// One that only its own document can name.
    Local(String),
}

/// The text is not a symbol of SCIP's grammar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{symbol}` is not a SCIP symbol: {reason}")]
pub(crate) struct NotASymbol {
    pub(crate) symbol: String,
    pub(crate) reason: &'static str,
}

impl Descriptor {
    pub(crate) fn new(name: impl Into<String>, suffix: Suffix) -> Descriptor {
        Descriptor { name: name.into(), suffix }
    }
}

impl SymbolName {
    /// Takes a symbol apart.
    pub(crate) fn parse(symbol: &str) -> Result<SymbolName, NotASymbol> {
        let fail = |reason| NotASymbol { symbol: symbol.to_owned(), reason };
        if let Some(id) = symbol.strip_prefix("local ") {
            let simple = !id.is_empty() && id.chars().all(is_simple);
            return if simple {
                Ok(SymbolName::Local(id.to_owned()))
            } else {
                Err(fail("the id of a local symbol is letters, digits, `_`, `+`, `-` and `$`"))
            };
        }
        let mut rest = symbol.chars().peekable();
        let scheme = spaced(&mut rest).ok_or_else(|| fail("the scheme has no end"))?;
        if scheme.is_empty() || scheme.starts_with("local") {
            return Err(fail("a scheme is not empty and does not begin with `local`"));
        }
        let mut package = [const { String::new() }; 3];
        for part in &mut package {
            *part = spaced(&mut rest).ok_or_else(|| fail("the package has no end"))?;
            if part == "." {
                part.clear();
            }
        }
        let mut descriptors = Vec::new();
        while rest.peek().is_some() {
            descriptors.push(descriptor(&mut rest).map_err(fail)?);
        }
        if descriptors.is_empty() {
            return Err(fail("it has no descriptors"));
        }
        let [manager, package, version] = package;
        Ok(SymbolName::Global { scheme, manager, package, version, descriptors })
    }
}

/// Up to a space that is not doubled.
fn spaced(rest: &mut Peekable<Chars<'_>>) -> Option<String> {
    let mut text = String::new();
    loop {
        match rest.next()? {
            ' ' if rest.next_if_eq(&' ').is_none() => return Some(text),
            other => text.push(other),
        }
    }
}

fn descriptor(rest: &mut Peekable<Chars<'_>>) -> Result<Descriptor, &'static str> {
    let ends = |rest: &mut Peekable<Chars<'_>>, end: char| match rest.next_if_eq(&end) {
        Some(_) => Ok(()),
        None => Err("a bracket is not closed"),
    };
    if rest.next_if_eq(&'(').is_some() {
        let name = identifier(rest)?;
        ends(rest, ')')?;
        return Ok(Descriptor::new(name, Suffix::Parameter));
    }
    if rest.next_if_eq(&'[').is_some() {
        let name = identifier(rest)?;
        ends(rest, ']')?;
        return Ok(Descriptor::new(name, Suffix::TypeParameter));
    }
    let name = identifier(rest)?;
    let suffix = match rest.next() {
        Some('/') => Suffix::Namespace,
        Some('#') => Suffix::Type,
        Some('.') => Suffix::Term,
        Some('!') => Suffix::Macro,
        Some(':') => Suffix::Meta,
        Some('(') => {
            let mut disambiguator = String::new();
            while let Some(c) = rest.next_if(|c| is_simple(*c)) {
                disambiguator.push(c);
            }
            ends(rest, ')')?;
            ends(rest, '.').map_err(|_| "a method ends with `().`")?;
            Suffix::Method(disambiguator)
        }
        _ => return Err("a descriptor ends with one of `/`, `#`, `.`, `().`, `!` and `:`"),
    };
    Ok(Descriptor { name, suffix })
}

fn identifier(rest: &mut Peekable<Chars<'_>>) -> Result<String, &'static str> {
    let mut name = String::new();
    if rest.next_if_eq(&'`').is_some() {
        loop {
            match rest.next() {
                None => return Err("a backtick is not closed"),
                Some('`') if rest.next_if_eq(&'`').is_none() => break,
                Some(c) => name.push(c),
            }
        }
    } else {
        // Some indexers leave letters beyond ASCII bare.
        while let Some(c) = rest.next_if(|c| is_simple(*c) || c.is_alphabetic()) {
            name.push(c);
        }
    }
    if name.is_empty() { Err("a name is missing") } else { Ok(name) }
}

fn is_simple(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '-' | '$')
}

impl fmt::Display for SymbolName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SymbolName::Global { scheme, manager, package, version, descriptors } = self else {
            let SymbolName::Local(id) = self else { return Ok(()) };
            return write!(f, "local {id}");
        };
        for part in [scheme, manager, package, version] {
            let part = if part.is_empty() { "." } else { part };
            write!(f, "{} ", part.replace(' ', "  "))?;
        }
        descriptors.iter().try_for_each(|descriptor| write!(f, "{descriptor}"))
    }
}

impl fmt::Display for Descriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Escaped(&self.name);
        match &self.suffix {
            Suffix::Namespace => write!(f, "{name}/"),
            Suffix::Type => write!(f, "{name}#"),
            Suffix::Term => write!(f, "{name}."),
            Suffix::Method(disambiguator) => write!(f, "{name}({disambiguator})."),
            Suffix::TypeParameter => write!(f, "[{name}]"),
            Suffix::Parameter => write!(f, "({name})"),
            Suffix::Macro => write!(f, "{name}!"),
            Suffix::Meta => write!(f, "{name}:"),
        }
    }
}

struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            // The grammar has no empty name.
            "" => f.write_str("$"),
            name if name.chars().all(is_simple) => f.write_str(name),
            name => write!(f, "`{}`", name.replace('`', "``")),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn descriptors() -> impl Strategy<Value = Vec<Descriptor>> {
        let suffix = prop_oneof![
            Just(Suffix::Namespace),
            Just(Suffix::Type),
            Just(Suffix::Term),
            "[a-z0-9+$_-]{0,4}".prop_map(Suffix::Method),
            Just(Suffix::TypeParameter),
            Just(Suffix::Parameter),
            Just(Suffix::Macro),
            Just(Suffix::Meta),
        ];
        let one = ("[a-zA-Z0-9_.` ()#é🚀/-]{1,8}", suffix)
            .prop_map(|(name, suffix)| Descriptor { name, suffix });
        prop::collection::vec(one, 1..6)
    }

    prop_compose! {
        // A field that begins with a space cannot be told from the end of the one before it.
        fn global()(
            scheme in "[a-km-zé][a-z é]{0,6}",
            package in prop::array::uniform3("([a-z/@é.][a-z0-9./@ é]{0,8})?"),
            descriptors in descriptors(),
        ) -> SymbolName {
            let [manager, package, version] =
                package.map(|part| if part == "." { String::new() } else { part });
            SymbolName::Global { scheme, manager, package, version, descriptors }
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(symbol in global()) {
            prop_assert_eq!(SymbolName::parse(&symbol.to_string()), Ok(symbol));
        }

        /// The `scip` crate, which is not ours, takes the same symbols apart in the same way.
        #[test]
        fn others_read_the_same(symbol in global()) {
            let text = symbol.to_string();
            let theirs = scip::symbol::parse_symbol(&text)
                .map_err(|err| TestCaseError::fail(format!("{text}: {err:?}")))?;
            let SymbolName::Global { scheme, manager, package, version, descriptors } = symbol
            else {
                return Ok(());
            };
            prop_assert_eq!(&theirs.scheme, &scheme);
            prop_assert_eq!(&theirs.package.name, &package);
            let names = |list: &[scip::types::Descriptor]| -> Vec<String> {
                list.iter().map(|it| it.name.clone()).collect()
            };
            let ours: Vec<String> = descriptors.into_iter().map(|it| it.name).collect();
            prop_assert_eq!(names(&theirs.descriptors), ours);
            // It does not double spaces when it writes.
            if ![scheme, manager, package, version].iter().any(|part| part.contains(' ')) {
                prop_assert_eq!(scip::symbol::format_symbol(theirs), text);
            }
        }

        /// Whatever is read is written back as something that reads the same.
        #[test]
        fn any_text_is_read_or_refused(
            text in prop_oneof!["(local |s m p v )?[a-z`.#/()\\[\\]:! é]{0,16}", any::<String>()],
        ) {
            if let Ok(symbol) = SymbolName::parse(&text) {
                let again = SymbolName::parse(&symbol.to_string());
                // See above: leading spaces.
                if !text.contains("   ") {
                    prop_assert_eq!(again, Ok(symbol));
                }
            }
        }
    }

    #[test]
    fn refusals_say_why() {
        for (text, reason) in [
            ("", "the scheme has no end"),
            ("local", "the scheme has no end"),
            ("local é", "the id of a local symbol"),
            ("localx . . . a.", "does not begin with `local`"),
            ("s . .", "the package has no end"),
            ("s . . . ", "no descriptors"),
            ("s . . . a", "a descriptor ends with"),
            ("s . . . `a", "a backtick is not closed"),
            ("s . . . (a.", "a bracket is not closed"),
            ("s . . . a()x", "a method ends with"),
        ] {
            let refused = SymbolName::parse(text).map_err(|err| err.to_string());
            assert!(refused.clone().is_err_and(|err| err.contains(reason)), "{text}: {refused:?}");
        }
    }
}
