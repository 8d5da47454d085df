//! Which of several declarations of one function a call means, as far as the number of arguments
//! says it.

use coderoom_syntax::{Flags, Form, Role, SymbolIx};

use super::subject::Subject;
use crate::code::{loaded::Loaded, resolve::Resolver, view::Target};

/// Arguments are counted within so many bytes.
const LONGEST: usize = 16 << 10;

/// The declaration of a function that the call where it was asked for means.
pub(super) fn overload(
    resolver: &mut Resolver<'_>,
    subject: &Subject,
    target: Target,
) -> Option<Target> {
    let (file, ix) = subject.at?;
    let facts = resolver.facts(target.file).filter(|facts| facts.rules().overloads)?;
    let mut parts: Vec<SymbolIx> = facts.group(target.symbol).collect();
    parts.retain(|ix| facts.facts.symbol(*ix).kind.is_callable());
    let is_declaration = |ix: &SymbolIx| facts.facts.symbol(*ix).flags.has(Flags::DECLARATION);
    if parts.iter().any(is_declaration) {
        // What is declared beside the body is what callers see.
        parts.retain(is_declaration);
    }
    if parts.len() < 2 && !parts.first().is_some_and(is_declaration) {
        return None;
    }
    let caller = resolver.facts(file)?;
    let occurrence = *caller.facts.occurrence(ix);
    if occurrence.role != Role::Call || matches!(occurrence.form, Form::Definition(_)) {
        return None;
    }
    let end = caller.facts.span(&occurrence).end as usize;
    let text = resolver.code.file(file)?.text()?;
    let given = arguments(text.bytes().get(end..)?)?;
    let symbol = parts.into_iter().min_by_key(|ix| misfit(&facts, *ix, given))?;
    Some(Target { symbol, ..target })
}

/// How badly a number of arguments fits a function: missing ones can be optional.
fn misfit(facts: &Loaded, function: SymbolIx, given: usize) -> usize {
    let parameters = facts.parameters(function);
    let last = parameters.last().map(|ix| facts.facts.symbol(*ix));
    let variadic = last.is_some_and(|it| it.flags.has(Flags::VARIADIC));
    match parameters.len() {
        takes if takes == given => 0,
        takes if variadic && given + 1 >= takes => 1,
        takes if takes > given => takes - given + 1,
        _ => usize::MAX,
    }
}

/// How many arguments follow a name; none if that is no call.
fn arguments(text: &[u8]) -> Option<usize> {
    let start = text.iter().position(|byte| !byte.is_ascii_whitespace())?;
    if text[start] != b'(' {
        return None;
    }
    let (mut depth, mut commas, mut any) = (0usize, 0, false);
    let mut at = start;
    while at < text.len().min(start + LONGEST) {
        match text[at] {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(if any { commas + 1 } else { 0 });
                }
            }
            quote @ (b'"' | b'\'' | b'`') => at = behind_string(text, at, quote)?,
            // One at the end separates nothing.
            b',' if depth == 1 => {
                let next = text[at + 1..].iter().find(|byte| !byte.is_ascii_whitespace());
                commas += usize::from(next != Some(&b')'));
            }
            _ => {}
        }
        any |= at > start && !text[at].is_ascii_whitespace();
        at += 1;
    }
    None
}

/// The last byte of a string.
fn behind_string(text: &[u8], start: usize, quote: u8) -> Option<usize> {
    let mut at = start + 1;
    while *text.get(at)? != quote {
        at += 1 + usize::from(text[at] == b'\\');
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::arguments;

    #[test]
    fn arguments_are_counted() {
        let count = |text: &str| arguments(text.as_bytes());
        assert_eq!(count("()"), Some(0));
        assert_eq!(count(" ( a, [b, c], \"d,)\" )"), Some(3));
        assert_eq!(count("(a, { b: 1, c: '\\',' },)"), Some(2));
        assert_eq!(count("; (a)"), None);
        assert_eq!(count("(a"), None);
        assert_eq!(count("(\"a"), None);
    }
}
