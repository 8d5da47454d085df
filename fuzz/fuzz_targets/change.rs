//! See `coderoom_checks::change`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| coderoom_checks::change(data));
