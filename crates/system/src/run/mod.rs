//! Runs a command that sees a session's tree where the workspace is, and keeps what it writes from
//! the workspace.
//!
//! On Linux the command gets a mount namespace of its own, in which an overlay lies over the
//! workspace at the workspace's own path: the disk below, the session's edits and whatever the
//! command writes above. Setting it up costs the same for every size of tree. Where that is not
//! allowed, the command runs in a copy elsewhere. What the command changed is told afterwards, and
//! can be taken into the session while the [`Run`] lives.
//!
//! What is *not* kept apart: everything outside of the root (a worktree's repository, caches in the
//! home directory, the network). It is a view, not a sandbox. In an overlay `rename` of a directory
//! that the workspace has fails with `EXDEV`, which `mv` and most tools answer with a copy; and
//! without being root, set-user-id programs such as `sudo` do not gain anything.

mod apply;
mod base;
mod capture;
mod child;
mod copy;
mod error;
mod ignored;
mod mount;
#[cfg(target_os = "linux")]
mod overlay;
mod prepare;
mod request;
mod runner;
mod scratch;
mod spec;
mod supervise;
mod touched;

pub use capture::Captured;
pub use child::child_main;
pub use error::RunError;
pub use mount::{Mount, MountRequest};
pub use request::{Command, Content, IgnoredPaths, Limits, Overlaid, Refusal, Request, Stdin, Way};
pub use runner::{Helper, Run, Runner, Times};
pub use supervise::{Control, Ending, Stream};
pub use touched::{Changes, IgnoredChanges, Now, Touched, TouchedKind};

/// Signals that [`Control::signal`] sends.
pub use rustix::process::Signal;
