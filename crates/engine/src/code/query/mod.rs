//! Questions about code, and their answers as plain data: one file each.

mod ask;
mod calls;
mod dangling;
mod definition;
mod dependencies;
mod dispatch;
mod extent;
mod hover;
mod lines;
mod near;
mod notes;
mod outline;
mod overloads;
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
pub use dangling::{Dangling, DanglingNames};
pub use definition::{Definition, Definitions};
pub use dependencies::{Dependencies, Dependency};
pub use extent::Extent;
pub use hover::{Hover, Hovers};
pub(crate) use hover::{clean, dedent};
pub(crate) use lines::Lines;
pub use notes::cut_words;
pub(crate) use outline::shown_names;
pub use outline::{Outline, OutlineItem};
pub use references::{Reference, References};
pub(crate) use subject::{handed_on, named_nodes, parts_of, stands_in};
pub(crate) use symbol::Pages;
pub use symbol::SymbolInfo;
pub(crate) use symbol::{container, qualify};
pub(crate) use symbols::visible_heads;
pub use symbols::{CodeScope, Spelling, Symbols};
pub use types::{Relative, Relatives, kind_word};
pub use unused::{Unused, UnusedSymbols};

use super::view::Code;
use crate::{RelPath, file::FileId};

impl Code {
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
