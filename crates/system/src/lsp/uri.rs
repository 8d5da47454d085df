//! Paths as `file:` URIs and back.

use std::{
    fmt::Write,
    path::{Path, PathBuf},
};

/// `file:///a/b%20c`.
pub(super) fn of_path(path: &Path) -> String {
    let mut uri = String::from("file://");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                uri.push(char::from(*byte));
            }
            // Writing to a string cannot fail.
            _ => drop(write!(uri, "%{byte:02X}")),
        }
    }
    uri
}

/// The path of a `file:` URI, however its author has encoded it.
pub(super) fn to_path(uri: &str) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    let rest = uri.strip_prefix("file://")?.as_bytes();
    let mut path = Vec::with_capacity(rest.len());
    let mut at = 0;
    while at < rest.len() {
        let digits = rest.get(at + 1..at + 3).and_then(|it| std::str::from_utf8(it).ok());
        match (rest[at], digits.and_then(|it| u8::from_str_radix(it, 16).ok())) {
            (b'%', Some(byte)) => {
                path.push(byte);
                at += 3;
            }
            (byte, _) => {
                path.push(byte);
                at += 1;
            }
        }
    }
    Some(PathBuf::from(std::ffi::OsString::from_vec(path)))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{of_path, to_path};

    #[test]
    fn paths_come_back() {
        for path in ["/a/b.py", "/a b/ü%/c#?.ts", "/"] {
            let uri = of_path(Path::new(path));
            assert_eq!(to_path(&uri).as_deref(), Some(Path::new(path)), "{uri}");
        }
        assert_eq!(to_path("file:///a/%62@c%").as_deref(), Some(Path::new("/a/b@c%")));
        assert_eq!(to_path("untitled:1"), None);
    }
}
