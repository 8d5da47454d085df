//! What renaming does to the text at one place: a name in short form gets its long one.

use coderoom_engine::Language;

/// Whether a word can be a name in a language. Words that the language keeps for itself show as
/// syntax errors of the result.
pub(super) fn is_identifier(word: &str, language: Language) -> bool {
    let dollar = matches!(
        language,
        Language::TypeScript
            | Language::Tsx
            | Language::JavaScript
            | Language::Java
            | Language::Php
    );
    let first = |c: char| c.is_alphabetic() || c == '_' || (dollar && c == '$');
    let body = match language {
        Language::Ruby => word.strip_suffix(['?', '!']).unwrap_or(word),
        _ => word,
    };
    let mut characters = body.chars();
    characters.next().is_some_and(first) && characters.all(|c| first(c) || c.is_alphanumeric())
}

/// Whether the name at these bytes is both a field's name and a variable's: `{ name }`.
pub(super) fn is_shorthand(text: &str, start: usize, end: usize, language: Language) -> bool {
    let rust = match language {
        Language::TypeScript | Language::Tsx | Language::JavaScript => false,
        Language::Rust => true,
        _ => return false,
    };
    let after = text[end..].trim_start();
    let default = !rust && after.starts_with('=') && !after.starts_with("==");
    let closes = after.starts_with([',', '}']) || (default && !after.starts_with("=>"));
    let before = text[..start].trim_end();
    if !closes || !before.ends_with(['{', ',']) {
        return false;
    }
    let Some(open) = opening(before) else { return false };
    let outside = text[..open].trim_end();
    let word_start = outside
        .rfind(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'))
        .map_or(0, |at| at + outside[at..].chars().next().map_or(1, char::len_utf8));
    let (word, ahead) = (&outside[word_start..], outside[..word_start].trim_end());
    if rust {
        let keyword = ["impl", "for", "struct", "enum", "trait", "union", "mod"];
        return word.starts_with(char::is_uppercase)
            && !ahead.ends_with("->")
            && !keyword.iter().any(|it| ahead.ends_with(it));
    }
    let of_blocks = ["import", "export", "type", "else", "try", "do", "finally", "static"];
    match word {
        "" => !(ahead.is_empty() || ahead.ends_with([')', ';', '{', '}']) || ahead.ends_with("=>")),
        // `import name, { other } from`.
        _ if of_blocks.contains(&word) => false,
        "return" | "const" | "let" | "var" | "default" | "of" | "in" | "yield" | "await" => true,
        // A class's, an enum's, a label's.
        _ => false,
    }
}

/// The `{` that is still open at the end of the text, if the innermost open bracket is one.
fn opening(text: &str) -> Option<usize> {
    const FARTHEST: usize = 20_000;
    let mut depth = 0_u32;
    let bytes = text.as_bytes();
    for at in (bytes.len().saturating_sub(FARTHEST)..bytes.len()).rev() {
        match bytes[at] {
            b'}' | b')' | b']' => depth += 1,
            b'{' | b'(' | b'[' if depth > 0 => depth -= 1,
            b'{' => return Some(at),
            b'(' | b'[' => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use coderoom_engine::Language;

    use super::{is_identifier, is_shorthand};

    #[test]
    fn short_forms_are_told_from_blocks_and_imports() {
        for (text, short) in [
            ("use({ area })", true),
            ("return { x, area }", true),
            ("const { area } = s", true),
            ("const { area = 1 } = s", true),
            ("x = { y: f(), area, z }", true),
            ("import { area } from './m'", false),
            ("import type { area } from './m'", false),
            ("export { area }", false),
            ("f(a, area, b)", false),
            ("x = { y: [a, area] }", false),
            ("x = { area: 1 }", false),
            ("() => { area }", false),
            ("if (x) { area }", false),
        ] {
            let at = text.find("area").expect("there");
            assert_eq!(is_shorthand(text, at, at + 4, Language::TypeScript), short, "{text}");
            assert!(!is_shorthand(text, at, at + 4, Language::Python), "{text}");
        }
        for (text, short) in [
            ("let s = Shape { side, area };", true),
            ("let Shape { area } = s;", true),
            ("fn f() -> Shape { area }", false),
            ("if x { area }", false),
        ] {
            let at = text.find("area").expect("there");
            assert_eq!(is_shorthand(text, at, at + 4, Language::Rust), short, "{text}");
        }
    }

    #[test]
    fn names_are_words_of_their_language() {
        assert!(is_identifier("größe_2", Language::Python));
        assert!(is_identifier("$el", Language::TypeScript));
        assert!(is_identifier("empty?", Language::Ruby));
        for word in ["", "2x", "a b", "a-b", "a.b", "$el", "x!"] {
            assert!(!is_identifier(word, Language::Python), "{word}");
        }
    }
}
