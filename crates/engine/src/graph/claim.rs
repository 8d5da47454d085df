//! Claims about structure in plain words, read into what is to be shown.

/// What a claim says of one thing or two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// The first cannot do without the second: it imports, calls, names or inherits from it, or over
    /// others.
    Depends,
    /// The first imports the second.
    Imports,
    /// The first calls the second.
    Calls,
    /// The first inherits from or implements the second.
    Inherits,
    /// The first is a test that exercises the second.
    Tests,
    /// The same commits change both.
    ChangeTogether,
    /// A chain of dependencies leads from the first back to it.
    Cycle,
}

/// A claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// What it says.
    pub verb: Verb,
    /// Whether it says that this is not so.
    pub negated: bool,
    /// Whether it speaks of direct dependencies alone.
    pub direct: bool,
    /// Who does it. `None`: anybody.
    pub subject: Option<String>,
    /// With whom. `None`: it speaks of one thing, the subject.
    pub object: Option<String>,
}

/// What claims can be made of, for who has to write one.
pub const CLAIM_GRAMMAR: &str = "A depends on B; A imports B; A calls B; A inherits from B; A tests \
    B; each also as `A never calls B` or `A does not depend on B`, or with `directly`; nothing calls \
    (imports, uses, depends on, inherits from, tests) A; A is unused; A and B change together; there \
    is a cycle through A. A and B are a path, `path:line` or a symbol (`Model.save`); put what has \
    spaces in backticks";

/// Claims longer than this are none.
const MAX_CLAIM: usize = 2_000;

/// The phrases by which claims say what is done.
const VERBS: [(&[&str], Verb); 29] = [
    (&["depends", "on"], Verb::Depends),
    (&["depend", "on"], Verb::Depends),
    (&["depends", "upon"], Verb::Depends),
    (&["depend", "upon"], Verb::Depends),
    (&["uses"], Verb::Depends),
    (&["use"], Verb::Depends),
    (&["needs"], Verb::Depends),
    (&["need"], Verb::Depends),
    (&["imports"], Verb::Imports),
    (&["import"], Verb::Imports),
    (&["includes"], Verb::Imports),
    (&["include"], Verb::Imports),
    (&["calls"], Verb::Calls),
    (&["call"], Verb::Calls),
    (&["invokes"], Verb::Calls),
    (&["invoke"], Verb::Calls),
    (&["inherits", "from"], Verb::Inherits),
    (&["inherit", "from"], Verb::Inherits),
    (&["inherits"], Verb::Inherits),
    (&["inherit"], Verb::Inherits),
    (&["extends"], Verb::Inherits),
    (&["extend"], Verb::Inherits),
    (&["implements"], Verb::Inherits),
    (&["implement"], Verb::Inherits),
    (&["tests"], Verb::Tests),
    (&["test"], Verb::Tests),
    (&["exercises"], Verb::Tests),
    (&["covers"], Verb::Tests),
    (&["cover"], Verb::Tests),
];

/// Words before a name that say what it is of.
const NOUNS: [&str; 13] = [
    "the",
    "a",
    "an",
    "file",
    "files",
    "module",
    "class",
    "function",
    "method",
    "type",
    "package",
    "directory",
    "symbol",
];

/// A word, and whether it was written in quotes: then it is a name, whatever it says.
type Word = (String, bool);

impl Claim {
    /// Reads a claim; `None` if it is none of [`CLAIM_GRAMMAR`].
    pub fn parse(text: &str) -> Option<Claim> {
        if text.len() > MAX_CLAIM {
            return None;
        }
        let mut words = words_of(text);
        let mut direct = false;
        words.retain(|word| {
            let said = is(word, "directly");
            direct |= said;
            !said
        });
        let claim = Claim::together(&words)
            .or_else(|| Claim::cycle(&words))
            .or_else(|| Claim::unused(&words))
            .or_else(|| Claim::plain(&words))?;
        Some(Claim { direct, ..claim })
    }

