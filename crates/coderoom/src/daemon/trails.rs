//! Trails: what an agent has found out about a task, kept so that it or another can go on.
//!
//! A trail is what was said (notes, hypotheses with their verdicts, open questions) and the places
//! that were visited, each with a hash of the text that was seen there. Nothing else is kept: what has
//! become of the places is found out when the trail is resumed.

use std::collections::BTreeMap;

use coderoom_graph::{PersistError, seal, unseal};
use serde::{Deserialize, Serialize};

use super::kept::Keep;
use crate::error::{Code, OpError};

/// Trails of one workspace.
pub const MAX_TRAILS: usize = 200;
/// Entries of each list of a trail.
pub const MAX_ENTRIES: usize = 300;
/// Bytes of one note, claim or question.
pub const MAX_TEXT: usize = 4 << 10;
/// Bytes of all texts and places of a trail.
pub const MAX_TRAIL: usize = 256 << 10;
/// Bytes of a name.
pub const MAX_NAME: usize = 100;
const MAGIC: &[u8; 8] = b"CRTRAILS";
/// Counted up when the encoding changes.
const VERSION: u32 = 1;

/// What is held of a claim.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nobody knows yet.
    #[default]
    Undecided,
    /// It was found to be so.
    Confirmed,
    /// It was found not to be so.
    Refuted,
    /// Two trails that were merged say opposite things.
    Contested,
}

/// A claim, and what is held of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hypothesis {
    /// In the agent's words.
    pub claim: String,
    /// What is held of it.
    pub verdict: Verdict,
}

/// A place that was visited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Visited {
    /// The key of its node in the graph.
    pub key: String,
    /// Its line then, from 1; 0 if it has none.
    pub line: u32,
    /// A hash of its lines then; empty for what has no text.
    pub hash: String,
}

/// One trail.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trail {
    /// What it is about.
    pub task: String,
    /// When it was last saved, in seconds since 1970.
    pub saved: i64,
    /// What was found out, in order.
    pub notes: Vec<String>,
    /// What was supposed.
    pub hypotheses: Vec<Hypothesis>,
    /// What is still open, the next first.
    pub questions: Vec<String>,
    /// Where the agent was, the latest last.
    pub visited: Vec<Visited>,
}

/// A claim of which merged trails say opposite things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// The claim.
    pub claim: String,
    /// The trails that hold it confirmed.
    pub confirmed_by: Vec<String>,
    /// Those that hold it refuted.
    pub refuted_by: Vec<String>,
}

/// All trails of a workspace, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trails {
    all: BTreeMap<String, Trail>,
}

/// Texts that differ in case, white space or a last full stop are the same.
fn same_text(a: &str, b: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        text.trim().trim_end_matches('.').split_whitespace().map(str::to_lowercase).collect()
    };
    words(a) == words(b)
}

fn add_text(list: &mut Vec<String>, new: &str) {
    let new = new.trim();
    if !new.is_empty() && !list.iter().any(|it| same_text(it, new)) {
        list.push(new.to_owned());
    }
}

impl Trail {
    /// Adds notes.
    pub fn note(&mut self, notes: &[String]) {
        notes.iter().for_each(|it| add_text(&mut self.notes, it));
    }

    /// Adds open questions.
    pub fn ask(&mut self, questions: &[String]) {
        questions.iter().for_each(|it| add_text(&mut self.questions, it));
    }

    /// Takes questions off that are answered. Says which were not there.
    pub fn answer(&mut self, answered: &[String]) -> Vec<String> {
        let (known, unknown): (Vec<&String>, Vec<&String>) =
            answered.iter().partition(|it| self.questions.iter().any(|open| same_text(open, it)));
        self.questions.retain(|open| !known.iter().any(|it| same_text(open, it)));
        unknown.into_iter().cloned().collect()
    }

    /// Takes in what is held of claims now, whatever was before.
    pub fn judge(&mut self, claims: &[String], verdict: Verdict) {
        for claim in claims.iter().map(|it| it.trim()).filter(|it| !it.is_empty()) {
            match self.hypotheses.iter_mut().find(|it| same_text(&it.claim, claim)) {
                Some(held) => held.verdict = verdict,
                None => self.hypotheses.push(Hypothesis { claim: claim.to_owned(), verdict }),
            }
        }
    }

