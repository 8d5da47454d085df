//! Who uses a symbol: every occurrence that resolves to it.

use coderoom_syntax::{Role, Span};

use super::{
    ask::{Ask, AskError, AskLimits},
    notes::file_notes,
    subject::{Subject, missing, of_occurrence, one_subject, subject},
    symbol::{Pages, SymbolInfo, describe, qualify},
    uses::{Use, uses},
};
use crate::{
    RelPath,
    code::{Certainty, Code, resolve::Resolver},
};

/// One use of a symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The file.
    pub path: RelPath,
    /// 1-based.
    pub line: u32,
    /// 1-based, in characters.
    pub column: u32,
    /// What is done with it there.
    pub role: Role,
    /// How certain it is.
    pub certainty: Certainty,
    /// The line, without its indentation.
    pub text: String,
    /// The function, type or module inside the file that it stands in; empty at the top.
    pub within: String,
}

/// The uses of a symbol.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    /// What is used.
    pub subjects: Vec<SymbolInfo>,
    /// In path order, then in the order of the text; as many as the limits allow.
    pub references: Vec<Reference>,
    /// How many there are at the floor or above.
    pub total: usize,
    /// In how many files.
    pub files: usize,
    /// How many more there are below the floor.
    pub below_floor: usize,
    /// The work was ended before all files were seen.
    pub cut: bool,
    /// What the answer may miss.
    pub notes: Vec<String>,
}

impl Code {
    /// References to a symbol down to a certainty, its definitions among them.
    ///
    /// # Errors
    /// If it is not clear what is meant, or it is nothing of this workspace.
    pub fn references(
        &self,
        ask: &Ask,
        floor: Certainty,
        limits: &AskLimits<'_>,
    ) -> Result<References, AskError> {
        let mut resolver = Resolver::new(self);
        let subject = match subject(&mut resolver, ask)? {
            foreign if foreign.found.is_empty() && foreign.import.is_some() => foreign,
            unknown if unknown.found.is_empty() => {
                return Err(missing(&mut resolver, &unknown));
            }
            _ => one_subject(&mut resolver, ask)?,
        };
        Ok(references(&mut resolver, &subject, floor, limits))
    }

    /// References to what stands at a place, down to a certainty; all of them.
    pub fn references_at(
        &self,
        path: &RelPath,
        line: u32,
        column: u32,
        floor: Certainty,
    ) -> Option<References> {
        let (file, occurrence) = self.occurrence(path, line, column)?;
        let mut resolver = Resolver::new(self);
        let facts = resolver.facts(file)?;
        let subject = of_occurrence(&mut resolver, file, &facts, occurrence);
        let limits = AskLimits { offset: 0, limit: usize::MAX, stop: &|| false };
        Some(references(&mut resolver, &subject, floor, &limits))
    }
}

fn references(
    resolver: &mut Resolver<'_>,
    subject: &Subject,
    floor: Certainty,
    limits: &AskLimits<'_>,
) -> References {
    let (mut all, cut) = uses(resolver, subject, limits.stop);
    let found = all.len();
    all.retain(|it| it.certainty >= floor);
    let mut files: Vec<_> = all.iter().map(|it| it.file).collect();
    files.dedup();
    let mut pages = Pages::new(resolver.code);
    let shown = all.iter().skip(limits.offset).take(limits.limit);
    let references = shown.filter_map(|it| reference(resolver, &mut pages, it)).collect();
    let subjects = match subject.import {
        Some(import) if subject.found.is_empty() => describe(resolver, [import]),
        _ => describe(resolver, subject.targets()),
    };
    References {
        subjects,
        references,
        total: all.len(),
        files: files.len(),
        below_floor: found - all.len(),
        cut,
        notes: file_notes(resolver, subject),
    }
}

/// A use as it is shown.
pub(crate) fn reference(
    resolver: &mut Resolver<'_>,
    pages: &mut Pages<'_>,
    it: &Use,
) -> Option<Reference> {
    let path = resolver.code.file(it.file)?.path.clone();
    let facts = resolver.facts(it.file)?;
    let lines = pages.lines(it.file)?;
    let (line, column) = lines.place(it.at);
    let text = lines.shown(line);
    let enclosing = facts.enclosing(Span { start: it.at, end: it.at + it.len });
    let within = enclosing.map_or_else(String::new, |ix| {
        qualify(
            &super::symbol::container(&facts, ix),
            facts.facts.name(facts.facts.symbol(ix).name),
        )
    });
    let (role, certainty) = (it.role, it.certainty);
    Some(Reference { path, line, column, role, certainty, text, within })
}
