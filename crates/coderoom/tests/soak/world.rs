//! Files that say which generation they are of, and what is known of each at any time.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering::SeqCst},
};

pub(crate) const DIRS: u64 = 16;
pub(crate) const FILES: u64 = 240;
/// Every so many generations a file does not exist.
const ABSENT_EVERY: u64 = 7;

/// A small generator of choices (SplitMix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }
}

/// Counts what was begun and what is done: unequal while it is under way.
#[derive(Default)]
pub(crate) struct Progress {
    begun: AtomicU64,
    done: AtomicU64,
}

impl Progress {
    pub(crate) fn begun(&self) -> u64 {
        self.begun.load(SeqCst)
    }

    pub(crate) fn done(&self) -> u64 {
        self.done.load(SeqCst)
    }

    fn advance(&self, step: impl FnOnce(u64)) {
        let next = self.begun.fetch_add(1, SeqCst) + 1;
        step(next);
        self.done.store(next, SeqCst);
    }
}

/// The tree. Directories, and the files in them, belong to one writer each.
pub(crate) struct World {
    pub(crate) root: PathBuf,
    writers: u64,
    files: Vec<Progress>,
    moves: Vec<Progress>,
}

impl World {
    pub(crate) fn new(root: &Path, writers: usize) -> World {
        let world = World {
            root: root.to_path_buf(),
            writers: writers as u64,
            files: (0..FILES).map(|_| Progress::default()).collect(),
            moves: (0..DIRS).map(|_| Progress::default()).collect(),
        };
        for dir in 0..DIRS {
            fs::create_dir_all(root.join(dir_name(dir, 0))).expect("a directory of the tree");
        }
        fs::create_dir(root.join("aside")).expect("a directory for what is being written");
        fs::write(root.join(".gitignore"), "aside/\n").expect("a rule");
        fs::create_dir(root.join(".git")).expect("rules apply");
        (0..FILES).for_each(|file| world.write(file));
        world
    }

    pub(crate) fn file(&self, file: u64) -> &Progress {
        &self.files[file as usize]
    }

    /// The moves of the directory that holds `file`.
    pub(crate) fn moves_of(&self, file: u64) -> &Progress {
        &self.moves[(file % DIRS) as usize]
    }

    /// Does one random change to what belongs to `writer`.
    pub(crate) fn change(&self, writer: usize, random: &mut Random) {
        let dir = random.below(DIRS / self.writers) * self.writers + writer as u64;
        let in_dir = |number: u64| dir + DIRS * (number % (FILES / DIRS));
        match random.below(60) {
            // As a checkout does: everything at once.
            0 => (0..FILES).filter(|file| file % self.writers == writer as u64).for_each(|file| {
                self.write(file);
            }),
            1..=4 => (0..FILES / DIRS).for_each(|number| self.write(in_dir(number))),
            5..=9 => self.moves[dir as usize].advance(|next| {
                let (from, to) = (dir_name(dir, next - 1), dir_name(dir, next));
                fs::rename(self.root.join(from), self.root.join(to)).expect("it is moved");
            }),
            _ => self.write(in_dir(random.below(FILES))),
        }
    }

    /// Brings a file to its next generation.
    fn write(&self, file: u64) {
        self.file(file).advance(|generation| {
            let path = self.root.join(path(file, self.moves_of(file).done()));
            if is_absent(generation) {
                fs::remove_file(&path).expect("it was there");
            } else if is_replaced(file) {
                let aside = self.root.join(format!("aside/{file}"));
                fs::write(&aside, text(file, generation)).expect("it is written");
                fs::rename(&aside, &path).expect("it is put in place");
            } else {
                fs::write(&path, text(file, generation)).expect("it is written");
            }
        });
    }
}

/// Relative to the root, after so many moves of its directory.
pub(crate) fn path(file: u64, moves: u64) -> String {
    format!("{}/file{file}.txt", dir_name(file % DIRS, moves))
}

fn dir_name(dir: u64, moves: u64) -> String {
    if moves.is_multiple_of(2) { format!("dir{dir}") } else { format!("dir{dir}-moved") }
}

pub(crate) fn is_absent(generation: u64) -> bool {
    generation.is_multiple_of(ABSENT_EVERY)
}

/// Whether the file is written aside and put in place: then nobody may ever see a part of it.
/// Others are overwritten where they are.
pub(crate) fn is_replaced(file: u64) -> bool {
    !file.is_multiple_of(4)
}

/// What the file says in this generation: as many lines as the last of them tells, all of the same
/// generation.
pub(crate) fn text(file: u64, generation: u64) -> String {
    let lines = 1 + (generation * 7 + file) % 40;
    let mut text = String::new();
    for number in 0..lines {
        text.push_str(&format!("of {file} generation {generation} line {number}\n"));
    }
    let sum = text.bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(31) ^ u64::from(byte));
    text.push_str(&format!("of {file} generation {generation} end {lines} sum {sum:x}\n"));
    text
}