    /// Adds a place as the latest; one that was visited before is the latest again.
    pub fn visit(&mut self, place: Visited) {
        self.visited.retain(|it| it.key != place.key);
        self.visited.push(place);
    }

    /// Whether it is within the bounds.
    ///
    /// # Errors
    /// `too_large`, with what is too much of.
    pub fn check(&self) -> Result<(), OpError> {
        let too_large = |message: String| Err(OpError::new(Code::TooLarge, message));
        let claims = self.hypotheses.iter().map(|it| &it.claim);
        let texts = self.notes.iter().chain(&self.questions).chain([&self.task]).chain(claims);
        let mut bytes: usize = self.visited.iter().map(|it| it.key.len() + it.hash.len()).sum();
        for text in texts {
            if text.len() > MAX_TEXT {
                return too_large(format!("one text of a trail has {MAX_TEXT} bytes at most"));
            }
            bytes += text.len();
        }
        let most = [self.notes.len(), self.hypotheses.len(), self.questions.len()];
        if most.into_iter().chain([self.visited.len()]).any(|it| it > MAX_ENTRIES) {
            return too_large(format!("a trail has {MAX_ENTRIES} entries of a kind at most"));
        }
        if bytes > MAX_TRAIL {
            return too_large(format!("a trail has {MAX_TRAIL} bytes at most"));
        }
        Ok(())
    }
}

impl Trails {
    /// All of them, the last saved first.
    pub fn newest_first(&self) -> Vec<(&str, &Trail)> {
        let mut all: Vec<(&str, &Trail)> =
            self.all.iter().map(|(name, it)| (name.as_str(), it)).collect();
        all.sort_by_key(|(_, it)| std::cmp::Reverse(it.saved));
        all
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The trail of a name; of an empty one, the last saved.
    ///
    /// # Errors
    /// `bad_parameter`, with the names that there are.
    pub fn get(&self, name: &str) -> Result<(&str, &Trail), OpError> {
        let wanted = name.trim();
        let found = match wanted {
            "" => self.newest_first().into_iter().next(),
            _ => self.all.get_key_value(wanted).map(|(name, it)| (name.as_str(), it)),
        };
        found.ok_or_else(|| {
            let names: Vec<&str> = self.newest_first().iter().take(10).map(|it| it.0).collect();
            let message = match names[..] {
                [] => "this workspace has no trails: save one with `trail_save`".to_owned(),
                _ => format!("there is no trail `{wanted}`; the last are: {}", names.join(", ")),
            };
            OpError::new(Code::BadParameter, message)
        })
    }

    /// Puts a trail under a name, in place of what it names.
    ///
    /// # Errors
    /// If the name is none, or there is too much.
    pub fn put(&mut self, name: &str, trail: Trail) -> Result<(), OpError> {
        let name = name.trim();
        if name.is_empty() || name.len() > MAX_NAME || name.chars().any(char::is_control) {
            let message =
                format!("a trail's name is one line of 1 to {MAX_NAME} bytes, not `{name:.40}`");
            return Err(OpError::new(Code::BadParameter, message));
        }
        trail.check()?;
        if self.all.len() >= MAX_TRAILS && !self.all.contains_key(name) {
            let message = format!(
                "this workspace has {MAX_TRAILS} trails already: delete one with `trail_delete`"
            );
            return Err(OpError::new(Code::TooLarge, message));
        }
        self.all.insert(name.to_owned(), trail);
        Ok(())
    }

    /// Forgets a trail.
    pub fn delete(&mut self, name: &str) -> Option<Trail> {
        self.all.remove(name.trim())
    }

    /// What several trails say together, and where they contradict each other; such claims are
    /// contested. A verdict stands over no verdict; of a place, what was seen last counts.
    ///
    /// # Errors
    /// If there is no trail of one of the names.
    pub fn merged(&self, names: &[String]) -> Result<(Trail, Vec<Contradiction>), OpError> {
        let mut found = Vec::new();
        for name in names {
            found.push(self.get(name)?);
        }
        found.sort_by_key(|(_, it)| it.saved);
        let mut merged = Trail::default();
        // By claim: who holds it confirmed, who refuted.
        let mut sides: Vec<Contradiction> = Vec::new();
        for (name, trail) in &found {
            let tasks = [merged.task.as_str(), trail.task.as_str()];
            let tasks: Vec<&str> = tasks.into_iter().filter(|it| !it.is_empty()).collect();
            merged.task = match tasks[..] {
                [one, other] if !same_text(one, other) => format!("{one}\n{other}"),
                [one, ..] => one.to_owned(),
                [] => String::new(),
            };
            merged.note(&trail.notes);
            merged.ask(&trail.questions);
            trail.visited.iter().for_each(|it| merged.visit(it.clone()));
            for Hypothesis { claim, verdict } in &trail.hypotheses {
                let at = sides.iter().position(|it| same_text(&it.claim, claim));
                let at = at.unwrap_or_else(|| {
                    let (confirmed_by, refuted_by) = Default::default();
                    sides.push(Contradiction { claim: claim.clone(), confirmed_by, refuted_by });
                    sides.len() - 1
                });
                let (confirms, refutes) = match verdict {
                    Verdict::Undecided => (false, false),
                    Verdict::Confirmed => (true, false),
                    Verdict::Refuted => (false, true),
                    Verdict::Contested => (true, true),
                };
                sides[at].confirmed_by.extend(confirms.then(|| (*name).to_owned()));
                sides[at].refuted_by.extend(refutes.then(|| (*name).to_owned()));
            }
        }
        for side in &sides {
            let verdict = match (side.confirmed_by.is_empty(), side.refuted_by.is_empty()) {
                (true, true) => Verdict::Undecided,
                (false, true) => Verdict::Confirmed,
                (true, false) => Verdict::Refuted,
                (false, false) => Verdict::Contested,
            };
            merged.judge(std::slice::from_ref(&side.claim), verdict);
        }
        sides.retain(|it| !it.confirmed_by.is_empty() && !it.refuted_by.is_empty());
        Ok((merged, sides))
    }
}

impl Keep for Trails {
    const FILE: &'static str = "trails";
    const WHAT: &'static str = "the trails of this workspace";
    const REMEDY: &'static str = "begin new ones with `trail_save`";

