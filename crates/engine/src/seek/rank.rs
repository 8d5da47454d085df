//! The ranking: parts of a score, each between 0 and 1, weighed and added.

use std::collections::HashMap;

use super::{
    lessons::{Lessons, of_files},
    lexicon::{Lexicon, WordScore},
    past::{Heard, Past},
    places::{SeekPlace, places},
    question::Question,
    role::FileRole,
};
use crate::{
    RelPath,
    code::{AskLimits, Code},
    file::FileId,
};

/// Why a file was found. The numbers are what a part counts: fitted on three repositories, the same
/// for all (`bench/graph` prints what each of them adds).
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SeekPart {
    /// Its text, names and path have the words.
    Words,
    /// Its path has words of the first line.
    Path,
    /// It lies in the part that the question names: `net: …`.
    Scope,
    /// It defines what the question calls by its name.
    Defines,
    /// Commits that sound like the question have changed it.
    LikeCommits,
    /// One of them sounds very much like it.
    LikeCommit,
    /// It was changed lately.
    Recent,
    /// Files that have the words import it.
    Imported,
    /// It is a test or a document, and the question does not speak of any.
    Role,
    /// Lessons say so, of questions like this one.
    Learnt,
}

impl SeekPart {
    /// Every part, in the order in which they are added.
    pub const ALL: [SeekPart; 10] = [
        SeekPart::Words,
        SeekPart::Path,
        SeekPart::Scope,
        SeekPart::Defines,
        SeekPart::LikeCommits,
        SeekPart::LikeCommit,
        SeekPart::Recent,
        SeekPart::Imported,
        SeekPart::Role,
        SeekPart::Learnt,
    ];

    /// Parts that do not count unless somebody wants them to: they add nothing to the right answers
    /// (`bench/graph/README.md`).
    pub const OFF: [SeekPart; 1] = [SeekPart::Imported];

    fn weight(self) -> f32 {
        match self {
            SeekPart::Words => 3.7,
            SeekPart::Path => 1.8,
            SeekPart::Scope => 1.5,
            SeekPart::Defines => 1.4,
            SeekPart::LikeCommits => 0.6,
            SeekPart::LikeCommit => 1.3,
            SeekPart::Recent => 1.0,
            SeekPart::Imported => 0.9,
            SeekPart::Role => -3.0,
            SeekPart::Learnt => 2.5,
        }
    }
}

const PARTS: usize = SeekPart::ALL.len();
/// Files from which imports are followed.
const IMPORTERS: usize = 8;
/// Names with so many definitions tell nothing.
const MANY_DEFINITIONS: usize = 40;
/// A file of a role that the question speaks of is let off half of what it would lose.
const MEANT: f32 = 0.3;

/// An answer to a question in words.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sought {
    /// The best first.
    pub files: Vec<SoughtFile>,
    /// How many files have anything of it.
    pub total: usize,
    /// There was no history to learn from.
    pub no_past: bool,
}

/// One file.
#[derive(Clone, Debug, PartialEq)]
pub struct SoughtFile {
    /// The file.
    pub path: RelPath,
    /// All parts together.
    pub score: f32,
    /// What each part adds, the most first; parts that add nothing are left out.
    pub parts: Vec<(SeekPart, f32)>,
    /// The name and first line of the commit that sounds most like the question.
    pub commit: Option<(String, String)>,
    /// Where in the file.
    pub places: Vec<SeekPlace>,
}

/// What is known of a workspace when a question comes.
#[derive(Clone, Copy)]
pub struct SeekKnown<'a> {
    /// Its words.
    pub lexicon: &'a Lexicon,
    /// Its history.
    pub past: Option<&'a Past>,
    /// What it was taught.
    pub lessons: Option<&'a Lessons>,
}

struct Row {
    file: FileId,
    role: FileRole,
    parts: [f32; PARTS],
    commit: Option<u32>,
}

impl Row {
    fn new(file: FileId, role: FileRole) -> Row {
        Row { file, role, parts: [0.0; PARTS], commit: None }
    }

    fn part(&mut self, part: SeekPart) -> &mut f32 {
        &mut self.parts[part as usize]
    }
}

