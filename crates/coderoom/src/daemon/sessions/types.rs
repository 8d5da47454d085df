//! What type checkers say of a session's files that they did not say of its base.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

use coderoom_engine::{
    AskLimits, Code as EngineCode, Content, Language, RelPath, Snapshot, State, Text, Version,
    language_of,
};
use coderoom_system::lsp::{Document, Family, Finding, Pool, Request, Severity};

use parking_lot::Mutex;

use super::AgentSession;
use crate::{error::OpError, ops::Context, ops::edits::ProblemRow};

/// Files that import what was changed and are checked with it, at most.
const MOST_DEPENDENTS: usize = 30;
/// How long to wait for the disk's newest writes: the checkers read it.
const FRESH: Duration = Duration::from_secs(1);

/// What type checkers are asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct TypeQuestion {
    /// Warnings too.
    pub warnings: bool,
}

/// What they say.
#[derive(Debug, Default)]
pub struct TypeAnswer {
    /// What is new since the base.
    pub problems: Vec<ProblemRow>,
    /// What was not checked, and why.
    pub notes: Vec<String>,
}

impl AgentSession {
    /// What type checkers say of the session's files, and of those that import them, that they did
    /// not say of the base. Nothing is written. Whatever could not be checked is a note.
    ///
    /// Costs what the checkers take, at most until the request's deadline; the families of languages
    /// are asked side by side.
    ///
    /// # Errors
    /// `cancelled` if the client went away.
    pub fn type_problems(
        &self,
        state: &State,
        context: &Context,
        question: TypeQuestion,
    ) -> Result<TypeAnswer, OpError> {
        let mut answer = TypeAnswer::default();
        let mut families = self.changed(state, &mut answer.notes);
        if families.is_empty() {
            return Ok(answer);
        }
        match self.code(state.snapshot()) {
            Ok(code) => {
                let base = self.room.code.of_session(state.base(), &Mutex::default());
                let views = (&*code, &*base);
                add_dependents(&mut families, views, state, context, &mut answer.notes);
            }
            Err(_) => answer.notes.push(
                "files that import the changed ones were not type-checked: \
                 agents.features.instant_symbol_lookup is false"
                    .into(),
            ),
        }
        let (disk, _) = self.room.workspace.fresh(context.deadline.min(Instant::now() + FRESH));
        answer.notes.extend(moved_on(state, &disk));
        let asked = Asked { session: self, context, question, disk: &disk };
        let pool = &context.rooms.checkers;
        let answers: Vec<_> = std::thread::scope(|scope| {
            let asked = &asked;
            let one = |(family, documents): (Family, Vec<Document>)| {
                scope.spawn(move || asked.ask(pool, family, &documents))
            };
            let threads: Vec<_> = families.into_iter().map(one).collect();
            threads.into_iter().map(std::thread::ScopedJoinHandle::join).collect()
        });
        for one in answers {
            match one {
                Ok(mut one) => {
                    answer.problems.append(&mut one.problems);
                    answer.notes.append(&mut one.notes);
                }
                Err(_) => answer.notes.push("a type check failed: types may be wrong".into()),
            }
        }
        match context.interruption().filter(|_| context.cancel.is_cancelled()) {
            Some(cancelled) => Err(cancelled),
            None => Ok(answer),
        }
    }

    /// The changed sources by family; languages that no checker is known for are a note.
    fn changed(&self, state: &State, notes: &mut Vec<String>) -> BTreeMap<Family, Vec<Document>> {
        let mut families: BTreeMap<Family, Vec<Document>> = BTreeMap::new();
        let mut unknown: BTreeSet<&'static str> = BTreeSet::new();
        for (path, dirty) in state.dirty() {
            let (base, now) = (text(dirty.base.as_ref()), text(dirty.now.as_ref()));
            let Some(any) = now.as_ref().or(base.as_ref()) else { continue };
            let Some(language) = language_of(path, any) else { continue };
            match Family::of(language) {
                Some(family) => {
                    let document = Document { path: path.clone(), language, base, now };
                    families.entry(family).or_default().push(document);
                }
                None => drop(unknown.insert(language.plugin().name())),
            }
        }
        if !unknown.is_empty() {
            let names: Vec<&str> = unknown.into_iter().collect();
            notes.push(format!(
                "types of {} were not checked: no type checker is known for it",
                names.join(", ")
            ));
        }
        families
    }
}

