//! What a compiler knows: the references of a SCIP index, for the files that are still as they were
//! when it was imported.
//!
//! An import is a value: it never changes, and whether it holds for a file is asked of the file's
//! hash. So an edit takes its file back to our own resolution at once, and undoing the edit brings
//! the index's answers back.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Range,
    sync::Arc,
};

use coderoom_syntax::{Kind, Role, Span, source_text};

use super::{
    index::language_of,
    loaded::Loaded,
    scip::{
        Malformed, Mismatch, RawDocument, Tool, Verified, keep, keep_tool, kept_hashes, read,
        symbol_at, verify,
    },
    view::{Code, Target},
};
use crate::{ContentHash, RelPath, Text, file::FileId};

/// An index with more is refused: each takes 28 bytes of memory.
const MAX_OCCURRENCES: usize = 20_000_000;
/// Refused documents that are listed by name.
const MAX_LISTED: usize = 50;

/// The references of one index. Immutable; cheap to ask.
pub struct Imported {
    report: ImportReport,
    /// Documents that were taken, by path.
    documents: HashMap<RelPath, u32>,
    files: Vec<Covered>,
    /// Occurrences by symbol: for each symbol its range in `uses`.
    starts: Vec<u32>,
    /// The number of a document and of an occurrence in it.
    uses: Vec<(u32, u32)>,
    /// Symbols that are written with the name of another: constructors, by the type's number.
    constructors: Vec<(u32, u32)>,
    kept: Vec<u8>,
}

/// A document that was taken.
struct Covered {
    path: RelPath,
    hash: ContentHash,
    /// By place.
    occurrences: Box<[Use]>,
}

/// One occurrence of a name.
#[derive(Clone, Copy)]
struct Use {
    start: u32,
    end: u32,
    symbol: u32,
    roles: u32,
}

const DEFINITION: u32 = 1;
const IMPORT: u32 = 1 << 1;
const WRITE: u32 = 1 << 2;
const FORWARD_DEFINITION: u32 = 1 << 6;

/// What came of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ImportReport {
    /// Who made the index, and the indexes before it: `scip-python 0.6.6`.
    pub tools: Vec<String>,
    /// Documents whose references count from now on.
    pub documents: u64,
    /// References and definitions in them.
    pub occurrences: u64,
    /// Symbols that they name.
    pub symbols: u64,
    /// How many documents were refused, by reason.
    pub refused: BTreeMap<Refusal, u64>,
    /// The first of them.
    pub refused_documents: Vec<RefusedDocument>,
}

/// A document that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RefusedDocument {
    /// As the index writes it, shortened.
    pub path: String,
    /// Why.
    pub reason: Refusal,
    /// More about it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// Why a document is not taken.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The path leads out of the workspace.
    OutsideWorkspace,
    /// The workspace has no such file.
    UnknownFile,
    /// The file is not held as source text.
    NotSource,
    /// A range does not hold the name of its symbol: the file has changed since it was indexed.
    Changed,
    /// The index has the document twice.
    Duplicate,
}

/// Why an index is refused as a whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// It is damaged, or something else.
    #[error("{0}")]
    Malformed(String),
    /// It is larger than we take.
    #[error("the index has more than {limit} {what}")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// The most that is taken.
        limit: usize,
    },
    /// The caller said to stop.
    #[error("the import was stopped")]
    Stopped,
}

impl Imported {
    /// Larger indexes are refused: they are held in memory.
    pub const MAX_BYTES: usize = 512 << 20;

    /// Reads an index of the snapshot's workspace, and those that were imported before it as
    /// [`Imported::kept`] gave them: of two documents of one file, the newer one counts. Documents
    /// that do not fit the files as they are now are refused one by one. The index's paths are
    /// relative to `base`.
    ///
    /// # Errors
    /// If the bytes are no index, or too much, or `stop` said so, which is asked at every document.
    pub fn read(
        bytes: &[u8],
        base: &RelPath,
        earlier: Option<&[u8]>,
        code: &Code,
        stop: &dyn Fn() -> bool,
    ) -> Result<Imported, ImportError> {
        let mut found = Imported::nothing();
        let mut reader = Reader::new(code, stop);
        reader.index(bytes, base, &mut found)?;
        if let Some(earlier) = earlier {
            reader.index(earlier, &RelPath::root(), &mut found)?;
        }
        found.constructors = constructors(&reader.numbers);
        found.report.symbols = reader.symbols;
        found.sort(reader.symbols as usize);
        Ok(found)
    }

