//! The fields of an index that an import takes, read one document at a time.
//!
//! Nothing is trusted: numbers and lengths are checked, and what is held of a document is no larger
//! than its own bytes.

use std::collections::HashMap;

use super::{
    schema::{document, index, information, metadata, occurrence},
    wire::{Fields, Malformed, Writer},
};
use crate::ContentHash;

/// Several indexes can be kept as one; more tools than this are not listed.
const MAX_TOOLS: usize = 8;

/// Who made an index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tool {
    pub(crate) name: String,
    pub(crate) version: String,
}

/// One document, still in its own bytes.
#[derive(Default)]
pub(crate) struct RawDocument<'a> {
    /// All of it.
    pub(crate) bytes: &'a [u8],
    pub(crate) path: &'a str,
    pub(crate) text: &'a str,
    /// `PositionEncoding`; 0 if it is not said.
    pub(crate) units: u64,
    occurrences: Vec<&'a [u8]>,
    symbols: Vec<&'a [u8]>,
}

/// One occurrence.
pub(crate) struct RawOccurrence<'a> {
    /// Line and column where it begins and ends.
    pub(crate) range: [u64; 4],
    pub(crate) symbol: &'a str,
    pub(crate) roles: u32,
}

/// The hashes of the files that an index which was kept had when it was imported, by path.
pub(crate) fn kept_hashes(bytes: &[u8]) -> Result<HashMap<&str, ContentHash>, Malformed> {
    let mut fields = Fields(bytes);
    let mut hashes = HashMap::new();
    while let Some((number, value)) = fields.next()? {
        if number as u32 != index::KEPT {
            continue;
        }
        let mut fields = Fields(value.bytes()?);
        let (mut path, mut hash) = ("", None);
        while let Some((number, value)) = fields.next()? {
            match number as u32 {
                index::KEPT_PATH => path = value.text()?,
                index::KEPT_HASH => hash = value.bytes()?.try_into().ok().map(ContentHash),
                _ => {}
            }
        }
        hashes.extend(hash.map(|hash| (path, hash)));
    }
    Ok(hashes)
}

/// Adds a document to an index that is kept, with its path in the workspace.
pub(crate) fn keep(out: &mut Vec<u8>, document: &RawDocument<'_>, path: &str, hash: ContentHash) {
    let mut writer = Writer { bytes: std::mem::take(out) };
    // Of a field that comes twice, the second counts.
    let mut moved = Writer { bytes: document.bytes.to_vec() };
    if document.path != path {
        moved.text(document::RELATIVE_PATH, path);
    }
    writer.nested(index::DOCUMENTS, &moved.bytes);
    writer.message(index::KEPT, |writer| {
        writer.text(index::KEPT_PATH, path);
        writer.nested(index::KEPT_HASH, &hash.0);
    });
    *out = writer.bytes;
}

/// Says of an index that is kept who made it.
pub(crate) fn keep_tool(out: &mut Vec<u8>, tool: &Tool) {
    let mut writer = Writer { bytes: std::mem::take(out) };
    writer.message(index::METADATA, |writer| {
        writer.message(metadata::TOOL_INFO, |writer| {
            writer.text(metadata::TOOL_NAME, &tool.name);
            writer.text(metadata::TOOL_VERSION, &tool.version);
        });
    });
    *out = writer.bytes;
}

/// The directory that an index says its paths are relative to.
pub fn scip_project(bytes: &[u8]) -> Option<String> {
    let mut fields = Fields(bytes);
    while let Some((number, value)) = fields.next().ok()? {
        if number as u32 != index::METADATA {
            continue;
        }
        let mut fields = Fields(value.bytes().ok()?);
        while let Some((number, value)) = fields.next().ok()? {
            if number as u32 == metadata::PROJECT_ROOT {
                return file_path(value.text().ok()?);
            }
        }
    }
    None
}

/// `/a b` for `file:///a%20b`.
fn file_path(uri: &str) -> Option<String> {
    let path = uri.strip_prefix("file://")?;
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        let byte = match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            byte => byte,
        };
        bytes.push(byte);
    }
    String::from_utf8(bytes).ok()
}

