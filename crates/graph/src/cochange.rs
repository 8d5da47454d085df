//! What changes together: a matrix of pairs, filled from commits one by one.
//!
//! An old commit counts less than a new one, by a half-life; a commit of many items says less of
//! each pair, and a huge one nothing. The matrix is bounded: each row keeps its strongest partners,
//! and all rows together have a budget. Items are numbers of the caller's choice.

use foldhash::fast::FixedState;

type Map<V> = std::collections::HashMap<u32, V, FixedState>;

/// Seconds of a day.
const DAY: f64 = 86_400.0;

/// Bounds of a matrix, and how commits count.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct CoChangeOptions {
    /// After so many days a commit counts half.
    pub half_life_days: f64,
    /// Up to so many items, a commit counts whole; a larger one in proportion less.
    pub whole_items: usize,
    /// A commit of more items says nothing of pairs.
    pub max_items: usize,
    /// The most partners of an item.
    pub max_row: usize,
    /// The most partners of all items together.
    pub max_entries: usize,
}

impl Default for CoChangeOptions {
    fn default() -> CoChangeOptions {
        CoChangeOptions {
            half_life_days: 180.0,
            whole_items: 8,
            max_items: 40,
            max_row: 100,
            max_entries: 500_000,
        }
    }
}

/// What is summed up of commits: as of the newest of them.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
struct Sum {
    weight: f64,
    /// The newest commit, in seconds since 1970.
    last: i64,
    commits: u32,
}

/// An item that was changed together with another.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Partner {
    /// The item.
    pub item: u32,
    /// How much they changed together: the sum over commits, the old and the large counted less.
    pub weight: f64,
    /// The share of the other's changes that this item was part of, from 0 to 1; for several others,
    /// the chance that at least one of them brings it along, if they were independent.
    pub confidence: f64,
    /// How many commits changed both.
    pub support: u32,
    /// The newest of these, in seconds since 1970.
    pub last: i64,
}

/// The matrix.
#[derive(Clone, Debug)]
pub struct CoChange {
    options: CoChangeOptions,
    rows: Map<Map<Sum>>,
    items: Map<Sum>,
    entries: usize,
    commits: usize,
    skipped: usize,
}

impl CoChange {
    /// An empty matrix. A half-life that is no number above 0 counts as endless.
    pub fn new(options: CoChangeOptions) -> CoChange {
        let (rows, items) = (Map::default(), Map::default());
        CoChange { options, rows, items, entries: 0, commits: 0, skipped: 0 }
    }

    /// How many partners of items are held; each pair counts twice.
    pub fn entries(&self) -> usize {
        self.entries
    }

    /// How many commits were added, and how many of them were too large to say anything of pairs.
    pub fn commits(&self) -> (usize, usize) {
        (self.commits, self.skipped)
    }

    /// How many commits changed an item, and their weight at a time.
    pub fn changes(&self, item: u32, now: i64) -> (u32, f64) {
        let sum = self.items.get(&item).copied().unwrap_or_default();
        (sum.commits, self.at(&sum, now))
    }

    /// The same matrix with other numbers for its items: `number` gives each its own. O(entries).
    #[must_use]
    pub fn renumbered(&self, number: &dyn Fn(u32) -> u32) -> CoChange {
        let renamed =
            |row: &Map<Sum>| row.iter().map(|(item, sum)| (number(*item), *sum)).collect();
        CoChange {
            rows: self.rows.iter().map(|(item, row)| (number(*item), renamed(row))).collect(),
            items: renamed(&self.items),
            ..*self
        }
    }

