//! `rename_symbol`: a symbol and everything that names it.

use std::collections::BTreeMap;

use coderoom_edit::{Action, FileEdit, Modify, Position, PositionEncoding, Range, TextEdit};
use coderoom_engine::{
    self as engine, Ask, AskLimits, Certainty, Entry, EntryKind, Kind, Reference, RelPath, State,
    language_of,
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Context, Operation,
    code::{Asked, word},
    edits::{self, Collector, EditReply},
    rename_text::{is_identifier, is_shorthand},
};
use crate::{
    daemon::sessions::{AgentSession, Batch},
    error::{Code, OpError},
};

/// The operation.
pub struct RenameSymbol;

/// Doubtful places that a refusal lists.
const MOST_LISTED: usize = 20;
/// Members that override one another and are renamed together.
const MOST_RELATIVES: usize = 200;

/// What to rename.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["session", "to"]))]
pub struct Params {
    /// Absolute path of the workspace. May be left out if the session's name is the only such one.
    pub workspace: String,
    /// The session.
    pub session: String,
    /// The symbol's name: `save`, or `Model.save`. Or a place instead: `path` and `line`.
    pub symbol: String,
    /// The file that defines it; with `line` the place where it is named.
    pub path: String,
    /// The line, from 1.
    pub line: Option<u32>,
    /// The column, from 1, in characters.
    pub column: Option<u32>,
    /// The new name.
    pub to: String,
    /// Which references to take if some are not certain: `exact` or also `likely`. The others keep
    /// the old name. Default: refuse, and list those that are not certain.
    pub include: Option<Include>,
    /// Rename although something else has that name where it is used.
    pub force: bool,
    /// Why: kept in the log, shown in the review branch.
    pub reason: String,
    /// Who. Default: who opened the session.
    pub agent: String,
    /// Only judge it: nothing is changed.
    pub dry_run: bool,
    /// Milliseconds that the answer may take. Default 10,000.
    pub timeout_ms: Option<u64>,
}

/// How certain a reference must be to be renamed.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Include {
    /// It follows from scopes, imports and types as written.
    Exact,
    /// Or is inferred from what usually holds.
    Likely,
}

impl Operation for RenameSymbol {
    const NAME: &'static str = "rename_symbol";
    const TITLE: &'static str = "Rename a symbol";
    const DESCRIPTION: &'static str = "Rename a symbol in an edit session: its definition, imports \
        and every reference, in all files at once. Refused if references are doubtful (they are \
        listed; say `include`) or the new name is taken. Use it instead of replacing text.";
    const FOR_AGENTS: bool = true;
    const STRUCTURED: bool = false;
    const CHANGES: bool = true;
    type Params = Params;
    type Reply = EditReply;

    fn run(context: &Context, params: Params) -> Result<EditReply, OpError> {
        let (located, session) = edits::session(context, &params.workspace)?;
        let asked = Asked::new(context, &params.workspace)?;
        let ask = asked.ask(&params.symbol, &params.path, params.line, params.column)?;
        let floor = match params.include {
            None | Some(Include::Exact) => Certainty::Exact,
            Some(Include::Likely) => Certainty::Likely,
        };
        let rename = Rename::find(context, &asked, &ask, &params.to, floor)?;
        if params.include.is_none() {
            rename.refuse_doubt()?;
        }
        if !params.force {
            rename.refuse_taken(&asked)?;
        }
        let mut batch = Collector::new(&located, &params.agent, &params.reason).batch;
        rename.fill(&asked, &mut batch)?;
        if batch.reason.is_empty() {
            batch.reason = format!("rename {} to {}", rename.old, rename.new);
        }
        if !params.force {
            rename.verify(context, &session, &batch)?;
        }
        batch.notes.extend(rename.family.notes());
        let left = rename.doubtful.len();
        if left > 0 {
            batch.notes.push(format!(
                "{left} places that are not certain enough keep the name `{}`",
                rename.old
            ));
        }
        edits::apply_or_judge(context, &session, &batch, params.dry_run)
    }

