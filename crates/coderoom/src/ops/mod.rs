//! Operations: one file each, with parameters, reply, documentation and handler.
//!
//! From the one definition come the method on the Unix socket, the MCP tool, the HTTP route and the
//! reference page. Adding an operation takes its file and one line in `TABLE`.

mod answer;
pub mod apply_batch;
pub mod apply_patch;
pub mod blame;
pub mod calls;
pub mod code;
pub mod commit_review;
pub mod definition;
pub mod dependencies;
pub mod edit_file;
pub mod edit_symbol;
pub mod edits;
pub mod glob;
pub mod graph;
pub mod history;
pub mod hover;
pub mod load;
pub mod outline;
pub mod reference;
pub mod references;
pub mod rename_symbol;
mod rename_text;
pub mod replay;
pub mod rewrite;
pub mod rg;
pub mod run;
pub mod scip_export;
pub mod scip_forget;
pub mod scip_import;
pub mod search;
pub mod session_close;
pub mod session_compact;
pub mod session_diff;
pub mod session_list;
pub mod session_open;
pub mod status;
mod symbol_text;
pub mod symbols;
pub mod sync;
pub mod types;
pub mod undo;
pub mod unload;
pub mod unused;
pub mod validate;
pub mod view;
pub mod write_file;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use schemars::{JsonSchema, Schema};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

pub use self::answer::{Answer, json_of};
use crate::{
    daemon::{cancel::Cancel, progress::Progress, rooms::Rooms},
    error::{Code, OpError},
};

/// However long a client wants to wait, a request ends by then.
const MAX_TIME: Duration = Duration::from_secs(3600);

/// What an operation may use.
pub struct Context {
    /// The workspaces.
    pub rooms: Arc<Rooms>,
    /// Set when the client cancels or goes away.
    pub cancel: Cancel,
    /// When the answer is wanted at the latest.
    pub deadline: Instant,
    /// The session that the request is about; empty for the disk.
    pub session: String,
    /// Where an operation says what it is doing.
    pub progress: Progress,
}

impl Context {
    /// For a request with these parameters: it has the time that its `timeout_ms` says, or else the
    /// daemon's default.
    pub fn for_request(rooms: Arc<Rooms>, cancel: Cancel, params: &Value) -> Context {
        let own = params.get("timeout_ms").and_then(Value::as_u64).map(Duration::from_millis);
        let time = own.unwrap_or(rooms.config().query_time).min(MAX_TIME);
        let session = params.get("session").and_then(Value::as_str).unwrap_or_default().to_owned();
        let progress = Progress::default();
        Context { rooms, cancel, deadline: Instant::now() + time, session, progress }
    }

    /// Why to stop now, if there is a reason.
    pub fn interruption(&self) -> Option<OpError> {
        if self.cancel.is_cancelled() {
            return Some(OpError::new(Code::Cancelled, "the request was cancelled"));
        }
        if Instant::now() >= self.deadline {
            let message = "the query ran out of time: narrow it by path, glob or type, give the \
                           pattern a literal part, or raise `timeout_ms`";
            return Some(OpError::new(Code::Timeout, message));
        }
        None
    }
}

/// What operations belong together: clients can be offered some of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Text and files.
    Search,
    /// Names in code.
    Code,
    /// Questions that reason.
    Graph,
    /// Edit sessions.
    Edit,
}

impl Group {
    /// All of them.
    pub const ALL: [Group; 4] = [Group::Search, Group::Code, Group::Graph, Group::Edit];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Group::Search => "search",
            Group::Code => "code",
            Group::Graph => "graph",
            Group::Edit => "edit",
        }
    }
}

/// One thing that a client can ask.
pub trait Operation: Send + Sync + 'static {
    /// Its name on every transport.
    const NAME: &'static str;
    /// A short title for people.
    const TITLE: &'static str;
    /// What it does and when to use it: read by models.
    const DESCRIPTION: &'static str;
    /// Whether it is offered to agents as an MCP tool.
    const FOR_AGENTS: bool;
    /// What it belongs with.
    const GROUP: Group;
    /// Whether the reply is small and typed: then MCP clients get it as structured content and the
    /// text is the same JSON. Otherwise they get the text alone.
    const STRUCTURED: bool;
    /// Whether it may leave something changed: then it is not asked for twice when nobody knows
    /// whether it was done.
    const CHANGES: bool = false;
    /// What it takes.
    type Params: DeserializeOwned + JsonSchema;
    /// What it answers.
    type Reply: Serialize + JsonSchema + Send;

    /// Does it. Runs on a thread that may block.
    ///
    /// # Errors
    /// With a stable code and a message that says what to do.
    fn run(context: &Context, params: Self::Params) -> Result<Self::Reply, OpError>;

    /// The reply as a person or a model reads it.
    fn text(reply: &Self::Reply) -> String {
        serde_json::to_string(reply).unwrap_or_default()
    }
}

/// An operation with its types erased.
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// Its title.
    pub title: &'static str,
    /// What it does.
    pub description: &'static str,
    /// Whether it is an MCP tool.
    pub for_agents: bool,
    /// What it belongs with.
    pub group: Group,
    /// Whether MCP clients get structured content.
    pub structured: bool,
    /// Whether it may leave something changed.
    pub changes: bool,
    /// JSON schema of the parameters.
    pub params_schema: fn() -> Schema,
    /// JSON schema of the reply.
    pub reply_schema: fn() -> Schema,
    /// Whether parameters are of its form; they go no further.
    pub reads: fn(Value) -> bool,
    /// Parses the parameters and runs it.
    pub run: fn(&Context, Value) -> Result<Answer, OpError>,
}