/// What is the same for every family.
struct Asked<'a> {
    session: &'a AgentSession,
    context: &'a Context,
    question: TypeQuestion,
    disk: &'a Arc<Snapshot>,
}

impl Asked<'_> {
    fn ask(&self, pool: &Pool, family: Family, documents: &[Document]) -> TypeAnswer {
        let stop = || self.context.cancel.is_cancelled();
        let report = pool.check(&Request {
            root: self.session.room.root(),
            family,
            documents,
            disk: self.disk,
            warnings: self.question.warnings,
            until: self.context.deadline,
            stop: &stop,
        });
        match report {
            Ok(report) => TypeAnswer {
                problems: report.findings.into_iter().map(|it| row(report.server, it)).collect(),
                notes: report.notes,
            },
            Err(err) => TypeAnswer { problems: Vec::new(), notes: vec![err.to_string()] },
        }
    }
}

fn row(server: &str, finding: Finding) -> ProblemRow {
    let Finding { path, line, column, severity, code, message, text } = finding;
    let doubt = if severity == Severity::Warning { "warning: " } else { "" };
    let code = if code.is_empty() { code } else { format!(" ({code})") };
    ProblemRow {
        path: path.to_string(),
        line,
        column,
        kind: server.to_owned(),
        message: format!("{doubt}{message}{code}"),
        text,
    }
}

fn text(version: Option<&Version>) -> Option<Arc<Text>> {
    match &version?.content {
        Content::Text(text) => Some(Arc::clone(text)),
        _ => None,
    }
}

/// Adds the files that import changed ones: what was removed or has another type is wrong there.
fn add_dependents(
    families: &mut BTreeMap<Family, Vec<Document>>,
    (code, base): (&EngineCode, &EngineCode),
    state: &State,
    context: &Context,
    notes: &mut Vec<String>,
) {
    let stop = || context.interruption().is_some();
    let limits = AskLimits { offset: 0, limit: MOST_DEPENDENTS + 1, stop: &stop };
    let mut importers: BTreeSet<RelPath> = BTreeSet::new();
    for document in families.values().flatten() {
        // Who imported a file that is gone is known in the base alone.
        let views = [Some(code).filter(|_| document.now.is_some()), Some(base)];
        for view in views.into_iter().flatten() {
            let Ok(found) = view.dependents(&document.path, 1, &limits) else { continue };
            importers.extend(found.files.into_iter().map(|it| it.path));
        }
    }
    importers.retain(|path| state.dirty_file(path).is_none());
    if importers.len() > MOST_DEPENDENTS {
        notes.push(format!(
            "only {MOST_DEPENDENTS} of the {}{} files that import the changed ones were \
             type-checked with them",
            importers.len(),
            if importers.len() > MOST_DEPENDENTS * 2 { " or more" } else { "" },
        ));
    }
    for path in importers.into_iter().take(MOST_DEPENDENTS) {
        let Some(text) = state.snapshot().file(&path).and_then(|file| file.text()) else {
            continue;
        };
        let Some(language) = language_of(&path, text) else { continue };
        let Some(family) = Family::of(language) else { continue };
        // Only a checker that is asked anyway.
        let Some(documents) = families.get_mut(&family) else { continue };
        let (base, now) = (Some(Arc::clone(text)), Some(Arc::clone(text)));
        documents.push(Document { path, language, base, now });
    }
}

/// A note on files that others have changed on disk since the base: the checkers see those.
fn moved_on(state: &State, disk: &Snapshot) -> Option<String> {
    let differs = |file: &&Arc<coderoom_engine::File>| {
        let Some(text) = file.text() else { return false };
        let is_source = language_of(&file.path, text).is_some_and(is_checked);
        let base = state.base().file(&file.path).and_then(|file| file.text());
        base.map(|base| base.hash()) != Some(text.hash())
            && is_source
            && state.dirty_file(&file.path).is_none()
    };
    let count = disk.files().filter(differs).count();
    (count > 0).then(|| {
        format!(
            "{count} sources have changed on disk since the session's base, and type checkers see \
             them as they are there: `rebase` takes them in"
        )
    })
}

fn is_checked(language: Language) -> bool {
    Family::of(language).is_some()
}
