//! The fixtures' facts, reviewed line by line, and what holds for any source.

use proptest::prelude::*;

use crate::{Budget, Language, extract, languages::fixtures::check_spans};

fn facts(language: Language, source: &str) -> String {
    let facts = extract(language, source.as_bytes(), &Budget::default());
    check_spans(&facts, source);
    facts.render(source)
}

macro_rules! fixtures {
    ($($test:ident $language:ident $file:literal,)*) => {
        /// Every fixture with its language.
        const FIXTURES: &[(Language, &str)] = &[
            $((Language::$language, include_str!(concat!("fixtures/", $file))),)*
        ];

        $(
            #[test]
            fn $test() {
                let source = include_str!(concat!("fixtures/", $file));
                insta::assert_snapshot!(facts(Language::$language, source));
            }
        )*
    };
}

fixtures! {
    modules TypeScript "modules.ts",
    classes TypeScript "classes.ts",
    types TypeScript "types.ts",
    values TypeScript "values.ts",
    components Tsx "component.tsx",
    commonjs JavaScript "commonjs.js",
    docs TypeScript "docs.ts",
    globals TypeScript "globals.ts",
    guards TypeScript "guards.ts",
    broken TypeScript "broken.ts",
}

#[test]
fn towers_are_cut_and_not_climbed() {
    for (open, close) in
        [("(", ")"), ("[", "]"), ("{a:", "}"), ("()=>", ""), ("a?", ":b"), ("!", "")]
    {
        let source = format!("x = {}1{}", open.repeat(20_000), close.repeat(20_000));
        facts(Language::TypeScript, &source);
        facts(Language::JavaScript, &source);
    }
    let types = format!("type T = {}1{}", "{a:".repeat(20_000), "}".repeat(20_000));
    facts(Language::TypeScript, &types);
    let tags = format!("x = {}{}", "<A>".repeat(20_000), "</A>".repeat(20_000));
    facts(Language::Tsx, &tags);
    let chain = format!("x{}", ".map(a => a.b)".repeat(20_000));
    facts(Language::TypeScript, &chain);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever is cut out of a source, or put into it: no panic, and every span is a place in it.
    #[test]
    fn damaged_sources_have_sound_facts(
        which in 0..FIXTURES.len(),
        other in 0..FIXTURES.len(),
        cuts in prop::collection::vec((0.0..1.0f64, 0.0..1.0f64, 0.0..1.0f64), 1..4),
    ) {
        let (language, source) = FIXTURES[which];
        let donor = FIXTURES[other].1;
        let mut source = source.to_owned();
        let place = |text: &str, share: f64| {
            let mut at = (text.len() as f64 * share) as usize;
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        for (from, length, graft) in cuts {
            let start = place(&source, from);
            let end = place(&source, (from + length * 0.1).min(1.0));
            let piece = place(donor, graft);
            let piece_end = place(donor, (graft + 0.02).min(1.0));
            source.replace_range(start..end, &donor[piece..piece_end]);
        }
        facts(language, &source);
    }
}
