//! The MCP server: the same handler on every transport.

use std::sync::Arc;

use rmcp::{
    ErrorData, Peer, RoleServer, ServerHandler,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, DiscoverResult, Implementation,
        ListToolsResult, PaginatedRequestParams, ProgressNotificationParam, ProgressToken,
        ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
};

use super::{backend::Backend, tools};
use crate::daemon::progress::{self, Progress, Report};

/// How long clients may keep the list of tools: it changes with coderoom's version only.
const LIST_TIME_MS: u64 = 3_600_000;

/// Answers MCP requests with the operations of a backend.
#[derive(Clone)]
pub(super) struct Server {
    backend: Backend,
    /// What calls mean that name no workspace.
    workspace: Option<Arc<str>>,
}

impl Server {
    /// A server whose calls go to `backend`; calls that name no workspace mean `workspace`.
    pub(super) fn new(backend: Backend, workspace: Option<String>) -> Server {
        Server { backend, workspace: workspace.map(Arc::from) }
    }

    fn instructions(&self) -> String {
        let workspace = match &self.workspace {
            Some(path) => {
                format!("`workspace` is an absolute path; left out, it is {path}.")
            }
            None => "Pass `workspace`, the absolute path of the project's directory.".to_string(),
        };
        format!(
            "coderoom holds code bases in memory, up to date with the disk. To find, list and read \
             code use `search`, `glob` and `view` instead of grep, find, ls and cat: same results, \
             about a millisecond each. {workspace}"
        )
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let implementation = Implementation::new("coderoom", env!("CARGO_PKG_VERSION"))
            .with_title("coderoom")
            .with_description("Code search and reading from memory");
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(implementation)
            .with_instructions(self.instructions())
    }

    async fn discover(&self, _: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        let versions = self.supported_protocol_versions().into_owned();
        let mut result = DiscoverResult::from_server_info(versions, self.get_info());
        result.ttl_ms = LIST_TIME_MS;
        Ok(result)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tools = tools::OFFERED.iter().map(|offered| offered.tool.clone()).collect();
        Ok(ListToolsResult::with_all_items(tools)
            .with_ttl_ms(LIST_TIME_MS)
            .with_cache_scope(CacheScope::Public))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        tools::find(name).map(|offered| offered.tool.clone())
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let Some(offered) = tools::find(&request.name) else {
            let names: Vec<&str> =
                tools::OFFERED.iter().map(|offered| offered.entry.name).collect();
            let message =
                format!("there is no tool `{}`; there are: {}", request.name, names.join(", "));
            return Err(ErrorData::invalid_params(message, None));
        };
        let params = offered.params(request.arguments, self.workspace.as_deref());
        let progress = Progress::default();
        let call = self.backend.call(offered.entry, params, &context.ct, &progress);
        let outcome = match context.meta.get_progress_token() {
            Some(token) => telling(call, &progress, &context.peer, token).await,
            None => call.await,
        };
        Ok(offered.result(outcome).into())
    }
}

/// Waits for a call and tells the client once a second how far it is.
async fn telling<T>(
    call: impl Future<Output = T>,
    progress: &Progress,
    peer: &Peer<RoleServer>,
    token: ProgressToken,
) -> T {
    let mut call = std::pin::pin!(call);
    let mut ticks = tokio::time::interval(progress::EVERY);
    ticks.tick().await;
    loop {
        tokio::select! {
            outcome = &mut call => return outcome,
            _ = ticks.tick() => {}
        }
        let mut now = Report::default();
        progress.tell(|report| now = report);
        // The protocol wants a number that grows: files done start anew with each kind of work.
        let told =
            ProgressNotificationParam::new(token.clone(), now.seconds).with_message(now.line());
        let _ = peer.notify_progress(told).await;
    }
}
