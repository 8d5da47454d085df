//! Damage anywhere is noticed: an error or the same contents, never other bytes, never a panic.

use std::fs;

use proptest::prelude::*;

use super::*;

/// A stored cache, what it holds, and the bytes of its files.
struct Specimen {
    base: tempfile::TempDir,
    session: Session,
    contents: Contents,
    files: Vec<(PathBuf, Vec<u8>)>,
}

fn specimen() -> Specimen {
    specimen_of("w")
}

fn specimen_of(name: &str) -> Specimen {
    let base = tempfile::tempdir().expect("tempdir");
    let texts = TextStore::default();
    let session = world(&texts, name, 9);
    let utf16 = coderoom_engine::Change {
        files: [(path("u"), text(&texts, b"\xff\xfeu\0"))].into(),
        ..Default::default()
    };
    session.apply(utf16).expect("apply");
    let mut cache = lock(base.path());
    cache.store(&session.snapshot(), &Meta::default()).expect("store");
    let parts = names(cache.dir(), ".crs");
    assert_eq!(parts.len(), 3, "two segments and a part of texts");
    let manifest = names(cache.dir(), ".crm");
    let files = parts.into_iter().chain(manifest);
    let files = files.map(|path| (path.clone(), fs::read(path).expect("read")));
    Specimen { files: files.collect(), contents: contents(&session.snapshot()), session, base }
}

impl Specimen {
    /// Puts `bytes` where file `i` was and looks what an open makes of it; then puts it back.
    fn try_damage(&self, i: usize, bytes: &[u8]) -> Result<(), CacheError> {
        let (path, good) = &self.files[i];
        replace(path, bytes);
        let opened = open(self.base.path()).map(|cached| {
            assert_eq!(cached_contents(cached), self.contents, "other bytes came back");
        });
        replace(path, good);
        opened
    }
}

/// By a new file, as a mapped one may not be written to.
fn replace(path: &Path, bytes: &[u8]) {
    let other = path.with_extension("other");
    fs::write(&other, bytes).expect("write");
    fs::rename(other, path).expect("rename");
}

#[test]
fn no_flipped_bit_goes_unnoticed() {
    let specimen = specimen();
    for (i, (path, good)) in specimen.files.iter().enumerate() {
        // Every byte in one bit, and every bit of header, footer and trailer.
        let len = good.len();
        let bits = (0..len * 8).filter(|bit| {
            let byte = bit / 8;
            byte < 64 || byte + 256 > len || (byte % 3 == 0 && bit % 8 == byte / 3 % 8)
        });
        for bit in bits {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            let error = specimen.try_damage(i, &bad).expect_err("a flipped bit was accepted");
            assert!(
                matches!(error.code(), "cache_damaged" | "cache_version"),
                "{} bit {bit}: {error}",
                path.display()
            );
        }
    }
    assert!(open(specimen.base.path()).is_ok());
}

#[test]
fn no_cut_or_grown_file_goes_unnoticed() {
    let specimen = specimen();
    for (i, (_, good)) in specimen.files.iter().enumerate() {
        for len in (0..good.len()).filter(|len| *len < 80 || len % 13 == 0 || len + 80 > good.len())
        {
            let error = specimen.try_damage(i, &good[..len]).expect_err("a cut file was accepted");
            assert_eq!(error.code(), "cache_damaged", "{len} of {}", good.len());
        }
        for tail in [&[0][..], &[0; 4096], &good[..]] {
            let grown = [good, tail].concat();
            specimen.try_damage(i, &grown).expect_err("a grown file was accepted");
        }
    }
}

#[test]
fn a_part_that_is_missing_or_another_is_noticed() {
    let specimen = specimen();
    // Whole and valid, but of a world with other texts in the same places.
    let stranger = specimen_of("v");
    for (i, (path, bytes)) in stranger.files[..2].iter().enumerate() {
        assert_ne!(path.file_name(), specimen.files[i].0.file_name());
        for i in 0..2 {
            let tried = specimen.try_damage(i, bytes);
            tried.expect_err("a part in another's place was accepted");
        }
    }
    fs::remove_file(&specimen.files[0].0).expect("remove");
    let error = open(specimen.base.path()).map(|_| ()).expect_err("a part is missing");
    assert_eq!(error.code(), "cache_damaged");
}

#[test]
fn the_next_store_replaces_what_is_damaged() {
    let specimen = specimen();
    for (path, good) in &specimen.files {
        let mut bad = good.clone();
        bad[good.len() / 2] ^= 16;
        replace(path, &bad);
        let mut cache = lock(specimen.base.path());
        cache.open(&[0; 32]).map(|_| ()).expect_err("damaged");
        cache.store(&specimen.session.snapshot(), &Meta::default()).expect("store");
        let cached = cache.open(&[0; 32]).expect("repaired");
        assert_eq!(cached_contents(cached), specimen.contents);
    }
}

#[test]
fn other_versions_options_and_roots_are_told_apart() {
    let specimen = specimen();
    for (i, (_, good)) in specimen.files.iter().enumerate() {
        let mut other = good.clone();
        other[8..12].copy_from_slice(&(VERSION + 1).to_ne_bytes());
        let error = specimen.try_damage(i, &other).expect_err("another version was accepted");
        assert_eq!(error.code(), "cache_version");
    }
    let mut cache = lock(specimen.base.path());
    let error = cache.open(&[1; 32]).map(|_| ()).expect_err("other options");
    assert_eq!(error.code(), "cache_mismatch");
    let dir = cache.dir().to_owned();
    drop(cache);
    let elsewhere = Cache::lock(specimen.base.path(), Path::new("/elsewhere")).expect("lock");
    fs::remove_dir_all(elsewhere.dir()).expect("remove");
    fs::rename(dir, elsewhere.dir()).expect("rename");
    let mut moved = Cache::lock(specimen.base.path(), Path::new("/elsewhere")).expect("lock");
    let error = moved.open(&[0; 32]).map(|_| ()).expect_err("another root");
    assert_eq!(error.code(), "cache_mismatch");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Scribbles: a run of any bytes anywhere, as a lost or misplaced disk block would leave it.
    #[test]
    fn no_scribble_goes_unnoticed(
        which in 0..4usize,
        at in any::<prop::sample::Index>(),
        junk in prop::collection::vec(any::<u8>(), 1..600),
    ) {
        thread_local!(static SPECIMEN: Specimen = specimen());
        SPECIMEN.with(|specimen| {
            let good = &specimen.files[which].1;
            let mut bad = good.clone();
            let at = at.index(good.len());
            let end = good.len().min(at + junk.len());
            bad[at..end].copy_from_slice(&junk[..end - at]);
            let tried = specimen.try_damage(which, &bad);
            assert_eq!(tried.is_ok(), bad == *good);
        });
    }
}