/// Reads an index and hands its documents on.
pub(crate) fn read<'a>(
    bytes: &'a [u8],
    each: &mut dyn FnMut(RawDocument<'a>) -> Result<(), Malformed>,
) -> Result<Vec<Tool>, Malformed> {
    let mut fields = Fields(bytes);
    let mut tools = Vec::new();
    while let Some((number, value)) = fields.next()? {
        match number as u32 {
            index::METADATA if tools.len() < MAX_TOOLS => tools.push(read_tool(value.bytes()?)?),
            index::DOCUMENTS => each(RawDocument::new(value.bytes()?)?)?,
            _ => {}
        }
    }
    // Any bytes without meaning are an empty message; an index says who made it.
    if tools.is_empty() { Err(Malformed("it has no metadata")) } else { Ok(tools) }
}

fn read_tool(bytes: &[u8]) -> Result<Tool, Malformed> {
    let mut fields = Fields(bytes);
    let mut tool = Tool::default();
    while let Some((number, value)) = fields.next()? {
        if number as u32 != metadata::TOOL_INFO {
            continue;
        }
        let mut fields = Fields(value.bytes()?);
        while let Some((number, value)) = fields.next()? {
            match number as u32 {
                metadata::TOOL_NAME => tool.name = short(value.text()?),
                metadata::TOOL_VERSION => tool.version = short(value.text()?),
                _ => {}
            }
        }
    }
    Ok(tool)
}

/// The beginning: it is printed in the status.
fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(80).collect()
}

impl<'a> RawDocument<'a> {
    fn new(bytes: &'a [u8]) -> Result<RawDocument<'a>, Malformed> {
        let mut fields = Fields(bytes);
        let mut found = RawDocument { bytes, ..RawDocument::default() };
        while let Some((number, value)) = fields.next()? {
            match number as u32 {
                document::RELATIVE_PATH => found.path = value.text()?,
                document::OCCURRENCES => found.occurrences.push(value.bytes()?),
                document::SYMBOLS => found.symbols.push(value.bytes()?),
                document::TEXT => found.text = value.text()?,
                document::POSITION_ENCODING => found.units = value.number()?,
                _ => {}
            }
        }
        Ok(found)
    }

    /// How many occurrences it has.
    pub(crate) fn len(&self) -> usize {
        self.occurrences.len()
    }

    /// Its occurrences, in the order of the index. Those without a symbol are for colours only.
    pub(crate) fn occurrences(
        &self,
    ) -> impl Iterator<Item = Result<RawOccurrence<'a>, Malformed>> + use<'a, '_> {
        self.occurrences.iter().map(|bytes| RawOccurrence::new(bytes))
    }

    /// The names to be shown for the symbols that it describes.
    pub(crate) fn names(
        &self,
    ) -> impl Iterator<Item = Result<(&'a str, &'a str), Malformed>> + use<'a, '_> {
        self.symbols.iter().map(|bytes| {
            let mut fields = Fields(bytes);
            let (mut symbol, mut name) = ("", "");
            while let Some((number, value)) = fields.next()? {
                match number as u32 {
                    information::SYMBOL => symbol = value.text()?,
                    information::DISPLAY_NAME => name = value.text()?,
                    _ => {}
                }
            }
            Ok((symbol, name))
        })
    }
}

impl<'a> RawOccurrence<'a> {
    fn new(bytes: &'a [u8]) -> Result<RawOccurrence<'a>, Malformed> {
        let mut fields = Fields(bytes);
        let (mut range, mut symbol, mut roles) = (Vec::with_capacity(4), "", 0);
        while let Some((number, value)) = fields.next()? {
            match number as u32 {
                occurrence::RANGE => value.numbers(&mut range, 4)?,
                occurrence::SYMBOL => symbol = value.text()?,
                occurrence::ROLES => roles = value.number()? as u32,
                _ => {}
            }
        }
        let range = match range[..] {
            [line, start, end] => [line, start, line, end],
            [line, start, last, end] => [line, start, last, end],
            _ => return Err(Malformed("a range has neither three nor four numbers")),
        };
        Ok(RawOccurrence { range, symbol, roles })
    }
}