    /// `A and B [never] change together`.
    fn together(words: &[Word]) -> Option<Claim> {
        let rest = strip_end(words, &["together"])?;
        let rest = strip_end(rest, &["change"]).or_else(|| strip_end(rest, &["changed"]))?;
        let rest = strip_end(rest, &["are"]).unwrap_or(rest);
        let (rest, negated) = strip_not(rest);
        let at = rest.iter().position(|word| is(word, "and"))?;
        let (subject, object) = (name(&rest[..at])?, name(&rest[at + 1..])?);
        let subject = Some(subject);
        let verb = Verb::ChangeTogether;
        Some(Claim { verb, negated, direct: false, subject, object: Some(object) })
    }

    /// `there is a cycle through A`, `A is [not] in a cycle`.
    fn cycle(words: &[Word]) -> Option<Claim> {
        let claim = |negated, named: &[Word]| {
            let subject = Some(name(named)?);
            Some(Claim { verb: Verb::Cycle, negated, direct: false, subject, object: None })
        };
        if let Some(at) = words.iter().position(|word| is(word, "through"))
            && let Some(said) = strip_end(&words[..at], &["cycle"])
        {
            let plain = |words: &[Word]| {
                let fill = ["there", "is", "a", "are", "any", "no", "import", "dependency"];
                words.iter().all(|word| fill.iter().any(|it| is(word, it)))
            };
            let (said, not) = strip_not(said);
            let negated = not || said.iter().any(|word| is(word, "no"));
            return if plain(said) { claim(negated, &words[at + 1..]) } else { None };
        }
        let rest = strip_end(words, &["cycle"])?;
        let rest = strip_end(rest, &["a"]).or_else(|| strip_end(rest, &["any"])).unwrap_or(rest);
        let rest = strip_end(rest, &["in"])?;
        let (rest, not) = match strip_end(rest, &["not"]) {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        claim(not, strip_end(rest, &["is"])?)
    }

    /// `A is [not] unused`, `A is [never] used`.
    fn unused(words: &[Word]) -> Option<Claim> {
        let (rest, unused) = match strip_end(words, &["unused"]) {
            Some(rest) => (rest, true),
            None => (strip_end(words, &["used"])?, false),
        };
        let (rest, not) = ["not", "never"]
            .iter()
            .find_map(|word| Some((strip_end(rest, &[word])?, true)))
            .unwrap_or((rest, false));
        let object = Some(name(strip_end(rest, &["is"])?)?);
        let negated = unused != not;
        Some(Claim { verb: Verb::Depends, negated, direct: false, subject: None, object })
    }

    /// `A [never] VERB B`, `nothing VERB B`.
    fn plain(words: &[Word]) -> Option<Claim> {
        for at in 1..words.len() {
            for (phrase, verb) in VERBS {
                let Some(object) = strip_start(&words[at..], phrase) else { continue };
                let (before, negated) = strip_not(&words[..at]);
                let (Some(object), false) = (name(object), before.is_empty()) else { continue };
                let nobody = ["nothing", "nobody", "none"].iter().any(|it| is(&before[0], it));
                let anybody =
                    ["something", "somebody", "anything"].iter().any(|it| is(&before[0], it));
                let claim = |negated, subject| Claim {
                    verb,
                    negated,
                    direct: false,
                    subject,
                    object: Some(object.clone()),
                };
                if before.len() == 1 && nobody != negated && (nobody || anybody) {
                    return Some(claim(true, None));
                }
                if before.len() == 1 && (nobody || anybody) {
                    return Some(claim(false, None));
                }
                if let Some(subject) = name(before) {
                    return Some(claim(negated, Some(subject)));
                }
            }
        }
        None
    }
}

fn is(word: &Word, wanted: &str) -> bool {
    !word.1 && word.0.eq_ignore_ascii_case(wanted)
}

fn strip_end<'w>(words: &'w [Word], end: &[&str]) -> Option<&'w [Word]> {
    let at = words.len().checked_sub(end.len())?;
    words[at..].iter().zip(end).all(|(word, it)| is(word, it)).then_some(&words[..at])
}

fn strip_start<'w>(words: &'w [Word], start: &[&str]) -> Option<&'w [Word]> {
    let fits = words.len() >= start.len();
    (fits && words.iter().zip(start).all(|(word, it)| is(word, it)))
        .then(|| &words[start.len().min(words.len())..])
}

