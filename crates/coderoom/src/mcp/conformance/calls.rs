//! Fixture tools that do something: fail, log, report progress, ask the client.

use std::time::Duration;

use rmcp::{
    ErrorData, RoleServer,
    model::{
        CallToolRequestParams, CallToolResult, ClientCapabilities, ContentBlock,
        CreateMessageRequestParams, ElicitRequestParams, LoggingLevel,
        LoggingMessageNotificationParam, ProgressNotificationParam, ProtocolVersion,
    },
    service::RequestContext,
};
use serde_json::{Value, json};

use super::{Change, Fixtures, typed};

/// Between two notifications, so that the suite sees them arrive one by one.
const PAUSE: Duration = Duration::from_millis(50);

impl Fixtures {
    /// Does what the tool is for; `None` if it is none of these.
    pub(super) async fn act(
        &self,
        request: &CallToolRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<Option<CallToolResult>, ErrorData> {
        let text = match &*request.name {
            "test_error_handling" => {
                let text = "This tool intentionally returns an error for testing";
                return Ok(Some(CallToolResult::error(vec![ContentBlock::text(text)])));
            }
            "test_tool_with_logging" | "test_logging_tool" => log(context).await,
            "test_tool_with_progress" => report_progress(context).await,
            "test_missing_capability" => needs_sampling(context)?,
            "test_trigger_tool_change" => self.announce(Change::Tools),
            "test_trigger_prompt_change" => self.announce(Change::Prompts),
            "test_sampling" => sample(request, context).await?,
            name => match self.data.questions.get(name) {
                Some(question) => ask(question.clone(), request, context).await?,
                None => return Ok(None),
            },
        };
        Ok(Some(CallToolResult::success(vec![ContentBlock::text(text)])))
    }

    fn announce(&self, change: Change) -> String {
        // Nobody may be listening.
        let listeners = self.changes.send(change).unwrap_or_default();
        format!("Announced to {listeners}")
    }
}

/// Logs three times; to clients of the newest revision only if the request asks for it.
async fn log(context: &RequestContext<RoleServer>) -> String {
    let newest = context.protocol_version().is_some_and(|it| it >= ProtocolVersion::V_2026_07_28);
    let wanted = !newest || context.meta.log_level().is_some();
    for message in ["Tool execution started", "Tool processing data", "Tool execution completed"] {
        if wanted {
            let logged = LoggingMessageNotificationParam::new(LoggingLevel::Info, json!(message));
            let _ = context.peer.notify_logging_message(logged).await;
        }
        tokio::time::sleep(PAUSE).await;
    }
    "Done".into()
}

async fn report_progress(context: &RequestContext<RoleServer>) -> String {
    for progress in [0.0, 50.0, 100.0] {
        if let Some(token) = context.meta.get_progress_token() {
            let report = ProgressNotificationParam::new(token, progress).with_total(100.0);
            let _ = context.peer.notify_progress(report).await;
        }
        tokio::time::sleep(PAUSE).await;
    }
    "Done".into()
}

fn needs_sampling(context: &RequestContext<RoleServer>) -> Result<String, ErrorData> {
    let offered = context.client_capabilities().unwrap_or_default();
    if offered.sampling.is_none() {
        let required = ClientCapabilities::builder().enable_sampling().build();
        return Err(ErrorData::missing_required_client_capability(required));
    }
    Ok("The client offers sampling".into())
}

fn argument(request: &CallToolRequestParams, name: &str) -> String {
    let value = request.arguments.as_ref().and_then(|arguments| arguments.get(name));
    value.and_then(Value::as_str).unwrap_or_default().into()
}

async fn sample(
    request: &CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<String, ErrorData> {
    let content = json!({"type": "text", "text": argument(request, "prompt")});
    let params: CreateMessageRequestParams =
        typed(json!({"messages": [{"role": "user", "content": content}], "maxTokens": 100}))?;
    let reply = context.peer.create_message(params).await.map_err(unanswered)?;
    let reply = serde_json::to_value(reply).unwrap_or_default();
    Ok(format!("LLM response: {}", reply["content"]["text"].as_str().unwrap_or_default()))
}

async fn ask(
    mut question: ElicitRequestParams,
    request: &CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<String, ErrorData> {
    if let ElicitRequestParams::FormElicitationParams { message, .. } = &mut question
        && message.is_empty()
    {
        *message = argument(request, "message");
    }
    let reply = context.peer.create_elicitation(question).await.map_err(unanswered)?;
    let reply = serde_json::to_value(reply).unwrap_or_default();
    let action = reply["action"].as_str().unwrap_or_default();
    Ok(format!("Elicitation completed: action={action}, content={}", reply["content"]))
}

fn unanswered(err: rmcp::ServiceError) -> ErrorData {
    ErrorData::internal_error(format!("the client did not answer: {err}"), None)
}
