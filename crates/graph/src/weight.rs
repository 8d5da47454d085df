//! A weight that many threads may move at once: the bits of an `f32` in an `AtomicU32`.

use std::sync::atomic::{AtomicU32, Ordering};

use thiserror::Error;

use crate::finite::FiniteF32;

/// How often a change is tried before it is given up.
pub const MAX_CAS_RETRIES: u32 = 64;

/// Others changed a weight each time that a change of it was tried.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("a weight was changed by others {MAX_CAS_RETRIES} times in a row")]
pub struct CasRetryExhausted;

/// A finite number that is read and changed without a lock.
///
/// A weight stands for itself alone: nothing else is published through it, so relaxed order is
/// enough.
#[derive(Debug)]
#[repr(transparent)]
pub struct AtomicWeight(AtomicU32);

impl AtomicWeight {
    /// A weight.
    pub fn new(weight: FiniteF32) -> AtomicWeight {
        AtomicWeight(AtomicU32::new(weight.get().to_bits()))
    }

    /// The weight now.
    pub fn get(&self) -> f32 {
        f32::from_bits(self.0.load(Ordering::Relaxed))
    }

    /// Puts another in its place, whatever it is now.
    pub fn set(&self, weight: FiniteF32) {
        self.0.store(weight.get().to_bits(), Ordering::Relaxed);
    }

    /// Changes the weight to `next` of what it is, and says what it was and what it is now.
    ///
    /// # Errors
    /// If others are faster [`MAX_CAS_RETRIES`] times; the weight is then as they left it.
    pub fn update(
        &self,
        mut next: impl FnMut(f32) -> FiniteF32,
    ) -> Result<(f32, f32), CasRetryExhausted> {
        let mut seen = self.0.load(Ordering::Relaxed);
        for _ in 0..MAX_CAS_RETRIES {
            let before = f32::from_bits(seen);
            let after = next(before).get();
            let tried = self.0.compare_exchange_weak(
                seen,
                after.to_bits(),
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
            match tried {
                Ok(_) => return Ok((before, after)),
                Err(now) => seen = now,
            }
        }
        Err(CasRetryExhausted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_change_is_lost_between_threads() {
        let weight = AtomicWeight::new(FiniteF32::ZERO);
        let done: u32 = std::thread::scope(|scope| {
            let work = || {
                let add = |now: f32| FiniteF32::clamped(now + 1.0);
                (0..1000).filter(|_| weight.update(add).is_ok()).count() as u32
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(work)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(weight.get(), done as f32);
    }

    #[test]
    fn a_weight_that_never_stands_still_is_given_up() {
        let weight = AtomicWeight::new(FiniteF32::ZERO);
        let mut tries = 0;
        let result = weight.update(|now| {
            tries += 1;
            weight.set(FiniteF32::clamped(now + 1.0));
            FiniteF32::ZERO
        });
        assert_eq!(result, Err(CasRetryExhausted));
        assert_eq!((tries, weight.get()), (MAX_CAS_RETRIES, MAX_CAS_RETRIES as f32));
    }
}
