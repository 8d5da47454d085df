//! What was learnt from lessons: which places were of use for a question, and which were not. Somebody
//! has said so, or an agent has edited them after it had asked.
//!
//! A lesson changes answers to questions that are like its own, and no others: two questions are as
//! like each other as their words are, by the cosine of their weights (a word's weight is what it
//! tells among the files, times two in the first line). Below [`LIKE`], or with fewer than two words
//! in common (one, if either question has only one), a lesson is not heard at all. Nothing that is
//! derived from lessons is kept: edges and scores follow from the list each time, so taking a lesson
//! back restores every answer exactly.

use std::collections::{BTreeMap, BTreeSet};

use coderoom_graph::{PersistError, seal, unseal};
use serde::{Deserialize, Serialize};

use super::{lexicon::Lexicon, question::Question, words::Word};

/// Questions less alike have nothing to do with each other.
const LIKE: f32 = 0.3;
/// Lessons that are heard for one question, the most alike.
const MAX_HEARD: usize = 16;
/// Lessons that are kept, the newest.
pub const MAX_LESSONS: usize = 2_000;
/// Places in one lesson.
pub const MAX_TARGETS: usize = 64;
/// Bytes of a question that are kept.
const MAX_QUESTION: usize = 4 << 10;
/// Bytes of an agent's name that are kept.
const MAX_AGENT: usize = 200;
const MAGIC: &[u8; 8] = b"CRLESSON";
/// Counted up when the encoding changes.
const VERSION: u32 = 1;

/// Where a lesson comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LessonSource {
    /// Somebody has said it.
    #[default]
    Told,
    /// An agent has asked, and then edited some of what was answered.
    Edits,
}

/// One lesson. It has no fractions, so nothing in it can be no number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lesson {
    /// Counts up.
    pub id: u64,
    /// When it was given, in seconds since 1970.
    pub at: i64,
    /// The question that it is about.
    pub question: String,
    /// Keys of nodes that were what was wanted.
    pub useful: Vec<String>,
    /// Keys of nodes that were of some use.
    pub partly: Vec<String>,
    /// Keys of nodes that were of none.
    pub not_useful: Vec<String>,
    /// Where it comes from.
    #[serde(default, skip_serializing_if = "is_told")]
    pub source: LessonSource,
    /// Whose edits they were; empty if it was told.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub agent: String,
}

/// Files of before there were other sources say nothing of them.
fn is_told(source: &LessonSource) -> bool {
    *source == LessonSource::Told
}

/// All lessons of a workspace, oldest first.
#[derive(Clone, Default)]
pub struct Lessons {
    taught: Vec<Taught>,
    next: u64,
}

#[derive(Clone)]
struct Taught {
    lesson: Lesson,
    words: Box<[(Word, f32)]>,
}

/// A lesson that a question hears.
#[derive(Clone, Copy, Debug)]
pub struct HeardLesson<'a> {
    /// The lesson.
    pub lesson: &'a Lesson,
    /// How much the questions are alike, above 0 and up to 1.
    pub alike: f32,
}

impl Lesson {
    /// What it says of each place: 1, 0.5 or -1.
    pub fn verdicts(&self) -> impl Iterator<Item = (&str, f32)> {
        let useful = self.useful.iter().map(|key| (key.as_str(), 1.0));
        let partly = self.partly.iter().map(|key| (key.as_str(), 0.5));
        useful.chain(partly).chain(self.not_useful.iter().map(|key| (key.as_str(), -1.0)))
    }

    /// The lesson within bounds.
    fn bounded(mut self) -> Lesson {
        self.question.truncate(self.question.floor_char_boundary(MAX_QUESTION));
        self.agent.truncate(self.agent.floor_char_boundary(MAX_AGENT));
        for list in [&mut self.useful, &mut self.partly, &mut self.not_useful] {
            list.truncate(MAX_TARGETS);
        }
        self
    }
}

