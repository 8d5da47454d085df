//! The manifest: which files a workspace had, and where in the parts their texts lie.
//!
//! On disk: magic, version, length and checksum of the rest, then postcard. It is replaced whole.

use std::{fs::File, io::Read, path::Path};

use coderoom_engine::{RelPath, Stamp, Unheld, Visibility};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

use super::{
    CacheError, VERSION,
    disk::{NewFile, open_own},
};

/// Its name in the cache directory.
pub(super) const MANIFEST: &str = "manifest.crm";

const MAGIC: [u8; 8] = *b"crmanif\n";
/// Magic, version, payload length, payload checksum.
const HEADER: usize = 8 + 4 + 8 + 16;

/// Everything about a stored workspace but its texts and postings.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// The canonical root's bytes: the directory's name is only a hash of it.
    pub(super) root: Vec<u8>,
    /// Fingerprint of the options it was loaded with.
    pub(super) options: [u8; 32],
    /// The files that hold texts and postings.
    pub(super) parts: Vec<PartRow>,
    /// In path order, each path once.
    pub(super) files: Vec<FileRow>,
    pub(super) unheld: Vec<Unheld>,
    pub(super) dirs: Vec<RelPath>,
}

/// One part, bound to its exact contents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PartRow {
    pub(super) name: String,
    /// The checksum over its checksums.
    pub(super) sum: u128,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct FileRow {
    pub(super) path: RelPath,
    pub(super) stamp: Stamp,
    pub(super) visibility: Visibility,
    pub(super) body: BodyRow,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum BodyRow {
    Text(Place),
    Binary,
    TooLarge,
    Unreadable(String),
}

/// Where a text lies: the number of the part, and of the document in it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) part: u32,
    pub(super) doc: u32,
}

impl Manifest {
    /// Replaces the manifest of `dir`.
    pub(super) fn write(&self, dir: &Path) -> Result<(), CacheError> {
        let path = dir.join(MANIFEST);
        let payload = postcard::to_stdvec(self)
            .map_err(|e| CacheError::io(&path, std::io::Error::other(e)))?;
        let mut file = NewFile::create(path)?;
        let mut header = Vec::with_capacity(HEADER);
        header.extend_from_slice(&MAGIC);
        header.extend_from_slice(&VERSION.to_ne_bytes());
        header.extend_from_slice(&(payload.len() as u64).to_ne_bytes());
        header.extend_from_slice(&xxh3_128(&payload).to_ne_bytes());
        file.write(&header)?;
        file.write(&payload)?;
        file.commit()
    }

    /// Reads the manifest of `dir`, and returns the open file with it.
    pub(super) fn read(dir: &Path) -> Result<(Manifest, File), CacheError> {
        let path = dir.join(MANIFEST);
        let (mut file, len) = match open_own(&path) {
            Err(CacheError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                return Err(CacheError::Absent { dir: dir.into() });
            }
            opened => opened?,
        };
        let mut bytes = Vec::with_capacity(len as usize);
        file.read_to_end(&mut bytes).map_err(|e| CacheError::io(&path, e))?;
        let manifest = parse(&path, &bytes)?;
        Ok((manifest, file))
    }
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Manifest, CacheError> {
    let damaged = |why| CacheError::damaged(path, why);
    let cut = || damaged("it is cut short");
    let rest =
        bytes.strip_prefix(&MAGIC).ok_or_else(|| damaged("it does not begin as a manifest"))?;
    let (version, rest) = rest.split_first_chunk::<4>().ok_or_else(cut)?;
    let found = u32::from_ne_bytes(*version);
    if found != VERSION {
        return Err(CacheError::Version { file: path.into(), found, expected: VERSION });
    }
    let (len, rest) = rest.split_first_chunk::<8>().ok_or_else(cut)?;
    let (sum, payload) = rest.split_first_chunk::<16>().ok_or_else(cut)?;
    if payload.len() as u64 != u64::from_ne_bytes(*len) {
        return Err(damaged("its length is wrong"));
    }
    if xxh3_128(payload) != u128::from_ne_bytes(*sum) {
        return Err(damaged("its checksum is wrong"));
    }
    let manifest: Manifest =
        postcard::from_bytes(payload).map_err(|_| damaged("it does not decode"))?;
    if !manifest.files.is_sorted_by(|a, b| a.path < b.path) {
        return Err(damaged("its files are out of order"));
    }
    Ok(manifest)
}
