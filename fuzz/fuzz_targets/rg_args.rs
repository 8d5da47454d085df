//! See `coderoom_checks::rg_args`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| coderoom_checks::rg_args(data));
