//! `coderoom`: the daemon and its command line.

fn main() -> std::process::ExitCode {
    // A run's helper changes namespaces, which takes a process with one thread: nothing comes first.
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == coderoom::daemon::sessions::HELPER)
        && let Some(run_dir) = arguments.next()
    {
        coderoom_system::run::child_main(run_dir.as_ref());
    }
    coderoom::cli::main()
}
