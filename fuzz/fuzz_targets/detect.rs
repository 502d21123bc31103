#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = helpsim::traffic::recorded::detect(data, "x");
});