impl Lessons {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.taught.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.taught.is_empty()
    }

    /// All of them, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Lesson> {
        self.taught.iter().map(|it| &it.lesson)
    }

    /// Whether there is a lesson of this number.
    pub fn has(&self, id: u64) -> bool {
        self.taught.iter().any(|it| it.lesson.id == id)
    }

    /// Whether a lesson from edits would add nothing: the same was learnt from edits already, or
    /// somebody has told what is to be known about that very question.
    pub fn knows(&self, lesson: &Lesson) -> bool {
        let lesson = lesson.clone().bounded();
        self.iter().filter(|it| it.question == lesson.question).any(|it| match it.source {
            LessonSource::Told => true,
            LessonSource::Edits => it.useful == lesson.useful,
        })
    }

    /// Takes in a lesson under a number of its own, which it says. If there are more than
    /// [`MAX_LESSONS`], the oldest is forgotten, and rather one from edits than one that was told.
    pub fn teach(&mut self, lesson: Lesson) -> u64 {
        self.next += 1;
        let lesson = Lesson { id: self.next, ..lesson.bounded() };
        let words = Question::read(&lesson.question).words.into();
        self.taught.push(Taught { lesson, words });
        if self.taught.len() > MAX_LESSONS {
            let from_edits = |it: &Taught| it.lesson.source == LessonSource::Edits;
            let oldest = self.taught.iter().position(from_edits).unwrap_or_default();
            self.taught.remove(oldest);
        }
        self.next
    }

    /// Takes a lesson back: that of a number, or the last.
    pub fn undo(&mut self, id: Option<u64>) -> Option<Lesson> {
        let at = match id {
            Some(id) => self.taught.iter().position(|it| it.lesson.id == id)?,
            None => self.taught.len().checked_sub(1)?,
        };
        Some(self.taught.remove(at).lesson)
    }

    /// Forgets all of them, or those of one source, and says how many there were. Their numbers are
    /// not given again.
    pub fn reset(&mut self, only: Option<LessonSource>) -> usize {
        let before = self.taught.len();
        self.taught.retain(|it| only.is_some_and(|only| it.lesson.source != only));
        before - self.taught.len()
    }

    /// Takes in lessons from elsewhere, under new numbers. Those that are here already, with the same
    /// question, time and places, are passed over. Says how many are new.
    pub fn import(&mut self, lessons: Vec<Lesson>) -> usize {
        let mut new = 0;
        for lesson in lessons {
            let lesson = lesson.bounded();
            let same = |it: &Taught| Lesson { id: lesson.id, ..it.lesson.clone() } == lesson;
            if !self.taught.iter().any(same) {
                self.teach(lesson);
                new += 1;
            }
        }
        new
    }

    /// The lessons whose questions are like this one, the most alike first. Costs the words of all.
    pub fn heard(&self, lexicon: &Lexicon, question: &str) -> Vec<HeardLesson<'_>> {
        if self.taught.is_empty() {
            return Vec::new();
        }
        self.heard_by(lexicon, &Question::read(question))
    }

    pub(super) fn heard_by(&self, lexicon: &Lexicon, question: &Question) -> Vec<HeardLesson<'_>> {
        let weigh = |words: &[(Word, f32)]| -> BTreeMap<Word, f32> {
            words.iter().map(|(word, weight)| (*word, weight * lexicon.idf(*word))).collect()
        };
        let asked = weigh(&question.words);
        let mut heard: Vec<HeardLesson<'_>> = Vec::new();
        for Taught { lesson, words } in &self.taught {
            let shared = words.iter().filter(|(word, _)| asked.contains_key(word)).count();
            if shared == 0 || (shared < 2 && words.len().min(asked.len()) > 1) {
                continue;
            }
            let alike = cosine(&asked, &weigh(words));
            if alike >= LIKE {
                heard.push(HeardLesson { lesson, alike });
            }
        }
        heard.sort_by(|a, b| b.alike.total_cmp(&a.alike).then(b.lesson.id.cmp(&a.lesson.id)));
        heard.truncate(MAX_HEARD);
        heard
    }

    /// Bytes of all of them: versioned and with a checksum.
    ///
    /// # Errors
    /// `Malformed` if they cannot be encoded, which none is known to cause.
    pub fn encode(&self) -> Result<Vec<u8>, PersistError> {
        let all: Vec<&Lesson> = self.iter().collect();
        let payload = serde_json::to_vec(&(self.next, all)).map_err(|_| PersistError::Malformed)?;
        Ok(seal(MAGIC, VERSION, &payload))
    }

    /// Lessons from bytes.
    ///
    /// # Errors
    /// If they are not exactly what [`Lessons::encode`] has made.
    pub fn decode(bytes: &[u8]) -> Result<Lessons, PersistError> {
        let payload = unseal(MAGIC, VERSION, bytes)?;
        let (next, all): (u64, Vec<Lesson>) =
            serde_json::from_slice(payload).map_err(|_| PersistError::Malformed)?;
        let mut ids = BTreeSet::new();
        if all.len() > MAX_LESSONS || !all.iter().all(|it| it.id <= next && ids.insert(it.id)) {
            return Err(PersistError::Malformed);
        }
        let taught = all.into_iter().map(|lesson| {
            let lesson = lesson.bounded();
            Taught { words: Question::read(&lesson.question).words.into(), lesson }
        });
        Ok(Lessons { taught: taught.collect(), next })
    }
}