    fn text(reply: &EditReply) -> String {
        reply.text()
    }
}

/// What is to be renamed where.
struct Rename {
    old: String,
    new: String,
    floor: Certainty,
    family: Family,
    /// It is a member of something, and no name of its own.
    is_member: bool,
    /// All references that are certain enough, under whatever name.
    references: Vec<Reference>,
    /// Those that are not, and have the old name.
    doubtful: Vec<Reference>,
}

impl Rename {
    fn find(
        context: &Context,
        asked: &Asked<'_>,
        ask: &Ask,
        to: &str,
        floor: Certainty,
    ) -> Result<Rename, OpError> {
        let extent = asked.run(None, 0, |code, _| code.extent(ask))?;
        let symbol = extent.symbol;
        if !is_identifier(to, extent.language) {
            let language = extent.language.plugin().name();
            let message = format!("`{to}` is no name in {language}: give `to` as one word");
            return Err(OpError::new(Code::BadParameter, message));
        }
        if to == symbol.name {
            let message = format!("{} has that name already", symbol.qualified());
            return Err(OpError::new(Code::BadParameter, message));
        }
        let is_member = !symbol.container.is_empty()
            && matches!(
                symbol.kind,
                Kind::Field | Kind::Property | Kind::Method | Kind::EnumMember
            );
        let stop = || context.interruption().is_some();
        let mut family = Family { homes: vec![symbol.clone()], outside: Vec::new() };
        if is_member {
            family.grow(&asked.code, &stop);
        }
        let Some(all) = family.references(&asked.code, &symbol.name, Certainty::ByName, &stop)?
        else {
            return Err(late(context));
        };
        let (references, doubtful): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|it| it.certainty >= floor);
        let mut rename = Rename {
            old: symbol.name,
            new: to.to_owned(),
            floor,
            family,
            is_member,
            references,
            doubtful,
        };
        let texts = Texts::new(asked);
        rename.doubtful = std::mem::take(&mut rename.doubtful)
            .into_iter()
            .filter(|it| texts.offset(it, &rename.old).is_some())
            .collect();
        Ok(rename)
    }

    fn refuse_doubt(&self) -> Result<(), OpError> {
        if self.doubtful.is_empty() {
            return Ok(());
        }
        let mut message = format!(
            "{} of the places that name `{}` may mean something else, so nothing was renamed:\n",
            self.doubtful.len(),
            self.old
        );
        for it in self.doubtful.iter().take(MOST_LISTED) {
            let certainty = word(it.certainty).replace('_', " ");
            let Reference { path, line, column, text, .. } = it;
            message.push_str(&format!("{path}:{line}:{column}  [{certainty}]  {text}\n"));
        }
        if self.doubtful.len() > MOST_LISTED {
            message.push_str(&format!("and {} more\n", self.doubtful.len() - MOST_LISTED));
        }
        message.push_str(
            "Say `include: likely` to rename the likely ones too, or `include: exact` to leave all \
             of these as they are.",
        );
        Err(OpError::new(Code::Uncertain, message))
    }

    fn refuse_taken(&self, asked: &Asked<'_>) -> Result<(), OpError> {
        for it in &self.references {
            let Some(other) = asked.code.meets(&it.path, it.line, it.column, &self.new) else {
                continue;
            };
            let message = format!(
                "`{}` is taken: {}:{} defines it where {}:{} names `{}`; choose another name, or \
                 say `force`",
                self.new, other.path, other.line, it.path, it.line, self.old
            );
            return Err(OpError::new(Code::NameTaken, message));
        }
        Ok(())
    }

    /// Adds the edits.
    fn fill(&self, asked: &Asked<'_>, batch: &mut Batch) -> Result<(), OpError> {
        let texts = Texts::new(asked);
        let mut files: BTreeMap<&RelPath, Vec<TextEdit>> = BTreeMap::new();
        for it in &self.references {
            // Under another name (`import f as g`) it stays as it is.
            let Some((text, start)) = texts.offset(it, &self.old) else { continue };
            let end = start + self.old.len();
            let language = asked
                .code
                .snapshot()
                .file(&it.path)
                .and_then(|file| file.text().and_then(|text| language_of(&it.path, text)));
            let short = language.is_some_and(|language| is_shorthand(text, start, end, language))
                && it.role != engine::Role::Import;
            let new_text = match (short, self.is_member) {
                (false, _) => self.new.clone(),
                (true, true) => format!("{}: {}", self.new, self.old),
                (true, false) => format!("{}: {}", self.old, self.new),
            };
            let place = |column: u32| Position { line: it.line - 1, character: column };
            let width = self.old.chars().count() as u32;
            let range = Range { start: place(it.column - 1), end: place(it.column - 1 + width) };
            let edits = files.entry(&it.path).or_default();
            // A name may be two things at once.
            if !edits.iter().any(|edit| edit.range == range) {
                edits.push(TextEdit { range, new_text });
            }
        }
        for (path, edits) in files {
            let file = asked.code.snapshot().file(path).and_then(|file| file.text());
            let path = path.to_string();
            batch.guards.extend(file.map(|text| (path.clone(), text.hash().to_hex())));
            let action = Action::Modify(Modify::TextEdits(edits, PositionEncoding::Utf32));
            batch.edits.push(FileEdit { path, action });
        }
        match batch.edits.is_empty() {
            true => Err(OpError::new(Code::Internal, "no place that names it was found")),
            false => Ok(()),
        }
    }

    /// Tries it: what names the symbol must be what named it before, no more and no less.
    fn verify(
        &self,
        context: &Context,
        session: &AgentSession,
        batch: &Batch,
    ) -> Result<(), OpError> {
        let state = session.state();
        let judgement = session.judge(&state, batch)?;
        if !judgement.problems.is_empty() {
            // A word that the language keeps for itself: the judge says so better.
            return Ok(());
        }
        let entry = Entry::new(EntryKind::Edit, judgement.deltas);
        let fault = |err: &dyn std::fmt::Display| OpError::new(Code::Internal, err.to_string());
        let tried: State = state.next(session.live.session(), entry).map_err(|err| fault(&err))?;
        let code = session.room.code.of_session(tried.snapshot(), &parking_lot::Mutex::default());
        let stop = || context.interruption().is_some();
        let Some(found) = self.family.references(&code, &self.new, self.floor, &stop)? else {
            return Err(late(context));
        };
        let (before, after) = (count(&self.references), count(&found));
        if before == after {
            return Ok(());
        }
        let differs = after
            .iter()
            .find(|(place, n)| before.get(*place) != Some(*n))
            .or_else(|| before.iter().find(|(place, n)| after.get(*place) != Some(*n)));
        let place = differs.map_or_else(String::new, |((path, line), _)| format!("{path}:{line}"));
        let message = format!(
            "`{}` would mean something else at {place} after the rename, so nothing was renamed: \
             choose another name, or say `force`",
            self.new
        );
        Err(OpError::new(Code::NameTaken, message))
    }
}

