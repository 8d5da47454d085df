//! See `coderoom_checks::wire`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| coderoom_checks::wire(data));