/// Without the words before a verb that deny it.
fn strip_not(words: &[Word]) -> (&[Word], bool) {
    const NOT: [&[&str]; 9] = [
        &["does", "not"],
        &["do", "not"],
        &["must", "not"],
        &["should", "not"],
        &["never"],
        &["doesn't"],
        &["don't"],
        &["cannot"],
        &["not"],
    ];
    let denied = NOT.iter().find_map(|not| strip_end(words, not));
    denied.map_or((words, false), |rest| (rest, true))
}

/// The one name that these words are.
fn name(words: &[Word]) -> Option<String> {
    let mut rest = words;
    while let [first, tail @ ..] = rest
        && !tail.is_empty()
        && NOUNS.iter().any(|noun| is(first, noun))
    {
        rest = tail;
    }
    match rest {
        [(word, _)] if !word.is_empty() => Some(word.clone()),
        _ => None,
    }
}

/// The words of a claim. What stands in backticks or quotes is one; `f()` is `f`.
fn words_of(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut rest = text.trim().trim_end_matches(['.', '!']);
    loop {
        rest = rest.trim_start();
        let Some(first) = rest.chars().next() else { return words };
        let quoted = matches!(first, '`' | '"');
        let inner = if quoted { &rest[1..] } else { rest };
        let end = if quoted { inner.find(first) } else { inner.find(char::is_whitespace) };
        let word = &inner[..end.unwrap_or(inner.len())];
        let bare = word.trim().trim_end_matches("()").trim_end_matches(',');
        words.push((bare.to_owned(), quoted));
        let behind = end.map_or(inner.len(), |end| end + usize::from(quoted));
        rest = &inner[behind..];
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(text: &str) -> String {
        let Some(it) = Claim::parse(text) else { return "none".into() };
        let side = |side: Option<String>| side.unwrap_or_else(|| "*".into());
        let not = if it.negated { "not " } else { "" };
        let direct = if it.direct { " directly" } else { "" };
        format!("{not}{:?}({}, {}){direct}", it.verb, side(it.subject), side(it.object))
    }

    /// Every form of the grammar is read, and negation never turns into its contrary.
    #[test]
    fn forms_of_claims() {
        for (text, wanted) in [
            ("a.py depends on b.py", "Depends(a.py, b.py)"),
            ("a.py does not depend on b.py.", "not Depends(a.py, b.py)"),
            ("the class Order inherits from Base", "Inherits(Order, Base)"),
            ("Order extends Base", "Inherits(Order, Base)"),
            ("show() never calls `Order.save()`", "not Calls(show, Order.save)"),
            ("show directly depends on x", "Depends(show, x) directly"),
            ("tests/test_a.py tests price", "Tests(tests/test_a.py, price)"),
            ("nothing calls price", "not Calls(*, price)"),
            ("something imports a.py", "Imports(*, a.py)"),
            ("nobody uses price", "not Depends(*, price)"),
            ("price is unused", "not Depends(*, price)"),
            ("price is not unused", "Depends(*, price)"),
            ("price is never used", "not Depends(*, price)"),
            ("a.py and b.py change together", "ChangeTogether(a.py, b.py)"),
            ("a.py and b.py never change together", "not ChangeTogether(a.py, b.py)"),
            ("there is a cycle through a.py", "Cycle(a.py, *)"),
            ("there is no cycle through a.py", "not Cycle(a.py, *)"),
            ("a.py is not in a cycle", "not Cycle(a.py, *)"),
            ("`my file.py` imports `calls`", "Imports(my file.py, calls)"),
            ("use calls test", "Calls(use, test)"),
            ("a.py:3 calls b", "Calls(a.py:3, b)"),
            ("a.py is nice", "none"),
            ("calls", "none"),
            ("a calls", "none"),
            ("a b calls c d", "none"),
            ("", "none"),
        ] {
            assert_eq!(said(text), wanted, "{text}");
        }
    }

    proptest! {
        /// Whatever is claimed, reading it ends without a panic.
        #[test]
        fn anything_can_be_claimed(text in ".{0,80}", words in "(a|`|\"|nothing|calls| |is|cycle|through|and|together|é){0,12}") {
            let _ = (Claim::parse(&text), Claim::parse(&words));
        }
    }
}
