//! The load: scans a tree, then reads, hashes and indexes each file while it is warm in the cache.

use std::{
    io,
    ops::Range,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use coderoom_engine::{
    Body, Covering, FileChange, RelPath, Segment, SegmentBuilder, Session, Stamp, TextStore, Unheld,
};

use crate::{
    read::{Outcome, read_file},
    root::Root,
    scan::{Access, Listed, Walk, in_parallel},
    watch::Watches,
};

/// How a workspace is loaded and watched.
#[derive(Clone, Debug)]
pub struct LoadOptions {
    /// Hold what ignore rules exclude, too (marked as such).
    pub no_ignore: bool,
    /// Larger files are known, not held.
    pub max_file_size: u64,
    /// Threads for scanning and reading; 0 means as many as there are processors.
    pub threads: usize,
    /// Watch at most so many directories; the rest is scanned again and again.
    pub max_watches: Option<usize>,
}

impl Default for LoadOptions {
    fn default() -> LoadOptions {
        LoadOptions { no_ignore: false, max_file_size: 64 << 20, threads: 0, max_watches: None }
    }
}

impl LoadOptions {
    /// How many threads that means here.
    pub(crate) fn threads(&self) -> usize {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        match self.threads {
            0 => processors,
            wanted => wanted.min(processors),
        }
    }
}

/// How far a load has come.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// Files that were read.
    pub files: u64,
    /// Files that there are.
    pub of_files: u64,
    /// Bytes that were read.
    pub bytes: u64,
}

/// What the parts of a load took.
#[derive(Clone, Copy, Debug, Default, serde::Serialize)]
pub struct Timings {
    /// Walking the tree.
    pub scan: Duration,
    /// Reading, hashing and indexing.
    pub read: Duration,
    /// Making the first snapshot.
    pub publish: Duration,
}

/// What an earlier run left behind: texts and segments that may still be true.
pub trait Memory: Sync {
    /// The body of a file that still has this stamp, and the stamp of when it was read.
    fn recall(&self, path: &RelPath, now: &Stamp) -> Option<(Body, Stamp)>;

    /// Segments over such texts.
    fn segments(&self) -> Vec<Arc<Segment>>;
}

/// A loaded tree.
pub struct Loaded {
    /// The trunk.
    pub session: Session,
    /// The directories that were visited.
    pub dirs: Vec<(RelPath, Access)>,
    /// What could not be looked at.
    pub problems: Vec<(RelPath, String)>,
    /// What the parts took.
    pub timings: Timings,
}

/// Loads the tree at `root`. `progress` is called now and then from any of the threads.
///
/// # Errors
/// If `root` cannot be opened as a directory. What is unreadable inside is known and reported.
pub fn load(
    root: &Path,
    options: &LoadOptions,
    store: &TextStore,
    memory: Option<&dyn Memory>,
    progress: &(dyn Fn(Progress) + Sync),
) -> io::Result<Loaded> {
    let loader =
        Loader { root: &Root::open(root)?, options, store, memory, watches: None, progress };
    Ok(loader.run())
}

/// Everything that a load needs.
pub(crate) struct Loader<'a> {
    pub(crate) root: &'a Root,
    pub(crate) options: &'a LoadOptions,
    pub(crate) store: &'a TextStore,
    pub(crate) memory: Option<&'a dyn Memory>,
    pub(crate) watches: Option<&'a Watches>,
    pub(crate) progress: &'a (dyn Fn(Progress) + Sync),
}

/// One range of files, read and indexed.
struct Part {
    files: Vec<(RelPath, FileChange)>,
    segment: Option<Segment>,
}