/// What lessons say of each file, from -1 to 1; by path.
pub(super) fn of_files(heard: &[HeardLesson<'_>]) -> BTreeMap<String, f32> {
    let mut files: BTreeMap<String, f32> = BTreeMap::new();
    for HeardLesson { lesson, alike } in heard {
        let mut own: BTreeMap<&str, f32> = BTreeMap::new();
        for (key, verdict) in lesson.verdicts() {
            let file = key.split('#').next().unwrap_or(key);
            // Of several places in a file, the best counts.
            let best = own.entry(file).or_insert(verdict);
            *best = best.max(verdict);
        }
        for (file, verdict) in own {
            *files.entry(file.replace("%23", "#")).or_default() += alike * verdict;
        }
    }
    files.values_mut().for_each(|it| *it = it.clamp(-1.0, 1.0));
    files
}

fn cosine(a: &BTreeMap<Word, f32>, b: &BTreeMap<Word, f32>) -> f32 {
    let norm = |it: &BTreeMap<Word, f32>| it.values().map(|x| x * x).sum::<f32>().sqrt();
    let product: f32 = a.iter().filter_map(|(word, x)| Some(x * b.get(word)?)).sum();
    let norms = norm(a) * norm(b);
    if norms > 0.0 { (product / norms).clamp(0.0, 1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lesson(question: &str, useful: &str) -> Lesson {
        Lesson {
            question: question.into(),
            useful: vec![useful.into()],
            at: 7,
            ..Lesson::default()
        }
    }

    /// What is written is read, with the numbers that were given.
    #[test]
    fn lessons_survive_as_bytes() {
        let mut lessons = Lessons::default();
        lessons.teach(lesson("one", "a"));
        lessons.teach(lesson("two 💥\0", "b#c"));
        assert_eq!(lessons.undo(Some(1)).map(|it| it.question), Some("one".to_owned()));
        let mut read = Lessons::decode(&lessons.encode().unwrap()).unwrap();
        assert!(read.iter().eq(lessons.iter()));
        assert_eq!(read.teach(lesson("three", "c")), 3, "numbers are not given twice");
    }

    /// Every flipped bit and every cut is seen.
    #[test]
    fn damage_is_seen() {
        let mut lessons = Lessons::default();
        lessons.teach(lesson("one", "a"));
        let bytes = lessons.encode().unwrap();
        for at in 0..bytes.len() {
            assert!(Lessons::decode(&bytes[..at]).is_err());
            let mut other = bytes.clone();
            other[at] ^= 1;
            assert!(Lessons::decode(&other).is_err(), "byte {at}");
        }
    }

    /// The same lessons from elsewhere add nothing; undoing more than there is does nothing.
    #[test]
    fn importing_twice_is_importing_once() {
        let mut lessons = Lessons::default();
        let given = || vec![lesson("one", "a"), lesson("two", "b"), lesson("two", "b")];
        assert_eq!(lessons.import(given()), 2);
        assert_eq!(lessons.import(given()), 0);
        assert!(lessons.undo(Some(99)).is_none());
        assert_eq!(lessons.reset(None), 2);
        assert!(lessons.undo(None).is_none());
    }

    /// However much is taught, it stays within bounds.
    #[test]
    fn there_are_bounds() {
        let mut lessons = Lessons::default();
        for number in 0..MAX_LESSONS + 5 {
            lessons.teach(lesson(&format!("question {number}"), "a"));
        }
        assert_eq!(lessons.len(), MAX_LESSONS);
        assert_eq!(lessons.iter().next().map(|it| it.id), Some(6));
        let long = Lesson { useful: vec![String::new(); 999], ..lesson(&"ü".repeat(9000), "a") };
        lessons.teach(long);
        let last = lessons.iter().next_back().unwrap();
        assert!(last.question.len() <= MAX_QUESTION && last.useful.len() == MAX_TARGETS);
    }

    /// What edits say goes first when there is too much, and can be forgotten by itself.
    #[test]
    fn what_was_told_outlasts_what_edits_say() {
        let mut lessons = Lessons::default();
        lessons.teach(lesson("told", "a"));
        let edited = Lesson { source: LessonSource::Edits, ..lesson("edited", "b") };
        for _ in 0..MAX_LESSONS {
            lessons.teach(edited.clone());
        }
        assert_eq!((lessons.len(), lessons.has(1), lessons.has(2)), (MAX_LESSONS, true, false));
        assert_eq!(lessons.reset(Some(LessonSource::Edits)), MAX_LESSONS - 1);
        assert_eq!(lessons.iter().next().map(|it| it.question.as_str()), Some("told"));
    }

    /// Edits add nothing to what was told about their question, nor the same twice.
    #[test]
    fn what_is_known_is_not_learnt_from_edits() {
        let mut lessons = Lessons::default();
        let edited =
            |question, useful| Lesson { source: LessonSource::Edits, ..lesson(question, useful) };
        lessons.teach(lesson("told", "a"));
        lessons.teach(edited("edited", "b"));
        assert!(lessons.knows(&edited("told", "c")) && lessons.knows(&edited("edited", "b")));
        assert!(!lessons.knows(&edited("edited", "c")) && !lessons.knows(&edited("other", "b")));
        let long = "ü".repeat(9000);
        lessons.teach(lesson(&long, "a"));
        assert!(lessons.knows(&edited(&long, "c")), "only its beginning is kept");
    }

    /// Lessons of before there were other sources are read as what they are: told. Only others say
    /// what they are.
    #[test]
    fn old_lessons_are_told() {
        let old = r#"{"id":1,"at":7,"question":"q","useful":["a"],"partly":[],"not_useful":[]}"#;
        let read: Lesson = serde_json::from_str(old).unwrap();
        assert_eq!(read.source, LessonSource::Told);
        assert_eq!(serde_json::to_string(&read).unwrap(), old);
        let edited = Lesson { source: LessonSource::Edits, agent: "alice".into(), ..read };
        let text = serde_json::to_string(&edited).unwrap();
        assert_eq!(serde_json::from_str::<Lesson>(&text).unwrap(), edited);
    }

    /// Verdicts of many lessons are kept between -1 and 1, and a file has the best of its places.
    #[test]
    fn verdicts_are_bounded() {
        let mut one = lesson("q", "a.py#x");
        one.not_useful = vec!["a.py#y".into(), "b.py".into()];
        let heard = vec![HeardLesson { lesson: &one, alike: 0.8 }; 3];
        let files = of_files(&heard);
        assert_eq!((files["a.py"], files["b.py"]), (1.0, -1.0));
    }
}
