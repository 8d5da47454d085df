//! What this program does when neither a daemon nor another `rg` is there to answer.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use coderoom_rg::{Request, Special};

/// Answers a search alone. `why` says what stood in the way of the daemon.
pub(crate) fn search(_request: &Request, why: &str) -> ExitCode {
    let hint = "and there is no other rg on PATH";
    let _ = writeln!(io::stderr(), "rg: not answered from memory ({why}), {hint}");
    ExitCode::from(2)
}

/// Answers `--help` and the like alone.
pub(crate) fn special(special: Special) -> ExitCode {
    if special == Special::Pcre2Version {
        // ripgrep's own words and status for a build without it.
        let _ = writeln!(
            io::stdout(),
            "PCRE2 is not available in this build of ripgrep."
        );
        return ExitCode::from(1);
    }
    let hint = "the text is ripgrep's own, and there is no other rg on PATH";
    let _ = writeln!(
        io::stderr(),
        "rg: {hint}: see https://github.com/BurntSushi/ripgrep"
    );
    ExitCode::from(2)
}
