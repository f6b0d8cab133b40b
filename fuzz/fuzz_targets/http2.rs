#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wsbench_fuzz::http2::check(bytes));
