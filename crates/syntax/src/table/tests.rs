//! What holds for every language that a table describes.

use proptest::prelude::*;

use crate::{Budget, Language, extract, languages::check_spans};

const SOURCES: &[(Language, &str)] = &[
    (Language::Bash, include_str!("../languages/bash/fixtures/deploy.sh")),
    (Language::CSharp, include_str!("../languages/csharp/fixtures/Orders.cs")),
    (Language::Kotlin, include_str!("../languages/kotlin/fixtures/Orders.kt")),
    (Language::Lua, include_str!("../languages/lua/fixtures/queue.lua")),
    (Language::Php, include_str!("../languages/php/fixtures/Order.php")),
    (Language::Ruby, include_str!("../languages/ruby/fixtures/order.rb")),
    (Language::Scala, include_str!("../languages/scala/fixtures/Orders.scala")),
];

/// The facts of a source as text.
pub(crate) fn rendered(language: Language, source: &str) -> String {
    let facts = extract(language, source.as_bytes(), &Budget::default());
    check_spans(&facts, source);
    facts.render(source)
}

#[test]
fn towers_are_cut() {
    for (language, start) in SOURCES.iter().map(|(language, _)| (*language, "<?php x = ")) {
        for tower in ["(", "{", "[", "a(", "a.b(", "!", "x -> ", "class A {", "if (x) "] {
            let source = format!("{start}{}", tower.repeat(1_500));
            extract(language, source.as_bytes(), &Budget::default());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Cuts and splices of sources are read without panic.
    #[test]
    fn damage_is_survived(
        (first, second) in (0..SOURCES.len(), 0..SOURCES.len()),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 4),
    ) {
        let place = |text: &str, index: &prop::sample::Index| {
            let mut at = index.index(text.len() + 1);
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let ((language, a), (_, b)) = (SOURCES[first], SOURCES[second]);
        let (from, to) = (place(b, &cuts[1]), place(b, &cuts[2]));
        let source = format!(
            "{}{}{}",
            &a[..place(a, &cuts[0])],
            &b[from.min(to)..from.max(to)],
            &a[place(a, &cuts[3])..],
        );
        rendered(language, &source);
    }
}
