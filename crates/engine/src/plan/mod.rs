//! What the trigram index can say about a pattern: a boolean formula over trigrams that every
//! matching text satisfies.
//!
//! The formula may be too weak ("maybe") and is never too strong: the property test
//! `index_answer_is_scan_answer` holds it to that. `analyze` derives it from a regex.

mod analyze;

pub(crate) use analyze::{PlanOptions, plan_patterns};

use crate::segment::{DocSet, Segment};

/// A formula over trigrams (folded, three bytes in the low bits).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    /// Nothing is known: every text may match.
    All,
    /// No text can match.
    Nothing,
    /// The text has this trigram.
    Gram(u32),
    /// All of them hold. Never empty, never nested in itself.
    And(Vec<Plan>),
    /// One of them holds. Never empty, never nested in itself.
    Or(Vec<Plan>),
}

impl Plan {
    /// Both hold.
    pub(crate) fn and(self, other: Plan) -> Plan {
        match (self, other) {
            (Plan::All, plan) | (plan, Plan::All) => plan,
            (Plan::Nothing, _) | (_, Plan::Nothing) => Plan::Nothing,
            (a, b) => {
                let mut parts = a.into_conjuncts();
                for part in b.into_conjuncts() {
                    if !parts.contains(&part) {
                        parts.push(part);
                    }
                }
                if parts.len() == 1 { parts.remove(0) } else { Plan::And(parts) }
            }
        }
    }

    /// Either holds.
    pub(crate) fn or(self, other: Plan) -> Plan {
        match (self, other) {
            (Plan::Nothing, plan) | (plan, Plan::Nothing) => plan,
            (Plan::All, _) | (_, Plan::All) => Plan::All,
            (a, b) => {
                let mut parts = a.into_disjuncts();
                for part in b.into_disjuncts() {
                    if !parts.contains(&part) {
                        parts.push(part);
                    }
                }
                if parts.len() == 1 { parts.remove(0) } else { Plan::Or(parts) }
            }
        }
    }

    fn into_conjuncts(self) -> Vec<Plan> {
        match self {
            Plan::And(parts) => parts,
            plan => vec![plan],
        }
    }

    fn into_disjuncts(self) -> Vec<Plan> {
        match self {
            Plan::Or(parts) => parts,
            plan => vec![plan],
        }
    }

    /// The documents of `segment` that may match.
    pub(crate) fn candidates(&self, segment: &Segment) -> DocSet {
        let mut docs = DocSet::all(segment.docs().len());
        self.narrow(segment, &mut docs);
        docs
    }

    /// Removes the documents that cannot match.
    fn narrow(&self, segment: &Segment, docs: &mut DocSet) {
        match self {
            Plan::All => {}
            Plan::Nothing => docs.clear(),
            Plan::Gram(gram) => match segment.index().list(*gram) {
                Some(list) => docs.intersect_list(list),
                None => docs.clear(),
            },
            Plan::And(parts) => narrow_all(parts, segment, docs),
            Plan::Or(parts) => {
                let mut any = DocSet::none(segment.docs().len());
                for part in parts {
                    let mut these = docs.clone();
                    part.narrow(segment, &mut these);
                    any.union(&these);
                }
                docs.intersect(&any);
            }
        }
    }
}

/// Intersects the shortest lists first, and stops when reading another list would cost more than
/// looking at the documents that it could remove.
fn narrow_all(parts: &[Plan], segment: &Segment, docs: &mut DocSet) {
    /// Searching one average document costs about as much as decoding this many postings.
    const DOCUMENT_COST: usize = 1500;
    let mut lists = Vec::with_capacity(parts.len());
    for part in parts {
        if let Plan::Gram(gram) = part {
            match segment.index().list(*gram) {
                Some(list) => lists.push(list),
                None => return docs.clear(),
            }
        }
    }
    lists.sort_unstable_by_key(|list| list.len());
    for list in lists {
        if docs.count() * DOCUMENT_COST < list.len() {
            break;
        }
        docs.intersect_list(list);
    }
    for part in parts {
        if !matches!(part, Plan::Gram(_)) && docs.count() > 0 {
            part.narrow(segment, docs);
        }
    }
}

/// The conjunction of all trigrams of a folded literal; `All` for fewer than three bytes.
///
/// Trigrams across a line feed are left out of the index, and so here.
pub(crate) fn plan_literal(folded: &[u8]) -> Plan {
    let mut grams: Vec<u32> = folded
        .windows(3)
        .filter(|window| !window.contains(&b'\n'))
        .map(|window| window.iter().fold(0, |gram, &byte| gram << 8 | u32::from(byte)))
        .collect();
    grams.sort_unstable();
    grams.dedup();
    match grams.len() {
        0 => Plan::All,
        1 => Plan::Gram(grams[0]),
        _ => Plan::And(grams.into_iter().map(Plan::Gram).collect()),
    }
}
