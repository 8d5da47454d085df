//! Packed facts beside the texts that they are of, so that a restart need not read code anew.
//!
//! Facts are a function of bytes, language and program: a file of them says which build of the
//! program (`maker`) took them out, and that build alone gets them back. A store adds one file of
//! what is missing; files that are mostly of texts that are gone are written together anew. Each
//! entry has a checksum of its own, so what a damaged file still has is used, and the rest is taken
//! out of the texts again: nothing here is ever an authority.
//!
//! ```text
//! magic, version, length and checksum of the table     8 + 4 + 8 + 16 bytes
//! table        maker, and for each entry: hash, language, length, checksum, whether it lists no
//!              syntax errors (postcard)
//! entries      packed facts, one after another
//! ```

use std::{
    collections::{HashMap, HashSet},
    ffi::OsStr,
    fs,
    io::{ErrorKind, Read},
    path::{Path, PathBuf},
};

use bytes::Bytes;
use coderoom_engine::{ContentHash, KeptFacts, Language, Packed};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use super::{
    Cache, CacheError,
    disk::{NewFile, open_own, remove_files, sweep, sync_dir},
    kept::DERIVED,
    map::map,
};

const MAGIC: [u8; 8] = *b"crfacts\n";
/// The version of the frame; what is in it is bound to its maker.
const VERSION: u32 = 1;
const HEADER: usize = 8 + 4 + 8 + 16;
/// What the names of files of facts begin with.
const PREFIX: &str = "facts-";
/// More files than this are written together.
const MOST_FILES: usize = 8;
/// Entries are gathered into writes of about this size.
const WRITE: usize = 4 << 20;

/// An entry is found by what it is of, and what that was read as.
type Key = (ContentHash, Language);

#[derive(Serialize, Deserialize)]
struct Table {
    maker: String,
    rows: Vec<Row>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Row {
    hash: [u8; 32],
    language: Language,
    len: u32,
    sum: u64,
    is_clean: bool,
}

impl Row {
    fn key(&self) -> Key {
        (ContentHash(self.hash), self.language)
    }
}

/// What was kept of a workspace's facts, mapped.
#[derive(Default)]
pub struct FactsAtHand {
    entries: HashMap<Key, (Bytes, Row)>,
}

impl FactsAtHand {
    /// Maps what `maker` has kept of the workspace at `root`; nothing if nothing was. What cannot be
    /// read or is not whole is as good as not there.
    pub fn open(base: &Path, root: &Path, maker: &str) -> FactsAtHand {
        let mut entries = HashMap::new();
        for path in files(&Cache::place(base, root)) {
            let Ok((file, len)) = open_own(&path) else { continue };
            let Some(rows) = table(&path, maker) else { continue };
            let Ok(mut rest) = map(&file, len as usize) else { continue };
            let Some(start) = entries_start(&rest) else { continue };
            rest = rest.slice(start..);
            for row in rows {
                if rest.len() < row.len as usize {
                    break;
                }
                entries.insert(row.key(), (rest.split_to(row.len as usize), row));
            }
        }
        FactsAtHand { entries }
    }

