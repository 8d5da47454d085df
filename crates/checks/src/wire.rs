//! Any line is a request or is refused, and so are any parameters of any operation.

use coderoom::{
    daemon::frame,
    ops::{TABLE, json_of, rg},
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
        let result = json_of(&request.params).expect("what was JSON is JSON");
        for reply in [frame::result(&id, &result), frame::output(&id, line.len())] {
            let body = reply.strip_suffix(b"\n").expect("a line");
            assert!(!body.contains(&b'\n') && serde_json::from_slice::<Value>(body).is_ok());
        }
        for entry in TABLE {
            (entry.reads)(request.params.clone());
        }
        rg_parameters(&request.params);
    }
}

/// Reads the parameters of `rg`, which is no entry of the table, and compiles its query.
fn rg_parameters(params: &Value) {
    let Ok(params) = serde_json::from_value::<rg::Params>(params.clone()) else { return };
    let mut query = params.query;
    query.pattern.regex_size_limit = Some(1 << 16);
    query.pattern.dfa_size_limit = Some(1 << 16);
    // Refused with a reason or taken; either way without a panic.
    let _ = Search::new(query, &[]);
}
