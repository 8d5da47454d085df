//! The best of many.

use std::cmp::Ordering;

/// Leaves the first `limit` of a list in the order of `compare`, sorted. O(n + limit log limit).
pub(crate) fn best<T>(list: &mut Vec<T>, limit: usize, compare: impl Fn(&T, &T) -> Ordering) {
    if limit < list.len() {
        if limit > 0 {
            list.select_nth_unstable_by(limit - 1, &compare);
        }
        list.truncate(limit);
    }
    list.sort_unstable_by(compare);
}
