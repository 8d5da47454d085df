//! The helper's side of a run: prepares the tree and becomes the command.

use std::{
    ffi::OsStr,
    os::unix::{ffi::OsStrExt, process::CommandExt},
    path::{Path, PathBuf},
};

use super::spec::{ChildSpec, Report, monotonic_ns};

/// What the helper exits with if there is no command to exit for it. The report says more.
const NOT_STARTED: i32 = 127;

/// Prepares the tree that `run_dir` describes and becomes the command.
///
/// It is for the hidden subcommand that a [`super::Helper`] names, as the first thing that the
/// process does: it must still have a single thread, and must not have changed any signal.
/// It never returns; what goes wrong is left as a report for the process that started it.
pub fn child_main(run_dir: &Path) -> ! {
    let report = match ChildSpec::read(run_dir) {
        Ok(spec) => become_command(run_dir, &spec),
        Err(e) => Report::Refused(format!("the helper cannot read what it is to do: {e}")),
    };
    // Without a report, the other side says that the helper ended early.
    let _ = report.write(run_dir);
    std::process::exit(NOT_STARTED)
}

fn become_command(run_dir: &Path, spec: &ChildSpec) -> Report {
    let root = PathBuf::from(OsStr::from_bytes(&spec.root));
    let namespace = match spec.overlay {
        false => None,
        true => match prepare(run_dir, &root, spec) {
            Ok(namespace) => namespace,
            Err(reason) => return Report::Refused(reason),
        },
    };
    // Entered anew: the directory of before is the one below the mount.
    let dir = match spec.dir.is_root() {
        true => root,
        false => root.join(spec.dir.as_path()),
    };
    if let Err(e) = std::env::set_current_dir(&dir) {
        return Report::NotStarted(format!("its working directory {}: {e}", dir.display()));
    }
    if let Err(reason) = tie_to(spec.parent) {
        return Report::NotStarted(reason);
    }
    let Some((program, arguments)) = spec.argv.split_first() else {
        return Report::NotStarted("no program is named".into());
    };
    if let Err(e) = (Report::Ready { at_ns: monotonic_ns(), namespace }).write(run_dir) {
        return Report::NotStarted(e.to_string());
    }
    let mut command = std::process::Command::new(OsStr::from_bytes(program));
    command.args(arguments.iter().map(|word| OsStr::from_bytes(word)));
    if spec.clear_env {
        command.env_clear();
    }
    command.env("PWD", &dir);
    for (name, value) in &spec.env {
        let name = OsStr::from_bytes(name);
        match value {
            Some(value) => command.env(name, OsStr::from_bytes(value)),
            None => command.env_remove(name),
        };
    }
    Report::NotStarted(command.exec().to_string())
}

/// The command ends with the process that asked for it.
#[cfg(target_os = "linux")]
fn tie_to(parent: i32) -> Result<(), String> {
    use rustix::process::{Signal, getppid, set_parent_process_death_signal};
    // Last of all: a change of credentials takes it back.
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(|e| e.to_string())?;
    let now = getppid().map_or(0, |pid| pid.as_raw_nonzero().get());
    // Zero: it is in another PID namespace. Anything else: it ended before the request was made.
    if now == parent || now == 0 { Ok(()) } else { Err("coderoom has ended".into()) }
}

#[cfg(not(target_os = "linux"))]
fn tie_to(_: i32) -> Result<(), String> {
    Ok(())
}

#[cfg(target_os = "linux")]
fn prepare(run_dir: &Path, root: &Path, spec: &ChildSpec) -> Result<Option<Vec<u8>>, String> {
    use super::{apply, overlay, spec};
    overlay::enter_namespace()?;
    overlay::mount(root, run_dir, root)?;
    let blobs = spec::open_blobs(run_dir).map_err(|e| e.to_string())?;
    apply::apply(root, &spec.edits, blobs)
        .map_err(|e| format!("the session's edits cannot be put into the overlay: {e}"))?;
    Ok(overlay::namespace_of("self"))
}

#[cfg(not(target_os = "linux"))]
fn prepare(_: &Path, _: &Path, _: &ChildSpec) -> Result<Option<Vec<u8>>, String> {
    Err("overlayfs is Linux's".into())
}
