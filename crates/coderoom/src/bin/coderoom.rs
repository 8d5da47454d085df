//! `coderoom`: the daemon and its command line.

fn main() -> std::process::ExitCode {
    coderoom::cli::main()
}