impl Code {
    /// The places in one file that a question in words is most likely about, the best first.
    pub(crate) fn seek_places(
        &self,
        lexicon: &Lexicon,
        file: FileId,
        question: &str,
        limit: usize,
    ) -> Vec<SeekPlace> {
        places(self, lexicon, file, &Question::read(question), limit)
    }

    /// The files that a question in words is most likely about, with up to `per_file` places in
    /// each. `without` names parts that do not count. The same snapshot, history and question give
    /// the same answer; ties are in path order.
    pub fn seek(
        &self,
        known: SeekKnown<'_>,
        question: &str,
        without: &[SeekPart],
        per_file: usize,
        limits: &AskLimits<'_>,
    ) -> Sought {
        let SeekKnown { lexicon, past, lessons } = known;
        let question = Question::read(question);
        let mut rows = self.rows(lexicon, past, &question);
        if let Some(lessons) = lessons.filter(|it| !it.is_empty()) {
            for (path, verdict) in of_files(&lessons.heard_by(lexicon, &question)) {
                if let Some(file) = self.id_of(&path).filter(|id| self.file(*id).is_some()) {
                    *self.row(&mut rows, file).part(SeekPart::Learnt) = verdict;
                }
            }
        }
        if !without.contains(&SeekPart::Imported) {
            self.add_imported(&mut rows);
        }
        for row in &mut rows {
            for part in SeekPart::ALL {
                let weight = if without.contains(&part) { 0.0 } else { part.weight() };
                *row.part(part) *= weight;
            }
        }
        // Nothing but a bad role or a recent change is no reason to be named.
        let reasons = |row: &Row| {
            let part = |part: SeekPart| row.parts[part as usize];
            let idle = part(SeekPart::Recent) + part(SeekPart::Role);
            // What lessons speak against goes down; it does not go away.
            row.parts.iter().sum::<f32>() - idle - part(SeekPart::Learnt).min(0.0)
        };
        rows.retain(|row| reasons(row) > 0.0);
        let mut scored: Vec<(f32, &Row)> =
            rows.iter().map(|row| (row.parts.iter().sum(), row)).collect();
        scored.sort_by(|a, b| {
            b.0.total_cmp(&a.0).then_with(|| self.path(a.1.file).cmp(self.path(b.1.file)))
        });
        let total = scored.len();
        let mut files = Vec::new();
        for (score, row) in scored.into_iter().skip(limits.offset).take(limits.limit) {
            let Some(file) = self.file(row.file) else { continue };
            let mut parts: Vec<(SeekPart, f32)> =
                SeekPart::ALL.into_iter().zip(row.parts).filter(|(_, it)| *it != 0.0).collect();
            parts.sort_by(|a, b| b.1.total_cmp(&a.1));
            let commit = row.commit.and_then(|number| past?.commit(number));
            let stopped = per_file == 0 || (limits.stop)();
            files.push(SoughtFile {
                path: file.path.clone(),
                score,
                parts,
                commit: commit.map(|(id, subject)| (id.to_owned(), subject.to_owned())),
                places: if stopped {
                    Vec::new()
                } else {
                    places(self, lexicon, row.file, &question, per_file)
                },
            });
        }
        Sought { files, total, no_past: past.is_none_or(Past::is_empty) }
    }

    /// Every file with any part of the question, each part from 0 to 1, sorted by number.
    fn rows(&self, lexicon: &Lexicon, past: Option<&Past>, question: &Question) -> Vec<Row> {
        let stale = lexicon.stale(self);
        let found =
            lexicon.scores(self, &stale, &question.words, &question.subject, &question.scope);
        // Tests and documents have most of the words; what code has is measured by code.
        let most = |of: fn(&WordScore) -> f32| {
            let code = found.iter().filter(|it| it.role == FileRole::Source);
            let of_code = code.map(of).fold(0.0, f32::max);
            let most =
                if of_code > 0.0 { of_code } else { found.iter().map(of).fold(0.0, f32::max) };
            if most > 0.0 { most } else { 1.0 }
        };
        let (text, path) = (most(|it| it.text), most(|it| it.path));
        let mut rows: Vec<Row> = Vec::with_capacity(found.len());
        for it in &found {
            let mut row = Row::new(it.file, it.role);
            *row.part(SeekPart::Words) = (it.text / text).min(1.0);
            *row.part(SeekPart::Path) = (it.path / path).min(1.0);
            *row.part(SeekPart::Scope) = it.scope;
            rows.push(row);
        }
        self.add_definitions(&mut rows, lexicon, &stale, question);
        if let Some(past) = past {
            self.add_past(&mut rows, past, question);
        }
        for row in &mut rows {
            let meant = match row.role {
                FileRole::Source => continue,
                FileRole::Test => question.of_tests,
                FileRole::Document => question.of_documents,
            };
            *row.part(SeekPart::Role) = if meant { MEANT } else { 1.0 };
        }
        rows
    }

