//! Protocol Buffers' encoding, as much of it as an index takes: numbers and nested bytes.
//!
//! Written by hand so that an index is written and read field by field, never as one tree of
//! objects: a document of a few bytes cannot become many times its size in memory.

/// Bytes that are no Protocol Buffers message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are not a SCIP index: {0}")]
pub(crate) struct Malformed(pub(crate) &'static str);

/// A message in the making. Fields that hold their default are left out, as the format wants it.
#[derive(Default)]
pub(crate) struct Writer {
    pub(crate) bytes: Vec<u8>,
}

impl Writer {
    pub(crate) fn number(&mut self, field: u32, value: u64) {
        if value != 0 {
            self.varint(u64::from(field) << 3);
            self.varint(value);
        }
    }

    pub(crate) fn flag(&mut self, field: u32, value: bool) {
        self.number(field, u64::from(value));
    }

    pub(crate) fn text(&mut self, field: u32, value: &str) {
        if !value.is_empty() {
            self.nested(field, value.as_bytes());
        }
    }

    /// One element of a repeated field, or a nested message: written even if it is empty.
    pub(crate) fn nested(&mut self, field: u32, value: &[u8]) {
        self.varint(u64::from(field) << 3 | 2);
        self.varint(value.len() as u64);
        self.bytes.extend_from_slice(value);
    }

    pub(crate) fn message(&mut self, field: u32, fill: impl FnOnce(&mut Writer)) {
        let mut inner = Writer::default();
        fill(&mut inner);
        self.nested(field, &inner.bytes);
    }

    pub(crate) fn packed(&mut self, field: u32, values: &[u32]) {
        let mut inner = Writer::default();
        values.iter().for_each(|value| inner.varint(u64::from(*value)));
        self.nested(field, &inner.bytes);
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }
}

/// One field of a message.
pub(crate) enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    /// A fixed-size number: no field that we read has one.
    Other,
}

impl<'a> Value<'a> {
    pub(crate) fn bytes(&self) -> Result<&'a [u8], Malformed> {
        match self {
            Value::Bytes(bytes) => Ok(bytes),
            _ => Err(Malformed("a number stands where text or a message should")),
        }
    }

    pub(crate) fn text(&self) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Malformed("a text is not UTF-8"))
    }

    pub(crate) fn number(&self) -> Result<u64, Malformed> {
        match self {
            Value::Number(number) => Ok(*number),
            _ => Err(Malformed("text or a message stands where a number should")),
        }
    }

    /// Adds the numbers of a repeated field, packed or not. More than `most` are refused.
    pub(crate) fn numbers(&self, into: &mut Vec<u64>, most: usize) -> Result<(), Malformed> {
        match self {
            Value::Number(number) => into.push(*number),
            Value::Bytes(bytes) => {
                let mut rest = *bytes;
                while !rest.is_empty() && into.len() <= most {
                    into.push(varint(&mut rest)?);
                }
            }
            Value::Other => return Err(Malformed("a range is not made of plain numbers")),
        }
        if into.len() > most { Err(Malformed("a range has too many numbers")) } else { Ok(()) }
    }
}

/// The fields of a message, in their order.
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Fields<'a> {
    /// The next field's number and value.
    pub(crate) fn next(&mut self) -> Result<Option<(u64, Value<'a>)>, Malformed> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let tag = varint(&mut self.0)?;
        let value = match tag & 7 {
            0 => Value::Number(varint(&mut self.0)?),
            1 => self.take(8).map(|_| Value::Other)?,
            2 => {
                let len = varint(&mut self.0)?;
                Value::Bytes(self.take(len)?)
            }
            5 => self.take(4).map(|_| Value::Other)?,
            _ => return Err(Malformed("a field has an unknown form")),
        };
        if tag >> 3 == 0 {
            return Err(Malformed("a field has no number"));
        }
        Ok(Some((tag >> 3, value)))
    }

    fn take(&mut self, len: u64) -> Result<&'a [u8], Malformed> {
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        let (taken, rest) = self.0.split_at_checked(len).ok_or(Malformed("it ends too early"))?;
        self.0 = rest;
        Ok(taken)
    }
}

fn varint(bytes: &mut &[u8]) -> Result<u64, Malformed> {
    let mut value = 0u64;
    for shift in (0..70).step_by(7) {
        let (&byte, rest) = bytes.split_first().ok_or(Malformed("it ends too early"))?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Malformed("a number has too many bytes"))
}
