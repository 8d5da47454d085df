//! Requests and replies as bytes.
//!
//! A request is one JSON object; it may come in any number of pieces, or together with others.
//! Nothing here waits: bytes go in, messages come out.

use serde_json::{Deserializer, Value, json};

/// A request of more bytes than this is none of ours.
pub(super) const MAX_REQUEST: usize = 1 << 20;

/// The number by which a client is known: its process id, as it says itself.
pub(super) type Pid = u64;

/// One request, and whose it is as far as can be told.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Message {
    /// Who asks.
    pub(super) pid: Option<Pid>,
    /// What for, or why that cannot be told.
    pub(super) request: Result<Request, String>,
}

/// What a client can ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// `alloc_pid`
    Alloc { dir: String },
    /// `request_ripgrep`
    Ripgrep { pattern: String, case_sensitive: bool },
    /// `describe_pid`
    Describe,
    /// `free_pid`
    Free,
}

/// Puts requests together from the pieces in which they arrive.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    buffer: Vec<u8>,
}

impl Decoder {
    /// Takes what has arrived and gives the requests that it completes.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<Message> {
        self.buffer.extend_from_slice(bytes);
        // Only a brace completes an object, and only a line's end shows garbage for what it is:
        // without one of them there is no need to look at everything again.
        if !bytes.iter().any(|byte| matches!(byte, b'}' | b'\n')) {
            return Vec::new();
        }
        self.take_complete()
    }

    /// Whether what is still incomplete is already too long.
    pub(super) fn is_overfull(&self) -> bool {
        self.buffer.len() > MAX_REQUEST
    }

    /// The connection has ended: what is left is a request that was cut off, if it is anything.
    pub(super) fn finish(&mut self) -> Vec<Message> {
        let mut messages = self.take_complete();
        if !self.buffer.trim_ascii().is_empty() {
            messages.push(malformed("the connection ended in the middle of a request"));
        }
        self.buffer.clear();
        messages
    }

    fn take_complete(&mut self) -> Vec<Message> {
        let mut messages = Vec::new();
        let mut start = 0;
        loop {
            let rest = &self.buffer[start..];
            let mut stream = Deserializer::from_slice(rest).into_iter::<Value>();
            match stream.next() {
                None => start = self.buffer.len(),
                Some(Ok(value)) => {
                    start += stream.byte_offset();
                    messages.push(understand(&value));
                    continue;
                }
                Some(Err(err)) if err.is_eof() => {}
                Some(Err(err)) => {
                    messages.push(malformed(&err.to_string()));
                    // The next request may begin on the next line; nobody can tell otherwise.
                    let at = error_offset(rest, &err);
                    match rest[at..].iter().position(|byte| *byte == b'\n') {
                        Some(end) => start += at + end + 1,
                        None => start = self.buffer.len(),
                    }
                    continue;
                }
            }
            break;
        }
        self.buffer.drain(..start);
        messages
    }
}

/// Where in `text` the parser gave up. It counts a line's end as part of that line, and may name the
/// place behind it.
fn error_offset(text: &[u8], err: &serde_json::Error) -> usize {
    let lines = text.split_inclusive(|byte| *byte == b'\n');
    let before: usize = lines.take(err.line().saturating_sub(1)).map(<[u8]>::len).sum();
    let at = (before + err.column().saturating_sub(1)).min(text.len());
    // A raw line's end inside a string is reported as the next line's column 0.
    if at > 0 && err.column() == 0 { at - 1 } else { at }
}

fn malformed(reason: &str) -> Message {
    let request = Err(format!(
        "The request is not valid JSON: {reason}. Send one JSON object per line, such as \
         {{\"type\": \"request_ripgrep\", \"pid\": 12345, \"pattern\": \"main\"}}."
    ));
    Message { pid: None, request }
}

/// Reads a JSON value as a request.
fn understand(value: &Value) -> Message {
    if !value.is_object() {
        let text = "A request is a JSON object with the fields `type` and `pid`.";
        return Message { pid: None, request: Err(text.into()) };
    }
    let pid = value["pid"].as_u64().filter(|pid| *pid > 0);
    let request = match pid {
        Some(_) => request(value),
        None => {
            Err("`pid` is missing or not a positive integer: give the client's process id.".into())
        }
    };
    Message { pid, request }
}