/// What has to have one name: a symbol, and if it is a member, what overrides it and what it
/// overrides.
struct Family {
    /// The definitions; what was asked for is the first.
    homes: Vec<engine::SymbolInfo>,
    /// Types from outside of the workspace that one of theirs inherits from.
    outside: Vec<String>,
}

impl Family {
    /// Finds what overrides these and what they override.
    fn grow(&mut self, code: &engine::Code, stop: &(dyn Fn() -> bool + Sync)) {
        let limits = AskLimits { offset: 0, limit: MOST_RELATIVES, stop };
        let mut next = 0;
        while let Some(home) = self.homes.get(next).filter(|_| next < MOST_RELATIVES) {
            let (path, column) = (home.path.clone(), Some(home.column));
            let ask = Ask::At { path, line: home.line, column, name: None };
            let above = code.supertypes(&ask, &limits).unwrap_or_default();
            let below = code.implementations(&ask, &limits).unwrap_or_default();
            self.outside.extend(above.outside);
            for relative in above.relatives.into_iter().chain(below.relatives) {
                if !self.homes.contains(&relative.symbol) {
                    self.homes.push(relative.symbol);
                }
            }
            next += 1;
        }
        self.outside.sort();
        self.outside.dedup();
    }

    /// Who names any of them, each place once and as certain as it is of one; none if the time runs
    /// out.
    fn references(
        &self,
        code: &engine::Code,
        name: &str,
        floor: Certainty,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<Option<Vec<Reference>>, OpError> {
        let limits = AskLimits { offset: 0, limit: usize::MAX, stop };
        let mut places: BTreeMap<(RelPath, u32, u32), Reference> = BTreeMap::new();
        for home in &self.homes {
            let (path, name) = (home.path.clone(), Some(name.to_owned()));
            // The column may have moved with what stands before it.
            let column = (Some(&home.name) == name.as_ref()).then_some(home.column);
            let ask = Ask::At { path, line: home.line, column, name };
            let found = code.references(&ask, floor, &limits)?;
            if found.cut {
                return Ok(None);
            }
            for it in found.references {
                let known = places.entry((it.path.clone(), it.line, it.column));
                let known = known.or_insert_with(|| it.clone());
                if it.certainty > known.certainty {
                    *known = it;
                }
            }
        }
        Ok(Some(places.into_values().collect()))
    }

    fn notes(&self) -> impl Iterator<Item = String> {
        let others: Vec<String> = self.homes[1..]
            .iter()
            .map(|it| format!("{} ({}:{})", it.qualified(), it.path, it.line))
            .collect();
        let with = (!others.is_empty())
            .then(|| format!("renamed with it, as one overrides the other: {}", others.join(", ")));
        let outside = (!self.outside.is_empty()).then(|| {
            format!(
                "its type inherits from {} outside of the workspace, which may call it by its old \
                 name",
                self.outside.join(", ")
            )
        });
        with.into_iter().chain(outside)
    }
}

fn late(context: &Context) -> OpError {
    context.interruption().unwrap_or_else(|| {
        OpError::new(Code::Timeout, "not every reference was found: raise `timeout_ms`")
    })
}

/// How often each line names it.
fn count(references: &[Reference]) -> BTreeMap<(&RelPath, u32), usize> {
    let mut places: Vec<(&RelPath, u32, u32)> =
        references.iter().map(|it| (&it.path, it.line, it.column)).collect();
    places.sort_unstable();
    places.dedup();
    let mut lines = BTreeMap::new();
    for (path, line, _) in places {
        *lines.entry((path, line)).or_default() += 1;
    }
    lines
}

/// The texts of the files of a snapshot.
struct Texts<'a> {
    snapshot: &'a engine::Snapshot,
}

impl<'a> Texts<'a> {
    fn new(asked: &'a Asked<'_>) -> Texts<'a> {
        Texts { snapshot: asked.code.snapshot() }
    }

    /// The text of a reference's file and where its name begins, if it has this name there.
    fn offset(&self, it: &Reference, name: &str) -> Option<(&'a str, usize)> {
        let text = self.snapshot.file(&it.path)?.text()?;
        let text = std::str::from_utf8(text.bytes()).ok()?;
        let line = usize::try_from(it.line).ok()?.checked_sub(1)?;
        let start = match line {
            0 => 0,
            _ => memchr::memchr_iter(b'\n', text.as_bytes()).nth(line - 1)? + 1,
        };
        let column = usize::try_from(it.column).ok()?.checked_sub(1)?;
        let within = text[start..].char_indices().nth(column).map(|(at, _)| at)?;
        let rest = text[start + within..].strip_prefix(name)?;
        // `area` is no part of `area2`.
        let ends = !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$');
        ends.then_some((text, start + within))
    }
}