    fn encode(&self) -> Result<Vec<u8>, PersistError> {
        let payload = serde_json::to_vec(&self.all).map_err(|_| PersistError::Malformed)?;
        Ok(seal(MAGIC, VERSION, &payload))
    }

    fn decode(bytes: &[u8]) -> Result<Trails, PersistError> {
        let payload = unseal(MAGIC, VERSION, bytes)?;
        let all: BTreeMap<String, Trail> =
            serde_json::from_slice(payload).map_err(|_| PersistError::Malformed)?;
        let mut trails = Trails::default();
        for (name, trail) in all {
            trails.put(&name, trail).map_err(|_| PersistError::Malformed)?;
        }
        Ok(trails)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn trail(saved: i64, claims: &[(&str, Verdict)]) -> Trail {
        let mut trail = Trail { saved, ..Trail::default() };
        for (claim, verdict) in claims {
            trail.judge(&[(*claim).to_owned()], *verdict);
        }
        trail
    }

    fn words(list: &[&str]) -> Vec<String> {
        list.iter().map(|it| (*it).to_owned()).collect()
    }

    /// Opposite verdicts are named, each with who holds it; a verdict stands over none.
    #[test]
    fn contradictions_are_named_and_contested() {
        let mut trails = Trails::default();
        let one = [("It is the cache.", Verdict::Confirmed), ("It is late", Verdict::Undecided)];
        let other = [("it is  the cache", Verdict::Refuted), ("It is late", Verdict::Confirmed)];
        trails.put("a", trail(1, &one)).unwrap();
        trails.put("b", trail(2, &other)).unwrap();
        let (merged, conflicts) = trails.merged(&words(&["b", "a"])).unwrap();
        let verdicts: Vec<Verdict> = merged.hypotheses.iter().map(|it| it.verdict).collect();
        assert_eq!(verdicts, [Verdict::Contested, Verdict::Confirmed]);
        assert_eq!(conflicts.len(), 1);
        assert_eq!(
            (&conflicts[0].confirmed_by, &conflicts[0].refuted_by),
            (&words(&["a"]), &words(&["b"]))
        );
        assert!(trails.merged(&words(&["a", "c"])).is_err());
    }

    /// What is answered is no longer open, whatever its case; what was not open is said.
    #[test]
    fn questions_are_answered() {
        let mut trail = Trail::default();
        trail.ask(&words(&["Who calls it?", "who calls  it?", "Why?"]));
        assert_eq!(trail.questions.len(), 2);
        assert_eq!(trail.answer(&words(&["who calls it?", "When?"])), words(&["When?"]));
        assert_eq!(trail.questions, words(&["Why?"]));
    }

    /// A place that is visited again is the latest, with what is there now.
    #[test]
    fn the_latest_visit_counts() {
        let place = |key: &str, hash: &str| Visited { key: key.into(), line: 1, hash: hash.into() };
        let mut trail = Trail::default();
        for it in [place("a", "1"), place("b", "1"), place("a", "2")] {
            trail.visit(it);
        }
        assert_eq!(trail.visited, [place("b", "1"), place("a", "2")]);
    }

    /// Nothing grows without a bound, and a name that cannot be listed is refused.
    #[test]
    fn trails_are_bounded() {
        let mut trails = Trails::default();
        for name in ["", " ", "a\nb", &"x".repeat(MAX_NAME + 1)] {
            assert!(trails.put(name, Trail::default()).is_err(), "{name:?}");
        }
        let mut long = Trail::default();
        long.note(&[("x".repeat(MAX_TEXT + 1))]);
        assert!(trails.put("a", long).is_err());
        let mut many = Trail::default();
        many.ask(&(0..=MAX_ENTRIES).map(|it| it.to_string()).collect::<Vec<_>>());
        assert!(trails.put("a", many).is_err());
        for it in 0..MAX_TRAILS {
            trails.put(&it.to_string(), Trail::default()).unwrap();
        }
        assert!(trails.put("one more", Trail::default()).is_err());
        assert!(trails.put("0", Trail::default()).is_ok(), "one that is there can be saved");
    }

    fn any_trail() -> impl Strategy<Value = Trail> {
        let verdict = prop_oneof![
            Just(Verdict::Undecided),
            Just(Verdict::Confirmed),
            Just(Verdict::Refuted),
            Just(Verdict::Contested)
        ];
        let hypotheses = prop::collection::vec(("[a-c]{1,2}", verdict), 0..4);
        let texts = || prop::collection::vec("\\PC{0,12}", 0..4);
        let keys = prop::collection::vec(("[a-d]#[x-z]", 0u32..9, "[0-9a-f]{4}"), 0..4);
        (any::<i64>(), texts(), texts(), hypotheses, keys).prop_map(
            |(saved, notes, questions, hypotheses, keys)| {
                let mut trail = Trail { saved, ..Trail::default() };
                trail.note(&notes);
                trail.ask(&questions);
                for (claim, verdict) in hypotheses {
                    trail.judge(&[claim], verdict);
                }
                for (key, line, hash) in keys {
                    trail.visit(Visited { key, line, hash });
                }
                trail
            },
        )
    }

    proptest! {
        /// What is written is read, and bytes that were touched are refused.
        #[test]
        fn trails_survive_as_bytes(
            list in prop::collection::btree_map("[a-z]{1,5}", any_trail(), 0..4),
            flip in any::<prop::sample::Index>(),
        ) {
            let mut trails = Trails::default();
            for (name, trail) in list {
                trails.put(&name, trail).unwrap();
            }
            let mut bytes = trails.encode().unwrap();
            prop_assert_eq!(&Trails::decode(&bytes).unwrap(), &trails);
            let at = flip.index(bytes.len());
            bytes[at] ^= 1;
            prop_assert!(Trails::decode(&bytes).is_err());
        }

        /// Merging a trail with itself gives what it says; merging loses no note, question or place.
        #[test]
        fn merging_is_a_union(one in any_trail(), other in any_trail()) {
            let mut trails = Trails::default();
            trails.put("one", one.clone()).unwrap();
            trails.put("other", other.clone()).unwrap();
            let (same, _) = trails.merged(&words(&["one", "one"])).unwrap();
            prop_assert_eq!(&same, &Trail { saved: 0, ..one.clone() });
            let (both, conflicts) = trails.merged(&words(&["one", "other"])).unwrap();
            for it in [&one, &other] {
                for note in &it.notes {
                    prop_assert!(both.notes.iter().any(|held| same_text(held, note)));
                }
                for place in &it.visited {
                    prop_assert!(both.visited.iter().any(|held| held.key == place.key));
                }
                prop_assert!(it.questions.len() <= both.questions.len());
            }
            let contested =
                both.hypotheses.iter().filter(|it| it.verdict == Verdict::Contested).count();
            prop_assert_eq!(conflicts.len(), contested);
        }
    }
}
