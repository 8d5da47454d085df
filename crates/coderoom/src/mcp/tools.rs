//! The tools: made once from the table of operations.

use std::sync::{Arc, LazyLock};

use rmcp::model::{CallToolResult, ContentBlock, JsonObject, MetaObject, Tool, ToolAnnotations};
use serde_json::{Value, json};

use super::schema;
use crate::{
    error::OpError,
    ops::{self, Answer, Entry},
};

/// Tools that an agent needs at once: clients that load tools on demand are asked not to.
const ALWAYS_LOADED: [&str; 3] = ["search", "glob", "view"];

/// An operation as a tool.
pub(super) struct Offered {
    /// The operation.
    pub(super) entry: &'static Entry,
    /// What clients are told of it.
    pub(super) tool: Tool,
}

/// Every tool, in the table's order: the same for all clients and at all times.
pub(super) static OFFERED: LazyLock<Vec<Offered>> = LazyLock::new(|| {
    let for_agents = ops::TABLE.iter().filter(|entry| entry.for_agents);
    for_agents.map(|entry| Offered { entry, tool: tool(entry) }).collect()
});

/// The tools that a client is offered: those of these groups or names, or all if there are none.
///
/// # Errors
/// If there is no such group or tool.
pub(super) fn chosen(words: &[String]) -> anyhow::Result<Vec<&'static Offered>> {
    let is = |offered: &Offered, word: &str| {
        offered.entry.group.name() == word || offered.entry.name == word
    };
    for word in words {
        if !OFFERED.iter().any(|offered| is(offered, word)) {
            let groups = ops::Group::ALL.map(ops::Group::name).join(", ");
            anyhow::bail!("there is no tool `{word}`; groups of tools: {groups}");
        }
    }
    let wanted =
        |offered: &&Offered| words.is_empty() || words.iter().any(|word| is(offered, word));
    Ok(OFFERED.iter().filter(wanted).collect())
}

fn tool(entry: &Entry) -> Tool {
    let input = schema::portable(&(entry.params_schema)());
    let mut tool = Tool::new(entry.name, entry.description, Arc::new(input))
        .with_title(entry.title)
        .with_annotations(
            // Only what is on this machine; and whatever is edited can be undone.
            ToolAnnotations::with_title(entry.title)
                .read_only(!entry.changes)
                .destructive(false)
                .idempotent(!entry.changes)
                .open_world(false),
        );
    if entry.structured {
        let output = schema::portable(&(entry.reply_schema)());
        tool = tool.with_raw_output_schema(Arc::new(output));
    }
    if ALWAYS_LOADED.contains(&entry.name) {
        let mut meta = MetaObject::new();
        meta.insert("anthropic/alwaysLoad".into(), json!(true));
        tool = tool.with_meta(meta);
    }
    tool
}

impl Offered {
    /// The operation's parameters: the client's arguments, and the workspace it started us in if it
    /// names none.
    pub(super) fn params(&self, arguments: Option<JsonObject>, workspace: Option<&str>) -> Value {
        let schema = &self.tool.input_schema;
        let mut params = schema::fitted(arguments.unwrap_or_default(), schema);
        if let Some(base) = workspace
            && schema["properties"].get("workspace").is_some()
        {
            let given = params.get("workspace").and_then(Value::as_str).unwrap_or_default();
            // An absolute path replaces the base; an empty one is the base itself.
            let meant = match given {
                "" => base.to_string(),
                given => std::path::Path::new(base).join(given).display().to_string(),
            };
            params.insert("workspace".into(), meant.into());
        }
        Value::Object(params)
    }

    /// An outcome as the client gets it. Clients show the model the text or the structured content,
    /// seldom both, so that each is complete; an error is a result that the model can act on.
    pub(super) fn result(&self, outcome: Result<Answer, OpError>) -> CallToolResult {
        match outcome {
            Ok(answer) if self.entry.structured => {
                let value = match answer.value() {
                    Ok(value) => schema::without_nulls(value),
                    Err(err) => return self.result(Err(err)),
                };
                let mut result =
                    CallToolResult::success(vec![ContentBlock::text(value.to_string())]);
                result.structured_content = Some(value);
                result
            }
            Ok(answer) => CallToolResult::success(vec![ContentBlock::text(answer.text())]),
            Err(err) => CallToolResult::error(vec![ContentBlock::text(describe(&err))]),
        }
    }
}

/// `code: message`.
fn describe(err: &OpError) -> String {
    match serde_json::to_value(err.code) {
        Ok(Value::String(code)) => format!("{code}: {}", err.message),
        _ => err.message.clone(),
    }
}