impl Loader<'_> {
    pub(crate) fn run(&self) -> Loaded {
        let start = Instant::now();
        let walk =
            Walk { root: self.root, options: self.options, watches: self.watches, pass: None };
        let listing = walk.run(vec![RelPath::root()]);
        if let Some(watches) = self.watches {
            for listed in listing.files.iter().filter(|listed| listed.is_linked) {
                watches.add_linked(&listed.path);
            }
        }
        let scanned = Instant::now();
        let threads = self.options.threads();
        let ranges = split(&listing.files, self.options.max_file_size, threads);
        let counters = Counters { of_files: listing.files.len() as u64, ..Counters::default() };
        let parts = in_parallel(threads, ranges.len(), |i| {
            self.read_range(&listing.files[ranges[i].clone()], &counters)
        });
        let read = Instant::now();
        let session = self.publish(parts, listing.unheld);
        Loaded {
            session,
            dirs: listing.dirs,
            problems: listing.problems,
            timings: Timings {
                scan: scanned - start,
                read: read - scanned,
                publish: read.elapsed(),
            },
        }
    }

    fn read_range(&self, files: &[Listed], counters: &Counters) -> Part {
        let mut builder: Option<SegmentBuilder> = None;
        let mut read = Vec::with_capacity(files.len());
        for listed in files {
            if let Some(progress) = counters.count(listed) {
                (self.progress)(progress);
            }
            let recalled = self
                .memory
                .filter(|_| !listed.is_linked)
                .and_then(|memory| memory.recall(&listed.path, &listed.stamp));
            let is_recalled = recalled.is_some();
            let outcome = match recalled {
                Some((body, stamp)) => Outcome::File(body, stamp),
                None => self.read(&listed.path),
            };
            let Outcome::File(body, stamp) = outcome else {
                continue;
            };
            if let (Body::Text(text), false) = (&body, is_recalled) {
                builder.get_or_insert_default().offer(text);
            }
            let put = FileChange::Put { body, stamp, visibility: listed.visibility };
            read.push((listed.path.clone(), put));
        }
        Part { files: read, segment: builder.map(SegmentBuilder::finish) }
    }

    fn read(&self, path: &RelPath) -> Outcome {
        read_file(self.root, path, self.options.max_file_size, self.store)
    }

    fn publish(&self, parts: Vec<Part>, unheld: Vec<Unheld>) -> Session {
        let mut files = Vec::with_capacity(parts.iter().map(|part| part.files.len()).sum());
        let mut segments = self.memory.map(Memory::segments).unwrap_or_default();
        for part in parts {
            files.extend(part.files);
            segments.extend(part.segment.map(Arc::new));
        }
        let session = Session::open(files, unheld);
        for segment in segments {
            let covering = Covering::of_stored(segment, &session.snapshot());
            session.attach(covering);
        }
        session
    }
}

#[derive(Default)]
struct Counters {
    of_files: u64,
    files: AtomicU64,
    bytes: AtomicU64,
}

impl Counters {
    /// Counts a file, and says now and then how far that is.
    fn count(&self, listed: &Listed) -> Option<Progress> {
        const REPORT_EVERY: u64 = 1024;
        let size = listed.stamp.size;
        let files = self.files.fetch_add(1, Ordering::Relaxed) + 1;
        let bytes = self.bytes.fetch_add(size, Ordering::Relaxed) + size;
        let of_files = self.of_files;
        (files.is_multiple_of(REPORT_EVERY) || files == of_files).then_some(Progress {
            files,
            of_files,
            bytes,
        })
    }
}

/// Ranges of files, one segment each: large enough that there are few segments, small enough that
/// document sets stay small, and a multiple of the threads where there is work for all of them.
fn split(files: &[Listed], max_file_size: u64, threads: usize) -> Vec<Range<usize>> {
    const MAX_FILES: usize = 16_384;
    const MAX_BYTES: u64 = 192 << 20;
    const WORTH_SHARING: u64 = 4 << 20;
    let size = |listed: &Listed| match listed.stamp.size {
        size if size <= max_file_size => size,
        _ => 0,
    };
    let total: u64 = files.iter().map(size).sum();
    let needed = (total / MAX_BYTES).max((files.len() / MAX_FILES) as u64) + 1;
    let count = match total {
        0..WORTH_SHARING => needed,
        _ => needed.next_multiple_of(threads as u64),
    };
    let target = total.div_ceil(count).max(1);
    let mut ranges = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (i, listed) in files.iter().enumerate() {
        bytes += size(listed);
        if bytes >= target || i + 1 - start >= MAX_FILES {
            ranges.push(start..i + 1);
            (start, bytes) = (i + 1, 0);
        }
    }
    if start < files.len() {
        ranges.push(start..files.len());
    }
    ranges
}
