//! `trace`: where a stack trace comes from.

use coderoom_engine::{Suspect, Traced, read_trace};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::handoff::{Handoff, of_trace};
use crate::{
    error::{Code, OpError},
    ops::{
        Context, Group, Operation,
        code::{Asked, SymbolRow, with_notes, word},
    },
};

const DEFAULT_LIMIT: u64 = 10;
const MAX_LIMIT: u64 = 200;

/// The operation.
pub struct TraceBack;

/// What was printed.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["text"]))]
pub struct Params {
    /// Absolute path of the workspace (or of any directory or file in it). It is loaded if it is not
    /// yet. May be left out while exactly one workspace is loaded.
    pub workspace: String,
    /// The edit session whose state is meant. Default: the files as they are on disk.
    pub session: String,
    /// What a program, test or compiler printed, with the stack trace: of Python, Rust, Go,
    /// JavaScript, TypeScript or Java. Other lines do no harm.
    pub text: String,
    /// Suspects at most. Default 10.
    pub limit: Option<u64>,
    /// Milliseconds that the answer may take. Default 10,000.
    pub timeout_ms: Option<u64>,
}

/// Suspects, the most likely first.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    /// The message of the error, as it was printed.
    pub message: String,
    /// The functions that the trace goes through.
    pub suspects: Vec<SuspectRow>,
    /// How many frames the trace has.
    pub frames: u64,
    /// How many of them are in files of the workspace.
    pub inside: u64,
    /// How far the answer carries, and where to go from it.
    #[serde(flatten)]
    pub handoff: Handoff,
    /// What the answer leaves out or may miss, in words.
    pub notes: Vec<String>,
}

/// One suspect.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SuspectRow {
    /// The file, relative to the workspace.
    pub path: String,
    /// The line that the trace names, from 1.
    pub line: u32,
    /// That line.
    pub text: String,
    /// The function around it: one entry, or none.
    pub function: Vec<SymbolRow>,
    /// From 0 to 1.
    pub score: f32,
    /// What the score is made of: `depth`, `recent`, `message`, each with what it adds.
    pub parts: Vec<String>,
    /// Its frames, by their place in the trace: 0 is where the error came up.
    pub frames: Vec<u64>,
    /// Whether the line does not fit the function any more.
    pub doubtful: bool,
}

impl Operation for TraceBack {
    const NAME: &'static str = "trace";
    const TITLE: &'static str = "Where a stack trace comes from";
    const DESCRIPTION: &'static str = "Paste a stack trace, panic or failing test's output (Python, \
        Rust, Go, JavaScript/TypeScript, Java): the functions of this code base that it goes \
        through, ranked by how likely the mistake is there, with the lines. Paths from containers \
        and other machines are matched by their ends.";
    const FOR_AGENTS: bool = true;
    const GROUP: Group = Group::Graph;
    const STRUCTURED: bool = false;
    type Params = Params;
    type Reply = Reply;

    fn run(context: &Context, params: Params) -> Result<Reply, OpError> {
        let read = read_trace(&params.text);
        if read.frames.is_empty() {
            let message = "`text` has no stack trace of Python, Rust, Go, JavaScript or Java; ask \
                           `seek` about an error message without one";
            return Err(OpError::new(Code::BadParameter, message));
        }
        let asked = Asked::new(context, &params.workspace)?;
        let history = asked.located.room.graph.history();
        let limit = params.limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT) as usize;
        let found = asked.code.trace(&read, Some(&history.past), limit);
        let inside = found.found.iter().flatten().count();
        let mut notes = Vec::new();
        if inside < read.frames.len() {
            notes.push(format!(
                "{} of {} frames are in files that are not in the workspace",
                read.frames.len() - inside,
                read.frames.len()
            ));
        }
        if found.suspects.iter().any(|it| it.doubtful) {
            notes.push("lines of doubtful suspects do not fit: the code has changed since".into());
        }
        notes.extend(asked.notes());
        let handoff = handoff(&found);
        Ok(Reply {
            message: read.message,
            frames: read.frames.len() as u64,
            inside: inside as u64,
            suspects: found.suspects.into_iter().map(SuspectRow::from).collect(),
            handoff,
            notes,
        })
    }

    fn text(reply: &Reply) -> String {
        let mut text = String::new();
        if !reply.message.is_empty() {
            text.push_str(&format!("{}\n", reply.message));
        }
        for it in &reply.suspects {
            let doubt = if it.doubtful { ", doubtful" } else { "" };
            let function = it
                .function
                .first()
                .map_or(String::new(), |row| format!("  in {}", row.qualified()));
            text.push_str(&format!(
                "{}:{}{function}  {:.2} ({}){doubt}\n    {}\n",
                it.path,
                it.line,
                it.score,
                it.parts.join(", "),
                it.text
            ));
        }
        text.push_str(&reply.handoff.line());
        with_notes(text, &reply.notes)
    }
}

fn handoff(found: &Traced) -> Handoff {
    let first = found.suspects.first();
    let target = first.map_or(String::new(), |it| format!("{}:{}", it.path, it.line));
    // Facts: the error came up in a line of the workspace that is as it was.
    let certain = first.is_some_and(|it| !it.doubtful && !it.is_test && it.frames.contains(&0));
    of_trace(!found.suspects.is_empty(), certain, &target)
}

impl From<Suspect> for SuspectRow {
    fn from(it: Suspect) -> SuspectRow {
        SuspectRow {
            path: it.path.to_string(),
            line: it.line,
            text: it.text,
            function: it.symbol.into_iter().map(SymbolRow::from).collect(),
            score: it.score,
            parts: it
                .parts
                .iter()
                .map(|(part, adds)| format!("{} {adds:.2}", word(part)))
                .collect(),
            frames: it.frames.into_iter().map(|it| it as u64).collect(),
            doubtful: it.doubtful,
        }
    }
}
