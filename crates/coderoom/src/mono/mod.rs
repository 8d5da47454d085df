//! MONO.
