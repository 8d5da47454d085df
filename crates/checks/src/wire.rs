//! Any line is a request or is refused, and so are any parameters of any operation.

use coderoom::{
    daemon::frame,
    ops::{
        Operation, TABLE, calls, definition, dependencies, glob, hover, load, outline, references,
        rg, search, status, symbols, types, unload, unused, view,
    },
};
use coderoom_engine::Search;
use serde_json::Value;

/// What a client sends on the socket: lines, one request each.
///
/// # Panics
/// If a parser does, or if a request is another one after it was written down again.
pub fn wire(data: &[u8]) {
    for line in data.split(|&b| b == b'\n') {
        let Ok(request) = serde_json::from_slice::<frame::Request>(line) else { continue };
        let again = serde_json::to_value(&request).expect("a request is JSON");
        let read: frame::Request = serde_json::from_value(again.clone()).expect("of a request");
        assert_eq!(serde_json::to_value(&read).expect("twice"), again);
        let id = request.id.unwrap_or_default();
        for reply in [frame::result(&id, &request.params), frame::output(&id, line.len())] {
            let body = reply.strip_suffix(b"\n").expect("a line");
            assert!(!body.contains(&b'\n') && serde_json::from_slice::<Value>(body).is_ok());
        }
        for entry in TABLE {
            parameters(entry.name, &request.params);
        }
        parameters(rg::NAME, &request.params);
    }
}

/// Reads the parameters as those of one operation, which takes no daemon.
fn parameters(operation: &str, params: &Value) {
    fn read<O: Operation>(params: &Value) {
        let _ = serde_json::from_value::<O::Params>(params.clone());
    }
    match operation {
        search::Search::NAME => read::<search::Search>(params),
        glob::Glob::NAME => read::<glob::Glob>(params),
        view::View::NAME => read::<view::View>(params),
        symbols::Symbols::NAME => read::<symbols::Symbols>(params),
        outline::Outline::NAME => read::<outline::Outline>(params),
        definition::Definition::NAME => read::<definition::Definition>(params),
        references::References::NAME => read::<references::References>(params),
        hover::Hover::NAME => read::<hover::Hover>(params),
        calls::Callers::NAME => read::<calls::Callers>(params),
        calls::Callees::NAME => read::<calls::Callees>(params),
        types::Implementations::NAME => read::<types::Implementations>(params),
        types::Supertypes::NAME => read::<types::Supertypes>(params),
        dependencies::Dependencies::NAME => read::<dependencies::Dependencies>(params),
        dependencies::Dependents::NAME => read::<dependencies::Dependents>(params),
        unused::Unused::NAME => read::<unused::Unused>(params),
        status::Status::NAME => read::<status::Status>(params),
        load::Load::NAME => read::<load::Load>(params),
        unload::Unload::NAME => read::<unload::Unload>(params),
        rg::NAME => {
            let Ok(params) = serde_json::from_value::<rg::Params>(params.clone()) else { return };
            let mut query = params.query;
            query.pattern.regex_size_limit = Some(1 << 16);
            query.pattern.dfa_size_limit = Some(1 << 16);
            // Refused with a reason or taken; either way without a panic.
            let _ = Search::new(query, &[]);
        }
        name => panic!("`{name}` is an operation whose parameters nobody fuzzes: add it here"),
    }
}