    /// What was taken of the index and of the earlier ones, to be kept: an index again, with the
    /// hashes of the files. Reading it takes only documents whose files still have those bytes.
    pub fn kept(&self) -> &[u8] {
        &self.kept
    }

    fn nothing() -> Imported {
        Imported {
            report: ImportReport::default(),
            documents: HashMap::new(),
            files: Vec::new(),
            starts: Vec::new(),
            uses: Vec::new(),
            constructors: Vec::new(),
            kept: Vec::new(),
        }
    }

    /// What came of reading it.
    pub fn report(&self) -> &ImportReport {
        &self.report
    }

    fn name_tool(&mut self, tool: &Tool) {
        keep_tool(&mut self.kept, tool);
        let name = format!("{} {}", tool.name, tool.version);
        let name = name.trim();
        if !name.is_empty() && !self.report.tools.iter().any(|it| it == name) {
            self.report.tools.push(name.to_owned());
        }
    }

    fn refuse(&mut self, path: &str, reason: Refusal, detail: String) {
        *self.report.refused.entry(reason).or_default() += 1;
        if self.report.refused_documents.len() < MAX_LISTED {
            let path = path.chars().take(200).collect();
            self.report.refused_documents.push(RefusedDocument { path, reason, detail });
        }
    }

    fn take(&mut self, path: RelPath, hash: ContentHash, occurrences: Box<[Use]>) {
        self.report.documents += 1;
        self.report.occurrences += occurrences.len() as u64;
        self.documents.insert(path.clone(), self.files.len() as u32);
        self.files.push(Covered { path, hash, occurrences });
    }

    /// How many of its documents are still as they were.
    pub fn covered(&self, code: &Code) -> u64 {
        self.files.iter().filter(|file| self.holds(code, file).is_some()).count() as u64
    }

    /// Makes the lists by symbol.
    fn sort(&mut self, symbols: usize) {
        let mut starts = vec![0u32; symbols + 1];
        let each = || self.files.iter().flat_map(|file| file.occurrences.iter());
        each().for_each(|it| starts[it.symbol as usize + 1] += 1);
        for n in 0..symbols {
            starts[n + 1] += starts[n];
        }
        let mut next = starts.clone();
        let mut uses = vec![(0, 0); starts[symbols] as usize];
        for (file, covered) in self.files.iter().enumerate() {
            for (n, it) in covered.occurrences.iter().enumerate() {
                let at = &mut next[it.symbol as usize];
                uses[*at as usize] = (file as u32, n as u32);
                *at += 1;
            }
        }
        (self.starts, self.uses) = (starts, uses);
    }

    /// The file in the snapshot, if its bytes are those that were imported.
    fn holds(&self, code: &Code, covered: &Covered) -> Option<FileId> {
        let id = code.snapshot.id_of(&covered.path)?;
        (code.file(id)?.text()?.hash() == covered.hash).then_some(id)
    }

    /// What it says of a file, if it says anything of these bytes.
    fn of(&self, code: &Code, file: FileId) -> Option<&Covered> {
        let file = code.file(file)?;
        let covered = &self.files[*self.documents.get(&file.path)? as usize];
        (file.text()?.hash() == covered.hash).then_some(covered)
    }

    fn uses_of(&self, symbol: u32) -> &[(u32, u32)] {
        let range: Range<usize> =
            self.starts[symbol as usize] as usize..self.starts[symbol as usize + 1] as usize;
        &self.uses[range]
    }

    /// Where a symbol is defined, in files that are as they were.
    fn definitions(&self, code: &Code, symbol: u32) -> Vec<(FileId, Span)> {
        let mut found = Vec::new();
        for (file, n) in self.uses_of(symbol) {
            let covered = &self.files[*file as usize];
            let it = covered.occurrences[*n as usize];
            if it.roles & DEFINITION != 0
                && let Some(id) = self.holds(code, covered)
            {
                found.push((id, Span { start: it.start, end: it.end }));
            }
        }
        found
    }
}

impl Code {
    /// The same code, with what a compiler knows of it.
    #[must_use]
    pub fn with_imported(mut self, imported: Option<Arc<Imported>>) -> Code {
        self.imported = imported;
        self
    }

    /// Whether this is the import that it has.
    pub fn has_imported(&self, imported: Option<&Arc<Imported>>) -> bool {
        match (&self.imported, imported) {
            (Some(ours), Some(other)) => Arc::ptr_eq(ours, other),
            (None, None) => true,
            _ => false,
        }
    }

