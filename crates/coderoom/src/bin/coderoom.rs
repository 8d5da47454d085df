//! `coderoom`: the daemon and its command line.

/// Many threads fill and free large buffers at once; it also gives memory back sooner.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    coderoom::cli::main()
}
