//! What a session was asked lately, and what its edits say of the answers.
//!
//! When its edits are handed over (`sync`, `commit_review`, `session_close`), source files that were
//! among the answers to one of its last questions, and that it has edited since, are a lesson for that
//! question. Files that were not among them are none: an edit says nothing about a question that it
//! may have nothing to do with. What is taken back before it is handed over teaches nothing; what is
//! taken back later takes its lesson back at the next handing over.

use std::collections::{BTreeSet, VecDeque};

use coderoom_engine::{
    FileRole, Lesson, LessonSource, Lessons, MAX_TARGETS, RelPath, State, key_of_path,
};

use super::{AgentSession, now_ms};

/// Questions that are remembered, the newest.
const QUESTIONS: usize = 8;
/// Of one answer, so many files.
const ANSWERED: usize = 20;
/// Of all answers to one question.
const MAX_ANSWERED: usize = 100;
/// Longer questions are not remembered.
const MAX_QUESTION: usize = 64 << 10;

/// The last questions of a session.
#[derive(Default)]
pub(super) struct Questions {
    /// The newest first.
    recent: VecDeque<Asked>,
}

/// One of them.
struct Asked {
    question: String,
    /// The newest entry of the log then.
    at: u64,
    /// Files that were answered, relative to the workspace.
    files: BTreeSet<String>,
    said: Said,
}

/// What edits have said of a question already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Said {
    #[default]
    Nothing,
    /// These files, in that lesson, if it was not known before.
    Useful(BTreeSet<String>, Option<u64>),
    /// Somebody has taken the lesson back: there is to be none.
    Unwanted,
}

/// Which of a session's edits are handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handed {
    /// All of them.
    All,
    /// Those that are in the working directory now.
    Written,
    /// None: only what was taken back is no lesson any more.
    Nothing,
}

impl AgentSession {
    /// Remembers a question and the files that were answered, the best first.
    pub fn was_asked<'a>(&self, question: &str, files: impl Iterator<Item = &'a str>) {
        let question = question.trim();
        if !self.config.graph.learn_from_edits || question.len() > MAX_QUESTION {
            return;
        }
        let at = self.state().head();
        self.questions.lock().remember(question, at, files);
    }

    /// Learns from what is handed over. Never fails: what cannot be learnt is logged.
    pub fn handed_over(&self, handed: Handed) {
        if !self.config.graph.learn_from_edits {
            return;
        }
        // One at a time: the second builds on what the first has taught.
        let _turn = self.handing_over.lock();
        let state = self.state();
        // No other lock is held while lessons are written: what is said is noted afterwards.
        let due = self.questions.lock().due(&state, handed);
        for (question, before, files) in due {
            let lesson = Lesson {
                at: (now_ms() / 1000) as i64,
                question: question.clone(),
                useful: files.iter().take(MAX_TARGETS).map(|it| key_of_path(it)).collect(),
                source: LessonSource::Edits,
                agent: self.agent.clone(),
                ..Lesson::default()
            };
            let taught = self.room.lessons.change(|all| Ok(say(all, &before, lesson, &files)));
            match taught {
                Ok(said) => self.questions.lock().note(&question, said),
                Err(err) => tracing::warn!(session = self.name, %err, "nothing learnt from edits"),
            }
        }
    }
}

impl Questions {
    fn remember<'a>(&mut self, question: &str, at: u64, files: impl Iterator<Item = &'a str>) {
        let is_source = |path: &&str| FileRole::of(path) == FileRole::Source;
        let files: Vec<&str> = files.take(ANSWERED).filter(is_source).collect();
        if files.is_empty() {
            return;
        }
        let known = self.recent.iter().position(|it| it.question == question);
        let mut asked = known.and_then(|known| self.recent.remove(known)).unwrap_or_else(|| {
            Asked { question: question.to_owned(), at, files: BTreeSet::new(), said: Said::Nothing }
        });
        for path in files {
            if asked.files.len() < MAX_ANSWERED {
                asked.files.insert(path.to_owned());
            }
        }
        self.recent.push_front(asked);
        self.recent.truncate(QUESTIONS);
    }

    /// Questions of which edits say something else now than before: what they said, and what they
    /// say.
    fn due(&self, state: &State, handed: Handed) -> Vec<(String, Said, BTreeSet<String>)> {
        let one = |asked: &Asked| {
            let before = match &asked.said {
                Said::Nothing => BTreeSet::new(),
                Said::Useful(files, _) => files.clone(),
                Said::Unwanted => return None,
            };
            let is_handed = |path: &RelPath, name: &String| match handed {
                Handed::All => true,
                Handed::Written => state.dirty_file(path).is_none() || before.contains(name),
                Handed::Nothing => before.contains(name),
            };
            let edited = state.edited_since(asked.at);
            let now: BTreeSet<String> = edited
                .iter()
                .map(|path| (path, path.to_string()))
                .filter(|(path, name)| asked.files.contains(name) && is_handed(path, name))
                .map(|(_, name)| name)
                .collect();
            (now != before).then(|| (asked.question.clone(), asked.said.clone(), now))
        };
        self.recent.iter().filter_map(one).collect()
    }

    fn note(&mut self, question: &str, said: Said) {
        if let Some(asked) = self.recent.iter_mut().find(|it| it.question == question) {
            asked.said = said;
        }
    }
}

/// Puts a lesson in the place of what was said before.
fn say(all: &mut Lessons, before: &Said, lesson: Lesson, files: &BTreeSet<String>) -> Said {
    if let Said::Useful(_, Some(id)) = before
        && all.undo(Some(*id)).is_none()
    {
        return Said::Unwanted;
    }
    if files.is_empty() {
        return Said::Nothing;
    }
    let id = (!all.knows(&lesson)).then(|| all.teach(lesson));
    Said::Useful(files.clone(), id)
}
