//! The paths in a diff's headers: prefixes, quotes, time stamps.

/// Pairs of prefixes that git puts before old and new paths.
const PREFIXES: [(&str, &str); 6] =
    [("a/", "b/"), ("i/", "w/"), ("c/", "i/"), ("c/", "w/"), ("o/", "w/"), ("1/", "2/")];

/// A path as a `---`, `+++`, `rename` or `copy` line gives it: without quotes and time stamp.
pub(super) fn header_path(raw: &[u8]) -> Vec<u8> {
    if raw.first() == Some(&b'"')
        && let Some((path, _)) = unquote(raw)
    {
        return path;
    }
    let end = memchr::memchr(b'\t', raw).unwrap_or(raw.len());
    raw[..end].trim_ascii_end().to_vec()
}

/// The bytes of a path in C quotes at the start of `raw`, and what follows the closing quote.
pub(super) fn unquote(raw: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut rest = raw.strip_prefix(b"\"")?;
    let mut path = Vec::new();
    loop {
        let (&byte, after) = rest.split_first()?;
        rest = after;
        match byte {
            b'"' => return Some((path, rest)),
            b'\\' => {
                let (&escape, after) = rest.split_first()?;
                rest = after;
                path.push(match escape {
                    b'a' => 7,
                    b'b' => 8,
                    b't' => b'\t',
                    b'n' => b'\n',
                    b'v' => 11,
                    b'f' => 12,
                    b'r' => b'\r',
                    b'0'..=b'3' => {
                        let digit = |at: usize| {
                            rest.get(at).filter(|d| (b'0'..=b'7').contains(d)).map(|d| d - b'0')
                        };
                        let value = (escape - b'0') * 64 + digit(0)? * 8 + digit(1)?;
                        rest = &rest[2..];
                        value
                    }
                    other => other,
                });
            }
            other => path.push(other),
        }
    }
}

/// `path` in git's C quotes if it has bytes that want them.
pub(crate) fn quote(path: &str) -> String {
    let plain = path.bytes().all(|b| (b' '..0x7f).contains(&b) && b != b'"' && b != b'\\');
    if plain {
        return path.to_owned();
    }
    let mut out = String::from("\"");
    for byte in path.bytes() {
        match byte {
            7 => out.push_str("\\a"),
            8 => out.push_str("\\b"),
            b'\t' => out.push_str("\\t"),
            b'\n' => out.push_str("\\n"),
            11 => out.push_str("\\v"),
            12 => out.push_str("\\f"),
            b'\r' => out.push_str("\\r"),
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b' '..0x7f => out.push(char::from(byte)),
            _ => out.push_str(&format!("\\{byte:03o}")),
        }
    }
    out.push('"');
    out
}

/// Old and new path without git's prefixes, if they have a pair of them.
pub(super) fn strip_pair(
    old: Option<Vec<u8>>,
    new: Option<Vec<u8>>,
) -> (Option<Vec<u8>>, Option<Vec<u8>>) {
    for (i, (a, b)) in PREFIXES.iter().enumerate() {
        let cut = |path: &Option<Vec<u8>>, prefix: &str| {
            path.as_ref().map(|path| path.strip_prefix(prefix.as_bytes()).map(<[u8]>::to_vec))
        };
        match (cut(&old, a), cut(&new, b)) {
            // The rarer prefixes could be directories: only if the rest says so too.
            (Some(Some(x)), Some(Some(y))) if i == 0 || x == y => return (Some(x), Some(y)),
            (None, Some(Some(y))) if i == 0 => return (None, Some(y)),
            (Some(Some(x)), None) if i == 0 => return (Some(x), None),
            _ => {}
        }
    }
    (old, new)
}

/// The path in `diff --git a/path b/path`, where both are the same.
pub(super) fn git_line_path(rest: &[u8]) -> Option<Vec<u8>> {
    let (old, new) = if rest.starts_with(b"\"") {
        let (old, rest) = unquote(rest)?;
        (old, header_path(rest.strip_prefix(b" ")?))
    } else if let Some(at) =
        rest.ends_with(b"\"").then(|| memchr::memmem::find(rest, b" \"")).flatten()
    {
        (rest[..at].to_vec(), unquote(&rest[at + 1..])?.0)
    } else {
        let middle = rest.len() / 2;
        (rest.get(middle) == Some(&b' '))
            .then(|| (rest[..middle].to_vec(), rest[middle + 1..].to_vec()))?
    };
    let (old, new) = strip_pair(Some(old), Some(new));
    (old == new).then_some(new).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_come_off_as_they_went_on() {
        for path in ["plain", "with space", "tab\there", "ü\"\\\n\u{1}"] {
            let quoted = quote(path);
            let back = match quoted.starts_with('"') {
                true => unquote(quoted.as_bytes()).map(|(path, _)| path),
                false => Some(quoted.into_bytes()),
            };
            assert_eq!(back.as_deref(), Some(path.as_bytes()));
        }
    }

    #[test]
    fn both_sides_of_a_git_line_are_the_same_path() {
        assert_eq!(git_line_path(b"a/x y b/x y").as_deref(), Some(&b"x y"[..]));
        assert_eq!(git_line_path(b"x x").as_deref(), Some(&b"x"[..]));
        assert_eq!(
            git_line_path(b"\"a/\\303\\274\" \"b/\\303\\274\"").as_deref(),
            Some("ü".as_bytes())
        );
        assert_eq!(git_line_path(b"a/x b/y"), None);
    }
}