    /// The row of a file; rows are sorted by file.
    fn row<'r>(&self, rows: &'r mut Vec<Row>, file: FileId) -> &'r mut Row {
        let at = match rows.binary_search_by_key(&file, |row| row.file) {
            Ok(at) => at,
            Err(at) => {
                rows.insert(at, Row::new(file, FileRole::of(self.path(file))));
                at
            }
        };
        &mut rows[at]
    }

    fn add_definitions(
        &self,
        rows: &mut Vec<Row>,
        lexicon: &Lexicon,
        stale: &[FileId],
        question: &Question,
    ) {
        let mut defines: HashMap<FileId, f32> = HashMap::new();
        for name in &question.names {
            let files = lexicon.defining(self, stale, name);
            if files.len() > MANY_DEFINITIONS {
                continue;
            }
            for file in &files {
                *defines.entry(*file).or_default() += 1.0 / files.len() as f32;
            }
        }
        let most = defines.values().copied().fold(0.0, f32::max);
        for (file, score) in defines {
            *self.row(rows, file).part(SeekPart::Defines) = score / most;
        }
    }

    fn add_past(&self, rows: &mut Vec<Row>, past: &Past, question: &Question) {
        let heard: Vec<(FileId, Heard)> = past
            .heard(&question.words)
            .into_iter()
            .filter_map(|(path, heard)| Some((self.id_of(path)?, heard)))
            .collect();
        let (mut sum, mut best) = (0.0_f32, 0.0_f32);
        for (file, it) in &heard {
            if self.row(rows, *file).role == FileRole::Source {
                (sum, best) = (sum.max(it.sum), best.max(it.best));
            }
        }
        for (file, it) in heard {
            let row = self.row(rows, file);
            if sum > 0.0 && best > 0.0 {
                *row.part(SeekPart::LikeCommits) = (it.sum / sum).min(1.0);
                *row.part(SeekPart::LikeCommit) = (it.best / best).min(1.0);
            }
            row.commit = Some(it.commit);
        }
        for row in rows {
            *row.part(SeekPart::Recent) = past.recent(self.path(row.file));
        }
    }

    /// What the files with most of the words import.
    fn add_imported(&self, rows: &mut Vec<Row>) {
        const WORDS: usize = SeekPart::Words as usize;
        let mut best: Vec<(FileId, f32)> =
            rows.iter().map(|row| (row.file, row.parts[WORDS])).collect();
        best.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        best.truncate(IMPORTERS);
        let graph = self.graph();
        let mut imported: Vec<(FileId, f32)> = Vec::new();
        for (file, score) in best {
            let targets: Vec<FileId> = graph.targets(file).filter(|it| *it != file).collect();
            let each = score * score / targets.len().max(1) as f32;
            imported.extend(targets.into_iter().map(|it| (it, each)));
        }
        imported.sort_by_key(|it| it.0);
        let sums: Vec<(FileId, f32)> = imported
            .chunk_by(|a, b| a.0 == b.0)
            .map(|of_file| (of_file[0].0, of_file.iter().map(|it| it.1).sum()))
            .collect();
        let most = sums.iter().map(|it| it.1).fold(0.0, f32::max);
        for (file, sum) in sums.into_iter().filter(|it| it.1 > 0.0) {
            *self.row(rows, file).part(SeekPart::Imported) = sum / most;
        }
    }
}
