//! Where does a stack trace come from: its frames read, found in the snapshot, and ranked.

mod frames;
mod locate;
mod suspects;

pub use frames::{Frame, Trace, TraceLanguage, read_trace};
pub use suspects::{Suspect, SuspectPart, Traced};
