//! Stand-in.
#![allow(missing_docs)]
pub mod cache;
use std::{path::{Path, PathBuf}, sync::Arc, time::{Duration, Instant}};
use coderoom_engine::*;

#[derive(Clone, Debug)]
pub struct LoadOptions { pub no_ignore: bool, pub max_file_size: u64, pub threads: usize, pub max_watches: Option<usize> }
impl Default for LoadOptions { fn default() -> Self { LoadOptions { no_ignore: false, max_file_size: 64 << 20, threads: 2, max_watches: None } } }
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness { Fresh, Late, Rescanned { age: Duration } }
pub struct Status { pub watches: usize, pub unwatched: usize, pub load_seconds: f64, pub warm: bool, pub problems: Vec<String> }
pub struct Workspace { root: PathBuf, session: Session, secs: f64 }
impl Workspace {
    pub fn open(root: &Path, _options: LoadOptions, store: TextStore, _cache: Option<&Path>) -> std::io::Result<Arc<Workspace>> {
        let t = Instant::now();
        let mut files = Vec::new();
        for e in ignore::WalkBuilder::new(root).hidden(false).filter_entry(|e| e.file_name() != ".git").build().flatten() {
            if !e.file_type().is_some_and(|t| t.is_file()) { continue }
            let Ok(rel) = RelPath::new(e.path().strip_prefix(root).unwrap().as_os_str().as_encoded_bytes()) else { continue };
            let Ok(bytes) = std::fs::read(e.path()) else { continue };
            let mut vis = Visibility::default();
            if rel.file_name().starts_with(b".") { vis = vis.with(Visibility::HIDDEN_SELF) }
            if rel.parent().is_some_and(|p| p.as_bytes().split(|b| *b == b'/').any(|c| c.starts_with(b"."))) { vis = vis.with(Visibility::HIDDEN_DIR) }
            let m = e.metadata().unwrap();
            let stamp = Stamp { size: m.len(), mtime_ns: m.modified().unwrap().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as i64, ..Stamp::default() };
            let body = store.intern(bytes.into()).map_or(Body::Binary, Body::Text);
            files.push((rel, FileChange::Put { body, stamp, visibility: vis }));
        }
        files.sort_by(|a, b| a.0.cmp(&b.0));
        let session = Session::open(files, vec![]);
        let all: Vec<_> = session.snapshot().files().cloned().collect();
        for part in all.chunks(16384) { session.attach(Covering::build(part)); }
        Ok(Arc::new(Workspace { root: root.to_path_buf(), session, secs: t.elapsed().as_secs_f64() }))
    }
    pub fn fresh(&self, _deadline: Instant) -> (Arc<Snapshot>, Freshness) { (self.session.snapshot(), Freshness::Fresh) }
    pub fn snapshot(&self) -> Arc<Snapshot> { self.session.snapshot() }
    pub fn is_gone(&self) -> bool { false }
    pub fn root(&self) -> &Path { &self.root }
    pub fn status(&self) -> Status { Status { watches: 0, unwatched: 0, load_seconds: self.secs, warm: false, problems: vec![] } }
    pub fn persist(&self, _base: &Path) -> std::io::Result<()> { Ok(()) }
}