    /// Takes in a commit; commits may come in any order. An item that is named twice counts once.
    /// O(items^2), which is bounded.
    pub fn add(&mut self, time: i64, items: &[u32]) {
        let mut items = items.to_vec();
        items.sort_unstable();
        items.dedup();
        self.commits += 1;
        let weight = self.weight(items.len());
        if weight <= 0.0 {
            self.skipped += 1;
            return;
        }
        for item in &items {
            add(self.items.entry(*item).or_default(), time, weight, self.options.half_life_days);
        }
        for one in &items {
            let row = self.rows.entry(*one).or_default();
            let before = row.len();
            for other in items.iter().filter(|other| *other != one) {
                add(row.entry(*other).or_default(), time, weight, self.options.half_life_days);
            }
            // Twice the bound, so that it is not sorted for each new partner.
            if row.len() > self.options.max_row.saturating_mul(2) {
                keep_best(row, self.options.max_row, self.options.half_life_days);
            }
            self.entries = self.entries + row.len() - before;
        }
        if self.entries > self.options.max_entries {
            self.shrink();
        }
    }

    /// The partners of an item, the surest first, ties by support and item.
    pub fn partners(&self, item: u32, now: i64, limit: usize) -> Vec<Partner> {
        self.partners_of(&[item], now, limit)
    }

    /// The partners of several items that are none of them, the surest first, ties by support and
    /// item.
    pub fn partners_of(&self, items: &[u32], now: i64, limit: usize) -> Vec<Partner> {
        let mut items = items.to_vec();
        items.sort_unstable();
        items.dedup();
        let mut found: Map<Partner> = Map::default();
        for item in &items {
            let all = self.items.get(item).map_or(0.0, |sum| self.at(sum, now));
            for (other, weight, sum) in self.row(*item, now) {
                if items.binary_search(&other).is_ok() {
                    continue;
                }
                let confidence = if all > 0.0 { (weight / all).min(1.0) } else { 0.0 };
                let partner = found.entry(other).or_insert(Partner {
                    item: other,
                    weight: 0.0,
                    confidence: 0.0,
                    support: 0,
                    last: i64::MIN,
                });
                partner.weight += weight;
                partner.confidence = 1.0 - (1.0 - partner.confidence) * (1.0 - confidence);
                partner.support += sum.commits;
                partner.last = partner.last.max(sum.last);
            }
        }
        let mut found: Vec<Partner> = found.into_values().collect();
        found.sort_by(|a, b| {
            let surer = b.confidence.total_cmp(&a.confidence);
            surer.then(b.support.cmp(&a.support)).then(a.item.cmp(&b.item))
        });
        found.truncate(limit);
        found
    }

    /// Every pair that changed together in at least so many commits: the smaller item, the larger
    /// one, and how strongly they belong together, above 0 and up to 1: the geometric mean of the
    /// confidences of both ways. In the order of the items.
    pub fn pairs(&self, now: i64, min_support: u32) -> Vec<(u32, u32, f64)> {
        let mut pairs = Vec::new();
        for one in self.rows.keys() {
            let first = self.items.get(one).map_or(0.0, |sum| self.at(sum, now));
            for (other, weight, sum) in self.row(*one, now) {
                // A row may have lost a partner that kept it.
                let twice =
                    *one > other && self.rows.get(&other).is_some_and(|row| row.contains_key(one));
                let second = self.items.get(&other).map_or(0.0, |sum| self.at(sum, now));
                let strength = weight / (first * second).sqrt();
                if sum.commits >= min_support && !twice && strength > 0.0 {
                    pairs.push((*one.min(&other), *one.max(&other), strength.min(1.0)));
                }
            }
        }
        pairs.sort_by_key(|(a, b, _)| (*a, *b));
        pairs
    }

    /// The bounded row of an item: partners, their weight at a time, and the sum behind it.
    fn row(&self, item: u32, now: i64) -> Vec<(u32, f64, Sum)> {
        let Some(row) = self.rows.get(&item) else { return Vec::new() };
        let mut row: Vec<_> =
            row.iter().map(|(other, sum)| (*other, self.at(sum, now), *sum)).collect();
        row.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        row.truncate(self.options.max_row);
        row
    }

    /// How much a commit of so many items counts.
    fn weight(&self, items: usize) -> f64 {
        let whole = self.options.whole_items.max(1);
        match items {
            0 => 0.0,
            _ if items > self.options.max_items => 0.0,
            _ if items <= whole => 1.0,
            _ => whole as f64 / items as f64,
        }
    }

