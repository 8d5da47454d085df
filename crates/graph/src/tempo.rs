//! How lately, how often and with what drive something is changed.

/// Days after which a change counts half for what happens now.
const NOW_DAYS: f64 = 30.0;

/// Days after which a change counts half for what is usual.
const USUAL_DAYS: f64 = 365.0;

/// Days of an average month.
const MONTH: f64 = 30.44;

/// What the times of its changes say of an item. All numbers are from 0 to 1.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Tempo {
    /// 1 for a change just now, halved every 30 days.
    pub recency: f64,
    /// `m / (m + 1)` for `m` changes a month: 0.5 for one a month.
    pub frequency: f64,
    /// Whether it is changed more often than it used to be: 0.5 if not, towards 1 while changes
    /// come faster, towards 0 after they have ended.
    pub velocity: f64,
}

/// Of the times of all changes, in seconds since 1970, in any order. Without a change all is 0.
/// What lies after `now` counts as now.
pub fn tempo(times: &[i64], now: i64) -> Tempo {
    let ages = || times.iter().map(|time| now.saturating_sub(*time).max(0) as f64 / 86_400.0);
    let Some(newest) = ages().min_by(f64::total_cmp) else { return Tempo::default() };
    // Changes a day, weighed: a steady rate gives itself for every half-life.
    let rate = |half_life: f64| {
        let weight: f64 = ages().map(|age| (-age / half_life).exp2()).sum();
        weight * std::f64::consts::LN_2 / half_life
    };
    let (fresh, usual) = (rate(NOW_DAYS), rate(USUAL_DAYS));
    let month = usual * MONTH;
    Tempo {
        recency: (-newest / NOW_DAYS).exp2(),
        frequency: month / (month + 1.0),
        velocity: if fresh + usual > 0.0 { fresh / (fresh + usual) } else { 0.0 },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_700_000_000;

    fn days(ages: impl Iterator<Item = i64>) -> Tempo {
        tempo(&ages.map(|age| NOW - age * 86_400).collect::<Vec<_>>(), NOW)
    }

    #[test]
    fn a_steady_rate_has_the_frequency_that_it_has_and_no_drive() {
        let weekly = days((0..1000).map(|week| week * 7));
        let month = MONTH / 7.0;
        assert!((weekly.frequency - month / (month + 1.0)).abs() < 0.01, "{weekly:?}");
        assert!((weekly.velocity - 0.5).abs() < 0.05, "{weekly:?}");
        assert_eq!(weekly.recency, 1.0);
    }

    #[test]
    fn drive_rises_with_a_burst_and_falls_with_silence() {
        assert!(days((0..20).chain([700, 800])).velocity > 0.8);
        assert!(days((0..40).map(|week| 300 + week * 7)).velocity < 0.1);
        assert_eq!(days([30].into_iter()).recency, 0.5);
        assert_eq!(days([].into_iter()), Tempo::default());
    }

    proptest! {
        #[test]
        fn all_is_from_0_to_1(times in prop::collection::vec(any::<i64>(), 0..20), now in any::<i64>()) {
            let Tempo { recency, frequency, velocity } = tempo(&times, now);
            for number in [recency, frequency, velocity] {
                prop_assert!((0.0..=1.0).contains(&number));
            }
        }
    }
}