fn request(value: &Value) -> Result<Request, String> {
    let text = |field: &str| -> Result<String, String> {
        let text = value[field].as_str().ok_or_else(|| {
            format!("`{field}` is missing or not a string: {} needs it.", value["type"])
        })?;
        Ok(text.to_string())
    };
    match value["type"].as_str() {
        Some("alloc_pid") => Ok(Request::Alloc { dir: text("repo_dir_path")? }),
        Some("request_ripgrep") => Ok(Request::Ripgrep {
            pattern: text("pattern")?,
            case_sensitive: case_sensitive(&value["case_sensitive"])?,
        }),
        Some("describe_pid") => Ok(Request::Describe),
        Some("free_pid") => Ok(Request::Free),
        given => Err(format!(
            "{}: use alloc_pid, request_ripgrep, describe_pid or free_pid.",
            given.map_or("`type` is missing or not a string".to_string(), |given| {
                let shown: String = given.chars().take(80).collect();
                format!("There is no request type `{shown}`")
            })
        )),
    }
}

/// Left out, it is `false`, as in the protocol's own example.
fn case_sensitive(value: &Value) -> Result<bool, String> {
    match value {
        Value::Null => Ok(false),
        Value::Bool(given) => Ok(*given),
        _ => Err("`case_sensitive` is neither true nor false.".into()),
    }
}

/// A reply, ready to be sent: one JSON object on a line.
pub(super) type Reply = bytes::Bytes;

/// A successful reply; `note` says what the text leaves out, if anything.
pub(super) fn success(text: &str, note: Option<&str>) -> Reply {
    let mut reply = json!({"response_status": 1, "text": text});
    if let Some(note) = note {
        reply["note"] = note.into();
    }
    line(&reply)
}

/// A refusal.
pub(super) fn failure(error: &str) -> Reply {
    line(&json!({"response_status": 0, "error": error}))
}

/// What a client is told that has no codebase (yet, or any more).
pub(super) fn not_allocated(pid: Pid) -> String {
    format!("PID {pid} has no allocated codebase. Call alloc_pid first.")
}

fn line(reply: &Value) -> Reply {
    let mut line = reply.to_string().into_bytes();
    line.push(b'\n');
    line.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FREE: &str = r#"{"type": "free_pid", "pid": 7}"#;

    fn free() -> Message {
        Message { pid: Some(7), request: Ok(Request::Free) }
    }

    fn errors(messages: &[Message]) -> usize {
        messages.iter().filter(|message| message.request.is_err()).count()
    }

    #[test]
    fn any_split_gives_the_same_requests() {
        let text = format!("{FREE}\n{FREE}{FREE}\n\n{}", FREE.replace(',', ",\n"));
        for size in 1..text.len() {
            let mut decoder = Decoder::default();
            let pieces = text.as_bytes().chunks(size);
            let mut messages: Vec<Message> = pieces.flat_map(|piece| decoder.push(piece)).collect();
            messages.extend(decoder.finish());
            assert_eq!(messages, [free(), free(), free(), free()], "in pieces of {size}");
        }
    }

    #[test]
    fn what_follows_a_malformed_line_is_read() {
        for bad in ["nonsense", "{\"type\": nope}", "{\"a\": \"cut", "{\"pid\": 1", "}", "\u{1}"] {
            let mut decoder = Decoder::default();
            let messages = decoder.push(format!("{bad}\n{FREE}\n").as_bytes());
            assert!(errors(&messages) > 0, "{bad}");
            let messages = decoder.push(format!("{FREE}\n").as_bytes());
            assert_eq!(messages.last(), Some(&free()), "{bad}");
        }
    }

    #[test]
    fn a_request_that_is_cut_off_is_told_so() {
        let mut decoder = Decoder::default();
        assert_eq!(decoder.push(b"{\"type\": \"free_pid\""), []);
        assert_eq!(errors(&decoder.finish()), 1);
        assert_eq!(decoder.finish(), []);
    }

    #[test]
    fn values_that_are_no_requests_are_refused() {
        for bad in ["1", "[]", "\"x\"", "null", "{}", "{\"pid\": 0}", "{\"pid\": -1, \"type\": 1}"]
        {
            let messages = Decoder::default().push(format!("{bad}\n").as_bytes());
            assert_eq!((messages.len(), errors(&messages)), (1, 1), "{bad}");
        }
    }

    #[test]
    fn no_bytes_break_it() {
        let parts =
            ["{", "}", "\n", "\"", "\\", "a", "\u{e9}", ":", ",", "[", "]", "1", "null", FREE];
        let mut state = 1_u64;
        for _ in 0..2000 {
            let mut decoder = Decoder::default();
            for _ in 0..20 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let part = parts[(state >> 33) as usize % parts.len()].as_bytes();
                let part = if state >> 63 == 1 { part } else { &part[..1] };
                decoder.push(part);
            }
            decoder.finish();
            assert_eq!(decoder.push(FREE.as_bytes()), [free()]);
        }
    }
}
