//! A history as bytes, and back, so that a restart goes on from it instead of reading it again.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt, path::PathBuf};

use coderoom_engine::{PersistError, RelPath, seal, unseal};
use gix::ObjectId;
use serde::{Deserialize, Serialize};

use super::{About, Done, Past, PathIx, Row, Touch};

const MAGIC: &[u8; 8] = b"CRPAST\0\0";
/// Counted up when the encoding changes, or what is read of a commit.
const VERSION: u32 = 1;

/// What there is of a history, in plain numbers. Ids are written one after another.
#[derive(Serialize, Deserialize)]
struct Kept<'k> {
    maker: &'k str,
    /// Bytes of an id.
    id_len: u8,
    tip: &'k [u8],
    #[serde(borrow)]
    seen: &'k [u8],
    #[serde(borrow)]
    shallow: &'k [u8],
    repository: &'k [u8],
    below: &'k [u8],
    damaged: u32,
    is_cut: bool,
    messages: &'k str,
    /// Of all commits.
    ids: &'k [u8],
    rows: Vec<KeptRow>,
    touches: Vec<(u32, u32, KeptDone)>,
    paths: Vec<&'k [u8]>,
}

/// Times, and where messages and touches end; they begin where the last ones ended.
#[derive(Serialize, Deserialize)]
struct KeptRow {
    time: i64,
    author_time: i64,
    files: u32,
    message: (u32, u32),
    touches: (u32, u32),
}

#[derive(Serialize, Deserialize)]
enum KeptDone {
    Added,
    Modified,
    Deleted,
    Renamed(u32),
}

impl Past {
    /// Bytes of it, for [`Past::decode`]: versioned and with a checksum. `maker` is the program that
    /// has read it.
    ///
    /// # Errors
    /// `Malformed` if it cannot be encoded, which none is known to cause.
    pub fn encode(&self, maker: &str) -> Result<Vec<u8>, PersistError> {
        let about = &self.about;
        let ids = |ids: &mut dyn Iterator<Item = &ObjectId>| -> Vec<u8> {
            ids.flat_map(|id| id.as_bytes().iter().copied()).collect()
        };
        let (seen, shallow) = (ids(&mut about.seen.iter()), ids(&mut about.shallow.iter()));
        let of_rows = ids(&mut self.rows.iter().map(|row| &row.id));
        let done = |done| match done {
            Done::Added => KeptDone::Added,
            Done::Modified => KeptDone::Modified,
            Done::Deleted => KeptDone::Deleted,
            Done::Renamed(from) => KeptDone::Renamed(from.0),
        };
        let row = |row: &Row| KeptRow {
            time: row.time,
            author_time: row.author_time,
            files: row.files,
            message: (row.message.start, row.message.end),
            touches: (row.touches.start, row.touches.end),
        };
        let touch = |touch: &Touch| (touch.path.0, touch.now.0, done(touch.done));
        let kept = Kept {
            maker,
            id_len: about.tip.as_bytes().len() as u8,
            tip: about.tip.as_bytes(),
            seen: &seen,
            shallow: &shallow,
            repository: about.place.0.as_os_str().as_bytes(),
            below: &about.place.1,
            damaged: about.damaged,
            is_cut: self.is_cut,
            messages: &self.messages,
            ids: &of_rows,
            rows: self.rows.iter().map(row).collect(),
            touches: self.touches.iter().map(touch).collect(),
            paths: self.paths.iter().map(RelPath::as_bytes).collect(),
        };
        let payload = postcard::to_stdvec(&kept).map_err(|_| PersistError::Malformed)?;
        Ok(seal(MAGIC, VERSION, &payload))
    }

    /// What [`Past::encode`] has made of a history; `None` if another program has. Whether it is that
    /// of a repository as it is now is for [`super::read`] to find out.
    ///
    /// # Errors
    /// `Version` if they are of another version of the format; else if they are not exactly what was
    /// written, or hold what no history can.
    pub fn decode(bytes: &[u8], maker: &str) -> Result<Option<Past>, PersistError> {
        let payload = unseal(MAGIC, VERSION, bytes)?;
        let (made_by, _): (&str, &[u8]) =
            postcard::take_from_bytes(payload).map_err(|_| PersistError::Malformed)?;
        if made_by != maker {
            return Ok(None);
        }
        match postcard::take_from_bytes::<Kept<'_>>(payload) {
            Ok((kept, [])) => kept.past().map(Some).ok_or(PersistError::Malformed),
            _ => Err(PersistError::Malformed),
        }
    }
}

impl Kept<'_> {
    /// The history; `None` if a number is out of bounds.
    fn past(self) -> Option<Past> {
        let len = usize::from(self.id_len);
        let one = |bytes: &[u8]| ObjectId::try_from(bytes).ok();
        let ids = |bytes: &[u8]| -> Option<Vec<ObjectId>> {
            if len == 0 || !bytes.len().is_multiple_of(len) {
                return None;
            }
            bytes.chunks(len).map(one).collect()
        };
        let paths: Option<Vec<RelPath>> = self.paths.iter().map(|path| clean(path)).collect();
        let paths = paths?;
        let path = |number: u32| ((number as usize) < paths.len()).then_some(PathIx(number));
        let touch = |(at, now, done): (u32, u32, KeptDone)| {
            let done = match done {
                KeptDone::Added => Done::Added,
                KeptDone::Modified => Done::Modified,
                KeptDone::Deleted => Done::Deleted,
                KeptDone::Renamed(from) => Done::Renamed(path(from)?),
            };
            Some(Touch { path: path(at)?, now: path(now)?, done })
        };
        let touches: Option<Vec<Touch>> = self.touches.into_iter().map(touch).collect();
        let (touches, messages) = (touches?, self.messages);
        let row = |(id, row): (ObjectId, KeptRow)| {
            let (message, own) = (row.message.0..row.message.1, row.touches.0..row.touches.1);
            messages.get(message.start as usize..message.end as usize)?;
            touches.get(own.start as usize..own.end as usize)?;
            let KeptRow { time, author_time, files, .. } = row;
            Some(Row { id, time, author_time, message, files, touches: own })
        };
        let ids_of_rows = ids(self.ids)?;
        if ids_of_rows.len() != self.rows.len() {
            return None;
        }
        let rows: Option<Vec<Row>> = ids_of_rows.into_iter().zip(self.rows).map(row).collect();
        let (seen, shallow) = (ids(self.seen)?, ids(self.shallow)?);
        if !seen.is_sorted() || !shallow.is_sorted() {
            return None;
        }
        let repository = PathBuf::from(OsStr::from_bytes(self.repository));
        let place = (repository, self.below.to_vec());
        let about = About { tip: one(self.tip)?, seen, shallow, place, damaged: self.damaged };
        let messages = messages.to_owned();
        Some(Past { about, rows: rows?, touches, paths, messages, is_cut: self.is_cut })
    }
}

/// A path that is as it was written.
fn clean(bytes: &[u8]) -> Option<RelPath> {
    RelPath::new(bytes).ok().filter(|path| path.as_bytes() == bytes)
}
