#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wsbench_fuzz::coding::check(bytes));
