//! Any command line is parsed or refused, and what it comes to survives the way to the daemon.

use std::{
    ffi::{OsStr, OsString},
    os::unix::ffi::OsStringExt,
};

use coderoom_engine::Query;
use coderoom_rg::{Parsed, PatternFile, Surroundings, parse};

/// Arguments that end with NUL bytes, as in `/proc/self/cmdline`.
///
/// # Panics
/// If the parser does, or if the query is another one after a journey as JSON.
pub fn rg_args(data: &[u8]) {
    let args: Vec<OsString> = data
        .split_inclusive(|&b| b == 0)
        .map(|arg| OsString::from_vec(arg.strip_suffix(b"\0").unwrap_or(arg).to_vec()))
        .collect();
    for stdout_is_terminal in [false, true] {
        let surroundings = Surroundings {
            stdout_is_terminal,
            colors_allowed: true,
            pattern_file: &|name: &OsStr| PatternFile::Bytes(name.to_owned().into_vec()),
        };
        if let Ok(Parsed::Search(request)) = parse(args.clone(), &surroundings) {
            let line = serde_json::to_string(&request.query).expect("a query is JSON");
            let query: Query = serde_json::from_str(&line).expect("and JSON is a query");
            assert_eq!(query, request.query);
        }
    }
}
