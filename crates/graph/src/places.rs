//! How near paths are to each other, and how alike their names.

use foldhash::fast::FixedState;

use crate::words::words;

type Map<K, V> = std::collections::HashMap<K, V, FixedState>;

/// Names of files that stand for their directory.
const STAND_INS: [&str; 5] = ["__init__", "index", "lib", "main", "mod"];

/// Paths, taken apart.
#[derive(Clone, Debug, Default)]
pub struct Places {
    places: Vec<Place>,
    /// How much each word of a name says: more, the fewer names have it.
    rarity: Vec<f64>,
}

#[derive(Clone, Debug)]
struct Place {
    dirs: Box<[u32]>,
    /// The words of its name, in order, each once.
    words: Box<[u32]>,
    /// The rarities of these words together.
    rarity: f64,
}

impl Places {
    /// Of paths with `/` between their components. O(bytes).
    pub fn new<'p>(paths: impl IntoIterator<Item = &'p str>) -> Places {
        let (mut dirs, mut vocabulary) = (Map::default(), Map::default());
        let mut frequency: Vec<u32> = Vec::new();
        let mut places: Vec<Place> = Vec::new();
        for path in paths {
            let (dir, name) = path.rsplit_once('/').unwrap_or(("", path));
            let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
            let stands_in = STAND_INS.contains(&stem) && !dir.is_empty();
            let said = if stands_in { dir.rsplit('/').next().unwrap_or(dir) } else { stem };
            let dirs = dir.split('/').filter(|dir| !dir.is_empty()).map(|dir| {
                let next = dirs.len() as u32;
                *dirs.entry(dir).or_insert(next)
            });
            let dirs = dirs.collect();
            let mut said: Vec<u32> = words(said)
                .map(|word| {
                    let next = vocabulary.len() as u32;
                    *vocabulary.entry(word).or_insert(next)
                })
                .collect();
            said.sort_unstable();
            said.dedup();
            frequency.resize(vocabulary.len(), 0);
            for word in &said {
                frequency[*word as usize] += 1;
            }
            places.push(Place { dirs, words: said.into(), rarity: 0.0 });
        }
        let many = places.len() as f64;
        let rarity: Vec<f64> = frequency.iter().map(|df| (many / f64::from(*df)).ln_1p()).collect();
        for place in &mut places {
            place.rarity = place.words.iter().map(|word| rarity[*word as usize]).sum();
        }
        Places { places, rarity }
    }

    /// How many paths there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// How much of their directories two paths share, from 0 to 1 (in the same one): the Dice
    /// coefficient of the leading components. 0 for paths that are not there.
    pub fn nearness(&self, a: u32, b: u32) -> f64 {
        let (Some(a), Some(b)) = (self.get(a), self.get(b)) else { return 0.0 };
        let shared = a.dirs.iter().zip(&b.dirs).take_while(|(a, b)| a == b).count();
        let all = a.dirs.len() + b.dirs.len();
        if all == 0 { 1.0 } else { 2.0 * shared as f64 / all as f64 }
    }

    /// How alike two names are, from 0 to 1: the shared words among all, rare ones counting more. A
    /// file that stands for its directory has that one's name. 0 for paths that are not there.
    pub fn namesakes(&self, a: u32, b: u32) -> f64 {
        let (Some(a), Some(b)) = (self.get(a), self.get(b)) else { return 0.0 };
        let shared: f64 = a
            .words
            .iter()
            .filter(|word| b.words.binary_search(word).is_ok())
            .map(|word| self.rarity[*word as usize])
            .sum();
        let all = a.rarity + b.rarity - shared;
        if all > 0.0 { (shared / all).min(1.0) } else { 0.0 }
    }

    fn get(&self, path: u32) -> Option<&Place> {
        self.places.get(path as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_near_by_their_directories_and_alike_by_their_names() {
        let paths = [
            "src/sync/mutex.rs",
            "src/sync/mod.rs",
            "src/sync/mpsc/chan.rs",
            "README.md",
            "tests/sync_mutex.rs",
            "src/sync.rs",
        ];
        let places = Places::new(paths);
        assert_eq!(places.nearness(0, 1), 1.0);
        assert_eq!(places.nearness(0, 2), 0.8);
        assert_eq!(places.nearness(0, 3), 0.0);
        assert_eq!(places.namesakes(1, 5), 1.0, "mod.rs has its directory's name");
        assert!(places.namesakes(0, 4) > 0.3 && places.namesakes(0, 4) < 1.0);
        assert_eq!(places.namesakes(0, 2), 0.0);
        for one in 0..6 {
            for other in 0..6 {
                assert_eq!(places.nearness(one, other), places.nearness(other, one));
                assert_eq!(places.namesakes(one, other), places.namesakes(other, one));
            }
        }
    }

    #[test]
    fn odd_paths_are_near_to_nothing() {
        let places = Places::new(["", "/", "a//b", "\u{0}", "😀/😀"]);
        for one in 0..7 {
            for other in 0..7 {
                let (near, named) = (places.nearness(one, other), places.namesakes(one, other));
                assert!((0.0..=1.0).contains(&near) && (0.0..=1.0).contains(&named));
            }
        }
        assert!(Places::new([]).is_empty());
    }
}
