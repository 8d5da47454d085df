//! Trees in memory.

use std::{io::Result, path::Path, sync::Arc};

use bytes::Bytes;
use coderoom_engine::{
    Body, File, FileChange, RelPath, Session, Snapshot, Stamp, TextStore, Visibility,
};
use coderoom_system::{LoadOptions, Loaded, load};

/// A tree as the daemon loads it.
pub(crate) fn loaded(dir: &str) -> Result<Loaded> {
    load(Path::new(dir), &LoadOptions::default(), &TextStore::default(), None, &|_| ())
}

/// Whether a path ends with one of `extensions` (`ts,tsx`); all do with one of `*`.
pub(crate) fn has_extension(path: &str, extensions: &str) -> bool {
    extensions == "*"
        || extensions.split(',').any(|it| {
            path.strip_suffix(it).is_some_and(|rest| rest.ends_with('.') && !rest.ends_with("/."))
        })
}

/// The texts of the files with such an extension.
pub(crate) fn texts(snapshot: &Snapshot, extensions: &str) -> Vec<(RelPath, Bytes)> {
    let wanted =
        |file: &&Arc<File>| file.path.as_str().is_some_and(|path| has_extension(path, extensions));
    let files = snapshot.files().filter(wanted);
    files.filter_map(|file| Some((file.path.clone(), file.text()?.bytes().clone()))).collect()
}

/// A session with these files, none of which has facts yet.
pub(crate) fn fresh(texts: &[(RelPath, Bytes)]) -> Session {
    let store = TextStore::default();
    let files = texts.iter().filter_map(|(path, bytes)| {
        let text = store.intern(bytes.clone())?;
        Some((path.clone(), put(Body::Text(text))))
    });
    Session::open(files.collect(), Vec::new())
}

/// A file's new contents.
pub(crate) fn put(body: Body) -> FileChange {
    FileChange::Put { body, stamp: Stamp::default(), visibility: Visibility::default() }
}
