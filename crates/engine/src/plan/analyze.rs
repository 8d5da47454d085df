//! From a regex to a plan, after Russ Cox's "Regular Expression Matching with a Trigram Index"
//! (2012), on regex-syntax's HIR and over folded bytes.
//!
//! For every sub-expression we keep the exact set of strings it matches while that is small, and
//! otherwise the sets of possible prefixes and suffixes plus a plan for what lies between. When
//! expressions are joined, the strings across the seam give the trigrams.

use regex_syntax::{
    ParserBuilder,
    hir::{Class, Hir, HirKind},
};

use super::{Plan, plan_literal};
use crate::segment::FOLD;

/// An exact set larger than this is broken up into prefixes, suffixes and a plan.
const MAX_EXACT: usize = 32;
/// Prefix and suffix sets larger than this are shortened to two bytes, then dropped.
const MAX_AFFIXES: usize = 32;
/// Character classes with more members are taken for "any character".
const MAX_CLASS: usize = 64;
/// Strings of an exact set longer than this are broken up.
const MAX_STRING: usize = 64;

/// How the patterns are to be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlanOptions {
    /// Patterns are plain strings.
    pub(crate) fixed_strings: bool,
    /// Letters match either case (also for smart case: that is only the weaker assumption).
    pub(crate) case_insensitive: bool,
    /// `\w`, classes and case folding are Unicode's.
    pub(crate) unicode: bool,
}

/// The plan for "any of these patterns matches". Patterns that do not parse give `Plan::All`: the
/// matcher is the one to report them.
pub(crate) fn plan_patterns(patterns: &[String], options: PlanOptions) -> Plan {
    patterns.iter().fold(Plan::Nothing, |plan, pattern| {
        let literal;
        let source = if options.fixed_strings {
            literal = regex_syntax::escape(pattern);
            &literal
        } else {
            pattern
        };
        let hir = ParserBuilder::new()
            .utf8(false)
            .multi_line(true)
            .unicode(options.unicode)
            .case_insensitive(options.case_insensitive)
            .build()
            .parse(source);
        plan.or(match hir {
            Ok(hir) => Info::of(&hir).into_plan(),
            Err(_) => Plan::All,
        })
    })
}

/// A small set of folded byte strings.
type Set = Vec<Vec<u8>>;

/// What is known about the strings that an expression matches.
struct Info {
    /// All of them, if they are few and short.
    exact: Option<Set>,
    /// One of these begins every match. `[""]` if nothing is known.
    prefixes: Set,
    /// One of these ends every match.
    suffixes: Set,
    /// Holds for every text with a match.
    plan: Plan,
}

