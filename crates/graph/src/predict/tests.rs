//! What is ranked before what, and that nothing odd comes out.

use proptest::prelude::*;

use super::*;

const NOW: i64 = 1_700_000_000;
const PATHS: [&str; 6] = ["a/x.rs", "a/y.rs", "b/x.rs", "b/z.rs", "c/v.rs", "c/w.rs"];

struct World {
    cochange: CoChange,
    places: Places,
    likeness: Option<Likeness>,
    links: Vec<(u32, Link)>,
}

impl World {
    fn new(commits: &[&[u32]]) -> World {
        let mut cochange = CoChange::new(COCHANGE);
        for commit in commits {
            cochange.add(NOW, commit);
        }
        World { cochange, places: Places::new(PATHS), likeness: None, links: Vec::new() }
    }

    fn ask(&self, changed: &[u32], how: &PredictOptions) -> Vec<Predicted> {
        let links = |item: u32| {
            self.links.iter().filter(|(from, _)| *from == item).map(|(_, link)| *link).collect()
        };
        let known = Known {
            cochange: &self.cochange,
            now: NOW,
            places: &self.places,
            likeness: self.likeness.as_ref(),
            links: &links,
            wanted: &|item| item != 5,
        };
        let changed: Vec<(u32, f64)> = changed.iter().map(|item| (*item, 1.0)).collect();
        predict(&changed, &known, how)
    }

    fn items(&self, changed: &[u32]) -> Vec<u32> {
        self.ask(changed, &PredictOptions::default()).iter().map(|it| it.item).collect()
    }
}

/// Only these parts count.
fn only(parts: &[Part]) -> PredictOptions {
    let mut how = PredictOptions::default();
    for part in Part::ALL {
        if !parts.contains(&part) {
            how.weights[part as usize] = 0.0;
        }
    }
    how
}

#[test]
fn what_changed_together_more_often_comes_first() {
    let world = World::new(&[&[0, 4], &[0, 4], &[0, 3], &[0], &[1, 2]]);
    let found = world.ask(&[0], &PredictOptions::default());
    assert_eq!(found.iter().map(|it| it.item).collect::<Vec<_>>(), [4, 3]);
    assert_eq!((found[0].support, found[0].last, found[0].because), (2, NOW, 0));
    let how = only(&[Part::Together]);
    let found = world.ask(&[0], &how);
    let wanted = how.weights[0] * (2.0 / (4.0 + DOUBT) / 0.02).ln_1p();
    assert!((found[0].parts[0] - wanted).abs() < 1e-9);
    assert!((found.iter().map(|it| it.share).sum::<f64>() - 1.0).abs() < 1e-9);
}

#[test]
fn a_third_item_ties_two_that_never_changed_together() {
    let world = World::new(&[&[0, 1], &[0, 1], &[1, 4], &[0, 3]]);
    let found = world.ask(&[0], &only(&[Part::Through]));
    let four = found.iter().find(|it| it.item == 4).expect("by way of 1");
    assert_eq!((four.support, four.through), (0, Some(1)));
    assert!(four.parts[Part::Through as usize] > 0.0);
}

#[test]
fn structure_speaks_where_there_is_no_history() {
    let mut world = World::new(&[]);
    assert!(world.items(&[0]).is_empty());
    world.links = vec![
        (0, Link { item: 4, kind: Part::UsedBy, strength: 6.0 }),
        (0, Link { item: 3, kind: Part::UsedBy, strength: 1.0 }),
        (0, Link { item: 2, kind: Part::Imports, strength: 1.0 }),
        (0, Link { item: 2, kind: Part::Imports, strength: 1.0 }),
        (0, Link { item: 1, kind: Part::Together, strength: 9.0 }),
    ];
    // 2 has the name of 0, too.
    assert_eq!(world.items(&[0]), [2, 4, 3]);
    let imports = world.ask(&[0], &only(&[Part::Imports]));
    assert_eq!(imports[0].parts[Part::Imports as usize], 0.3, "imported twice is imported");
    world.likeness = Some(Likeness::new(&[
        vec![(1, 1), (2, 5)],
        vec![(1, 1), (2, 5)],
        vec![(3, 1)],
        vec![(3, 1)],
        vec![(1, 1)],
    ]));
    assert_eq!(world.items(&[0])[0], 1);
}

#[test]
fn what_several_changed_items_point_to_comes_first() {
    let world = World::new(&[&[0, 3], &[0, 3], &[0, 4], &[1, 2], &[1, 2], &[1, 4]]);
    let how = only(&[Part::Together]);
    let first = |changed: &[u32]| world.ask(changed, &how)[0].item;
    assert_eq!((first(&[0]), first(&[1]), first(&[0, 1])), (3, 2, 4));
}

#[test]
fn what_is_not_wanted_or_changed_is_no_answer() {
    let world = World::new(&[&[0, 1, 5], &[0, 1, 2]]);
    assert_eq!(world.items(&[0, 1]), [2]);
    let how = PredictOptions { limit: 0, ..PredictOptions::default() };
    assert!(world.ask(&[0], &how).is_empty());
}

proptest! {
    #[test]
    fn shares_are_finite_and_the_answer_is_always_the_same(
        commits in prop::collection::vec(prop::collection::vec(0_u32..6, 0..5), 0..20),
        links in prop::collection::vec((0_u32..6, 0_u32..9, 0_usize..10, prop::num::f64::ANY), 0..9),
        changed in prop::collection::vec((0_u32..9, prop::num::f64::ANY), 0..4),
        weights in prop::array::uniform10(prop::num::f64::ANY),
    ) {
        let commits: Vec<&[u32]> = commits.iter().map(Vec::as_slice).collect();
        let mut world = World::new(&commits);
        world.links = links
            .into_iter()
            .map(|(from, item, kind, strength)| (from, Link { item, kind: Part::ALL[kind], strength }))
            .collect();
        let links = |item: u32| -> Vec<Link> {
            world.links.iter().filter(|(from, _)| *from == item).map(|(_, link)| *link).collect()
        };
        let known = Known {
            cochange: &world.cochange, now: NOW, places: &world.places, likeness: None,
            links: &links, wanted: &|_| true,
        };
        for how in [PredictOptions::default(), PredictOptions { limit: 9, weights }] {
            let found = predict(&changed, &known, &how);
            prop_assert_eq!(&found, &predict(&changed, &known, &how));
            for one in &found {
                prop_assert!((0.0..=1.0 + 1e-9).contains(&one.share), "{}", one.share);
                prop_assert!(changed.iter().all(|(item, _)| *item != one.item));
            }
        }
    }
}
