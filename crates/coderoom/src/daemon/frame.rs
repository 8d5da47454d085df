//! JSON-RPC 2.0, one message a line.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::RawValue};

use super::progress::Report;
use crate::error::{Code, OpError};

/// A line longer than this ends the connection: it is no request of ours.
pub const MAX_LINE: usize = 16 << 20;

/// A request or a notification.
#[derive(Debug, Deserialize, Serialize)]
pub struct Request {
    /// Always "2.0"; anything else is refused.
    pub jsonrpc: String,
    /// What the reply will carry; a notification has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Value>,
    /// The operation.
    pub method: String,
    /// Its parameters.
    #[serde(default)]
    pub params: Value,
    /// Whether the client wants to hear how far it is: `progress` notifications, once a second.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub progress: bool,
}

/// Room for the result of most questions.
const USUAL_RESULT: usize = 16 << 10;

/// The line of a successful reply.
pub fn result(id: &Value, result: &RawValue) -> Vec<u8> {
    let result = result.get().as_bytes();
    let mut line = begin_result(id, result.len());
    line.extend_from_slice(result);
    end_result(line)
}

/// The same of a result that is written right into the line.
///
/// # Errors
/// Those of `write`.
pub fn result_of(
    id: &Value,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), OpError>,
) -> Result<Vec<u8>, OpError> {
    let mut line = begin_result(id, USUAL_RESULT);
    write(&mut line)?;
    Ok(end_result(line))
}

fn begin_result(id: &Value, room: usize) -> Vec<u8> {
    let mut line = Vec::with_capacity(room + 64);
    line.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
    line.extend_from_slice(id.to_string().as_bytes());
    line.extend_from_slice(br#","result":"#);
    line
}

fn end_result(mut line: Vec<u8>) -> Vec<u8> {
    line.extend_from_slice(b"}\n");
    line
}

/// The line of an error.
pub fn error(id: &Value, err: &OpError) -> Vec<u8> {
    let error = json!({
        "code": err.json_rpc_code(),
        "message": err.message,
        "data": {"code": err.code},
    });
    line(&json!({"jsonrpc": "2.0", "id": id, "error": error}))
}

/// The line that announces `bytes` raw bytes of output, which follow it.
pub fn output(id: &Value, bytes: usize) -> Vec<u8> {
    line(&json!({"jsonrpc": "2.0", "method": "output", "params": {"id": id, "bytes": bytes}}))
}

/// The line that tells how far a request is.
pub fn progress(id: &Value, report: &Report) -> Vec<u8> {
    let mut params = json!(report);
    params["id"] = id.clone();
    line(&json!({"jsonrpc": "2.0", "method": "progress", "params": params}))
}

/// What a reply says: a result, or an error of ours.
///
/// # Errors
/// The error that the reply carries.
pub fn outcome(mut reply: Value) -> Result<Value, OpError> {
    let Some(error) = reply.get("error") else { return Ok(reply["result"].take()) };
    let code = serde_json::from_value(error["data"]["code"].clone()).unwrap_or(Code::Internal);
    let message = error["message"].as_str().unwrap_or("an unknown error");
    Err(OpError::new(code, message))
}

fn line(message: &Value) -> Vec<u8> {
    let mut line = message.to_string().into_bytes();
    line.push(b'\n');
    line
}