    /// How many texts it has the facts of.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing was kept.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The facts of a text, if they are there and as they were written. Costs a checksum of them.
    pub fn take(&mut self, hash: ContentHash, language: Language) -> Option<Packed> {
        let (bytes, row) = self.entries.remove(&(hash, language))?;
        (xxh3_64(&bytes) == row.sum).then(|| Packed::from_bytes(bytes, row.is_clean))
    }
}

/// Sees to it that the cache of the workspace at `root` has these facts, as taken out by `maker`, and
/// returns how many bytes were written for that. Facts of other makers, and files that are mostly of
/// other texts, are removed.
///
/// # Errors
/// What the file system says, or that another process has the cache; then what was kept before still
/// is.
pub fn keep_facts(
    base: &Path,
    root: &Path,
    maker: &str,
    facts: &[KeptFacts],
) -> Result<u64, CacheError> {
    let cache = Cache::lock(base, root)?;
    sweep(cache.dir())?;
    let wanted: HashSet<Key> = facts.iter().map(|it| (it.hash, it.language)).collect();
    let (mut good, mut there) = worth_keeping(cache.dir(), maker, &wanted);
    if good.len() >= MOST_FILES {
        (good, there) = Default::default();
    }
    let missing: Vec<&KeptFacts> =
        facts.iter().filter(|it| !there.contains(&(it.hash, it.language))).collect();
    let mut written = 0;
    if !missing.is_empty() {
        let (path, bytes) = write(cache.dir(), maker, &missing)?;
        written = bytes;
        good.insert(path);
    }
    // The new file's name must be durable before others go.
    sync_dir(cache.dir())?;
    let is_good = |name: &str| good.iter().any(|it| it.file_name() == Some(OsStr::new(name)));
    remove_files(cache.dir(), |name| is_ours(name) && !is_good(name))?;
    Ok(written)
}

/// The files of which at least half is wanted and in no other, and what they have.
fn worth_keeping(
    dir: &Path,
    maker: &str,
    wanted: &HashSet<Key>,
) -> (HashSet<PathBuf>, HashSet<Key>) {
    let (mut good, mut there) = (HashSet::new(), HashSet::new());
    for path in files(dir) {
        let Some(rows) = table(&path, maker) else { continue };
        let whole: u64 = rows.iter().map(|row| u64::from(row.len)).sum();
        let live = rows.iter().filter(|row| {
            let key = row.key();
            wanted.contains(&key) && !there.contains(&key)
        });
        let live: Vec<&Row> = live.collect();
        if 2 * live.iter().map(|row| u64::from(row.len)).sum::<u64>() >= whole.max(1) {
            there.extend(live.into_iter().map(Row::key));
            good.insert(path);
        }
    }
    (good, there)
}

fn write(dir: &Path, maker: &str, facts: &[&KeptFacts]) -> Result<(PathBuf, u64), CacheError> {
    let rows: Vec<Row> = facts
        .iter()
        .map(|it| Row {
            hash: it.hash.0,
            language: it.language,
            len: it.packed.as_bytes().len() as u32,
            sum: xxh3_64(it.packed.as_bytes()),
            is_clean: it.packed.is_clean(),
        })
        .collect();
    let table = Table { maker: maker.to_owned(), rows };
    let encoded =
        postcard::to_stdvec(&table).map_err(|e| CacheError::io(dir, std::io::Error::other(e)))?;
    let sum = xxh3_128(&encoded);
    let path = dir.join(format!("{PREFIX}{sum:032x}{DERIVED}"));
    let mut file = NewFile::create(path.clone())?;
    let mut chunk = Vec::with_capacity(WRITE);
    chunk.extend_from_slice(&MAGIC);
    chunk.extend_from_slice(&VERSION.to_ne_bytes());
    chunk.extend_from_slice(&(encoded.len() as u64).to_ne_bytes());
    chunk.extend_from_slice(&sum.to_ne_bytes());
    chunk.extend_from_slice(&encoded);
    let mut written = 0;
    for it in facts {
        chunk.extend_from_slice(it.packed.as_bytes());
        if chunk.len() >= WRITE {
            file.write(&chunk)?;
            written += chunk.len() as u64;
            chunk.clear();
        }
    }
    file.write(&chunk)?;
    file.commit()?;
    Ok((path, written + chunk.len() as u64))
}

/// The table of a file that `maker` has written, if it is whole and so is the file.
fn table(path: &Path, maker: &str) -> Option<Vec<Row>> {
    let (mut file, len) = open_own(path).ok()?;
    let mut header = [0; HEADER];
    file.read_exact(&mut header).ok()?;
    let table_len = table_len(&header)?;
    if (HEADER as u64).checked_add(table_len)? > len {
        return None;
    }
    let mut encoded = vec![0; table_len as usize];
    file.read_exact(&mut encoded).ok()?;
    if xxh3_128(&encoded).to_ne_bytes() != header[20..] {
        return None;
    }
    let table: Table = postcard::from_bytes(&encoded).ok()?;
    let entries: u64 = table.rows.iter().map(|row| u64::from(row.len)).sum();
    (table.maker == maker && len == HEADER as u64 + table_len + entries).then_some(table.rows)
}

/// The length of the table that a header announces.
fn table_len(header: &[u8]) -> Option<u64> {
    let rest = header.strip_prefix(&MAGIC)?;
    let (version, rest) = rest.split_first_chunk::<4>()?;
    let (len, _) = rest.split_first_chunk::<8>()?;
    (u32::from_ne_bytes(*version) == VERSION).then(|| u64::from_ne_bytes(*len))
}

/// Where the entries of a mapped file begin.
fn entries_start(bytes: &[u8]) -> Option<usize> {
    let start = HEADER.checked_add(usize::try_from(table_len(bytes)?).ok()?)?;
    (start <= bytes.len()).then_some(start)
}

/// The files of facts in a cache directory, in the order of their names.
fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = match fs::read_dir(dir) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Vec::new(),
        entries => entries.into_iter().flatten().flatten(),
    };
    let ours = entries.filter(|entry| entry.file_name().to_str().is_some_and(is_ours));
    let mut paths: Vec<PathBuf> = ours.map(|entry| entry.path()).collect();
    paths.sort_unstable();
    paths
}

fn is_ours(name: &str) -> bool {
    name.starts_with(PREFIX) && name.ends_with(DERIVED)
}

#[cfg(test)]
mod tests {
    use super::{
        super::disk::{count_steps, fail_from},
        *,
    };

    const ROOT: &str = "/a";

    fn facts(texts: &[&str]) -> Vec<KeptFacts> {
        let kept = texts.iter().map(|text| KeptFacts {
            hash: ContentHash::of(text.as_bytes()),
            language: Language::Python,
            packed: Packed::from_bytes(Bytes::from(text.repeat(10)), text.len() > 3),
        });
        kept.collect()
    }

