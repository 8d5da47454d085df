//! Buffers of queries: as long as the graph has nodes, but cleared in O(1), and used again.

use parking_lot::Mutex;

/// How many buffers are kept for queries to come: more than there are processors is waste.
const MAX_KEPT: usize = 16;

/// A map from small numbers, dense, that forgets everything at once by counting up an epoch.
#[derive(Default)]
pub(crate) struct Stamped<T> {
    epoch: u32,
    stamps: Vec<u32>,
    values: Vec<T>,
    touched: Vec<u32>,
}

impl<T: Copy + Default> Stamped<T> {
    /// Empties it and makes room for the numbers below `len`.
    pub(crate) fn reset(&mut self, len: usize) {
        self.touched.clear();
        self.epoch = self.epoch.wrapping_add(1);
        if self.epoch == 0 {
            self.stamps.fill(0);
            self.epoch = 1;
        }
        if self.stamps.len() < len {
            self.stamps.resize(len, 0);
            self.values.resize(len, T::default());
        }
    }

    /// What is there, if anything was put there.
    pub(crate) fn get(&self, at: u32) -> Option<T> {
        (self.stamps[at as usize] == self.epoch).then(|| self.values[at as usize])
    }

    /// What is there; the default if nothing was put there yet.
    pub(crate) fn entry(&mut self, at: u32) -> &mut T {
        if self.stamps[at as usize] != self.epoch {
            self.stamps[at as usize] = self.epoch;
            self.values[at as usize] = T::default();
            self.touched.push(at);
        }
        &mut self.values[at as usize]
    }

    /// The numbers that something was put at, in the order in which that happened.
    pub(crate) fn touched(&self) -> &[u32] {
        &self.touched
    }
}

/// Buffers that nobody uses now.
#[derive(Default)]
pub(crate) struct Pool<T>(Mutex<Vec<T>>);

impl<T: Default> Pool<T> {
    /// Runs something with a buffer that may hold the traces of others.
    pub(crate) fn with<R>(&self, run: impl FnOnce(&mut T) -> R) -> R {
        let mut buffer = self.0.lock().pop().unwrap_or_default();
        let result = run(&mut buffer);
        let mut kept = self.0.lock();
        if kept.len() < MAX_KEPT {
            kept.push(buffer);
        }
        result
    }
}

/// The buffers of a graph, by what they hold.
#[derive(Default)]
pub(crate) struct Pools {
    /// Best-first search.
    pub(crate) best: Pool<Stamped<crate::impact::Best>>,
    /// Distances of paths.
    pub(crate) distances: Pool<Stamped<crate::paths::Distance>>,
    /// Activation.
    pub(crate) flow: Pool<Stamped<crate::activate::Cell>>,
    /// Scores of all dimensions.
    pub(crate) merged: Pool<Stamped<[f32; 4]>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_there_before_is_forgotten() {
        let mut map: Stamped<u8> = Stamped { epoch: u32::MAX - 1, ..Stamped::default() };
        for round in 0..3 {
            map.reset(4);
            assert_eq!(map.get(2), None, "in round {round}");
            *map.entry(2) += 5;
            *map.entry(2) += 1;
            assert_eq!((map.get(2), map.touched()), (Some(6), &[2][..]));
        }
    }
}