    /// The symbols that an imported index says stand at a place. `None`: it says nothing of the
    /// place, or their definitions are not in files that it speaks of.
    pub(crate) fn known_at(&self, file: FileId, at: u32) -> Option<Vec<Target>> {
        let imported = self.imported.as_deref()?;
        let covered = imported.of(self, file)?;
        let end = covered.occurrences.partition_point(|it| it.start <= at);
        let begin = covered.occurrences[..end].last()?.start;
        let here = covered.occurrences[..end].iter().rev().take_while(|it| it.start == begin);
        let mut targets: BTreeSet<Target> = BTreeSet::new();
        for it in here.filter(|it| at <= it.end) {
            for (file, span) in imported.definitions(self, it.symbol) {
                let symbol = self.facts(file).and_then(|facts| symbol_at(&facts, span.start));
                targets.extend(symbol.map(|symbol| Target { file, symbol }));
            }
        }
        (!targets.is_empty()).then(|| targets.into_iter().collect())
    }

    /// The references to `targets` that an imported index knows, in the files that it speaks for
    /// ([`Code::is_known`]); what we find there ourselves does not count. `None`: it does not know
    /// all of the symbols.
    pub(crate) fn known_references(&self, targets: &[Target]) -> Option<Vec<(FileId, Span, Role)>> {
        let imported = self.imported.as_deref()?;
        let mut symbols = BTreeSet::new();
        for target in targets {
            let covered = imported.of(self, target.file)?;
            let facts = self.facts(target.file)?;
            let before = symbols.len();
            for ix in facts.group(target.symbol) {
                symbols.extend(covered.defined_at(facts.facts.symbol(ix).at.start));
            }
            if symbols.len() == before {
                return None;
            }
        }
        for (of, constructor) in &imported.constructors {
            if symbols.contains(of) {
                symbols.insert(*constructor);
            }
        }
        let mut known = Vec::new();
        for symbol in symbols {
            for uses in imported.uses_of(symbol).chunk_by(|a, b| a.0 == b.0) {
                let covered = &imported.files[uses[0].0 as usize];
                let Some(id) = imported.holds(self, covered) else { continue };
                let facts = self.facts(id);
                known.extend(uses.iter().map(|(_, n)| {
                    let it = covered.occurrences[*n as usize];
                    (id, Span { start: it.start, end: it.end }, it.role(facts.as_deref()))
                }));
            }
        }
        Some(known)
    }

    /// Whether an imported index speaks for a file as it is now.
    pub(crate) fn is_known(&self, file: FileId) -> bool {
        self.imported.as_deref().is_some_and(|imported| imported.of(self, file).is_some())
    }
}

impl Covered {
    /// The symbols that are defined at a place.
    fn defined_at(&self, start: u32) -> impl Iterator<Item = u32> + use<'_> {
        let from = self.occurrences.partition_point(|it| it.start < start);
        let here = self.occurrences[from..].iter().take_while(move |it| it.start == start);
        here.filter(|it| it.roles & (DEFINITION | FORWARD_DEFINITION) != 0).map(|it| it.symbol)
    }
}

impl Use {
    /// What is done: as the syntax says, or else as the index does.
    fn role(&self, facts: Option<&Loaded>) -> Role {
        let ours = facts.and_then(|facts| {
            let occurrence = facts.facts.occurrence(facts.occurrence_at(self.start)?);
            (occurrence.start == self.start).then_some(occurrence.role)
        });
        ours.unwrap_or(match self.roles {
            roles if roles & DEFINITION != 0 => Role::Definition,
            roles if roles & IMPORT != 0 => Role::Import,
            roles if roles & WRITE != 0 => Role::Write,
            _ => Role::Read,
        })
    }
}

/// Indexes on their way in.
struct Reader<'c> {
    code: &'c Code,
    stop: &'c dyn Fn() -> bool,
    /// Symbols that can be named from everywhere.
    numbers: HashMap<Box<str>, u32>,
    symbols: u64,
}

