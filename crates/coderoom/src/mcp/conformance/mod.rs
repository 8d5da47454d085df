//! For tests only: what the official conformance suite expects a server to offer, on the transports
//! that everything else uses.
//!
//! The fixtures are data (`fixtures.json`); `calls` has the tools that do something, `dialogue`
//! those that need input of the client. coderoom's own tools are offered beside them, by the same
//! handler as always.

// The suite of the older revisions asks for logging and sampling, which the newest deprecates.
#![allow(deprecated)]

mod calls;
mod dialogue;

use std::{collections::BTreeMap, sync::Arc};

use anyhow::Context as _;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, CompleteRequestParams,
        CompleteResult, CompletionInfo, ContentBlock, DiscoverResult, ElicitRequestParams,
        GetPromptRequestParams, GetPromptResponse, GetPromptResult, ListPromptsResult,
        ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, PaginatedRequestParams,
        Prompt, ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult, Resource,
        ResourceTemplate, ServerConfig, SetLevelRequestParams, SubscribeRequestParams,
        SubscriptionFilter, Tool, UnsubscribeRequestParams,
    },
    service::{RequestContext, SubscriptionContext},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::broadcast;

use self::dialogue::{Dialogue, Step};
use super::server::Server;

/// The server with the suite's fixtures added. Cheap to clone.
#[derive(Clone)]
pub(super) struct Fixtures {
    inner: Server,
    data: Arc<Data>,
    seals: rmcp::model::RequestStateCodec,
    changes: broadcast::Sender<Change>,
}

/// What can be made to change, for those who listen.
#[derive(Clone, Copy)]
enum Change {
    Tools,
    Prompts,
}

/// `fixtures.json`.
#[derive(Deserialize)]
struct Data {
    tools: Vec<Tool>,
    /// Tools that always answer the same.
    results: BTreeMap<String, Vec<ContentBlock>>,
    /// Tools of the older revisions that ask the user while they run.
    questions: BTreeMap<String, ElicitRequestParams>,
    /// Tools and prompts that need input of the client before they are done.
    dialogues: BTreeMap<String, Dialogue>,
    resources: Vec<Resource>,
    templates: Vec<ResourceTemplate>,
    contents: BTreeMap<String, Value>,
    prompts: Vec<Prompt>,
    messages: BTreeMap<String, Value>,
}

impl Fixtures {
    pub(super) fn new(inner: Server) -> anyhow::Result<Fixtures> {
        let data = serde_json::from_str(include_str!("fixtures.json")).context("fixtures.json")?;
        // What is sealed outlives neither a test nor this process.
        let key = format!("{:032}", std::process::id());
        let seals = rmcp::model::RequestStateCodec::try_new(key)?;
        let (changes, _) = broadcast::channel(16);
        Ok(Fixtures { inner, data: Arc::new(data), seals, changes })
    }

    fn read(&self, uri: &str) -> Option<Value> {
        let id = uri.strip_prefix("test://template/").and_then(|rest| rest.strip_suffix("/data"));
        let mut content = match id {
            Some(id) => {
                let text =
                    json!({"id": id, "templateTest": true, "data": format!("Data for ID: {id}")});
                json!({"mimeType": "application/json", "text": text.to_string()})
            }
            None => self.data.contents.get(uri)?.clone(),
        };
        content["uri"] = uri.into();
        Some(content)
    }
}

/// A fixture's JSON as the type that it is.
fn typed<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, ErrorData> {
    serde_json::from_value(value).map_err(|err| ErrorData::internal_error(err.to_string(), None))
}

impl ServerHandler for Fixtures {
    fn get_info(&self) -> ServerConfig {
        let mut info = self.inner.get_info();
        let capabilities = json!({
            "tools": {"listChanged": true},
            "prompts": {"listChanged": true},
            "resources": {"subscribe": true},
            "completions": {},
            "logging": {},
        });
        info.capabilities = serde_json::from_value(capabilities).unwrap_or_default();
        info
    }

    async fn discover(&self, _: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        let versions = self.supported_protocol_versions().into_owned();
        Ok(DiscoverResult::from_server_info(versions, self.get_info()))
    }

