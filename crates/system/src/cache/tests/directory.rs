//! Who may use a cache directory, and which ones stay.

use std::{
    fs,
    io::{self, ErrorKind},
    os::unix::fs::{PermissionsExt, symlink},
    time::{Duration, SystemTime},
};

use super::*;

fn refused<T>(result: Result<T, CacheError>) -> CacheError {
    result.map(|_| ()).expect_err("it ought to be refused")
}

#[test]
fn two_writers_never_share_a_directory() {
    let base = tempfile::tempdir().expect("tempdir");
    let first = lock(base.path());
    let error = refused(Cache::lock(base.path(), Path::new(ROOT)));
    assert_eq!(error.code(), "cache_locked");
    assert!(error.to_string().contains("stop that daemon"), "{error}");
    Cache::lock(base.path(), Path::new("/another")).expect("another root is another cache");
    drop(first);
    lock(base.path());
}

#[test]
fn a_directory_that_is_removed_under_its_lock_is_not_used() {
    let base = tempfile::tempdir().expect("tempdir");
    let session = world(&TextStore::default(), "w", 3);
    let mut cache = lock(base.path());
    fs::remove_dir_all(cache.dir()).expect("remove");
    let other = lock(base.path());
    let error = refused(cache.store(&session.snapshot(), &Meta::default()));
    assert_eq!(error.code(), "cache_removed");
    assert_eq!(refused(cache.open(&[0; 32])).code(), "cache_removed");
    drop((cache, other));
    assert_eq!(refused(open(base.path())).code(), "cache_absent");
}

#[test]
fn only_the_user_gets_in() {
    let base = tempfile::tempdir().expect("tempdir");
    let session = world(&TextStore::default(), "w", 3);
    let mut cache = lock(base.path());
    cache.store(&session.snapshot(), &Meta::default()).expect("store");
    let mode = |path: &Path| fs::metadata(path).expect("stat").permissions().mode() & 0o777;
    let dir = cache.dir().to_owned();
    assert_eq!(mode(&dir), 0o700);
    for file in names(&dir, "") {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    drop(cache);
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o777)).expect("chmod");
    lock(base.path());
    assert_eq!(mode(&dir), 0o700, "one that was opened up is closed again");
    let elsewhere = base.path().join("elsewhere");
    fs::rename(&dir, &elsewhere).expect("rename");
    symlink(&elsewhere, &dir).expect("link");
    let error = refused(Cache::lock(base.path(), Path::new(ROOT)));
    assert_eq!(error.code(), "cache_foreign");
}

#[test]
fn what_a_killed_process_left_is_removed() {
    let base = tempfile::tempdir().expect("tempdir");
    let session = world(&TextStore::default(), "w", 3);
    let mut cache = lock(base.path());
    cache.store(&session.snapshot(), &Meta::default()).expect("store");
    let before = names(cache.dir(), "");
    fs::write(cache.dir().join("seg-0.crs.tmp"), "half").expect("write");
    cache.open(&[0; 32]).expect("open");
    assert_eq!(names(cache.dir(), ""), before);
    fs::write(cache.dir().join("seg-0.crs"), "whole, but never named").expect("write");
    cache.store(&session.snapshot(), &Meta::default()).expect("store");
    assert_eq!(names(cache.dir(), ""), before);
}

#[test]
fn the_least_recently_used_go_first_and_locked_ones_stay() {
    let base = tempfile::tempdir().expect("tempdir");
    let session = world(&TextStore::default(), "w", 30);
    let day = Duration::from_secs(86_400);
    let caches: Vec<Cache> = (0..4u32)
        .map(|i| {
            let root = format!("/root/{i}");
            let mut cache = Cache::lock(base.path(), Path::new(&root)).expect("lock");
            cache.store(&session.snapshot(), &Meta::default()).expect("store");
            let manifest = fs::File::open(&names(cache.dir(), ".crm")[0]).expect("open");
            manifest.set_modified(SystemTime::now() - day * (10 - i)).expect("touch");
            cache
        })
        .collect();
    let stray = base.path().join("not-a-cache");
    fs::write(&stray, [0; 10_000]).expect("write");
    let dirs: Vec<PathBuf> = caches.iter().map(|cache| cache.dir().to_owned()).collect();
    let exists = || dirs.iter().map(|dir| dir.exists()).collect::<Vec<_>>();
    let mut caches = caches.into_iter();
    let (oldest, mut second) = (caches.next().expect("a cache"), caches.next().expect("a cache"));
    drop(caches);
    second.open(&[0; 32]).expect("open");
    drop(second);

    let all = prune(base.path(), u64::MAX).expect("prune");
    assert_eq!((all.removed, all.freed), (0, 0));
    let one_less = prune(base.path(), all.left - 1).expect("prune");
    assert_eq!((one_less.removed, one_less.left), (1, all.left / 4 * 3));
    assert_eq!(exists(), [true, true, false, true], "the oldest is locked, the second was used");
    prune(base.path(), 0).expect("prune");
    assert_eq!(exists(), [true, false, false, false]);
    assert!(stray.exists());
    drop(oldest);
    assert_eq!(prune(base.path(), 0).expect("prune").left, 0);
    assert_eq!(prune(&base.path().join("none"), 0).expect("prune"), Pruned::default());
}

#[test]
fn errors_of_the_system_say_what_can_be_done() {
    use rustix::io::Errno;
    let code = |errno: Errno| CacheError::io(Path::new("f"), io::Error::from(errno)).code();
    for errno in [Errno::NOSPC, Errno::DQUOT, Errno::FBIG] {
        assert_eq!(code(errno), "cache_full");
    }
    for errno in [Errno::ROFS, Errno::ACCESS, Errno::PERM] {
        assert_eq!(code(errno), "cache_unwritable");
    }
    assert_eq!(code(Errno::IO), "cache_io");
    let base = tempfile::NamedTempFile::new().expect("a file, not a directory");
    let error = refused(Cache::lock(base.path(), Path::new(ROOT)));
    assert!(
        matches!(error, CacheError::Io { ref source, .. } if source.kind() == ErrorKind::NotADirectory)
    );
}
