//! A reply whose type is forgotten, put into data or words only as a transport asks for it.

use serde::Serialize;
use serde_json::{Value, value::RawValue};

use super::Operation;
use crate::error::{Code, OpError};

/// A reply, ready for any transport. Nothing is serialized until it is asked for, and then once.
pub struct Answer(Box<dyn Reply>);

/// What transports need of a reply.
trait Reply: Send {
    fn write(&self, to: &mut Vec<u8>) -> serde_json::Result<()>;
    fn json(&self) -> serde_json::Result<Box<RawValue>>;
    fn value(&self) -> serde_json::Result<Value>;
    fn text(&self) -> String;
}

impl Answer {
    /// What an operation replied.
    pub(super) fn of<O: Operation>(reply: O::Reply) -> Answer {
        Answer(Box::new(Typed::<O>(reply)))
    }

    /// What a daemon replied to somebody: either may be empty if it was not asked for.
    pub fn told(value: Value, text: String) -> Answer {
        Answer(Box::new(Told { value, text }))
    }

    /// As JSON text, which is written from the reply without a tree in between.
    ///
    /// # Errors
    /// `internal`, if it cannot be said in JSON.
    pub fn json(&self) -> Result<Box<RawValue>, OpError> {
        self.0.json().map_err(no_json)
    }

    /// Appends it as JSON text, where it is to go: without a copy in between.
    ///
    /// # Errors
    /// As of [`Answer::json`]; then a part of it may have been appended.
    pub fn write(&self, to: &mut Vec<u8>) -> Result<(), OpError> {
        self.0.write(to).map_err(no_json)
    }

    /// As data to work on.
    ///
    /// # Errors
    /// As of [`Answer::json`].
    pub fn value(&self) -> Result<Value, OpError> {
        self.0.value().map_err(no_json)
    }

    /// As a person or a model reads it; complete by itself.
    pub fn text(&self) -> String {
        self.0.text()
    }
}

/// Anything that can be serialized, as JSON text.
///
/// # Errors
/// As of [`Answer::json`].
pub fn json_of(value: &impl Serialize) -> Result<Box<RawValue>, OpError> {
    serde_json::value::to_raw_value(value).map_err(no_json)
}

fn no_json(err: serde_json::Error) -> OpError {
    OpError::new(Code::Internal, format!("the reply is not JSON: {err}"))
}

struct Typed<O: Operation>(O::Reply);

impl<O: Operation> Reply for Typed<O>
where
    O::Reply: Send,
{
    fn write(&self, to: &mut Vec<u8>) -> serde_json::Result<()> {
        serde_json::to_writer(to, &self.0)
    }

    fn json(&self) -> serde_json::Result<Box<RawValue>> {
        serde_json::value::to_raw_value(&self.0)
    }

    fn value(&self) -> serde_json::Result<Value> {
        serde_json::to_value(&self.0)
    }

    fn text(&self) -> String {
        O::text(&self.0)
    }
}

struct Told {
    value: Value,
    text: String,
}

impl Reply for Told {
    fn write(&self, to: &mut Vec<u8>) -> serde_json::Result<()> {
        serde_json::to_writer(to, &self.value)
    }

    fn json(&self) -> serde_json::Result<Box<RawValue>> {
        serde_json::value::to_raw_value(&self.value)
    }

    fn value(&self) -> serde_json::Result<Value> {
        Ok(self.value.clone())
    }

    fn text(&self) -> String {
        self.text.clone()
    }
}
