//! Snapshots of facts, and walks over damaged sources.

use proptest::prelude::*;

use crate::{Budget, Facts, Language, Span, extract};

fn check(name: &str, language: Language, source: &str) {
    let facts = extract(language, source.as_bytes(), &Budget::default());
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

/// Every span lies in the text and between characters, and every number means something.
fn is_whole(facts: &Facts, source: &str) {
    let check = |span: Span| {
        assert!(source.get(span.start as usize..span.end as usize).is_some(), "{span:?}");
    };
    for symbol in &facts.symbols {
        for span in [symbol.at, symbol.full, symbol.signature, symbol.doc] {
            check(span);
        }
        for expr in [symbol.ty, symbol.value, symbol.attached] {
            facts.show(expr);
        }
    }
    for occurrence in &facts.occurrences {
        let span = facts.span(occurrence);
        check(span);
        let text = &source[span.start as usize..span.end as usize];
        assert_eq!(text, facts.name(occurrence.name));
    }
    for scope in &facts.scopes {
        check(scope.span);
    }
    facts.render(source);
}

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
        is_whole(&facts, &source);
    }
}
