//! Which pieces of text fit into a budget: a share for each kind first, then what is left for any.

/// Bytes that count as one token. Code has three to four a token with the usual tokenizers.
pub(super) const BYTES_A_TOKEN: usize = 4;

/// A text that wants a place: whole, or short if that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// What kind it is: an index into the shares.
    pub(super) kind: usize,
    /// Bytes of the whole text.
    pub(super) whole: usize,
    /// Bytes of the short text; the same if there is none.
    pub(super) short: usize,
}

/// What a text got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Given {
    /// No place.
    Nothing,
    /// A place for its short text.
    Short,
    /// A place for all of it.
    Whole,
}

/// Gives places to texts, the first of each kind first. `shares` are parts of the budget for each
/// kind, in hundredths; what a kind leaves is for the others, in the order of the texts. The bytes
/// of all that is given are never more than `bytes`.
pub(super) fn give(wanted: &[Wanted], shares: &[usize], bytes: usize) -> Vec<Given> {
    let mut given = vec![Given::Nothing; wanted.len()];
    let mut left = bytes;
    let mut shares: Vec<usize> = shares.iter().map(|share| bytes * share / 100).collect();
    for (it, given) in wanted.iter().zip(&mut given) {
        let Some(share) = shares.get_mut(it.kind) else { continue };
        let room = left.min(*share);
        let (size, size_given) = match room {
            _ if it.whole <= room => (it.whole, Given::Whole),
            _ if it.short <= room => (it.short, Given::Short),
            _ => continue,
        };
        (*given, left) = (size_given, left - size);
        *share -= size;
    }
    for (it, given) in wanted.iter().zip(&mut given) {
        let has = match given {
            Given::Nothing => 0,
            Given::Short => it.short,
            Given::Whole => it.whole,
        };
        if it.whole <= left + has {
            (*given, left) = (Given::Whole, left + has - it.whole);
        } else if *given == Given::Nothing && it.short <= left {
            (*given, left) = (Given::Short, left - it.short);
        }
    }
    given
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn size(wanted: &Wanted, given: Given) -> usize {
        match given {
            Given::Nothing => 0,
            Given::Short => wanted.short,
            Given::Whole => wanted.whole,
        }
    }

    /// One kind cannot take everything while another has nothing.
    #[test]
    fn each_kind_has_its_share() {
        let many = (0..10).map(|_| Wanted { kind: 0, whole: 30, short: 30 });
        let other = Wanted { kind: 1, whole: 40, short: 40 };
        let wanted: Vec<Wanted> = many.chain([other]).collect();
        let given = give(&wanted, &[60, 40], 100);
        assert_eq!(given[..3], [Given::Whole, Given::Whole, Given::Nothing]);
        assert_eq!(given[10], Given::Whole);
    }

    /// What one kind does not use, another may.
    #[test]
    fn what_is_left_is_for_any() {
        let wanted = [Wanted { kind: 0, whole: 90, short: 20 }];
        assert_eq!(give(&wanted, &[50, 50], 100), [Given::Whole]);
        assert_eq!(give(&wanted, &[50, 50], 80), [Given::Short]);
        assert_eq!(give(&wanted, &[50, 50], 19), [Given::Nothing]);
    }

    proptest! {
        /// The budget holds, and nothing that would still fit is left out.
        #[test]
        fn budgets_hold_and_are_used(
            wanted in prop::collection::vec((0_usize..4, 1_usize..60, 0_usize..60), 0..20),
            bytes in 0_usize..400,
        ) {
            let wanted: Vec<Wanted> = wanted
                .into_iter()
                .map(|(kind, short, more)| Wanted { kind, whole: short + more, short })
                .collect();
            let given = give(&wanted, &[40, 30, 30], bytes);
            let all: usize = wanted.iter().zip(&given).map(|(it, given)| size(it, *given)).sum();
            prop_assert!(all <= bytes);
            for (it, given) in wanted.iter().zip(&given) {
                prop_assert!(*given != Given::Nothing || it.short > bytes - all);
            }
        }
    }
}
