//! See `coderoom_checks::plan`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| coderoom_checks::plan(data));
