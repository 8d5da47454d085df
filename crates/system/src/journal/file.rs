//! The file of a journal: frames, recovery, and what is done about a write that fails.
//!
//! Behind the last record there may be zeros: room made ahead, so that a record which is synced at
//! once finds its blocks there. Then fdatasync writes the record and no metadata of the file system.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use coderoom_engine::{Entry, TextStore};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::record::{Head, Reader, Writer};
use crate::crash;

/// What a journal begins with; the last byte is the version of the format.
const MAGIC: &[u8; 8] = b"CRjourn\x01";
/// Length and checksum.
const FRAME: usize = 4 + 8;
/// No record is larger: a length beyond it is damage.
const MAX_RECORD: u32 = 1 << 31;

/// Room that is made ahead: as much as there is, within these bounds, so that it is made seldom and a
/// short journal stays small.
const LEAST_ROOM: u64 = 64 << 10;
const MOST_ROOM: u64 = 1 << 20;

/// Why a journal cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The operating system refuses.
    #[error("{} the session's journal {}: {source}", .doing, .path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// Which file.
        path: PathBuf,
        /// The operating system's words.
        source: io::Error,
    },
    /// It is not a journal, or one of another format.
    #[error("{} is not a session's journal that this version reads", .path.display())]
    NotOne {
        /// Which file.
        path: PathBuf,
    },
    /// A whole record says nonsense: not a crash but damage.
    #[error("the journal {} is damaged at byte {at}: {why}", .path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// Where the record begins.
        at: u64,
        /// What is wrong with it.
        why: String,
    },
    /// An earlier failure could not be undone.
    #[error("the session's journal failed before: close the session and open it again")]
    Broken,
}

/// What was found in a journal.
#[derive(Debug)]
pub struct Recovered {
    /// What it begins with.
    pub head: Head,
    /// The log.
    pub entries: Vec<Entry>,
    /// Bytes of a record that was cut off, if one was: cut away, and kept beside the journal.
    pub torn: Option<u64>,
}

/// An open journal.
pub struct Journal {
    path: PathBuf,
    file: Arc<File>,
    /// Where the next record goes.
    len: u64,
    /// Where the file ends: between `len` and this are zeros.
    end: u64,
    /// Whether room is made ahead.
    ahead: bool,
    writer: Writer,
    buffer: Vec<u8>,
    broken: bool,
}

