//! From bytes to facts, whatever the bytes are.

use std::borrow::Cow;

use crate::{Budget, Builder, Cut, Facts, Language, Plugin, SyntaxError, TextEdit, parts::end_at};

/// Stack for parsing and walking: recursive parsers go as deep as the source nests. Address space
/// only, until it is touched.
const STACK: usize = 32 << 20;

/// The facts of `bytes`, read as `language`. Never fails and never panics: what a parser cannot
/// make sense of is left out and listed. Costs 20-200 ms for each MB, by language.
pub fn extract(language: Language, bytes: &[u8], budget: &Budget) -> Facts {
    let source = source_text(bytes);
    if source.len() > budget.max_bytes {
        let mut builder = Builder::new(language, "");
        builder.cut(Cut::TooLarge);
        return builder.finish();
    }
    let text = ended(language, &source);
    let mut facts = with_stack(language, |plugin| plugin.extract(language, &text, budget));
    if text.len() > source.len() {
        end_at(&mut facts, source.len() as u32);
    }
    facts
}

/// `source` with a newline at its end, if it has none and the language's scanner does not stop
/// without.
pub(crate) fn ended(language: Language, source: &str) -> Cow<'_, str> {
    if source.ends_with('\n') || !language.plugin().wants_final_newline() {
        return Cow::Borrowed(source);
    }
    Cow::Owned(format!("{source}\n"))
}

/// The facts of `bytes`, which an edit has made of a text with the facts `before`: what [`extract`]
/// gives, at the cost of the function that was edited and a copy of the rest. `None` if the edit is
/// not inside one function, or the language cannot do that.
pub fn extract_after(
    language: Language,
    before: &Facts,
    bytes: &[u8],
    edit: TextEdit,
    budget: &Budget,
) -> Option<Facts> {
    let source = std::str::from_utf8(bytes).ok()?;
    if source.len() > budget.max_bytes || before.language != language {
        return None;
    }
    with_stack(language, |plugin| plugin.extract_after(before, source, edit, budget))
}

/// The syntax errors of `bytes`, read as `language`: those that [`extract`] would list.
pub fn syntax_errors(language: Language, bytes: &[u8], budget: &Budget) -> Vec<SyntaxError> {
    let source = source_text(bytes);
    if source.len() > budget.max_bytes {
        return Vec::new();
    }
    let text = ended(language, &source);
    let mut errors = with_stack(language, |plugin| plugin.syntax_errors(language, &text, budget));
    errors.iter_mut().for_each(|it| it.span.end_at(source.len() as u32));
    errors
}

/// Runs `work` where there is stack enough for any source.
fn with_stack<T>(language: Language, work: impl FnOnce(&'static dyn Plugin) -> T) -> T {
    let plugin = language.plugin();
    if plugin.minds_stack() { work(plugin) } else { stacker::grow(STACK, || work(plugin)) }
}

/// Whether `after` has no syntax errors, given that `before`, of which `edit` has made it, has none,
/// as far as that can be said in some microseconds. False: not known.
pub fn stays_clean(language: Language, before: &[u8], after: &[u8], edit: TextEdit) -> bool {
    match (std::str::from_utf8(before), std::str::from_utf8(after)) {
        (Ok(before), Ok(after)) => language.plugin().stays_clean(before, after, edit),
        _ => false,
    }
}

/// The bytes as text of the same length: bytes that are not UTF-8 become question marks, so that
/// every offset stays true.
pub fn source_text(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(std::iter::repeat_n('?', chunk.invalid().len()));
    }
    Cow::Owned(text)
}