    fn keep(base: &Path, texts: &[&str]) -> Result<u64, CacheError> {
        keep_facts(base, Path::new(ROOT), "me", &facts(texts))
    }

    /// Which of the texts have their facts kept.
    fn kept<'t>(base: &Path, maker: &str, texts: &[&'t str]) -> Vec<&'t str> {
        let mut there = FactsAtHand::open(base, Path::new(ROOT), maker);
        let mut is_kept = |text: &str| {
            let packed = there.take(ContentHash::of(text.as_bytes()), Language::Python)?;
            assert_eq!(packed.as_bytes(), text.repeat(10).as_bytes());
            assert_eq!(packed.is_clean(), text.len() > 3);
            Some(())
        };
        texts.iter().copied().filter(|text| is_kept(text).is_some()).collect()
    }

    fn places(base: &Path) -> Vec<PathBuf> {
        files(&Cache::place(base, Path::new(ROOT)))
    }

    /// A store writes what is missing and nothing else, and lets go what is of nothing any more.
    #[test]
    fn what_is_missing_is_added_and_what_is_gone_goes() {
        let base = tempfile::tempdir().expect("tempdir");
        let base = base.path();
        assert!(FactsAtHand::open(base, Path::new(ROOT), "me").is_empty());
        assert!(keep(base, &["one", "two", "three"]).expect("kept") > 0);
        assert_eq!(keep(base, &["one", "two", "three"]).expect("kept"), 0);
        assert_eq!(kept(base, "me", &["one", "two", "four"]), ["one", "two"]);
        assert!(kept(base, "another", &["one", "two"]).is_empty(), "another build's");
        // The first file is half of use still, and one is added.
        assert!(keep(base, &["one", "two", "four"]).expect("kept") > 0);
        assert_eq!(kept(base, "me", &["one", "two", "three", "four"]).len(), 4);
        assert_eq!(places(base).len(), 2);
        assert!(keep(base, &["four", "five"]).expect("kept") > 0);
        assert_eq!(kept(base, "me", &["one", "three", "four", "five"]), ["four", "five"]);
        for n in 0..3 * MOST_FILES {
            let texts: Vec<String> = (0..=n).map(|it| format!("text {it}")).collect();
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            keep(base, &texts).expect("kept");
            assert_eq!(kept(base, "me", &texts), texts);
            assert!(places(base).len() <= MOST_FILES);
        }
    }

    /// Another build takes the place over; nobody gets the facts of a build that is not theirs.
    #[test]
    fn each_build_keeps_its_own() {
        let base = tempfile::tempdir().expect("tempdir");
        let base = base.path();
        keep(base, &["one"]).expect("kept");
        keep_facts(base, Path::new(ROOT), "you", &facts(&["one"])).expect("kept");
        assert_eq!(places(base).len(), 1);
        assert_eq!((kept(base, "me", &["one"]).len(), kept(base, "you", &["one"]).len()), (0, 1));
    }

    /// Whatever byte is another one, an entry comes back as it was or not at all; a file that is cut
    /// has none. The next store makes up for it.
    #[test]
    fn damage_is_noticed() {
        let base = tempfile::tempdir().expect("tempdir");
        let base = base.path();
        let texts = ["one", "two", "three"];
        keep(base, &texts).expect("kept");
        let path = places(base).remove(0);
        let whole = fs::read(&path).expect("there");
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x10;
            fs::remove_file(&path).expect("removed");
            fs::write(&path, &bytes).expect("written");
            assert!(kept(base, "me", &texts).len() < texts.len(), "byte {at}");
        }
        for len in 0..whole.len() {
            fs::remove_file(&path).expect("removed");
            fs::write(&path, &whole[..len]).expect("written");
            assert!(kept(base, "me", &texts).is_empty(), "cut to {len}");
        }
        assert!(keep(base, &texts).expect("kept") > 0);
        assert_eq!(kept(base, "me", &texts), texts);
    }

    /// Wherever writing ends (a full disk, a killed process), what was kept before is there, or what
    /// was to be kept.
    #[test]
    fn nothing_is_lost_on_the_way() {
        let base = tempfile::tempdir().expect("tempdir");
        let base = base.path();
        let (old, new) = (["one", "two", "three"], ["four", "five", "six", "seven"]);
        keep(base, &old).expect("kept");
        let (_, steps) = count_steps(|| keep(base, &new).expect("kept"));
        keep(base, &old).expect("kept");
        for limit in 0..steps {
            assert!(fail_from(limit, || keep(base, &new)).is_err(), "step {limit} of {steps}");
            let all = kept(base, "me", &old).len() == old.len()
                || kept(base, "me", &new).len() == new.len();
            assert!(all, "step {limit} of {steps}");
            keep(base, &new).expect("the next one succeeds");
            keep(base, &old).expect("kept");
        }
    }
}
