//! The words that an identifier or a phrase is made of.

/// Words in lower case, in order: cut at what is neither letter nor digit, where small letters end
/// and capitals begin (`querySet`), and before the last capital of several (`HTTPServer`). Case is
/// looked at before it is folded. Digits stay with what is before them.
pub fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric())
        .flat_map(humps)
        .map(str::to_lowercase)
        .filter(|word| !word.is_empty())
}

/// Parts of a run of letters and digits, by case.
fn humps(run: &str) -> Vec<&str> {
    let chars: Vec<(usize, char)> = run.char_indices().collect();
    let mut parts = Vec::new();
    let mut start = 0;
    for at in 1..chars.len() {
        let (before, here) = (chars[at - 1].1, chars[at].1);
        let next_is_small = chars.get(at + 1).is_some_and(|(_, next)| next.is_lowercase());
        let after_small = !before.is_uppercase();
        if here.is_uppercase() && (after_small || next_is_small) {
            parts.push(&run[start..chars[at].0]);
            start = chars[at].0;
        }
    }
    parts.push(&run[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_is_seen_before_it_is_folded() {
        let check = |text: &str, wanted: &[&str]| {
            assert_eq!(words(text).collect::<Vec<_>>(), wanted, "{text:?}");
        };
        check("QuerySet", &["query", "set"]);
        check("HTTPServer2Error", &["http", "server2", "error"]);
        check("get_user-by.id", &["get", "user", "by", "id"]);
        check("__init__", &["init"]);
        check("utf8 ÄrgerLich", &["utf8", "ärger", "lich"]);
        check("", &[]);
        check("\0 😀 \n", &[]);
    }
}