impl Info {
    fn of(hir: &Hir) -> Info {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => Info::exact(vec![Vec::new()]),
            HirKind::Literal(literal) => {
                Info::exact(vec![literal.0.iter().map(|&b| FOLD[usize::from(b)]).collect()])
            }
            HirKind::Class(class) => Info::of_class(class),
            HirKind::Capture(capture) => Info::of(&capture.sub),
            HirKind::Concat(parts) => Info::of_concat(parts),
            HirKind::Alternation(parts) => {
                parts.iter().map(Info::of).reduce(Info::or).unwrap_or_else(Info::anything)
            }
            HirKind::Repetition(repetition) => match (repetition.min, repetition.max) {
                (0, Some(0)) => Info::exact(vec![Vec::new()]),
                (0, Some(1)) => Info::of(&repetition.sub).or(Info::exact(vec![Vec::new()])),
                (0, _) => Info::anything(),
                (1, Some(1)) => Info::of(&repetition.sub),
                (min, max) => Info::of(&repetition.sub).repeated(min, max == Some(min)),
            },
        }
    }

    fn exact(set: Set) -> Info {
        Info { exact: Some(set), prefixes: Vec::new(), suffixes: Vec::new(), plan: Plan::All }
    }

    fn anything() -> Info {
        Info {
            exact: None,
            prefixes: vec![Vec::new()],
            suffixes: vec![Vec::new()],
            plan: Plan::All,
        }
    }

    fn of_class(class: &Class) -> Info {
        let mut set = Set::new();
        match class {
            Class::Unicode(class) => {
                let size: usize = class.iter().map(|range| range.len()).sum();
                if size > MAX_CLASS {
                    return Info::anything();
                }
                for c in class.iter().flat_map(|range| range.start()..=range.end()) {
                    let mut buffer = [0; 4];
                    let bytes = c.encode_utf8(&mut buffer).as_bytes();
                    set.push(bytes.iter().map(|&b| FOLD[usize::from(b)]).collect());
                }
            }
            Class::Bytes(class) => {
                let size: usize = class.iter().map(|range| range.len()).sum();
                if size > MAX_CLASS {
                    return Info::anything();
                }
                for b in class.iter().flat_map(|range| range.start()..=range.end()) {
                    set.push(vec![FOLD[usize::from(b)]]);
                }
            }
        }
        if set.is_empty() {
            // An empty class matches nothing; regex-syntax writes "never" that way.
            return Info { plan: Plan::Nothing, ..Info::anything() };
        }
        Info::exact(set).simplified()
    }

    /// Joins the parts from left to right.
    fn of_concat(parts: &[Hir]) -> Info {
        parts
            .iter()
            .map(Info::of)
            .reduce(Info::then)
            .unwrap_or_else(|| Info::exact(vec![Vec::new()]))
    }

    /// `self` at least `min` (>= 1) times; exactly so often if `bounded`.
    fn repeated(self, min: u32, bounded: bool) -> Info {
        if let Some(set) = &self.exact
            && bounded
            && min <= 8
            && set.len() == 1
        {
            return Info::exact(vec![set[0].repeat(min as usize)]).simplified();
        }
        let open = self.broken_up();
        Info { exact: None, ..open }
    }

    /// `self` and then `next`.
    fn then(self, next: Info) -> Info {
        match (&self.exact, &next.exact) {
            (Some(a), Some(b)) if a.len() * b.len() <= MAX_EXACT => {
                Info::exact(cross(a, b)).simplified()
            }
            _ => {
                let prefixes = match &self.exact {
                    Some(set) => cross(set, next.starts()),
                    None => self.prefixes.clone(),
                };
                let suffixes = match &next.exact {
                    Some(set) => cross(self.ends(), set),
                    None => next.suffixes.clone(),
                };
                // The seam: what may end the left part, followed by what may begin the right one.
                let seam = if self.ends().len() * next.starts().len() <= 4 * MAX_AFFIXES {
                    plan_set(&cross(self.ends(), next.starts()))
                } else {
                    Plan::All
                };
                let plan = self.into_plan().and(next.into_plan()).and(seam);
                Info { exact: None, prefixes, suffixes, plan }.simplified()
            }
        }
    }

    /// `self` or `other`.
    fn or(self, other: Info) -> Info {
        if let (Some(a), Some(b)) = (&self.exact, &other.exact)
            && a.len() + b.len() <= MAX_EXACT
        {
            return Info::exact(union(a, b)).simplified();
        }
        let (a, b) = (self.broken_up(), other.broken_up());
        Info {
            exact: None,
            prefixes: union(&a.prefixes, &b.prefixes),
            suffixes: union(&a.suffixes, &b.suffixes),
            plan: a.plan.or(b.plan),
        }
        .simplified()
    }

    fn starts(&self) -> &Set {
        self.exact.as_ref().unwrap_or(&self.prefixes)
    }

    fn ends(&self) -> &Set {
        self.exact.as_ref().unwrap_or(&self.suffixes)
    }

    /// The plan that all knowledge gives together.
    fn into_plan(self) -> Plan {
        match &self.exact {
            Some(set) => self.plan.clone().and(plan_set(set)),
            None => self.plan.and(plan_set(&self.prefixes)).and(plan_set(&self.suffixes)),
        }
    }

    /// The same knowledge without an exact set.
    fn broken_up(mut self) -> Info {
        if let Some(set) = self.exact.take() {
            self.plan = self.plan.and(plan_set(&set));
            self.prefixes = set.clone();
            self.suffixes = set;
        }
        self
    }

    /// Keeps all sets within their limits, saving what their strings say in the plan first.
    fn simplified(mut self) -> Info {
        if let Some(set) = &mut self.exact {
            set.sort_unstable();
            set.dedup();
            if set.len() <= MAX_EXACT && set.iter().all(|s| s.len() <= MAX_STRING) {
                return self;
            }
            self = self.broken_up();
        }
        let (prefixes, before) = shorten(std::mem::take(&mut self.prefixes), |s, n| s.truncate(n));
        let (suffixes, after) = shorten(std::mem::take(&mut self.suffixes), |s, n| {
            s.drain(..s.len().saturating_sub(n));
        });
        self.plan = self.plan.and(before).and(after);
        Info { prefixes, suffixes, ..self }
    }
}

/// Brings an affix set within its limits by cutting its strings with `cut`; what the uncut strings
/// said is returned as a plan.
fn shorten(mut set: Set, cut: impl Fn(&mut Vec<u8>, usize)) -> (Set, Plan) {
    if set.len() <= MAX_AFFIXES && set.iter().all(|s| s.len() <= MAX_STRING) {
        return (set, Plan::All);
    }
    let plan = plan_set(&set);
    for keep in [2, 1, 0] {
        set.iter_mut().for_each(|s| cut(s, keep));
        set.sort_unstable();
        set.dedup();
        if set.len() <= MAX_AFFIXES {
            break;
        }
    }
    (set, plan)
}

/// "One of these strings is in the text."
fn plan_set(set: &Set) -> Plan {
    set.iter().fold(Plan::Nothing, |plan, string| match plan {
        Plan::All => Plan::All,
        plan => plan.or(plan_literal(string)),
    })
}

fn union(a: &Set, b: &Set) -> Set {
    let mut set: Set = a.iter().chain(b).cloned().collect();
    set.sort_unstable();
    set.dedup();
    set
}

/// Every string of `a` followed by every string of `b`.
fn cross(a: &Set, b: &Set) -> Set {
    a.iter().flat_map(|x| b.iter().map(move |y| [&x[..], &y[..]].concat())).collect()
}

#[cfg(test)]
mod tests;
