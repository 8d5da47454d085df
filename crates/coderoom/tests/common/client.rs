//! A client of the socket that can also do everything a client should not.

use std::{
    io::{BufRead, BufReader, Read, Write},
    os::unix::net::UnixStream,
    path::Path,
};

use coderoom::ops::rg;
use coderoom_engine::Query;
use serde_json::{Value, json};

use super::HANG;

/// A connection.
pub struct Client {
    reader: BufReader<UnixStream>,
    next_id: u64,
}

/// The daemon's error.
#[derive(Debug)]
pub struct Refused {
    pub code: String,
    pub message: String,
}

impl Client {
    #[track_caller]
    pub fn connect(socket: &Path) -> Client {
        Client::try_connect(socket)
            .unwrap_or_else(|err| panic!("no daemon on {}: {err}", socket.display()))
    }

    pub fn try_connect(socket: &Path) -> std::io::Result<Client> {
        let stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(HANG))?;
        stream.set_write_timeout(Some(HANG))?;
        Ok(Client { reader: BufReader::new(stream), next_id: 0 })
    }

    /// Asks and waits for the answer.
    pub fn call(&mut self, method: &str, params: Value) -> Result<Value, Refused> {
        let id = self.send(method, params);
        let reply = self.reply();
        assert_eq!(reply["id"], json!(id), "one question, one answer: {reply}");
        outcome(reply)
    }

    /// The error that a call must end in.
    #[track_caller]
    pub fn refusal(&mut self, method: &str, params: Value) -> Refused {
        match self.call(method, params.clone()) {
            Err(refused) => refused,
            Ok(reply) => panic!("`{method}` with {params} is answered: {reply}"),
        }
    }

    /// The text of a reply that must come.
    #[track_caller]
    pub fn text(&mut self, method: &str, params: Value) -> String {
        match self.call(method, params.clone()) {
            Ok(reply) => reply["text"].as_str().unwrap_or_default().to_owned(),
            Err(refused) => panic!("`{method}` with {params} is refused: {refused:?}"),
        }
    }

    /// Asks as the shim does; gives the raw output and the exit status.
    pub fn rg(&mut self, root: &Path, query: Query) -> Result<(Vec<u8>, u64), Refused> {
        let id = self.send("rg", rg_params(root, query));
        let mut output = Vec::new();
        loop {
            let message = self.reply();
            if message["method"] == "output" {
                assert_eq!(message["params"]["id"], json!(id), "{message}");
                let length = message["params"]["bytes"].as_u64().expect("a number of bytes");
                output.extend(self.bytes(length));
                continue;
            }
            let result = outcome(message)?;
            return Ok((output, result["exit"].as_u64().expect("an exit status")));
        }
    }

    /// Sends a request and gives its id.
    pub fn send(&mut self, method: &str, params: Value) -> u64 {
        self.next_id += 1;
        let id = self.next_id;
        self.send_raw(request(&json!(id), method, params).as_bytes());
        id
    }

    #[track_caller]
    pub fn send_raw(&mut self, bytes: &[u8]) {
        self.try_send_raw(bytes).expect("the daemon takes what it is sent");
    }

    pub fn try_send_raw(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.reader.get_mut().write_all(bytes)
    }

    /// No more will be sent.
    pub fn end_sending(&self) {
        self.reader.get_ref().shutdown(std::net::Shutdown::Write).expect("the socket is open");
    }

    /// The next line.
    #[track_caller]
    pub fn reply(&mut self) -> Value {
        self.next_reply().expect("a reply, not the end of the connection")
    }

    /// The answer to a question, unless the daemon goes away before all of it is here.
    pub fn try_call(&mut self, method: &str, params: Value) -> Option<Value> {
        self.next_id += 1;
        let line = request(&json!(self.next_id), method, params);
        self.try_send_raw(line.as_bytes()).ok()?;
        let mut reply = String::new();
        self.reader.read_line(&mut reply).ok()?;
        reply.ends_with('\n').then(|| serde_json::from_str(&reply).expect("JSON"))
    }

    /// The next line, unless the daemon has closed the connection.
    #[track_caller]
    pub fn next_reply(&mut self) -> Option<Value> {
        let mut line = String::new();
        match self.reader.read_line(&mut line) {
            Ok(0) => None,
            // What the daemon had not read when it closed.
            Err(err) if err.kind() == std::io::ErrorKind::ConnectionReset => None,
            Err(err) => panic!("no reply: {err}"),
            Ok(_) => Some(serde_json::from_str(&line).unwrap_or_else(|err| {
                panic!("a reply is JSON, not {:?}: {err}", &line[..line.len().min(200)])
            })),
        }
    }

    pub fn bytes(&mut self, length: u64) -> Vec<u8> {
        let mut bytes = vec![0; usize::try_from(length).expect("it fits into memory")];
        self.reader.read_exact(&mut bytes).expect("as many bytes as were announced");
        bytes
    }
}

/// One request as a line.
pub fn request(id: &Value, method: &str, params: Value) -> String {
    let request = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
    format!("{request}\n")
}

/// The result, or the error.
pub fn outcome(mut reply: Value) -> Result<Value, Refused> {
    if reply.get("error").is_some() {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let error = &reply["error"];
        return Err(Refused {
            code: text(&error["data"]["code"]),
            message: text(&error["message"]),
        });
    }
    Ok(reply["result"].take())
}

/// A search of a whole workspace, as the shim sends it.
pub fn rg_params(root: &Path, query: Query) -> Value {
    let params =
        rg::Params { cwd: root.display().to_string(), query, load: true, ..rg::Params::default() };
    serde_json::to_value(params).expect("parameters are JSON")
}
