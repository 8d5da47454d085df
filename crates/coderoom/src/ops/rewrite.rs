//! `rewrite`: structural search and replace.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use coderoom_edit::{Action, FileEdit};
use coderoom_engine::{
    File, Language, Mode, Query, Replacement, RewriteError, Rewriter, language_of,
};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Context, Operation,
    edits::{self, Collector, EditReply},
    search,
    symbol_text::{Splice, modify},
};
use crate::{
    daemon::rooms::Located,
    error::{Code, OpError},
};

/// The operation.
pub struct Rewrite;

/// Places that one rewrite may change.
const MOST_PLACES: usize = 20_000;
/// Places that a dry run shows.
const MOST_SHOWN: usize = 20;

/// What to rewrite.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["session", "pattern", "rewrite", "language"]))]
pub struct Params {
    /// Absolute path of the workspace. May be left out if the session's name is the only such one.
    pub workspace: String,
    /// The session.
    pub session: String,
    /// Code with holes, as ast-grep has it: `$X` is one node, `$$$XS` any number of them, the same
    /// name twice the same code: `assertEquals($A, $B)`.
    pub pattern: String,
    /// What to put in its place, with the same holes: `assert $B == $A`.
    pub rewrite: String,
    /// The language: `python`, `typescript` (with tsx), `rust`, ...
    pub language: String,
    /// Files and directories to look at, relative to the workspace. Default: all of it.
    pub paths: Vec<String>,
    /// Globs that files must match: `**/*_test.py`, `!vendor/**`.
    pub glob: Vec<String>,
    /// Why: kept in the log, shown in the review branch.
    pub reason: String,
    /// Who. Default: who opened the session.
    pub agent: String,
    /// Take it although it adds syntax errors.
    pub allow_syntax_errors: bool,
    /// Only show what would change.
    pub dry_run: bool,
    /// Milliseconds that the answer may take. Default 10,000.
    pub timeout_ms: Option<u64>,
}

impl Operation for Rewrite {
    const NAME: &'static str = "rewrite";
    const TITLE: &'static str = "Rewrite by pattern";
    const DESCRIPTION: &'static str = "Search and replace by structure in an edit session, in all \
        files of a language at once: `pattern` is code with holes (`foo($A, $$$REST)`), `rewrite` \
        what comes in its place (`bar($$$REST, $A)`). Comments and strings do not match. `dry_run` \
        shows the places.";
    const FOR_AGENTS: bool = true;
    const STRUCTURED: bool = false;
    const CHANGES: bool = true;
    type Params = Params;
    type Reply = EditReply;

    fn run(context: &Context, params: Params) -> Result<EditReply, OpError> {
        let (located, session) = edits::session(context, &params.workspace)?;
        let rewriters = rewriters(&params)?;
        let files = files(context, &located, &params, &rewriters)?;
        let changed = replacements(context, &files, &rewriters)?;
        let mut batch = Collector::new(&located, &params.agent, &params.reason).batch;
        batch.allow_syntax_errors = params.allow_syntax_errors;
        if batch.reason.is_empty() {
            batch.reason = format!("rewrite {} to {}", params.pattern, params.rewrite);
        }
        let places: usize = changed.iter().map(|it| it.replacements.len()).sum();
        batch.notes.push(match places {
            0 => format!("nothing matches `{}` in {} files", params.pattern, files.len()),
            _ => format!("{places} places in {} files", changed.len()),
        });
        if params.dry_run {
            batch.notes.extend(changed.iter().flat_map(shown).take(MOST_SHOWN));
        }
        for Changed { file, text, replacements } in changed {
            let splice = |it: Replacement| Splice { range: it.range, text: it.text };
            let splices = replacements.into_iter().map(splice).collect();
            let path = file.path.to_string();
            let hash = file.text().map(|text| text.hash().to_hex());
            batch.guards.extend(hash.map(|hash| (path.clone(), hash)));
            let action = Action::Modify(modify(text, splices));
            batch.edits.push(FileEdit { path, action });
        }
        edits::apply_or_judge(context, &session, &batch, params.dry_run)
    }

    fn text(reply: &EditReply) -> String {
        reply.text()
    }
}

