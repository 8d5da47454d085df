//! A warm start over a made-up listing, through the same `Recall` that a real load uses.

use coderoom_engine::{
    Covering, FileChange, RelPath, Session, Stamp, TextStore, Unheld, Visibility,
};

use crate::{
    cache::{Cached, Recall},
    load::Memory,
};

/// What a walk over the tree finds now.
#[derive(Clone, Default)]
pub(super) struct Listing {
    pub(super) files: Vec<Listed>,
    pub(super) unheld: Vec<Unheld>,
}

/// A file that is in the tree now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) path: RelPath,
    pub(super) stamp: Stamp,
    pub(super) visibility: Visibility,
}

pub(super) struct Warmed {
    pub(super) session: Session,
    pub(super) stats: WarmStats,
}

/// How the files of a warm start came about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct WarmStats {
    pub(super) kept: usize,
    pub(super) read: usize,
    pub(super) gone: usize,
}

pub(super) fn warm(
    cached: Cached,
    texts: &TextStore,
    listing: Listing,
    read: impl FnOnce(Vec<Listed>) -> Vec<(RelPath, FileChange)>,
) -> Warmed {
    let stored: Vec<RelPath> = cached.files.iter().map(|file| file.path.clone()).collect();
    let still = |path: &&RelPath| listing.files.iter().any(|now| now.path == **path);
    let gone = stored.len() - stored.iter().filter(still).count();
    let recall = Recall::new(cached, texts.clone());
    let (mut files, mut doubtful) = (Vec::new(), Vec::new());
    for listed in listing.files {
        match recall.recall(&listed.path, &listed.stamp) {
            Some((body, stamp)) => {
                let visibility = listed.visibility;
                files.push((listed.path, FileChange::Put { body, stamp, visibility }));
            }
            None => doubtful.push(listed),
        }
    }
    let stats = WarmStats { kept: files.len(), read: doubtful.len(), gone };
    assert_eq!(recall.kept(), stats.kept);
    if !doubtful.is_empty() {
        files.extend(read(doubtful));
        files.sort_by(|a, b| a.0.cmp(&b.0));
    }
    let session = Session::open(files, listing.unheld);
    for segment in recall.segments() {
        let covering = Covering::of_stored(segment, &session.snapshot());
        session.attach(covering);
    }
    Warmed { session, stats }
}
