//! See `coderoom_checks::segment_parts`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| coderoom_checks::segment_parts(data));
