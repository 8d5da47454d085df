//! From doubt to truth: looks at everything that events made doubtful, and publishes one change.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use coderoom_engine::{
    Body, Change, File, FileChange, RelPath, Snapshot, Stamp, Unheld, Visibility,
};
use rustix::fs::FileType;

use super::Shared;
use crate::{
    read::{Outcome, read_file},
    root::{Root, file_type, is_linked, stamp},
    rules::{Rules, Standing},
    scan::{Access, Listing, Walk, in_parallel},
    watch::{Dirt, within},
};

/// What the author knows beyond the trunk's snapshot.
pub(super) struct Tree {
    shared: Arc<Shared>,
    root: Root,
    /// The directories that belong to the workspace.
    dirs: BTreeMap<RelPath, Access>,
    unheld: BTreeMap<RelPath, Unheld>,
}

/// One look at the disk: what it will change, and what is still to be done for it.
struct Look<'a> {
    tree: &'a mut Tree,
    now: Arc<Snapshot>,
    change: Change,
    unheld_changed: bool,
    /// Directories to walk.
    walk: BTreeSet<RelPath>,
    /// Files to read.
    read: BTreeMap<RelPath, Visibility>,
    /// The known files by inode, once it is asked for.
    by_inode: Option<HashMap<u64, Vec<RelPath>>>,
}

impl Tree {
    pub(super) fn new(shared: Arc<Shared>, root: Root, dirs: Vec<(RelPath, Access)>) -> Tree {
        let snapshot = shared.session.snapshot();
        let unheld = snapshot.unheld().iter();
        Tree {
            root,
            dirs: dirs.into_iter().collect(),
            unheld: unheld.map(|u| (u.path.clone(), u.clone())).collect(),
            shared,
        }
    }

    pub(super) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }

    /// Makes the trunk true again. What cannot be watched is scanned only if somebody asks.
    pub(super) fn look(&mut self, mut dirt: Dirt, is_asked: bool) {
        if !self.hold_root(&mut dirt) {
            return;
        }
        let is_rescan = is_asked && self.shared.is_rescan_due();
        if dirt.is_empty() && !is_rescan {
            return;
        }
        if dirt.rules.contains(&RelPath::root()) || dirt.everything {
            self.shared.watches.add_outside(&self.shared.root);
        }
        let began = Instant::now();
        let mut look = Look::new(self);
        look.begin(dirt);
        look.walk_all();
        if is_rescan {
            look.walk_unwatched();
        }
        look.read_all();
        let change = look.finish();
        if is_rescan {
            *self.shared.rescanned.lock() = began;
        }
        self.publish(change);
    }

    /// Makes sure that the root is held and in its place. If it is gone, so is everything in it,
    /// until a directory is there again.
    fn hold_root(&mut self, dirt: &mut Dirt) -> bool {
        let was_gone = self.shared.is_gone.load(Ordering::SeqCst);
        if !was_gone && self.root.is_in_place() {
            return true;
        }
        if !was_gone {
            tracing::warn!(root = %self.shared.root.display(), "the root is gone");
            let mut look = Look::new(self);
            look.vanish(&RelPath::root());
            let change = look.finish();
            self.publish(change);
        }
        // The path may lead elsewhere by now: only a directory at the canonical path will do.
        let is_there = self.shared.root.canonicalize().ok().as_ref() == Some(&self.shared.root);
        match Root::open(&self.shared.root) {
            Ok(root) if is_there => {
                self.root = root;
                self.shared.is_gone.store(false, Ordering::SeqCst);
                dirt.everything = true;
                true
            }
            _ => {
                self.shared.is_gone.store(true, Ordering::SeqCst);
                false
            }
        }
    }

    fn publish(&self, change: Change) {
        if change.is_empty() {
            return;
        }
        // Nobody else writes to the trunk and nothing is expected, so this cannot fail.
        if let Err(stale) = self.shared.session.apply(change) {
            tracing::error!(%stale, "the trunk refused a change from the disk");
        }
        self.shared.folder.notice();
    }
}