    /// A sum as of a time. What is newer than that time counts whole.
    fn at(&self, sum: &Sum, now: i64) -> f64 {
        sum.weight * decay(now.saturating_sub(sum.last), self.options.half_life_days)
    }

    /// Leaves the strongest seven eighths of the budget, over all rows.
    fn shrink(&mut self) {
        let half_life = self.options.half_life_days;
        let keep = self.options.max_entries / 8 * 7;
        let mut all: Vec<(f64, u32, u32)> = self
            .rows
            .iter()
            .flat_map(|(one, row)| {
                row.iter().map(|(other, sum)| (key(sum, half_life), *one, *other))
            })
            .collect();
        if keep < all.len() {
            all.select_nth_unstable_by(keep, |a, b| {
                b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2)))
            });
            for (_, one, other) in &all[keep..] {
                if let Some(row) = self.rows.get_mut(one) {
                    row.remove(other);
                }
            }
        }
        self.rows.retain(|_, row| !row.is_empty());
        self.entries = self.rows.values().map(Map::len).sum();
    }
}

impl Default for CoChange {
    fn default() -> CoChange {
        CoChange::new(CoChangeOptions::default())
    }
}

/// What is left of a weight after so many seconds.
fn decay(seconds: i64, half_life_days: f64) -> f64 {
    if half_life_days > 0.0 {
        (-(seconds.max(0) as f64) / DAY / half_life_days).exp2()
    } else {
        1.0
    }
}

fn add(sum: &mut Sum, time: i64, weight: f64, half_life_days: f64) {
    if sum.commits == 0 {
        sum.last = time;
    }
    let newest = sum.last.max(time);
    sum.weight = sum.weight * decay(newest.saturating_sub(sum.last), half_life_days)
        + weight * decay(newest.saturating_sub(time), half_life_days);
    sum.last = newest;
    sum.commits = sum.commits.saturating_add(1);
}

/// A number by which sums of different times compare as their weights would at any time after both:
/// the logarithm of the weight, as of 1970.
fn key(sum: &Sum, half_life_days: f64) -> f64 {
    let age = if half_life_days > 0.0 { sum.last as f64 / DAY / half_life_days } else { 0.0 };
    sum.weight.log2() + age
}

