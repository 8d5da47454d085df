//! Doc comments without what makes them comments.

/// The text of a doc comment or docstring: delimiters and common indentation taken off.
pub(super) fn plain(comment: &str) -> String {
    let text = comment.trim();
    let prefix = text.find(['"', '\'']).filter(|at| *at <= 2).unwrap_or(0);
    let quoted = &text[prefix..];
    for quote in ["\"\"\"", "'''", "\"", "'"] {
        let inner = quoted.strip_prefix(quote).and_then(|it| it.strip_suffix(quote));
        if let Some(inner) = inner {
            return dedent(inner);
        }
    }
    if let Some(inner) = text.strip_prefix("/*") {
        let inner = inner.strip_suffix("*/").unwrap_or(inner);
        let inner = inner.trim_start_matches(['*', '!']);
        let lines = inner.lines().map(|line| {
            let bare = line.trim_start();
            bare.strip_prefix("* ").or_else(|| bare.strip_prefix('*')).unwrap_or(line)
        });
        return dedent(&lines.collect::<Vec<_>>().join("\n"));
    }
    let lines = text.lines().map(|line| {
        let bare = line.trim_start();
        let marks = ["///", "//!", "//", "#!", "#", "--"];
        let text = marks.iter().find_map(|mark| bare.strip_prefix(mark)).unwrap_or(bare);
        text.strip_prefix(' ').unwrap_or(text).trim_end()
    });
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// Without the indentation that all lines but the first have.
pub(super) fn dedent(text: &str) -> String {
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let rest = text.lines().skip(1).filter(|line| !line.trim().is_empty());
    let common = rest.map(indent).min().unwrap_or(0);
    let mut plain = String::with_capacity(text.len());
    for (n, line) in text.lines().enumerate() {
        let line = if n == 0 { line.trim_start() } else { line.get(common..).unwrap_or("") };
        plain.push_str(line.trim_end());
        plain.push('\n');
    }
    plain.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn comments_of_every_kind_become_text() {
        for (comment, text) in [
            ("\"\"\"One.\n\n    Two.\n      Three.\n    \"\"\"", "One.\n\nTwo.\n  Three."),
            ("r'One.'", "One."),
            ("/** One.\n  * Two.\n  */", "One.\nTwo."),
            ("/// One.\n///\n/// Two.", "One.\n\nTwo."),
            ("# One.\n#  Two.", "One.\n Two."),
            ("", ""),
        ] {
            assert_eq!(plain(comment), text, "{comment}");
        }
    }
}
