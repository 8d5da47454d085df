//! The helper of the tests and of the example: prepares a tree and becomes a command.

fn main() {
    match std::env::args_os().nth(1) {
        Some(run_dir) => coderoom_system::run::child_main(run_dir.as_ref()),
        None => std::process::exit(2),
    }
}
