//! What else will have to change: other items ranked by the evidence that ties them to changed ones.
//!
//! A log-linear model: each part of the evidence adds `weight * ln(1 + x / scale)` or `weight * x`,
//! nothing where there is none. Exponentials of the sums, as shares of all candidates of one changed
//! item, are added over the changed items: what several of them point to comes before what one
//! does.
//!
//! Weights and scales were fitted (softmax regression) to commits of flask, tokio and ripgrep, then
//! rounded, and looked at on eleven other repositories, after which nearness was given less
//! (`bench/graph/predict_eval.py`). Their exact values matter little; `bench/graph/predict.md` says
//! what each part adds, and what was tried and left out.

use foldhash::fast::FixedState;

use crate::{
    cochange::{CoChange, CoChangeOptions, Partner},
    likeness::Likeness,
    places::Places,
    top::best,
};

type Map<V> = std::collections::HashMap<u32, V, FixedState>;

/// How commits count for predictions: what goes together in code does so for years (half-lives of one
/// year, of three and of ten rank alike, 180 days a little worse), and a pair in a commit of many
/// says little (2 of n items is better than 8 of n).
pub const COCHANGE: CoChangeOptions = CoChangeOptions {
    half_life_days: 1095.0,
    whole_items: 2,
    max_items: 40,
    max_row: 100,
    max_entries: 500_000,
};

/// Added to an item's number of changes: a share of two changes is no certainty.
const DOUBT: f64 = 2.0;

/// Partners of an item whose own partners are looked at.
const MAX_THROUGH: usize = 40;

/// Documents like an item that are looked at.
const MAX_ALIKE: usize = 200;

/// What a weight or a strength counts at most: sums and their exponentials stay numbers.
const MOST: f64 = 1e6;

/// A kind of evidence.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[repr(usize)]
pub enum Part {
    /// The same commits changed both.
    Together,
    /// Both were changed together with the same third items.
    Through,
    /// It is changed often, by whatever commit.
    Often,
    /// Both speak of the same things.
    Alike,
    /// The changed item uses names that it defines.
    Uses,
    /// It uses names that the changed item defines.
    UsedBy,
    /// The changed item imports it.
    Imports,
    /// It imports the changed item.
    ImportedBy,
    /// Both are in the same directory, or near.
    Near,
    /// Both are called alike.
    Named,
}

impl Part {
    /// All of them, in the order of their numbers.
    pub const ALL: [Part; 10] = [
        Part::Together,
        Part::Through,
        Part::Often,
        Part::Alike,
        Part::Uses,
        Part::UsedBy,
        Part::Imports,
        Part::ImportedBy,
        Part::Near,
        Part::Named,
    ];
}

/// A number for each [`Part`].
pub type Parts = [f64; Part::ALL.len()];

/// A structural tie of an item.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Link {
    /// The other item.
    pub item: u32,
    /// [`Part::Uses`], [`Part::UsedBy`], [`Part::Imports`] or [`Part::ImportedBy`]. Others are left
    /// out.
    pub kind: Part,
    /// How strong. Imports: 1. Uses: the sum over the used names of `ln(1 + items / items with that
    /// name)`, so that rare names say more. Several links of a kind to an item add up, those of
    /// imports to 1 at most.
    pub strength: f64,
}

/// What predictions are made from. Items are numbers: the same ones everywhere.
pub struct Known<'a> {
    /// What changed together, best with [`COCHANGE`].
    pub cochange: &'a CoChange,
    /// The time as of which old commits are old, in seconds since 1970.
    pub now: i64,
    /// Every item's path.
    pub places: &'a Places,
    /// Every item's words, if they are known.
    pub likeness: Option<&'a Likeness>,
    /// An item's structural ties, in both directions.
    pub links: &'a dyn Fn(u32) -> Vec<Link>,
    /// Whether an item may be an answer.
    pub wanted: &'a dyn Fn(u32) -> bool,
}

/// How to predict.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PredictOptions {
    /// How many items to name.
    pub limit: usize,
    /// How much each part counts; 0 leaves it out. What is no finite number above 0 counts as 0.
    pub weights: Parts,
}

impl Default for PredictOptions {
    fn default() -> PredictOptions {
        // In the order of `Part::ALL`.
        PredictOptions { limit: 20, weights: [0.6, 0.3, 0.1, 2.0, 0.08, 0.2, 0.3, 0.2, 0.3, 0.4] }
    }
}

/// An item that will likely have to change, and why.
#[derive(Clone, PartialEq, Debug)]
pub struct Predicted {
    /// The item.
    pub item: u32,
    /// Its share of what all candidates have, from 0 to 1.
    pub share: f64,
    /// The changed item that points to it most.
    pub because: u32,
    /// What each part of the evidence between these two adds to the logarithm of the share.
    pub parts: Parts,
    /// Commits that changed both.
    pub support: u32,
    /// The newest of them, in seconds since 1970; 0 without one.
    pub last: i64,
    /// The third item that ties them most in [`Part::Through`].
    pub through: Option<u32>,
}

/// Evidence between a changed item and a candidate.
#[derive(Clone, Copy, Default)]
struct Evidence {
    parts: Parts,
    support: u32,
    last: i64,
    through: Option<(u32, f64)>,
}

