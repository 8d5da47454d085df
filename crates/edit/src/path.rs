//! Which paths an edit may name: relative ones that stay below the root.

use crate::EditError;

/// Normalises a path of an edit: drops `.` components and doubled slashes.
///
/// # Errors
/// [`EditError::BadPath`] for an absolute path, an empty one, `..` components, NUL bytes and a
/// directory's spelling (a trailing slash).
pub fn clean_path(path: &str) -> Result<String, EditError> {
    let fail = |reason| Err(EditError::BadPath { path: path.to_owned(), reason });
    let drive = path.as_bytes().get(1) == Some(&b':')
        && path.as_bytes()[0].is_ascii_alphabetic()
        && matches!(path.as_bytes().get(2), Some(b'/' | b'\\'));
    if path.starts_with('/') || path.starts_with("\\\\") || drive {
        return fail("it is absolute; give it relative to the workspace root");
    }
    if path.contains('\0') {
        return fail("it contains a NUL byte");
    }
    if path.ends_with('/') {
        return fail("it names a directory");
    }
    let mut clean = String::with_capacity(path.len());
    for component in path.split('/') {
        match component {
            "" | "." => {}
            ".." => return fail("`..` is not allowed"),
            _ => {
                if !clean.is_empty() {
                    clean.push('/');
                }
                clean.push_str(component);
            }
        }
    }
    if clean.is_empty() {
        return fail("it is empty");
    }
    Ok(clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_below_the_root_pass() {
        for bad in ["", ".", "/etc/passwd", "..", "a/../../b", "a\0b", "C:\\x", "d:/x", "a/", "./"]
        {
            assert!(clean_path(bad).is_err(), "{bad:?} was accepted");
        }
        assert_eq!(clean_path("./a//b/./c").ok().as_deref(), Some("a/b/c"));
        assert_eq!(clean_path("a..b/...").ok().as_deref(), Some("a..b/..."));
    }
}
