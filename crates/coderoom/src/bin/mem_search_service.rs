//! `mem-search-service`: the daemon with MONO's sockets on.

fn main() -> std::process::ExitCode {
    coderoom::mono::main()
}