/// The pattern in each dialect of the language.
fn rewriters(params: &Params) -> Result<HashMap<Language, Rewriter>, OpError> {
    let Some(language) = Language::named(&params.language) else {
        let known: Vec<&str> = Language::all().map(|it| it.plugin().name()).collect();
        let message =
            format!("`language` is `{}`, and there are: {}", params.language, known.join(", "));
        return Err(OpError::new(Code::BadParameter, message));
    };
    let new = |language| Rewriter::new(language, &params.pattern, &params.rewrite);
    let bad = |err: RewriteError| OpError::new(Code::BadParameter, err.to_string());
    let mut rewriters = HashMap::from([(language, new(language).map_err(bad)?)]);
    // `<T>x` is a type assertion in the one and no code in the other.
    if language == Language::TypeScript
        && let Ok(tsx) = new(Language::Tsx)
    {
        rewriters.insert(Language::Tsx, tsx);
    }
    Ok(rewriters)
}

/// The files that may have a match: the index knows which have the pattern's longest literal.
fn files(
    context: &Context,
    located: &Located,
    params: &Params,
    rewriters: &HashMap<Language, Rewriter>,
) -> Result<Vec<Arc<File>>, OpError> {
    let roots = located.search_roots(&params.paths)?;
    let root_is_file: Vec<bool> = roots.iter().map(|(_, is_file)| *is_file).collect();
    let mut query = Query { mode: Mode::Files, ..Query::default() };
    let literal = rewriters.values().map(Rewriter::literal).min_by_key(|it| it.len());
    if let Some(literal) = literal.filter(|it| !it.is_empty() && !it.contains(['\n', '\r'])) {
        query.mode = Mode::FilesWithMatches;
        query.pattern.patterns = vec![literal.to_owned()];
        query.pattern.fixed_strings = true;
    }
    query.files.roots = roots.into_iter().map(|(root, _)| root).collect();
    query.files.globs = search::globs(params.glob.clone());
    let compiled = context.rooms.compiled.get(query, root_is_file)?;
    let candidates = compiled.candidates(&located.snapshot);
    let is_wanted = |file: &&Arc<File>| {
        let language = file.text().and_then(|text| language_of(&file.path, text));
        language.is_some_and(|language| rewriters.contains_key(&language))
    };
    Ok(candidates.files().filter(is_wanted).cloned().collect())
}

/// A file with its replacements.
struct Changed<'a> {
    file: &'a Arc<File>,
    text: &'a str,
    replacements: Vec<Replacement>,
}

fn replacements<'a>(
    context: &Context,
    files: &'a [Arc<File>],
    rewriters: &HashMap<Language, Rewriter>,
) -> Result<Vec<Changed<'a>>, OpError> {
    let places = AtomicUsize::new(0);
    let one = |file: &'a Arc<File>| -> Result<Option<Changed<'a>>, OpError> {
        if let Some(reason) = context.interruption() {
            return Err(reason);
        }
        let Some(text) = file.text() else { return Ok(None) };
        let rewriter = language_of(&file.path, text).and_then(|it| rewriters.get(&it));
        // What is not UTF-8 is no source that a grammar reads.
        let (Some(rewriter), Ok(text)) = (rewriter, std::str::from_utf8(text.bytes())) else {
            return Ok(None);
        };
        let replacements = rewriter.replacements(text).map_err(|err| {
            OpError::new(Code::NotSource, format!("{}: {err}: leave it out with `glob`", file.path))
        })?;
        if places.fetch_add(replacements.len(), Ordering::Relaxed) > MOST_PLACES {
            let message = format!(
                "more than {MOST_PLACES} places match: narrow the pattern, `paths` or `glob`"
            );
            return Err(OpError::new(Code::TooLarge, message));
        }
        let changes = |it: &Replacement| text.get(it.range.clone()) != Some(&it.text);
        let replacements: Vec<Replacement> = replacements.into_iter().filter(changes).collect();
        let changed = Changed { file, text, replacements };
        Ok((!changed.replacements.is_empty()).then_some(changed))
    };
    let found: Result<Vec<_>, OpError> = files.par_iter().map(one).collect();
    Ok(found?.into_iter().flatten().collect())
}

/// The places of a file, for a dry run.
fn shown<'a>(changed: &'a Changed<'_>) -> impl Iterator<Item = String> + use<'a> {
    let Changed { file, text, replacements } = changed;
    replacements.iter().map(move |it| {
        let line = text[..it.range.start].matches('\n').count() + 1;
        let short = |text: &str| {
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            text.chars().take(100).collect::<String>()
        };
        format!("{}:{line}: {} -> {}", file.path, short(&text[it.range.clone()]), short(&it.text))
    })
}
