//! One path of a session's state as an entry of a tree: ignored or not, its mode, its blob.

use std::io::Read;

use bytes::Bytes;
use coderoom_engine::{FileMode, Stamp};
use gix::{
    ObjectId,
    bstr::ByteSlice,
    index::entry::{Flags, Mode, Stage},
    objs::tree::EntryKind,
};

use super::{
    error::{ReviewError, git, words},
    moment::{Moment, OnDisk, Place, Seen},
    objects::Objects,
    rules::{Rules, dir_of},
};

/// A larger file on disk that git does not have yet is not read into memory for a review.
const MAX_READ: u64 = 512 << 20;

/// An entry of a tree, by its whole path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) path: Vec<u8>,
    pub(super) kind: EntryKind,
    pub(super) id: ObjectId,
}

/// What makes entries. Knows the repository's configuration as of when it was made.
pub(super) struct Maker<'a> {
    pub(super) objects: &'a Objects,
    pub(super) place: &'a Place,
    pub(super) moment: Moment<'a>,
    pub(super) index: &'a gix::index::State,
    pub(super) rules: Rules,
    /// What is left out.
    pub(super) notes: Vec<String>,
    filters: gix::filter::plumbing::Pipeline,
    trust_mode: bool,
    trust_links: bool,
}

impl<'a> Maker<'a> {
    /// # Errors
    /// If the repository's configuration cannot be used.
    pub(super) fn new(
        objects: &'a Objects,
        place: &'a Place,
        moment: Moment<'a>,
        index: &'a gix::index::State,
    ) -> Result<Maker<'a>, ReviewError> {
        let repo = &objects.repo;
        let options = git("read the filters' configuration", gix::filter::Pipeline::options(repo))?;
        let context = git("prepare filters", repo.command_context())?;
        let filters = gix::filter::plumbing::Pipeline::new(context, repo.object_hash(), options);
        let config = repo.config_snapshot();
        Ok(Maker {
            rules: Rules::new(repo)?,
            filters,
            trust_mode: config.boolean("core.fileMode").unwrap_or(true),
            trust_links: config.boolean("core.symlinks").unwrap_or(true),
            notes: Vec::new(),
            objects,
            place,
            moment,
            index,
        })
    }

    /// Enters the directory of a path, so that rules can be asked about it.
    pub(super) fn enter(&mut self, dir: &[u8]) {
        let (moment, place) = (self.moment, self.place);
        self.rules.enter(dir, &mut |path| moment.rules_file(place, path));
    }

    /// Whether a path is ignored.
    pub(super) fn is_ignored(&mut self, path: &[u8], is_dir: bool) -> bool {
        self.enter(dir_of(path));
        self.rules.is_ignored_here(path, is_dir)
    }

    /// The index's entry for a path, conflicts aside.
    pub(super) fn tracked(&self, path: &[u8]) -> Option<&'a gix::index::Entry> {
        self.index.entry_by_path_and_stage(path.as_bstr(), Stage::Unconflicted)
    }

    /// The entry of a path that git knows, or that is not ignored; none if nothing is there.
    ///
    /// # Errors
    /// If it cannot be read or stored.
    pub(super) fn item(&mut self, path: &[u8]) -> Result<Option<Item>, ReviewError> {
        let entry = self.tracked(path);
        let seen = match self.place.inside(path) {
            Some(rel) => self.moment.look(&rel),
            None => Seen::AsOnDisk,
        };
        match seen {
            Seen::Gone => Ok(None),
            Seen::Held(bytes, mode, stamp) => {
                let there = self.place.stat(path)?;
                if let (Some(entry), Some(stamp)) = (entry, stamp)
                    && let OnDisk::File { executable, stamp: now } = &there
                    && self.is_unchanged(entry, now)
                    && self.mode(entry, *executable) == entry.mode
                    && self.is_on_disk(path, &bytes, &stamp, now)?
                {
                    return Ok(kept(path, entry));
                }
                // What the session makes is a new file if the disk has none; what it has not touched
                // was removed by somebody else, and only the index knows what it was.
                let known = entry
                    .filter(|it| stamp.is_some() || !self.trust_mode || it.mode == Mode::SYMLINK);
                let kind = self.kind(known, mode, &there);
                let id = self.blob(path, kind, bytes)?;
                Ok(Some(Item { path: path.to_vec(), kind, id }))
            }
            Seen::AsOnDisk => self.item_on_disk(path, entry),
        }
    }

    fn item_on_disk(
        &mut self,
        path: &[u8],
        entry: Option<&'a gix::index::Entry>,
    ) -> Result<Option<Item>, ReviewError> {
        let (link, now, executable) = match self.place.stat(path)? {
            OnDisk::File { executable, stamp } => (false, stamp, executable),
            OnDisk::Link { stamp } => (true, stamp, false),
            OnDisk::Dir | OnDisk::Other | OnDisk::Nothing => return Ok(None),
        };
        if let Some(entry) = entry
            && self.is_unchanged(entry, &now)
            && link == (entry.mode == Mode::SYMLINK)
            && (link || self.mode(entry, executable) == entry.mode)
        {
            return Ok(kept(path, entry));
        }
        if now.size > MAX_READ {
            self.notes.push(format!(
                "{} has {} MiB and differs from git's index: it is left as the index has it",
                String::from_utf8_lossy(path),
                now.size >> 20
            ));
            return Ok(entry.and_then(|entry| kept(path, entry)));
        }
        let there = match link {
            true => OnDisk::Link { stamp: now },
            false => OnDisk::File { executable, stamp: now },
        };
        let kind = self.kind(entry, link.then_some(FileMode::Link), &there);
        let Some(bytes) = self.place.read(path, link)? else { return Ok(None) };
        let id = self.blob(path, kind, bytes)?;
        Ok(Some(Item { path: path.to_vec(), kind, id }))
    }

    /// Whether what the session holds is what is on disk.
    fn is_on_disk(
        &self,
        path: &[u8],
        bytes: &Bytes,
        stamp: &Stamp,
        now: &Stamp,
    ) -> Result<bool, ReviewError> {
        if stamp.proves_unchanged(now) {
            return Ok(true);
        }
        // Written just before it was read: only the bytes can tell.
        let may_be = stamp.size == now.size && stamp.ino == now.ino;
        Ok(may_be && self.place.read(path, false)?.is_some_and(|there| there == *bytes))
    }

    /// What git makes of a regular file's mode.
    fn mode(&self, entry: &gix::index::Entry, executable: bool) -> Mode {
        match (self.trust_mode, executable) {
            (false, _) if entry.mode != Mode::SYMLINK => entry.mode,
            (true, true) => Mode::FILE_EXECUTABLE,
            _ if !self.trust_links && entry.mode == Mode::SYMLINK => Mode::SYMLINK,
            _ => Mode::FILE,
        }
    }

    fn kind(
        &self,
        entry: Option<&gix::index::Entry>,
        mode: Option<FileMode>,
        there: &OnDisk,
    ) -> EntryKind {
        if mode == Some(FileMode::Link) {
            return EntryKind::Link;
        }
        let known = entry.map(|entry| entry.mode);
        let executable = match (self.trust_mode, mode, there) {
            // git does not look at the disk for it, so the session's wish would be lost there too.
            (false, ..) => known == Some(Mode::FILE_EXECUTABLE),
            (true, Some(mode), _) => mode == FileMode::Executable,
            (true, None, OnDisk::File { executable, .. }) => *executable,
            (true, None, _) => known == Some(Mode::FILE_EXECUTABLE),
        };
        match (executable, known) {
            (_, Some(Mode::SYMLINK)) if !self.trust_links && mode.is_none() => EntryKind::Link,
            (true, _) => EntryKind::BlobExecutable,
            (false, _) => EntryKind::Blob,
        }
    }

    /// Whether a file is what it was when git looked last.
    fn is_unchanged(&self, entry: &gix::index::Entry, now: &Stamp) -> bool {
        const NS: i64 = 1_000_000_000;
        let stat = &entry.stat;
        let same_time = |time: gix::index::entry::stat::Time, ns: i64| {
            time.secs == (ns.div_euclid(NS)) as u32
                && (time.nsecs == 0 || i64::from(time.nsecs) == ns.rem_euclid(NS))
        };
        let racy = stat.is_racy(self.index.timestamp(), Default::default());
        !racy
            && !entry.flags.contains(Flags::INTENT_TO_ADD)
            && stat.size == now.size as u32
            && stat.ino == now.ino as u32
            && same_time(stat.mtime, now.mtime_ns)
            && same_time(stat.ctime, now.ctime_ns)
    }

    /// The blob of a file's bytes, filtered as git does when it adds the file.
    fn blob(
        &mut self,
        path: &[u8],
        kind: EntryKind,
        bytes: Bytes,
    ) -> Result<ObjectId, ReviewError> {
        let new = self.objects;
        let write = |bytes: &[u8]| new.write("write a blob", gix::objs::Kind::Blob, bytes);
        if kind == EntryKind::Link {
            return write(&bytes);
        }
        let (moment, place) = (self.moment, self.place);
        self.rules.enter(dir_of(path), &mut |path| moment.rules_file(place, path));
        let failed = |reason: String| ReviewError::Filter {
            path: String::from_utf8_lossy(path).into_owned(),
            reason,
        };
        let known = self.tracked(path).map(|entry| entry.id);
        let (rules, objects) = (&self.rules, &new.repo.objects);
        let mut outcome = self
            .filters
            .convert_to_git(
                &bytes[..],
                &to_path(path),
                &mut |path, out| rules.attributes_here(path, out),
                &mut |buffer| {
                    use gix::objs::Find;
                    let Some(id) = known else { return Ok(None) };
                    Ok(objects.try_find(&id, buffer)?.map(|_| ()))
                },
            )
            .map_err(|err| failed(words(&err)))?;
        if let gix::filter::plumbing::pipeline::convert::ToGitOutcome::Unchanged(_) = outcome {
            return write(&bytes);
        }
        let mut filtered = Vec::new();
        outcome.read_to_end(&mut filtered).map_err(|err| failed(err.to_string()))?;
        write(&filtered)
    }
}

fn to_path(path: &[u8]) -> std::path::PathBuf {
    use std::os::unix::ffi::OsStrExt;
    std::ffi::OsStr::from_bytes(path).into()
}

/// The entry as the index has it.
pub(super) fn kept(path: &[u8], entry: &gix::index::Entry) -> Option<Item> {
    let kind = entry.mode.to_tree_entry_mode()?.kind();
    Some(Item { path: path.to_vec(), kind, id: entry.id })
}