impl Journal {
    /// A new journal at `path`, which must not exist, with the entries that it begins with. It is
    /// there as a whole or not at all. If `durable`, it survives a power cut when this returns; that
    /// costs a few milliseconds.
    ///
    /// # Errors
    /// If the operating system refuses.
    pub fn create<'e>(
        path: &Path,
        head: &Head,
        entries: impl IntoIterator<Item = &'e Entry>,
        durable: bool,
    ) -> Result<Journal, JournalError> {
        let io = |source| JournalError::Io { doing: "creating", path: path.to_owned(), source };
        let part = path.with_extension("part");
        let _ = fs::remove_file(&part);
        let made = Journal::make(&part, head).and_then(|mut journal| {
            journal.append(entries)?;
            if durable {
                journal.file.sync_data().map_err(io)?;
            }
            crash::step("journal: made");
            fs::rename(&part, path).map_err(io)?;
            Ok(Journal { path: path.to_owned(), ..journal })
        });
        let journal = made.inspect_err(|_| drop(fs::remove_file(&part)))?;
        if durable {
            for dir in path.ancestors().skip(1).take(2) {
                let synced = File::open(dir).and_then(|dir| dir.sync_all());
                // What is refused is not there.
                synced.inspect_err(|_| drop(fs::remove_file(path))).map_err(io)?;
            }
        }
        Ok(journal)
    }

    /// A new file with a head and nothing else.
    fn make(path: &Path, head: &Head) -> Result<Journal, JournalError> {
        let io = |source| JournalError::Io { doing: "creating", path: path.to_owned(), source };
        let file = OpenOptions::new()
            .create_new(true)
            .read(true)
            .write(true)
            .mode(0o600)
            .open(path)
            .map_err(io)?;
        let mut journal = Journal::over(path, file, MAGIC.len() as u64, Writer::default());
        let mut bytes = MAGIC.to_vec();
        let payload = postcard::to_stdvec(head)
            .map_err(|err| io(io::Error::new(io::ErrorKind::InvalidInput, err)))?;
        frame(&payload, MAGIC.len() as u64, &mut bytes);
        (&*journal.file).write_all(&bytes).map_err(io)?;
        journal.len = bytes.len() as u64;
        journal.end = journal.len;
        Ok(journal)
    }

    /// Reads a journal and makes it ready to go on. A record that was cut off is cut away.
    ///
    /// Costs about 2 ms a megabyte.
    ///
    /// # Errors
    /// If it cannot be read, is no journal, or a record in the middle is damaged.
    pub fn open(path: &Path, store: TextStore) -> Result<(Journal, Recovered), JournalError> {
        let io = |source| JournalError::Io { doing: "reading", path: path.to_owned(), source };
        let mut file = OpenOptions::new().read(true).write(true).open(path).map_err(io)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(io)?;
        let (head, mut at) = read_head(path, &bytes)?;
        let mut reader = Reader::new(store);
        let mut entries = Vec::new();
        while let Some(payload) = payload_at(&bytes, at) {
            let entry = reader.read(payload).map_err(|err| JournalError::Damaged {
                path: path.to_owned(),
                at: at as u64,
                why: err.to_string(),
            })?;
            entries.push(entry);
            at += FRAME + payload.len();
        }
        let rest = &bytes[at..];
        let torn = rest.iter().rposition(|byte| *byte != 0).map(|last| last as u64 + 1);
        if let Some(torn) = torn {
            // Kept for whoever wants to look: nothing is thrown away on a guess.
            fs::write(path.with_extension("torn"), &rest[..torn as usize]).map_err(io)?;
            file.set_len(at as u64).and_then(|()| file.sync_data()).map_err(io)?;
        }
        let mut writer = Writer::default();
        writer.knows(reader.hashes());
        let mut journal = Journal::over(path, file, at as u64, writer);
        if torn.is_none() {
            journal.end = bytes.len() as u64;
        }
        Ok((journal, Recovered { head, entries, torn }))
    }

    fn over(path: &Path, file: File, len: u64, writer: Writer) -> Journal {
        Journal {
            path: path.to_owned(),
            file: Arc::new(file),
            len,
            end: len,
            ahead: false,
            writer,
            buffer: Vec::new(),
            broken: false,
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes room ahead of the records from now on: for a journal that is synced after each append.
    pub(super) fn keep_ahead(&mut self) {
        self.ahead = true;
    }

    /// Bytes written.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Never: there is always a head.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The file, for whoever syncs it.
    pub(super) fn file(&self) -> &Arc<File> {
        &self.file
    }

    /// Appends entries with one `write`. They survive the end of this process, not a power cut.
    ///
    /// # Errors
    /// If the disk is full or fails; then the journal is as it was before.
    pub fn append<'e>(
        &mut self,
        entries: impl IntoIterator<Item = &'e Entry>,
    ) -> Result<(), JournalError> {
        if self.broken {
            return Err(JournalError::Broken);
        }
        self.buffer.clear();
        let mut payload = Vec::new();
        for entry in entries {
            payload.clear();
            self.writer.write(entry, &mut payload).map_err(|err| {
                self.io("writing", io::Error::new(io::ErrorKind::InvalidInput, err.to_string()))
            })?;
            frame(&payload, self.len + self.buffer.len() as u64, &mut self.buffer);
        }
        let after = self.len + self.buffer.len() as u64;
        if self.ahead && after > self.end && !self.make_room(after) {
            return Err(JournalError::Broken);
        }
        if let Err(source) =
            crash::write_all_at(&self.file, &self.buffer, self.len, "journal: half")
        {
            // Half a record must not stay: the next one would follow it.
            self.broken = !self.cut();
            // The writer believes that bytes are there which are not.
            self.broken |= self.reread().is_err();
            return Err(self.io("writing", source));
        }
        crash::step("journal: appended");
        self.len = after;
        self.end = self.end.max(after);
        const KEEP: usize = 1 << 20;
        if self.buffer.capacity() > KEEP {
            self.buffer = Vec::new();
        }
        Ok(())
    }

    /// Writes zeros behind where the next record will end: until it is written, what is before them
    /// reads as zeros too. The next sync brings them to the disk with it. A disk that has no room
    /// for them may have some for the record. False: the journal is broken.
    fn make_room(&mut self, after: u64) -> bool {
        let zeros = vec![0; self.len.clamp(LEAST_ROOM, MOST_ROOM) as usize];
        match self.file.write_all_at(&zeros, after) {
            Ok(()) => self.end = after + zeros.len() as u64,
            Err(_) => self.broken = !self.cut(),
        }
        !self.broken
    }

    /// Ends the file behind the last record; whether that worked.
    fn cut(&mut self) -> bool {
        self.end = self.len;
        self.file.set_len(self.len).is_ok()
    }

    /// Gives the room back that no record needs any more.
    pub(super) fn finish(&mut self) {
        if self.end > self.len && !self.broken {
            self.broken = !self.cut();
        }
    }

    /// Puts a journal of these entries in place of this one, whole or not at all.
    ///
    /// # Errors
    /// If it cannot be written; then this one stays as it is.
    pub(super) fn rewrite<'e>(
        &mut self,
        head: &Head,
        entries: impl IntoIterator<Item = &'e Entry>,
    ) -> Result<(), JournalError> {
        if self.broken {
            return Err(JournalError::Broken);
        }
        let path = self.path.with_extension("new");
        let io = |source| JournalError::Io { doing: "compacting", path: path.clone(), source };
        match fs::remove_file(&path) {
            Err(err) if err.kind() != io::ErrorKind::NotFound => return Err(io(err)),
            _ => {}
        }
        let mut new = Journal::make(&path, head)?;
        new.append(entries)?;
        new.file.sync_all().map_err(io)?;
        crash::step("compact: beside");
        fs::rename(&path, &self.path).map_err(io)?;
        // From here on the old file has no name: nothing must be written to it any more.
        let own = std::mem::take(&mut self.path);
        *self = Journal { path: own, ahead: self.ahead, ..new };
        crash::step("compact: in place");
        let dir = self.path.parent().map_or(Ok(()), |dir| File::open(dir)?.sync_all());
        dir.map_err(|source| {
            // Which of the two a power cut would leave is not known.
            self.broken = true;
            io(source)
        })
    }

    /// Waits until what was appended survives a power cut.
    ///
    /// # Errors
    /// If the disk fails: then it cannot be known what is on it, and the journal is broken.
    pub fn sync(&mut self) -> Result<(), JournalError> {
        self.file.sync_data().map_err(|source| {
            self.broken = true;
            self.io("syncing", source)
        })
    }

    /// Learns anew which versions the file has.
    fn reread(&mut self) -> Result<(), JournalError> {
        let (journal, _) = Journal::open(&self.path, TextStore::default())?;
        self.writer = journal.writer;
        Ok(())
    }

    fn io(&self, doing: &'static str, source: io::Error) -> JournalError {
        JournalError::Io { doing, path: self.path.clone(), source }
    }
}

/// A payload with its length and its checksum, which the place in the file goes into.
fn frame(payload: &[u8], at: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    out.extend_from_slice(&xxh3_64_with_seed(payload, at).to_le_bytes());
    out.extend_from_slice(payload);
}

/// The payload of the frame at `at`, if it is whole.
fn payload_at(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let frame = bytes.get(at..at + FRAME)?;
    let (len, sum) = frame.split_at(4);
    let len = u32::from_le_bytes(len.try_into().ok()?);
    let sum = u64::from_le_bytes(sum.try_into().ok()?);
    let payload = bytes.get(at + FRAME..)?.get(..len as usize)?;
    (0 < len && len < MAX_RECORD && xxh3_64_with_seed(payload, at as u64) == sum).then_some(payload)
}

fn read_head(path: &Path, bytes: &[u8]) -> Result<(Head, usize), JournalError> {
    let not_one = || JournalError::NotOne { path: path.to_owned() };
    if !bytes.starts_with(MAGIC) {
        return Err(not_one());
    }
    let payload = payload_at(bytes, MAGIC.len()).ok_or_else(not_one)?;
    let head = postcard::from_bytes(payload).map_err(|_| not_one())?;
    Ok((head, MAGIC.len() + FRAME + payload.len()))
}
