//! Who uses whose names, found by name without resolving them: a name of four letters or more that
//! one to three files define and that is not everywhere.
//!
//! That is wrong now and then, and ranks as well as resolved names do where it was measured; it costs
//! one pass over the texts.

use super::{Ties, gather::Hashed};

/// More files with a definition of a name, and it does not say which is meant.
const MAX_DEFINERS: usize = 3;
/// A name that more than this share of the files has says nothing, unless it is in ten files at most.
const EVERYWHERE: f64 = 0.3;
const FEW_FILES: f64 = 10.0;

/// By name, the files that define it: up to one more than may.
#[derive(Default)]
pub(super) struct Definers {
    by_name: Hashed<Vec<u32>>,
}

impl Definers {
    /// Takes in the names of a file, each once.
    pub(super) fn add(&mut self, file: u32, names: &[u64]) {
        for name in names {
            let files = self.by_name.entry(*name).or_default();
            if files.len() <= MAX_DEFINERS {
                files.push(file);
            }
        }
    }
}

/// Names that are defined, and where they are written.
pub(super) struct Names {
    definers: Hashed<Vec<u32>>,
    /// How many files have a name.
    frequency: Hashed<u32>,
    written: Vec<(u32, Vec<(u64, u32)>)>,
}

impl Names {
    pub(super) fn new(definers: Definers) -> Names {
        let mut definers = definers.by_name;
        definers.retain(|_, files| files.len() <= MAX_DEFINERS);
        Names { definers, frequency: Hashed::default(), written: Vec::new() }
    }

    /// Whether a name is worth noting.
    pub(super) fn is_defined(&self, name: u64) -> bool {
        self.definers.contains_key(&name)
    }

    /// Takes in the names that a file has, each once with how often.
    pub(super) fn add(&mut self, file: u32, names: Vec<(u64, u32)>) {
        for (name, _) in &names {
            *self.frequency.entry(*name).or_default() += 1;
        }
        self.written.push((file, names));
    }

    /// Ties files to those that define what they name, and back: rare names count more, and names
    /// that are written often. `many` is the number of files that were read.
    pub(super) fn uses(&self, many: usize, ties: &mut [Ties]) {
        let many = many as f64;
        for (file, written) in &self.written {
            for (name, times) in written {
                let df = self.frequency.get(name).copied().unwrap_or(1);
                let Some(by) = self.definers.get(name) else { continue };
                if by.contains(file) || f64::from(df) > (many * EVERYWHERE).max(FEW_FILES) {
                    continue;
                }
                let often = (f64::from(1 + times).log2() / 2.0).min(1.0);
                let strength = (many / f64::from(df)).ln_1p() * often / by.len() as f64;
                for other in by {
                    ties[*file as usize].add(0, *other, strength as f32);
                    ties[*other as usize].add(1, *file, strength as f32);
                }
            }
        }
    }
}
