//! Paths inside a workspace: bytes relative to its root, `/`-separated, never escaping it.
//!
//! Paths order by component, as ripgrep's `--sort path` prints them: everything below `a/` comes
//! before `a.txt`. That order makes every directory one contiguous range, which the scope of a
//! query relies on.

use std::{cmp::Ordering, ffi::OsStr, fmt, os::unix::ffi::OsStrExt, path::Path, sync::Arc};

/// A path relative to the workspace root. The root itself is the empty path.
///
/// Cloning is cheap (an `Arc`); bytes need not be UTF-8.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RelPath(Arc<[u8]>);

/// Why bytes are not a path inside a workspace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a path inside the workspace: {reason}", String::from_utf8_lossy(.path))]
pub struct PathError {
    /// The bytes that were given.
    pub path: Vec<u8>,
    /// What is wrong with them.
    pub reason: &'static str,
}

impl RelPath {
    /// The workspace root.
    pub fn root() -> RelPath {
        RelPath(Arc::from(&b""[..]))
    }

    /// Normalises `bytes`: drops `.` components and doubled slashes.
    ///
    /// # Errors
    /// Refuses absolute paths, `..` and NUL bytes: nothing leaves its workspace by spelling.
    pub fn new(bytes: &[u8]) -> Result<RelPath, PathError> {
        let fail = |reason| Err(PathError { path: bytes.to_vec(), reason });
        if bytes.first() == Some(&b'/') {
            return fail("it is absolute");
        }
        if memchr::memchr(0, bytes).is_some() {
            return fail("it contains a NUL byte");
        }
        let mut clean: Vec<u8> = Vec::with_capacity(bytes.len());
        for component in bytes.split(|&b| b == b'/') {
            match component {
                b"" | b"." => continue,
                b".." => return fail("`..` is not allowed"),
                _ => {
                    if !clean.is_empty() {
                        clean.push(b'/');
                    }
                    clean.extend_from_slice(component);
                }
            }
        }
        Ok(RelPath(clean.into()))
    }

    /// The raw bytes, without a leading or trailing slash.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The path as text, if it is UTF-8.
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// The path as the standard library's type, still relative.
    pub fn as_path(&self) -> &Path {
        Path::new(OsStr::from_bytes(&self.0))
    }

    /// Whether this is the workspace root.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The last component (empty for the root).
    pub fn file_name(&self) -> &[u8] {
        match memchr::memrchr(b'/', &self.0) {
            Some(i) => &self.0[i + 1..],
            None => &self.0,
        }
    }

    /// The directory that holds this path, or `None` for the root.
    pub fn parent(&self) -> Option<RelPath> {
        if self.is_root() {
            return None;
        }
        let end = memchr::memrchr(b'/', &self.0).unwrap_or(0);
        Some(RelPath(self.0[..end].into()))
    }

    /// This path followed by `name` (one or more components that are known to be clean).
    pub fn join(&self, name: &[u8]) -> RelPath {
        if self.is_root() {
            return RelPath(name.into());
        }
        RelPath([&self.0, &b"/"[..], name].concat().into())
    }

    /// Whether this path is `dir` itself or below it.
    pub fn is_within(&self, dir: &RelPath) -> bool {
        self.below(dir).is_some()
    }

    /// What is left of this path below `dir`: empty for `dir` itself, `None` if it is elsewhere.
    pub fn below(&self, dir: &RelPath) -> Option<&[u8]> {
        if dir.is_root() {
            return Some(&self.0);
        }
        let rest = self.0.strip_prefix(dir.as_bytes())?;
        match rest.first() {
            None => Some(rest),
            Some(b'/') => Some(&rest[1..]),
            Some(_) => None,
        }
    }
}

/// Compares by component, by treating the separator as smaller than any other byte.
impl Ord for RelPath {
    fn cmp(&self, other: &RelPath) -> Ordering {
        let (a, b) = (&self.0, &other.0);
        match a.iter().zip(b.iter()).position(|(x, y)| x != y) {
            None => a.len().cmp(&b.len()),
            Some(i) => match (a[i], b[i]) {
                (b'/', _) => Ordering::Less,
                (_, b'/') => Ordering::Greater,
                (x, y) => x.cmp(&y),
            },
        }
    }
}

impl PartialOrd for RelPath {
    fn partial_cmp(&self, other: &RelPath) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

impl fmt::Debug for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(&self.0))
    }
}

impl serde::Serialize for RelPath {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.as_bytes())
    }
}

impl<'de> serde::Deserialize<'de> for RelPath {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<RelPath, D::Error> {
        let bytes = Vec::<u8>::deserialize(deserializer)?;
        RelPath::new(&bytes).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RelPath {
        RelPath::new(text.as_bytes()).expect("clean path")
    }

    #[test]
    fn no_spelling_leaves_the_workspace() {
        for bad in ["/etc/passwd", "..", "a/../../b", "a/..", "a\0b"] {
            assert!(RelPath::new(bad.as_bytes()).is_err(), "{bad:?} was accepted");
        }
        assert_eq!(path("./a//b/./c/").as_bytes(), b"a/b/c");
        assert!(path(".").is_root());
    }

    #[test]
    fn order_is_that_of_std_paths_so_directories_are_contiguous() {
        let mut ours = ["a.txt", "a/z", "a/b/c", "a", "b", "a-b/x", "a/b.c", "B", ""].map(path);
        let mut std = ours.clone();
        ours.sort();
        std.sort_by(|x, y| x.as_path().cmp(y.as_path()));
        assert_eq!(ours, std);
    }

    #[test]
    fn below_compares_whole_components() {
        assert_eq!(path("a/b/c").below(&path("a")), Some(&b"b/c"[..]));
        assert_eq!(path("ab/c").below(&path("a")), None);
        assert_eq!(path("a").below(&path("a")), Some(&b""[..]));
        assert_eq!(path("a/b").parent(), Some(path("a")));
        assert_eq!(path("a").parent(), Some(RelPath::root()));
    }
}
