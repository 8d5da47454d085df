//! `cargo xtask`: checks of the house that neither rustc nor clippy makes.

mod tidy;

use std::{path::Path, process::ExitCode};

const USAGE: &str = "usage: cargo xtask tidy [--write]

tidy     checks that documents and code agree, sizes, and leftovers; exit status 1 on any finding
--write  makes docs/operations.md anew first";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let write = match args[..] {
        ["tidy"] => false,
        ["tidy", "--write"] => true,
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(1).unwrap_or(Path::new("."));
    match tidy::tidy(root, write) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
