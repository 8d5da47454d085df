//! Ghost edges: items that change together although nothing in the code ties them.

use std::cmp::Ordering;

use crate::cochange::CoChange;

/// Two items that change together without a structural link.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Ghost {
    /// The smaller of the two.
    pub a: u32,
    /// The larger.
    pub b: u32,
    /// Commits that changed both.
    pub support: u32,
    /// The share of `a`'s changes that changed `b`, old and large commits counted less.
    pub confidence: f64,
    /// The share of `b`'s changes that changed `a`.
    pub back: f64,
    /// The newest of these commits, in seconds since 1970.
    pub last: i64,
}

/// The pairs with at least `support` commits in common that `is_linked` knows no tie of: the ones
/// that belong together most, by the geometric mean of both confidences, ties by number. Costs
/// the whole matrix.
pub fn ghosts(
    cochange: &CoChange,
    now: i64,
    support: u32,
    is_linked: &dyn Fn(u32, u32) -> bool,
    limit: usize,
) -> Vec<Ghost> {
    let mut pairs = cochange.pairs(now, support);
    pairs.retain(|(a, b, _)| !is_linked(*a, *b));
    let order = |a: &(u32, u32, f64), b: &(u32, u32, f64)| -> Ordering {
        b.2.total_cmp(&a.2).then((a.0, a.1).cmp(&(b.0, b.1)))
    };
    crate::top::best(&mut pairs, limit, order);
    let side = |of: u32, other: u32| {
        cochange.partners(of, now, usize::MAX).into_iter().find(|it| it.item == other)
    };
    pairs
        .into_iter()
        .filter_map(|(a, b, _)| {
            // A full row may have lost the other.
            let (there, back) = (side(a, b), side(b, a));
            let one = there.or(back)?;
            Some(Ghost {
                a,
                b,
                support: one.support,
                confidence: there.map_or(0.0, |it| it.confidence),
                back: back.map_or(0.0, |it| it.confidence),
                last: one.last,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000;

    #[test]
    fn pairs_without_a_link_come_with_their_support() {
        let mut cochange = CoChange::new(crate::COCHANGE);
        for commit in [&[1, 2][..], &[1, 2], &[3, 4], &[3, 4], &[3, 4], &[5, 6], &[1, 9], &[1]] {
            cochange.add(NOW, commit);
        }
        let is_linked = |a: u32, b: u32| (a, b) == (3, 4);
        let found = ghosts(&cochange, NOW, 2, &is_linked, 9);
        assert_eq!(found.len(), 1);
        let Ghost { a, b, support, confidence, back, last } = found[0];
        assert_eq!((a, b, support, confidence, back, last), (1, 2, 2, 0.5, 1.0, NOW));
        let all = ghosts(&cochange, NOW, 1, &|_, _| false, 9);
        assert_eq!((all[0].a, all[0].b), (3, 4), "the surest first");
        assert_eq!(all.len(), 4);
        assert_eq!(ghosts(&cochange, NOW, 1, &|_, _| false, 2).len(), 2);
    }
}
