//! Reads a workspace's history, keeps it as bytes, and says what both cost.
//!
//! `cargo run --release -p coderoom-system --example past -- DIR`

#![allow(clippy::print_stdout)]

use std::{path::PathBuf, time::Instant};

use coderoom_system::past::{Limits, Past, read};

fn main() -> std::io::Result<()> {
    let dir = PathBuf::from(std::env::args_os().nth(1).unwrap_or_else(|| ".".into()));
    let begun = Instant::now();
    let past =
        read(&dir.canonicalize()?, None, &Limits::default()).map_err(std::io::Error::other)?;
    let seconds = begun.elapsed().as_secs_f64();
    let touches: usize = past.commits().map(|commit| commit.touches.len()).sum();
    let messages: usize = past.commits().map(|commit| commit.message.len()).sum();
    println!(
        "{} commits, {touches} touches of {} paths, {messages} bytes of messages in {seconds:.2} s: \
         {:.0} commits/s; cut {}, damaged {}",
        past.len(),
        past.paths().len(),
        past.len() as f64 / seconds,
        past.is_cut(),
        past.damaged(),
    );
    let bytes = past.encode("here").map_err(std::io::Error::other)?;
    let begun = Instant::now();
    let kept = Past::decode(&bytes, "here").map_err(std::io::Error::other)?;
    let seconds = begun.elapsed().as_secs_f64();
    let same = kept.as_ref() == Some(&*past);
    println!("{} bytes, read back in {seconds:.3} s; the same: {same}", bytes.len());
    Ok(())
}
