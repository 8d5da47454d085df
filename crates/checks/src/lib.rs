//! What must hold for any input: one function for each fuzz target. A broken promise is a panic.
//!
//! `fuzz/` hands them to libFuzzer; `tests/seeds.rs` runs them over the seeds and random bytes, so
//! that `cargo test` keeps them alive. Inputs are laid out so that seeds can be written by hand.

mod change;
mod facts;
mod plan;
mod rg_args;
mod segment_parts;
// The oracle is the engine's own: a workspace as a plain map.
#[path = "../../engine/tests/support/mod.rs"]
mod support;
#[cfg(feature = "wire")]
mod wire;

pub use change::change;
pub use facts::facts;
pub use plan::plan;
pub use rg_args::rg_args;
pub use segment_parts::segment_parts;
#[cfg(feature = "wire")]
pub use wire::wire;

/// What libFuzzer calls with bytes.
pub type Target = fn(&[u8]);

/// Every target under the name of its fuzz target and of its directory of seeds.
pub const TARGETS: &[(&str, Target)] = &[
    ("change", change),
    ("facts", facts),
    ("plan", plan),
    ("rg_args", rg_args),
    ("segment_parts", segment_parts),
    #[cfg(feature = "wire")]
    ("wire", wire),
];
