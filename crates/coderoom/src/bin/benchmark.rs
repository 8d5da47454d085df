//! `benchmark`: a search in memory against a ripgrep subprocess.

fn main() -> std::process::ExitCode {
    coderoom::mono::benchmark::main()
}