/// Every operation but `rg`, whose answer is a stream (see there).
pub static TABLE: &[Entry] = &[
    entry::<search::Search>(),
    entry::<glob::Glob>(),
    entry::<view::View>(),
    entry::<symbols::Symbols>(),
    entry::<outline::Outline>(),
    entry::<definition::Definition>(),
    entry::<references::References>(),
    entry::<hover::Hover>(),
    entry::<calls::Callers>(),
    entry::<calls::Callees>(),
    entry::<types::Implementations>(),
    entry::<types::Supertypes>(),
    entry::<dependencies::Dependencies>(),
    entry::<dependencies::Dependents>(),
    entry::<unused::Unused>(),
    entry::<graph::seek::Seek>(),
    entry::<graph::impact::Impact>(),
    entry::<graph::why::Why>(),
    entry::<graph::trace::TraceBack>(),
    entry::<graph::activate::Activate>(),
    entry::<graph::learn::Learn>(),
    entry::<graph::resonate::Resonate>(),
    entry::<graph::surgical_context::SurgicalContext>(),
    entry::<graph::predict::Predict>(),
    entry::<graph::missing::Missing>(),
    entry::<graph::ghost_edges::GhostEdges>(),
    entry::<graph::layers::LayersOf>(),
    entry::<graph::counterfactual::Without>(),
    entry::<graph::hypothesize::Hypothesize>(),
    entry::<graph::duplicates::Duplicates>(),
    entry::<graph::differential::Differential>(),
    entry::<graph::document_resolve::DocumentResolve>(),
    entry::<graph::document_bindings::DocumentBindings>(),
    entry::<graph::document_drift::DocumentDrift>(),
    entry::<graph::document_note::DocumentNote>(),
    entry::<graph::trails::save::TrailSave>(),
    entry::<graph::trails::resume::TrailResume>(),
    entry::<graph::trails::list::TrailList>(),
    entry::<graph::trails::merge::TrailMerge>(),
    entry::<graph::trails::list::TrailDelete>(),
    entry::<edit_file::EditFile>(),
    entry::<edit_symbol::EditSymbol>(),
    entry::<rename_symbol::RenameSymbol>(),
    entry::<rewrite::Rewrite>(),
    entry::<write_file::WriteFile>(),
    entry::<apply_batch::ApplyBatch>(),
    entry::<apply_patch::ApplyPatch>(),
    entry::<undo::Undo>(),
    entry::<undo::Redo>(),
    entry::<undo::Rollback>(),
    entry::<history::History>(),
    entry::<session_diff::Diff>(),
    entry::<session_open::SessionOpen>(),
    entry::<session_list::SessionList>(),
    entry::<session_close::SessionClose>(),
    entry::<sync::Sync>(),
    entry::<sync::Rebase>(),
    entry::<sync::Merge>(),
    entry::<replay::Replay>(),
    entry::<sync::Resolve>(),
    entry::<commit_review::CommitReview>(),
    entry::<validate::Validate>(),
    entry::<blame::Blame>(),
    entry::<run::Run>(),
    entry::<run::Overlay>(),
    entry::<run::Take>(),
    entry::<session_compact::SessionCompact>(),
    entry::<status::Status>(),
    entry::<load::Load>(),
    entry::<unload::Unload>(),
    entry::<scip_export::ScipExport>(),
    entry::<scip_import::ScipImport>(),
    entry::<scip_forget::ScipForget>(),
];

/// The operation of that name.
///
/// # Errors
/// `unknown_operation`, with the names that exist.
pub fn find(name: &str) -> Result<&'static Entry, OpError> {
    TABLE.iter().find(|entry| entry.name == name).ok_or_else(|| {
        let names: Vec<&str> = TABLE.iter().map(|entry| entry.name).collect();
        let message = format!("there is no operation `{name}`; there are: {}", names.join(", "));
        OpError::new(Code::UnknownOperation, message)
    })
}

const fn entry<O: Operation>() -> Entry {
    Entry {
        name: O::NAME,
        title: O::TITLE,
        description: O::DESCRIPTION,
        for_agents: O::FOR_AGENTS,
        group: O::GROUP,
        structured: O::STRUCTURED,
        changes: O::CHANGES,
        params_schema: || schemars::schema_for!(O::Params),
        reply_schema: || schemars::schema_for!(O::Reply),
        reads: |params| serde_json::from_value::<O::Params>(params).is_ok(),
        run: run::<O>,
    }
}

impl Entry {
    /// Whether it has a parameter of that name.
    pub fn takes(&self, parameter: &str) -> bool {
        (self.params_schema)().pointer("/properties").is_some_and(|it| it.get(parameter).is_some())
    }
}

fn run<O: Operation>(context: &Context, params: Value) -> Result<Answer, OpError> {
    let params = if params.is_null() { Value::Object(Default::default()) } else { params };
    let params = serde_json::from_value(params).map_err(|err| {
        let message = format!("`{}` does not take these parameters: {err}", O::NAME);
        OpError::new(Code::BadParameter, message)
    })?;
    Ok(Answer::of::<O>(O::run(context, params)?))
}