/// Ranks the items that are not among the changed ones; these come with how much each counts (what
/// is no finite number above 0 is left out). Only items for which there is evidence are named, the
/// surest first, ties by number.
///
/// Costs, for each changed item, its row of the matrix and those of its 40 nearest partners, the
/// lists of its words, and its links.
pub fn predict(changed: &[(u32, f64)], known: &Known<'_>, how: &PredictOptions) -> Vec<Predicted> {
    let weights =
        how.weights.map(|weight| if is_positive(weight) { weight.min(MOST) } else { 0.0 });
    let is_changed = |item: u32| changed.iter().any(|(other, _)| *other == item);
    let changed: Vec<(u32, f64)> =
        changed.iter().filter(|(_, weight)| is_positive(*weight)).map(bounded).collect();
    let all: f64 = changed.iter().map(|(_, weight)| weight).sum();
    let mut found: Map<(Predicted, f64)> = Map::default();
    for (item, weight) in &changed {
        let mut rows: Vec<(u32, Evidence, f64)> = evidence(*item, known, &weights)
            .into_iter()
            .filter(|(other, _)| !is_changed(*other) && (known.wanted)(*other))
            .map(|(other, evidence)| (other, evidence, evidence.parts.iter().sum()))
            .collect();
        // In order, so that sums of floating point numbers are the same each time.
        rows.sort_unstable_by_key(|(other, ..)| *other);
        let top = rows.iter().map(|(.., score)| *score).fold(0.0, f64::max);
        let total: f64 = rows.iter().map(|(.., score)| (score - top).exp()).sum();
        for (other, evidence, score) in rows {
            let share = (score - top).exp() / total * (weight / all);
            let entry =
                found.entry(other).or_insert_with(|| (named(other, *item, &evidence), share));
            if share > entry.1 {
                *entry =
                    (Predicted { share: entry.0.share, ..named(other, *item, &evidence) }, share);
            }
            entry.0.share += share;
        }
    }
    let mut found: Vec<Predicted> = found.into_values().map(|(predicted, _)| predicted).collect();
    best(&mut found, how.limit, |a, b| b.share.total_cmp(&a.share).then(a.item.cmp(&b.item)));
    found
}

fn bounded((item, weight): &(u32, f64)) -> (u32, f64) {
    (*item, weight.min(MOST))
}

fn is_positive(number: f64) -> bool {
    number.is_finite() && number > 0.0
}

fn named(item: u32, because: u32, evidence: &Evidence) -> Predicted {
    let Evidence { parts, support, last, through } = *evidence;
    let through = through.map(|(item, _)| item);
    Predicted { item, share: 0.0, because, parts, support, last, through }
}

/// All that ties other items to one, weighed.
fn evidence(item: u32, known: &Known<'_>, weights: &Parts) -> Map<Evidence> {
    let mut found: Map<Evidence> = Map::default();
    from_history(item, known, &mut found);
    if let Some(likeness) = known.likeness {
        for (other, cosine) in likeness.near(item, MAX_ALIKE) {
            found.entry(other).or_default().parts[Part::Alike as usize] = cosine;
        }
    }
    for link in (known.links)(item) {
        let is_link = (Part::Uses..=Part::ImportedBy).contains(&link.kind);
        if is_link && is_positive(link.strength) && link.item != item {
            found.entry(link.item).or_default().parts[link.kind as usize] +=
                link.strength.min(MOST);
        }
    }
    for (other, evidence) in &mut found {
        let parts = &mut evidence.parts;
        parts[Part::Often as usize] = known.cochange.changes(*other, known.now).1;
        parts[Part::Near as usize] = known.places.nearness(item, *other);
        parts[Part::Named as usize] = known.places.namesakes(item, *other);
        for part in Part::ALL {
            let value = &mut parts[part as usize];
            *value = weights[part as usize] * shaped(part, *value);
        }
    }
    found
}

/// A part's evidence on the scale on which parts add up: 0 for none.
fn shaped(part: Part, value: f64) -> f64 {
    match part {
        Part::Together => (value / 0.02).ln_1p(),
        Part::Through => (value / 0.005).ln_1p(),
        Part::Alike => (value / 0.05).ln_1p(),
        Part::Often | Part::Uses | Part::UsedBy => value.ln_1p(),
        Part::Imports | Part::ImportedBy => value.min(1.0),
        Part::Near | Part::Named => value,
    }
}

/// How likely a commit that changes the item changes others, straight and by way of a third.
fn from_history(item: u32, known: &Known<'_>, found: &mut Map<Evidence>) {
    let partners = known.cochange.partners(item, known.now, usize::MAX);
    let chance = |partner: &Partner, of: u32| {
        partner.weight / (known.cochange.changes(of, known.now).1 + DOUBT)
    };
    for partner in &partners {
        let evidence = found.entry(partner.item).or_default();
        evidence.parts[Part::Together as usize] = chance(partner, item);
        (evidence.support, evidence.last) = (partner.support, partner.last);
    }
    for third in partners.iter().take(MAX_THROUGH) {
        let first = chance(third, item);
        for partner in known.cochange.partners(third.item, known.now, usize::MAX) {
            if partner.item == item {
                continue;
            }
            let both = first * chance(&partner, third.item);
            let evidence = found.entry(partner.item).or_default();
            evidence.parts[Part::Through as usize] += both;
            if evidence.through.is_none_or(|(_, most)| both > most) {
                evidence.through = Some((third.item, both));
            }
        }
    }
}

#[cfg(test)]
mod tests;