    async fn list_tools(
        &self,
        page: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let mut list = self.inner.list_tools(page, context).await?;
        list.tools.extend_from_slice(&self.data.tools);
        Ok(list)
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        let fixture = self.data.tools.iter().find(|tool| tool.name == name);
        fixture.cloned().or_else(|| self.inner.get_tool(name))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let name = &*request.name;
        if let Some(content) = self.data.results.get(name) {
            return Ok(CallToolResult::success(content.clone()).into());
        }
        if let Some(dialogue) = self.data.dialogues.get(name) {
            let answers = request.input_responses.as_ref();
            let state = request.request_state.as_deref();
            return match dialogue.step(name, answers, state, &self.seals, &context)? {
                Step::Ask(question) => Ok(question.into()),
                Step::Done(text) => {
                    Ok(CallToolResult::success(vec![ContentBlock::text(text)]).into())
                }
            };
        }
        match self.act(&request, &context).await? {
            Some(result) => Ok(result.into()),
            None => self.inner.call_tool(request, context).await,
        }
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Ok(ListPromptsResult::with_all_items(self.data.prompts.clone()))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        if let Some(dialogue) = self.data.dialogues.get(&request.name) {
            let answers = request.input_responses.as_ref();
            let state = request.request_state.as_deref();
            return match dialogue.step(&request.name, answers, state, &self.seals, &context)? {
                Step::Ask(question) => Ok(question.into()),
                Step::Done(text) => {
                    let message =
                        json!({"role": "user", "content": {"type": "text", "text": text}});
                    Ok(GetPromptResult::new(typed(json!([message]))?).into())
                }
            };
        }
        let Some(messages) = self.data.messages.get(&request.name) else {
            let message = format!("there is no prompt `{}`", request.name);
            return Err(ErrorData::invalid_params(message, None));
        };
        let mut filled = messages.to_string();
        for (name, value) in request.arguments.iter().flatten() {
            let value = value.as_str().unwrap_or_default();
            filled = filled.replace(&format!("{{{name}}}"), value);
        }
        let filled = serde_json::from_str(&filled)
            .map_err(|err| ErrorData::invalid_params(format!("an argument: {err}"), None))?;
        Ok(GetPromptResult::new(typed(filled)?).into())
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(ListResourcesResult::with_all_items(self.data.resources.clone()))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(ListResourceTemplatesResult::with_all_items(self.data.templates.clone()))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let Some(content) = self.read(&request.uri) else {
            let data = json!({"uri": request.uri});
            return Err(ErrorData::resource_not_found("there is no such resource", Some(data)));
        };
        let mut result = ReadResourceResult::new(vec![typed(content)?]);
        result.ttl_ms = Some(0);
        result.cache_scope = Some(CacheScope::Private);
        Ok(result.into())
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let words = ["paris", "park", "party", "test", "testing"];
        let begun = &request.argument.value;
        let fitting = words.into_iter().filter(|word| word.starts_with(begun)).map(String::from);
        let completion = CompletionInfo::with_all_values(fitting.collect())
            .map_err(|err| ErrorData::internal_error(err, None))?;
        Ok(CompleteResult::new(completion))
    }

    async fn set_level(
        &self,
        _: SetLevelRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        Ok(())
    }

    async fn subscribe(
        &self,
        _: SubscribeRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        Ok(())
    }

    async fn unsubscribe(
        &self,
        _: UnsubscribeRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        Ok(())
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        Some(requested.clone())
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let mut changes = self.changes.subscribe();
        loop {
            let change = tokio::select! {
                () = context.cancelled() => return Ok(()),
                change = changes.recv() => change,
            };
            // The sink passes on only what the client asked for.
            let _ = match change {
                Ok(Change::Tools) => context.sink().notify_tool_list_changed().await,
                Ok(Change::Prompts) => context.sink().notify_prompt_list_changed().await,
                Err(_) => return Ok(()),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{super::backend::Backend, Fixtures, Server};
    use crate::mcp::link::Link;

    /// The suite itself needs npm; this at least needs nothing.
    #[test]
    fn every_fixture_is_read_and_every_tool_has_one() {
        let server = Server::new(Backend::Daemon(Arc::new(Link::new())), None);
        let data = Fixtures::new(server).unwrap().data;
        for name in data.results.keys().chain(data.questions.keys()) {
            assert!(data.tools.iter().any(|tool| tool.name == *name), "{name}");
        }
        for name in data.messages.keys() {
            assert!(data.prompts.iter().any(|prompt| prompt.name == *name), "{name}");
        }
    }
}
