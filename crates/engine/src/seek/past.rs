//! What commits have changed, and what was said of them.

use std::collections::HashMap;

use coderoom_graph::{Bm25f, Bm25fBuilder, Field};

use super::{
    role::FileRole,
    words::{Word, each_word, is_stop_word, word},
};

const MESSAGE: [Field; 1] = [Field { weight: 1.0, b: 0.5 }];
const MESSAGE_K1: f32 = 1.2;
/// Commits that change more files say nothing about any of them.
const MAX_FILES: usize = 60;
/// Bytes of a message that are read.
const MAX_MESSAGE: usize = 4 << 10;
/// Commits that are compared with a question: those that sound most like it.
const LIKE: usize = 100;
/// Days after which a commit counts half, as one that sounds like a question.
const LIKE_HALF_LIFE: f32 = 1500.0;
/// Days after which a change counts half, as a sign that more will come.
const RECENT_HALF_LIFE: f32 = 60.0;
const DAY: f32 = 86_400.0;

/// One commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastCommit {
    /// Its name, in hex.
    pub id: Box<str>,
    /// When it was committed, in seconds since 1970.
    pub time: i64,
    /// Its message.
    pub message: Box<str>,
    /// The files that it changed, under the names that they have now.
    pub paths: Vec<Box<str>>,
}

/// Commits, ready to be asked.
pub struct Past {
    commits: Vec<Said>,
    paths: Vec<Box<str>>,
    numbers: HashMap<Box<str>, u32>,
    messages: Bm25f,
    /// How much each path was changed lately, from 0 to 1.
    recent: Vec<f32>,
    /// The newest commit's time: what "ago" is counted from.
    now: i64,
}

struct Said {
    id: Box<str>,
    subject: Box<str>,
    time: i64,
    /// Numbers of paths.
    files: Box<[u32]>,
    /// Those of them that are code: how much each of them is meant.
    share: f32,
}

/// What commits say of one path.
#[derive(Clone, Copy, Default)]
pub(super) struct Heard {
    /// By all commits that sound like the question.
    pub(super) sum: f32,
    /// By the one that does most.
    pub(super) best: f32,
    /// That one.
    pub(super) commit: u32,
}

impl Past {
    /// Of these commits, in any order. Costs one pass over their messages.
    pub fn new(commits: impl IntoIterator<Item = PastCommit>) -> Past {
        let mut said = Vec::new();
        let (mut paths, mut numbers) = (Vec::new(), HashMap::new());
        let mut messages = Bm25fBuilder::new(&MESSAGE, MESSAGE_K1);
        let mut now = i64::MIN;
        for commit in commits {
            if commit.paths.is_empty() || commit.paths.len() > MAX_FILES {
                continue;
            }
            messages.add(&[&message_words(&commit.message)]);
            let code =
                commit.paths.iter().filter(|it| FileRole::of(it) == FileRole::Source).count();
            let files = commit.paths.into_iter().map(|path| {
                let next = paths.len() as u32;
                let number = *numbers.entry(path.clone()).or_insert(next);
                if number == next {
                    paths.push(path);
                }
                number
            });
            now = now.max(commit.time);
            let subject = commit.message.lines().next().unwrap_or_default().into();
            let files = files.collect();
            said.push(Said {
                id: commit.id,
                subject,
                time: commit.time,
                files,
                share: code.max(1) as f32,
            });
        }
        let recent = recent(&said, paths.len(), now);
        Past { commits: said, paths, numbers, messages: messages.finish(), recent, now }
    }

    /// How many commits it has.
    pub fn len(&self) -> usize {
        self.commits.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.commits.is_empty()
    }

    /// The name and the first line of the message of a commit.
    pub(super) fn commit(&self, number: u32) -> Option<(&str, &str)> {
        let said = self.commits.get(number as usize)?;
        Some((&said.id, &said.subject))
    }

    /// How much a path was changed lately, from 0 to 1.
    pub(crate) fn recent(&self, path: &str) -> f32 {
        self.numbers.get(path).map_or(0.0, |number| self.recent[*number as usize])
    }

