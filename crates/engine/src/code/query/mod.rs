//! Questions about code, and their answers as plain data: one file each.

mod ask;
mod calls;
mod definition;
mod dependencies;
mod dispatch;
mod hover;
mod lines;
mod near;
mod notes;
mod outline;
mod references;
mod subject;
mod symbol;
mod symbols;
mod types;
mod unused;
mod uses;

pub use ask::{Ask, AskError, AskLimits};
pub use calls::{Call, Calls};
use coderoom_syntax::OccurrenceIx;
pub use definition::{Definition, Definitions};
pub use dependencies::{Dependencies, Dependency};
pub use hover::{Hover, Hovers};
use lines::Lines;
pub use notes::cut_words;
pub use outline::{Outline, OutlineItem};
pub use references::{Reference, References};
pub use symbol::SymbolInfo;
pub use symbols::{CodeScope, Spelling, Symbols};
pub use types::{Relative, Relatives, kind_word};
pub use unused::{Unused, UnusedSymbols};

use super::view::Code;
use crate::{RelPath, file::FileId};

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Place {
    /// Relative to the workspace.
    pub path: RelPath,
    /// 1-based.
    pub line: u32,
    /// 1-based, in Unicode characters.
    pub column: u32,
}

impl Code {
    /// The place of a byte.
    pub(crate) fn place(&self, file: FileId, at: u32) -> Option<Place> {
        let file = self.file(file)?;
        let (line, column) = Lines::new(file.text()?.clone()).place(at);
        Some(Place { path: file.path.clone(), line, column })
    }

    /// The occurrence at a place.
    pub(crate) fn occurrence(
        &self,
        path: &RelPath,
        line: u32,
        column: u32,
    ) -> Option<(FileId, OccurrenceIx)> {
        let file = self.snapshot.id_of(path)?;
        let facts = self.facts(file)?;
        let lines = Lines::new(self.file(file)?.text()?.clone());
        let at = lines.offset(line, column)?;
        Some((file, facts.occurrence_at(at)?))
    }
}
