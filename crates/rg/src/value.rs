//! Values of flags: numbers, sizes, separators with escapes. The messages are ripgrep's.

use std::{ffi::OsStr, fmt::Display, str::FromStr};

use bstr::{ByteSlice, ByteVec};

/// Text, as most values have to be.
pub(crate) fn utf8(value: &OsStr) -> Result<&str, String> {
    value.to_str().ok_or_else(|| "value is not valid UTF-8".to_owned())
}

/// A plain number.
pub(crate) fn number<T: FromStr<Err: Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error| format!("value is not a valid number: {error}"))
}

/// A number of bytes, with an optional `K`, `M` or `G` behind it.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    let digits_end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, suffix) = text.split_at(digits_end);
    let shift = match suffix {
        "" => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        _ => return Err(malformed_size(text)),
    };
    if digits.is_empty() {
        return Err(malformed_size(text));
    }
    let value: u64 = digits.parse().map_err(|error| {
        format!("invalid size: invalid integer found in size '{text}': {error}")
    })?;
    value.checked_mul(1 << shift).ok_or_else(|| format!("invalid size: size too big in '{text}'"))
}

/// As `size`, for what has to fit in memory.
pub(crate) fn memory_size(text: &str) -> Result<usize, String> {
    usize::try_from(size(text)?).map_err(|_| "size is too big".to_owned())
}

fn malformed_size(text: &str) -> String {
    format!(
        "invalid size: invalid format for size '{text}', which should be a non-empty sequence of \
         digits followed by an optional 'K', 'M' or 'G' suffix"
    )
}

/// A separator: `\t`, `\xFF` and the like stand for bytes. `Ok(None)` means bytes that a query,
/// which is text, cannot carry.
pub(crate) fn separator(value: &OsStr) -> Result<Option<String>, String> {
    let Some(text) = value.to_str() else {
        return Err(
            "separator must be valid UTF-8 (use escape sequences to provide a separator that is \
             not valid UTF-8)"
                .into(),
        );
    };
    Ok(Vec::unescape_bytes(text).into_string().ok())
}

/// The byte between the components of a path; nothing for the default.
pub(crate) fn path_separator(text: &str) -> Result<Option<u8>, String> {
    let bytes = Vec::unescape_bytes(text);
    match bytes[..] {
        [] => Ok(None),
        [byte] => Ok(Some(byte)),
        _ => Err(format!(
            "A path separator must be exactly one byte, but the given separator is {} bytes: \
             {text}\nIn some shells on Windows '/' is automatically expanded. Use '//' instead.",
            bytes.len()
        )),
    }
}

/// The patterns of a `-f` file: one a line, without its line terminator.
pub(crate) fn pattern_lines(name: &OsStr, bytes: &[u8]) -> Result<Vec<String>, String> {
    let mut patterns = Vec::new();
    for (index, line) in bytes.lines().enumerate() {
        match line.to_str() {
            Ok(line) => patterns.push(line.to_owned()),
            Err(error) => {
                return Err(format!(
                    "{}:{}: found invalid UTF-8 in pattern at byte offset {}: {} (disable Unicode \
                     mode and use hex escape sequences to match arbitrary bytes in a pattern, \
                     e.g., '(?-u)\\xFF')",
                    name.to_string_lossy(),
                    index + 1,
                    error.valid_up_to(),
                    line.escape_bytes(),
                ));
            }
        }
    }
    Ok(patterns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_suffixes_and_limits() {
        assert_eq!(size("0"), Ok(0));
        assert_eq!(size("3K"), Ok(3072));
        assert_eq!(size("2G"), Ok(2 << 30));
        for bad in ["", "K", "1k", "1KB", "-1", "18446744073709551616", "18446744073709551615K"] {
            assert!(size(bad).is_err(), "{bad:?} was accepted");
        }
    }

    #[test]
    fn separators_are_unescaped() {
        assert_eq!(separator(OsStr::new(r"\t|\x41")), Ok(Some("\t|A".into())));
        assert_eq!(separator(OsStr::new(r"\xFF")), Ok(None));
        assert_eq!(path_separator("/"), Ok(Some(b'/')));
        assert_eq!(path_separator(""), Ok(None));
        assert!(path_separator("ab").is_err());
    }

    #[test]
    fn pattern_files_are_read_line_by_line() {
        let lines = pattern_lines(OsStr::new("f"), b"a\r\n\nb");
        assert_eq!(lines, Ok(vec!["a".into(), String::new(), "b".into()]));
        assert!(pattern_lines(OsStr::new("f"), b"a\n\xff").is_err());
    }
}
