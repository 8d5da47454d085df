//! See `coderoom_checks::facts`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| coderoom_checks::facts(data));
