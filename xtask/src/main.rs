//! `cargo xtask`: checks of the house that neither rustc nor clippy makes.

mod explore;
mod tidy;

use std::{path::Path, process::ExitCode};

const USAGE: &str = "usage: cargo xtask tidy [--write] | explore [MINUTES]

tidy     checks that documents and code agree, sizes, and leftovers; exit status 1 on any finding
--write  makes docs/operations.md anew first
explore  runs random tests with new seeds for so many minutes (10); exit status 1 on any failure";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(1).unwrap_or(Path::new("."));
    let minutes: Option<u64> = args.get(1).map_or(Some(10), |it| it.parse().ok());
    let done = match (&args[..], minutes) {
        (["tidy"], _) => tidy::tidy(root, false),
        (["tidy", "--write"], _) => tidy::tidy(root, true),
        (["explore"] | ["explore", _], Some(minutes)) => explore::explore(root, minutes),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
