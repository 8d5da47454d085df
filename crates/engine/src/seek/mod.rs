//! A question in words, answered with files and places: what they say, what they are called, what
//! commits that sounded alike have changed.
//!
//! The parts of a score are added; their weights were fitted on the histories of three repositories
//! and checked on others (`bench/graph`), so each part is there because it helps.

mod lessons;
mod lexicon;
mod past;
mod places;
mod question;
mod rank;
mod role;
mod words;

pub use lessons::{HeardLesson, Lesson, LessonSource, Lessons, MAX_LESSONS, MAX_TARGETS};
pub use lexicon::Lexicon;
pub use past::{Past, PastCommit};
pub use places::SeekPlace;
pub use rank::{SeekKnown, SeekPart, Sought, SoughtFile};
pub use role::FileRole;
pub(crate) use words::words_of;