impl Look<'_> {
    fn new(tree: &mut Tree) -> Look<'_> {
        Look {
            now: tree.shared.session.snapshot(),
            tree,
            change: Change::default(),
            unheld_changed: false,
            walk: BTreeSet::new(),
            read: BTreeMap::new(),
            by_inode: None,
        }
    }

    /// Looks at each doubtful path by itself.
    fn begin(&mut self, dirt: Dirt) {
        if dirt.everything {
            self.walk.insert(RelPath::root());
            return;
        }
        self.walk.extend(dirt.rules);
        for dir in dirt.attributes {
            // A new time stamp is nothing; a new mode decides what can be read below.
            let access = self.tree.root.stat(&dir).as_ref().map(Access::of).ok();
            if access != self.tree.dirs.get(&dir).copied() {
                self.walk.insert(dir);
            }
        }
        let root = self.tree.shared.root.clone();
        let mut rules = Rules::new(&root, self.tree.shared.options.no_ignore);
        let mut above: Option<(RelPath, Option<Standing>)> = None;
        for path in dirt.names {
            let Some(parent) = path.parent() else {
                self.walk.insert(path);
                continue;
            };
            if !self.tree.dirs.contains_key(&parent) {
                continue;
            }
            let stat = self.tree.root.stat(&path);
            let linked = stat.as_ref().ok().filter(|stat| is_linked(stat));
            if let Some(stat) = linked {
                self.watch_links(&path, stamp(stat, 0).ino);
            }
            let kind = stat.map(|stat| file_type(&stat));
            let is_dir = match (kind, self.now.file(&path)) {
                // The rules have not changed for it, or it would be walked to.
                (Ok(FileType::RegularFile), Some(held)) => {
                    self.read.insert(path, held.visibility);
                    continue;
                }
                (Ok(FileType::RegularFile), None) => false,
                (Ok(FileType::Directory), _) => true,
                _ => {
                    self.vanish(&path);
                    continue;
                }
            };
            if above.as_ref().is_none_or(|(dir, _)| *dir != parent) {
                let standing = rules.standing(&parent);
                above = Some((parent, standing));
            }
            if let Some((_, Some(standing))) = &above {
                self.look_at(path, is_dir, &mut rules, standing);
            }
        }
    }

    /// Looks at something that was not held before, or may have been replaced as a whole.
    fn look_at(&mut self, path: RelPath, is_dir: bool, rules: &mut Rules<'_>, above: &Standing) {
        let visibility = rules.judge(above, &path, is_dir);
        let is_git_dir = is_dir && path.file_name() == b".git";
        if is_git_dir || !rules.admits(visibility) {
            let old = self.tree.unheld.remove(&path);
            self.vanish(&path);
            let unheld = Unheld { path: path.clone(), is_dir, visibility };
            self.unheld_changed |= old.as_ref() != Some(&unheld);
            self.tree.unheld.insert(path, unheld);
            return;
        }
        if self.tree.unheld.remove(&path).is_some() {
            self.unheld_changed = true;
        }
        if is_dir {
            self.remove_file(&path);
            self.walk.insert(path);
        } else {
            if self.tree.dirs.contains_key(&path) {
                self.vanish(&path);
            }
            self.read.insert(path, visibility);
        }
    }

    /// Watches a file that has several names, and looks at those that are known: what was written
    /// through one of them has changed all.
    fn watch_links(&mut self, path: &RelPath, inode: u64) {
        if !self.tree.shared.watches.add_linked(path) {
            return;
        }
        let now = Arc::clone(&self.now);
        let by_inode = self.by_inode.get_or_insert_with(|| {
            let mut by_inode: HashMap<u64, Vec<RelPath>> = HashMap::new();
            for file in now.files() {
                let names = by_inode.entry(file.stamp.ino).or_default();
                names.push(file.path.clone());
            }
            by_inode
        });
        for other in by_inode.get(&inode).into_iter().flatten() {
            let is_leaving = matches!(self.change.files.get(other), Some(FileChange::Remove));
            if let Some(file) = now.file(other).filter(|_| !is_leaving) {
                self.tree.shared.watches.add_linked(other);
                self.read.entry(other.clone()).or_insert(file.visibility);
            }
        }
    }

    /// Nothing is at `path` any more, nor below it.
    fn vanish(&mut self, path: &RelPath) {
        let files: Vec<RelPath> =
            self.now.files_within(path).map(|file| file.path.clone()).collect();
        for file in files {
            self.change.files.insert(file, FileChange::Remove);
        }
        let stale: Vec<RelPath> = self
            .read
            .range(path.clone()..)
            .map(|(path, _)| path.clone())
            .take_while(|read| read.is_within(path))
            .collect();
        for read in stale {
            self.read.remove(&read);
        }
        for dir in within(&self.tree.dirs, path) {
            self.tree.dirs.remove(&dir);
        }
        self.tree.shared.watches.remove_within(path);
        for unheld in within(&self.tree.unheld, path) {
            self.unheld_changed = true;
            self.tree.unheld.remove(&unheld);
        }
    }

    fn remove_file(&mut self, path: &RelPath) {
        self.read.remove(path);
        if self.now.file(path).is_some() {
            self.change.files.insert(path.clone(), FileChange::Remove);
        }
    }

    /// Walks the doubtful directories with everything below them.
    fn walk_all(&mut self) {
        let starts = topmost(std::mem::take(&mut self.walk));
        if !starts.is_empty() {
            let listing = self.list(&starts, None);
            self.absorb(&starts, listing);
        }
    }

    /// Lists the directories without a watch again, and new ones that are found there.
    fn walk_unwatched(&mut self) {
        let starts = self.tree.shared.watches.unwatched_dirs();
        let known = |dir: &RelPath| self.tree.dirs.contains_key(dir);
        let listing = self.list(&starts, Some(&known));
        self.absorb(&topmost(starts), listing);
    }

    fn list(
        &self,
        starts: &[RelPath],
        pass: Option<&(dyn Fn(&RelPath) -> bool + Sync)>,
    ) -> Listing {
        let walk = Walk {
            root: &self.tree.root,
            options: &self.tree.shared.options,
            watches: Some(&self.tree.shared.watches),
            pass,
        };
        walk.run(starts.to_vec())
    }

    /// Takes over what a walk from `starts` found. A listing speaks for the entries of the
    /// directories that it visited.
    fn absorb(&mut self, starts: &[RelPath], listing: Listing) {
        let visited: HashSet<&RelPath> = listing.dirs.iter().map(|(dir, _)| dir).collect();
        let seen: HashSet<&RelPath> = listing.files.iter().map(|file| &file.path).collect();
        let is_listed = |path: &RelPath| path.parent().is_some_and(|dir| visited.contains(&dir));
        for start in starts {
            let gone_dirs = within(&self.tree.dirs, start).into_iter().filter(|dir| {
                !visited.contains(dir)
                    && (dir == start || is_listed(dir))
                    && listing.passed.binary_search(dir).is_err()
            });
            for dir in gone_dirs.collect::<Vec<_>>() {
                self.vanish(&dir);
            }
            let gone_files: Vec<RelPath> = self
                .now
                .files_within(start)
                .filter(|file| is_listed(&file.path) && !seen.contains(&file.path))
                .map(|file| file.path.clone())
                .collect();
            for file in gone_files {
                self.remove_file(&file);
            }
        }
        self.absorb_unheld(starts, &listing, is_listed);
        for listed in &listing.files {
            self.take_or_read(&listed.path, &listed.stamp, listed.visibility);
            if listed.is_linked {
                self.watch_links(&listed.path, listed.stamp.ino);
                self.read.insert(listed.path.clone(), listed.visibility);
            }
        }
        self.tree.dirs.extend(listing.dirs.iter().cloned());
        let dirs = &self.tree.dirs;
        let mut problems = self.tree.shared.problems.lock();
        problems.retain(|(path, _)| {
            let is_known = |dir: &RelPath| dirs.contains_key(dir) && !visited.contains(dir);
            path.parent().as_ref().is_some_and(is_known) || (is_known(path) && !is_listed(path))
        });
        problems.extend(listing.problems);
    }

    fn absorb_unheld(
        &mut self,
        starts: &[RelPath],
        listing: &Listing,
        is_listed: impl Fn(&RelPath) -> bool,
    ) {
        for start in starts {
            for path in within(&self.tree.unheld, start) {
                let stays = !is_listed(&path)
                    || listing.unheld.binary_search_by(|unheld| unheld.path.cmp(&path)).is_ok();
                if !stays {
                    self.unheld_changed = true;
                    self.tree.unheld.remove(&path);
                }
            }
        }
        for unheld in &listing.unheld {
            let old = self.tree.unheld.insert(unheld.path.clone(), unheld.clone());
            self.unheld_changed |= old.as_ref() != Some(unheld);
        }
    }

    /// Keeps what is held of a listed file if its stamp proves that it is the same; else reads it.
    fn take_or_read(&mut self, path: &RelPath, stamp: &Stamp, visibility: Visibility) {
        let held = self.now.file(path).filter(|file| {
            file.stamp.proves_unchanged(stamp) && !matches!(file.body, Body::Unreadable(_))
        });
        match held {
            Some(file) if file.visibility == visibility => {
                self.read.remove(path);
                self.change.files.remove(path);
            }
            Some(file) => {
                let put =
                    FileChange::Put { body: file.body.clone(), stamp: file.stamp, visibility };
                self.read.remove(path);
                self.change.files.insert(path.clone(), put);
            }
            None => {
                self.read.insert(path.clone(), visibility);
            }
        }
    }

    /// Reads everything that has to be read.
    fn read_all(&mut self) {
        const ALONE_UP_TO: usize = 128;
        let shared = &self.tree.shared;
        let files: Vec<(RelPath, Visibility)> =
            std::mem::take(&mut self.read).into_iter().collect();
        let threads = match files.len() {
            0..ALONE_UP_TO => 1,
            _ => shared.options.threads(),
        };
        let root = &self.tree.root;
        let outcomes = in_parallel(threads, files.len(), |i| {
            read_file(root, &files[i].0, shared.options.max_file_size, &shared.store)
        });
        for ((path, visibility), outcome) in files.into_iter().zip(outcomes) {
            match outcome {
                Outcome::Absent => self.remove_file(&path),
                Outcome::File(body, stamp) => self.put(path, body, stamp, visibility),
            }
        }
    }

    fn put(&mut self, path: RelPath, body: Body, stamp: Stamp, visibility: Visibility) {
        let is_same = self
            .now
            .file(&path)
            .is_some_and(|file| is_known(file, &body, &stamp) && file.visibility == visibility);
        if is_same {
            self.change.files.remove(&path);
            return;
        }
        let put = FileChange::Put { body, stamp, visibility };
        self.change.files.insert(path, put);
    }

    fn finish(mut self) -> Change {
        if self.unheld_changed {
            self.change.unheld = Some(self.tree.unheld.values().cloned().collect());
        }
        self.change
    }
}

/// The directories that are not below another one of them; they come in path order.
fn topmost(dirs: impl IntoIterator<Item = RelPath>) -> Vec<RelPath> {
    let mut tops: Vec<RelPath> = Vec::new();
    for dir in dirs {
        // In that order a directory comes right before what is below it.
        if tops.last().is_none_or(|last| !dir.is_within(last)) {
            tops.push(dir);
        }
    }
    tops
}

/// Whether a file has this body and nothing new is told by this stamp.
fn is_known(file: &File, body: &Body, stamp: &Stamp) -> bool {
    let is_same_body = match (&file.body, body) {
        (Body::Text(old), Body::Text(new)) => old.hash() == new.hash(),
        (Body::Binary, Body::Binary) | (Body::TooLarge, Body::TooLarge) => true,
        (Body::Unreadable(old), Body::Unreadable(new)) => old == new,
        _ => false,
    };
    let as_read_then = Stamp { read_ns: file.stamp.read_ns, ..*stamp };
    // A read after the time of doubt makes the stamp a proof, which saves the next scan a read.
    let is_proof_news = stamp.proves_unchanged(stamp) && !file.stamp.proves_unchanged(stamp);
    is_same_body && as_read_then == file.stamp && !is_proof_news
}