fn keep_best(row: &mut Map<Sum>, max: usize, half_life_days: f64) {
    let mut all: Vec<(f64, u32)> =
        row.iter().map(|(other, sum)| (key(sum, half_life_days), *other)).collect();
    all.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    for (_, other) in all.iter().skip(max) {
        row.remove(other);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_700_000_000;

    fn days(days: i64) -> i64 {
        NOW - days * 86_400
    }

    fn matrix(commits: &[(i64, &[u32])]) -> CoChange {
        let mut matrix = CoChange::default();
        for (time, items) in commits {
            matrix.add(*time, items);
        }
        matrix
    }

    #[test]
    fn a_half_life_halves() {
        let matrix = matrix(&[(days(180), &[1, 2]), (NOW, &[1, 3])]);
        let partners = matrix.partners(1, NOW, 9);
        let shown: Vec<_> = partners.iter().map(|it| (it.item, it.weight, it.support)).collect();
        assert_eq!(shown, [(3, 1.0, 1), (2, 0.5, 1)]);
        assert!((partners[0].confidence - 1.0 / 1.5).abs() < 1e-9);
        assert_eq!(matrix.changes(1, NOW), (2, 1.5));
        // Shares do not change with the time at which they are asked for.
        let later = matrix.partners(1, NOW + 86_400 * 365, 9);
        assert!((later[0].confidence - partners[0].confidence).abs() < 1e-9);
    }

    #[test]
    fn a_large_commit_says_less_and_a_huge_one_nothing() {
        let sixteen: Vec<u32> = (0..16).collect();
        let huge: Vec<u32> = (0..41).collect();
        let matrix = matrix(&[(NOW, &sixteen), (NOW, &huge)]);
        assert_eq!(matrix.partners(0, NOW, 99).len(), 15);
        assert_eq!(matrix.partners(0, NOW, 1)[0].weight, 0.5);
        assert_eq!(matrix.commits(), (2, 1));
    }

    #[test]
    fn a_set_is_as_sure_as_the_surest_of_it_or_surer() {
        let matrix = matrix(&[(NOW, &[1, 9]), (NOW, &[1]), (NOW, &[2, 9]), (NOW, &[2, 8])]);
        let partners = matrix.partners_of(&[2, 1, 1], NOW, 9);
        let shown: Vec<_> =
            partners.iter().map(|it| (it.item, it.confidence, it.support)).collect();
        assert_eq!(shown, [(9, 0.75, 2), (8, 0.5, 1)]);
    }

    #[test]
    fn rows_and_the_whole_are_bounded_and_keep_the_strongest() {
        let options = CoChangeOptions { max_row: 3, max_entries: 40, ..CoChangeOptions::default() };
        let mut matrix = CoChange::new(options);
        for other in 1..50 {
            for _ in 0..1 + other % 7 {
                matrix.add(NOW, &[0, other]);
            }
            assert!(matrix.entries() <= 40);
        }
        let partners = matrix.partners(0, NOW, 99);
        assert!(partners.len() <= 3 && partners.iter().all(|it| it.support == 7), "{partners:?}");
    }

    #[test]
    fn a_pair_is_named_once() {
        let matrix = matrix(&[(NOW, &[5, 2]), (NOW, &[2, 5]), (NOW, &[2, 7])]);
        let pairs = matrix.pairs(NOW, 2);
        assert_eq!(pairs.len(), 1);
        assert_eq!((pairs[0].0, pairs[0].1), (2, 5));
        assert!((pairs[0].2 - 2.0 / 6.0_f64.sqrt()).abs() < 1e-9);
        assert_eq!(matrix.pairs(NOW, 1).len(), 2);
    }

    #[test]
    fn other_numbers_say_the_same() {
        let matrix = matrix(&[(days(9), &[1, 2, 3]), (NOW, &[2, 3])]);
        let renumbered = matrix.renumbered(&|item| item + 100);
        assert_eq!(renumbered.changes(102, NOW), matrix.changes(2, NOW));
        for (one, other) in matrix.partners(2, NOW, 9).iter().zip(renumbered.partners(102, NOW, 9))
        {
            assert_eq!(Partner { item: one.item + 100, ..*one }, other);
        }
        assert!(renumbered.partners(2, NOW, 9).is_empty());
    }

    #[test]
    fn odd_commits_are_taken_as_they_are() {
        let odd = CoChangeOptions { half_life_days: f64::NAN, ..CoChangeOptions::default() };
        for options in [odd, CoChangeOptions { max_row: 0, max_entries: 0, ..odd }] {
            let mut matrix = CoChange::new(options);
            for time in [i64::MIN, i64::MAX, 0] {
                matrix.add(time, &[1, 1, 2]);
                matrix.add(time, &[]);
            }
            assert!(matrix.partners(1, i64::MIN, 9).iter().all(|it| it.weight.is_finite()));
        }
        assert!(CoChange::default().partners(7, NOW, 9).is_empty());
    }

    proptest! {
        /// Sums are kept as of the newest commit; the plain sum over all commits is the reference.
        #[test]
        fn weights_do_not_depend_on_the_order_of_commits(
            commits in prop::collection::vec((0_i64..2000, prop::collection::vec(0_u32..6, 0..5)), 0..30),
        ) {
            let mut matrix = CoChange::default();
            for (age, items) in &commits {
                matrix.add(days(*age), items);
            }
            for one in 0..6 {
                for partner in matrix.partners(one, NOW, 99) {
                    let both = commits.iter().filter(|(_, items)| {
                        items.contains(&one) && items.contains(&partner.item)
                    });
                    let wanted: f64 = both.clone().map(|(age, _)| (-(*age as f64) / 180.0).exp2()).sum();
                    prop_assert!((partner.weight - wanted).abs() < 1e-9);
                    prop_assert_eq!(partner.support as usize, both.count());
                }
            }
        }
    }
}