impl<'c> Reader<'c> {
    fn new(code: &'c Code, stop: &'c dyn Fn() -> bool) -> Reader<'c> {
        Reader { code, stop, numbers: HashMap::new(), symbols: 0 }
    }

    fn index(
        &mut self,
        bytes: &[u8],
        base: &RelPath,
        found: &mut Imported,
    ) -> Result<(), ImportError> {
        if bytes.len() > Imported::MAX_BYTES {
            return Err(ImportError::TooLarge { what: "bytes", limit: Imported::MAX_BYTES });
        }
        let malformed = |err: Malformed| ImportError::Malformed(err.to_string());
        let hashes = kept_hashes(bytes).map_err(malformed)?;
        let mut refusal = None;
        let tools = read(bytes, &mut |document| {
            refusal = self.limits(&document, found);
            if refusal.is_some() {
                return Err(Malformed("it was not read to its end"));
            }
            self.document(&document, base, &hashes, found)
        });
        if let Some(refusal) = refusal {
            return Err(refusal);
        }
        for tool in tools.map_err(malformed)? {
            found.name_tool(&tool);
        }
        Ok(())
    }

    /// Why to stop before this document.
    fn limits(&self, document: &RawDocument<'_>, found: &Imported) -> Option<ImportError> {
        if found.report.occurrences as usize + document.len() > MAX_OCCURRENCES {
            let what = "occurrences";
            return Some(ImportError::TooLarge { what, limit: MAX_OCCURRENCES });
        }
        (self.stop)().then_some(ImportError::Stopped)
    }

    fn document(
        &mut self,
        document: &RawDocument<'_>,
        base: &RelPath,
        hashes: &HashMap<&str, ContentHash>,
        found: &mut Imported,
    ) -> Result<(), Malformed> {
        let earlier = hashes.get(document.path);
        let (path, text) = match self.text(document.path, base, found) {
            Ok((_, text)) if earlier.is_some_and(|hash| *hash != text.hash()) => return Ok(()),
            Ok(it) => it,
            // It was told when it was imported.
            Err(_) if earlier.is_some() => return Ok(()),
            Err(reason) => {
                found.refuse(document.path, reason, String::new());
                return Ok(());
            }
        };
        let file = self.code.snapshot.id_of(&path);
        let facts = file.and_then(|file| self.code.facts(file));
        let is_alias = |name: &str| {
            let all = self.code.defined(name);
            all.iter().any(|(it, facts)| facts.facts.symbol(it.symbol).kind == Kind::Alias)
        };
        match verify(document, &source_text(text.bytes()), facts.as_deref(), &is_alias)? {
            Err(mismatch) => found.refuse(document.path, Refusal::Changed, explain(&mismatch)),
            Ok(verified) => {
                keep(&mut found.kept, document, &path.to_string(), text.hash());
                let occurrences = self.numbered(verified);
                found.take(path, text.hash(), occurrences);
            }
        }
        Ok(())
    }

    /// The file that a document speaks of.
    fn text(
        &self,
        path: &str,
        base: &RelPath,
        found: &Imported,
    ) -> Result<(RelPath, Arc<Text>), Refusal> {
        let path = RelPath::new(path.as_bytes()).map_err(|_| Refusal::OutsideWorkspace)?;
        let path = base.join(path.as_bytes());
        if found.documents.contains_key(&path) {
            return Err(Refusal::Duplicate);
        }
        let file = self.code.snapshot.file(&path).ok_or(Refusal::UnknownFile)?;
        match file.text() {
            Some(text) if language_of(file).is_some() => Ok((path, Arc::clone(text))),
            _ => Err(Refusal::NotSource),
        }
    }

    fn numbered<'a>(&mut self, verified: Vec<Verified<'a>>) -> Box<[Use]> {
        let mut locals: HashMap<&'a str, u32> = HashMap::new();
        let number = |it: Verified<'a>| {
            let is_local = it.symbol.starts_with("local ");
            let known = if is_local { locals.get(it.symbol) } else { self.numbers.get(it.symbol) };
            let symbol = known.copied().unwrap_or(self.symbols as u32);
            if known.is_none() {
                self.symbols += 1;
                if is_local {
                    locals.insert(it.symbol, symbol);
                } else {
                    self.numbers.insert(it.symbol.into(), symbol);
                }
            }
            Use { start: it.span.start, end: it.span.end, symbol, roles: it.roles }
        };
        verified.into_iter().map(number).collect()
    }
}

/// scip-typescript writes `new Name()` as a use of the constructor, where every language of ours
/// has a use of the type.
fn constructors(numbers: &HashMap<Box<str>, u32>) -> Vec<(u32, u32)> {
    let pairs = numbers.iter().filter_map(|(symbol, constructor)| {
        let of = symbol.strip_suffix("`<constructor>`().")?;
        Some((*numbers.get(of)?, *constructor))
    });
    let mut pairs: Vec<(u32, u32)> = pairs.collect();
    pairs.sort_unstable();
    pairs
}

fn explain(mismatch: &Mismatch) -> String {
    let Mismatch { line, expected, found } = mismatch;
    let expected: String = expected.chars().take(160).collect();
    format!("line {line} should hold {expected} and holds `{found}`")
}
