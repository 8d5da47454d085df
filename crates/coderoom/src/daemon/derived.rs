//! What files of derived things (graph, history, facts) have in common.

use std::{
    fs,
    sync::OnceLock,
    time::{Duration, Instant, UNIX_EPOCH},
};

use coderoom_system::cache::CacheError;

/// How long somebody who has the cache directory is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// Tries again while somebody else has the cache directory.
pub(super) fn patiently<T>(attempt: impl Fn() -> Result<T, CacheError>) -> Result<T, CacheError> {
    let begun = Instant::now();
    loop {
        match attempt() {
            Err(CacheError::Locked { .. }) if begun.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(20));
            }
            done => return done,
        }
    }
}

/// Says which build this is: what is derived from a text is a matter of the program.
pub(super) fn maker() -> &'static str {
    static MAKER: OnceLock<String> = OnceLock::new();
    MAKER.get_or_init(|| {
        let own = fs::metadata("/proc/self/exe").ok();
        let built = own.as_ref().and_then(|meta| meta.modified().ok());
        let built = built.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let length = own.map_or(0, |meta| meta.len());
        let version = env!("CARGO_PKG_VERSION");
        format!("coderoom {version} {length} {}", built.unwrap_or_default().as_nanos())
    })
}
