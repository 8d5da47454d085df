//! Snapshots of facts, and walks over damaged sources.

use proptest::prelude::*;

use crate::{Budget, Language, extract, languages::fixtures::check_spans};

fn check(name: &str, language: Language, source: &str) {
    let facts = extract(language, source.as_bytes(), &Budget::default());
    check_spans(&facts, source);
    insta::assert_snapshot!(name, facts.render(source));
}

#[test]
fn driver() {
    check("driver.c", Language::C, include_str!("fixtures/driver.c"));
}

#[test]
fn shapes() {
    check("shapes.cpp", Language::Cpp, include_str!("fixtures/shapes.cpp"));
}

#[test]
fn header() {
    check("api.h", Language::C, include_str!("fixtures/api.h"));
}

/// A header of C++ by the name of C.
#[test]
fn header_of_cpp() {
    check("widget.h", Language::C, include_str!("fixtures/widget.h"));
}

#[test]
fn broken() {
    check("broken.c", Language::C, include_str!("fixtures/broken.c"));
}

#[test]
fn towers_are_cut() {
    for tower in ["(", "{", "[", "a(", "*", "!", "struct a {", "#if 1\n", "a->", "x<", "f({"] {
        for language in [Language::C, Language::Cpp] {
            let source = format!("int x = {}", tower.repeat(20_000));
            extract(language, source.as_bytes(), &Budget::default());
        }
    }
}

const SOURCES: &[&str] = &[
    include_str!("fixtures/driver.c"),
    include_str!("fixtures/shapes.cpp"),
    include_str!("fixtures/api.h"),
    include_str!("fixtures/widget.h"),
    include_str!("fixtures/broken.c"),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Cuts and splices of sources are read without panic.
    #[test]
    fn damage_is_survived(
        (first, second) in (0..SOURCES.len(), 0..SOURCES.len()),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 4),
        cpp in any::<bool>(),
    ) {
        let place = |text: &str, index: &prop::sample::Index| {
            let mut at = index.index(text.len() + 1);
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let (a, b) = (SOURCES[first], SOURCES[second]);
        let (mut from, mut to) = (place(b, &cuts[1]), place(b, &cuts[2]));
        if from > to {
            std::mem::swap(&mut from, &mut to);
        }
        let source = format!(
            "{}{}{}", &a[..place(a, &cuts[0])], &b[from..to], &a[place(a, &cuts[3])..],
        );
        let language = if cpp { Language::Cpp } else { Language::C };
        let facts = extract(language, source.as_bytes(), &Budget::default());
        check_spans(&facts, &source);
    }
}