    /// What commits that sound like a question have changed.
    pub(super) fn heard(&self, question: &[(Word, f32)]) -> HashMap<&str, Heard> {
        let mut scores = vec![0.0; self.commits.len()];
        self.messages.score(question, &mut scores);
        let mut like: Vec<u32> =
            (0..scores.len() as u32).filter(|it| scores[*it as usize] > 0.0).collect();
        let order =
            |a: &u32, b: &u32| scores[*b as usize].total_cmp(&scores[*a as usize]).then(a.cmp(b));
        if like.len() > LIKE {
            like.select_nth_unstable_by(LIKE, order);
            like.truncate(LIKE);
        }
        like.sort_unstable_by(order);
        let mut heard: HashMap<&str, Heard> = HashMap::new();
        let Some(most) = like.first().map(|it| scores[*it as usize]) else { return heard };
        for number in like {
            let said = &self.commits[number as usize];
            let alike = scores[number as usize] / most;
            let age = days(self.now, said.time);
            let sum = alike * alike / said.share.sqrt() * half_life(age, LIKE_HALF_LIFE);
            let best = alike / said.share.powf(0.3);
            for file in &said.files {
                let of_path = heard.entry(&self.paths[*file as usize]).or_default();
                of_path.sum += sum;
                if best > of_path.best {
                    (of_path.best, of_path.commit) = (best, number);
                }
            }
        }
        heard
    }
}

fn message_words(message: &str) -> Vec<Word> {
    let bytes = message.as_bytes();
    let mut words = Vec::new();
    each_word(&bytes[..bytes.len().min(MAX_MESSAGE)], &mut |lower| {
        if !is_stop_word(lower) {
            words.push(word(lower));
        }
    });
    words
}

fn recent(commits: &[Said], paths: usize, now: i64) -> Vec<f32> {
    let mut recent = vec![0.0f32; paths];
    for said in commits {
        let worth = half_life(days(now, said.time), RECENT_HALF_LIFE) / said.share.sqrt();
        for file in &said.files {
            recent[*file as usize] += worth;
        }
    }
    let most = recent.iter().copied().fold(0.0, f32::max).ln_1p();
    if most > 0.0 {
        for it in &mut recent {
            *it = it.ln_1p() / most;
        }
    }
    recent
}

/// Clocks that went wrong make no age negative.
fn days(now: i64, then: i64) -> f32 {
    now.saturating_sub(then).max(0) as f32 / DAY
}

fn half_life(age: f32, days: f32) -> f32 {
    (-age / days).exp2()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(time: i64, message: &str, paths: &[&str]) -> PastCommit {
        PastCommit {
            id: format!("{time:x}").into(),
            time,
            message: message.into(),
            paths: paths.iter().map(|it| (*it).into()).collect(),
        }
    }

    /// The commit that sounds most like the question decides, and a small one says more than a large.
    #[test]
    fn like_questions_are_answered_alike() {
        let past = Past::new([
            commit(3, "Fix the timeout of sockets", &["net/socket.rs"]),
            commit(2, "Fix timeout", &["a.rs", "b.rs", "c.rs", "d.rs"]),
            commit(1, "Unrelated", &["e.rs"]),
        ]);
        let question = [(word(b"timeout"), 1.0), (word(b"socket"), 1.0)];
        let heard = past.heard(&question);
        assert!(heard["net/socket.rs"].best > heard["a.rs"].best);
        assert!(heard["net/socket.rs"].sum > heard["a.rs"].sum);
        assert!(!heard.contains_key("e.rs"));
        assert_eq!(past.commit(heard["a.rs"].commit), Some(("2", "Fix timeout")));
    }

    /// Times before 1970, in the far future, and all the same are only times.
    #[test]
    fn odd_clocks_are_harmless() {
        let past = Past::new([commit(i64::MIN, "a", &["x"]), commit(i64::MAX, "b", &["y"])]);
        assert!(past.recent("x").is_finite() && past.recent("y") == 1.0);
        assert_eq!(Past::new([]).recent("x"), 0.0);
    }
}
