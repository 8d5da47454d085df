//! Numbers that are never NaN and never infinite, so that they have a total order.
//!
//! `-0.0` becomes `0.0` on the way in: then equality, order and hash agree.

use std::{
    cmp::Ordering,
    hash::{Hash, Hasher},
};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A number that is not in the range of the type that it was meant for.
#[derive(Clone, Copy, PartialEq, Debug, Error)]
#[error("{value} is not {wanted}")]
pub struct NotInRange {
    /// The number.
    pub value: f32,
    /// What the type holds.
    pub wanted: &'static str,
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident, $wanted:literal, $least:expr, $most:expr, $other:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Serialize, Deserialize)]
        #[serde(try_from = "f32", into = "f32")]
        #[repr(transparent)]
        pub struct $name(f32);

        impl $name {
            /// The number, if the type holds it.
            ///
            /// # Errors
            /// If it is NaN, infinite or out of range.
            pub fn new(value: f32) -> Result<$name, NotInRange> {
                if ($least..=$most).contains(&value) {
                    Ok($name(value + 0.0))
                } else {
                    Err(NotInRange { value, wanted: $wanted })
                }
            }

            /// The nearest number that the type holds; of NaN, the type's own choice: 0 where it is
            /// held, otherwise the least.
            pub fn clamped(value: f32) -> $name {
                if value.is_nan() { $name($other) } else { $name(value.clamp($least, $most) + 0.0) }
            }

            /// The number itself.
            pub const fn get(self) -> f32 {
                self.0
            }
        }

        impl TryFrom<f32> for $name {
            type Error = NotInRange;

            fn try_from(value: f32) -> Result<$name, NotInRange> {
                $name::new(value)
            }
        }

        impl From<$name> for f32 {
            fn from(number: $name) -> f32 {
                number.0
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &$name) -> bool {
                self.cmp(other) == Ordering::Equal
            }
        }

        impl Eq for $name {}

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &$name) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $name {
            fn cmp(&self, other: &$name) -> Ordering {
                self.0.total_cmp(&other.0)
            }
        }

        impl Hash for $name {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.0.to_bits().hash(state);
            }
        }
    };
}

number!(
    /// A finite number.
    FiniteF32, "a finite number", f32::MIN, f32::MAX, 0.0
);
number!(
    /// A finite number above 0.
    PosF32, "a finite number above 0", f32::MIN_POSITIVE, f32::MAX, f32::MIN_POSITIVE
);
number!(
    /// How far one lesson moves a weight: above 0 and up to 1.
    LearningRate, "a learning rate, above 0 and up to 1", f32::MIN_POSITIVE, 1.0, f32::MIN_POSITIVE
);
number!(
    /// What is left of a signal after one step: above 0 and up to 1.
    DecayFactor, "a decay factor, above 0 and up to 1", f32::MIN_POSITIVE, 1.0, f32::MIN_POSITIVE
);

/// A number cut to 0 to 1; NaN is 0.
pub(crate) fn share(value: f32) -> f32 {
    if value.is_nan() { 0.0 } else { value.clamp(0.0, 1.0) }
}

impl FiniteF32 {
    /// 0.
    pub const ZERO: FiniteF32 = FiniteF32(0.0);
}

impl Default for FiniteF32 {
    fn default() -> FiniteF32 {
        FiniteF32::ZERO
    }
}

#[cfg(test)]
mod tests {
    use std::hash::BuildHasher;

    use foldhash::fast::FixedState;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_not_a_number_is_refused_or_replaced() {
        for odd in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            assert!(FiniteF32::new(odd).is_err());
            assert!(PosF32::new(odd).is_err());
            assert!(FiniteF32::clamped(odd).get().is_finite());
            assert!((0.0..=1.0).contains(&DecayFactor::clamped(odd).get()));
        }
        assert!(PosF32::new(0.0).is_err() && LearningRate::new(0.0).is_err());
        assert!(LearningRate::new(1.0).is_ok() && LearningRate::new(1.001).is_err());
        assert_eq!(DecayFactor::clamped(7.0).get(), 1.0);
        assert_eq!(FiniteF32::clamped(f32::NAN), FiniteF32::ZERO);
    }

    #[test]
    fn reading_refuses_what_the_type_does_not_hold() {
        assert_eq!(serde_json::from_str::<PosF32>("0.5").unwrap().get(), 0.5);
        assert!(serde_json::from_str::<PosF32>("-0.5").is_err());
        assert!(postcard::from_bytes::<FiniteF32>(&f32::NAN.to_le_bytes()).is_err());
        assert!(postcard::from_bytes::<FiniteF32>(&f32::INFINITY.to_le_bytes()).is_err());
    }

    proptest! {
        /// A sort that panics because an order is none is what this protects from.
        #[test]
        fn order_equality_and_hash_agree(a in any::<f32>(), b in any::<f32>()) {
            let (x, y) = (FiniteF32::clamped(a), FiniteF32::clamped(b));
            prop_assert_eq!(x == y, x.get() == y.get());
            prop_assert_eq!(x.cmp(&y), x.get().partial_cmp(&y.get()).unwrap());
            if x == y {
                let hasher = FixedState::default();
                prop_assert_eq!(hasher.hash_one(x), hasher.hash_one(y));
            }
        }
    }

    #[test]
    fn both_zeros_are_one() {
        assert_eq!(FiniteF32::new(-0.0).unwrap(), FiniteF32::new(0.0).unwrap());
        assert_eq!(FiniteF32::new(-0.0).unwrap().get().to_bits(), 0);
    }
}
