//! What two texts share at their ends: edits are mostly in one place.

/// Bytes that are compared at once.
const STEP: usize = 256;

/// How many bytes two texts share at the beginning and, of the rest, at the end. Costs one pass at
/// the speed of memory.
pub fn shared_ends(old: &[u8], new: &[u8]) -> (usize, usize) {
    let head = shared_start(old, new);
    (head, shared_end(&old[head..], &new[head..]))
}

fn shared_start(old: &[u8], new: &[u8]) -> usize {
    let steps = old.chunks_exact(STEP).zip(new.chunks_exact(STEP));
    let same = steps.take_while(|(a, b)| a == b).count() * STEP;
    let rest = old[same..].iter().zip(&new[same..]);
    same + rest.take_while(|(a, b)| a == b).count()
}

fn shared_end(old: &[u8], new: &[u8]) -> usize {
    let steps = old.rchunks_exact(STEP).zip(new.rchunks_exact(STEP));
    let same = steps.take_while(|(a, b)| a == b).count() * STEP;
    let rest = old[..old.len() - same].iter().rev().zip(new[..new.len() - same].iter().rev());
    same + rest.take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_do_not_overlap() {
        let long = "x".repeat(1000);
        for (old, new, ends) in [
            ("", "", (0, 0)),
            ("abc", "abc", (3, 0)),
            ("aXc", "aYYc", (1, 1)),
            ("aa", "aaa", (2, 0)),
            ("ab", "b", (0, 1)),
        ] {
            assert_eq!(shared_ends(old.as_bytes(), new.as_bytes()), ends, "{old} {new}");
            let (old, new) = (format!("{long}{old}{long}"), format!("{long}{new}{long}"));
            let (head, tail) = shared_ends(old.as_bytes(), new.as_bytes());
            assert!(head + tail <= old.len().min(new.len()));
            assert_eq!(old[..head], new[..head]);
            assert_eq!(old[old.len() - tail..], new[new.len() - tail..]);
        }
    }
}
