//! Stored password hashes: damaged ones match nothing, cost little and never panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis_django::password::{Algorithm, Hashers, identify, is_usable, verify};

fuzz_target!(|text: &str| {
    let mut hashers = Hashers {
        pbkdf2_iterations: 1,
        ..Hashers::default()
    };
    hashers.bcrypt_cost = 4;
    hashers.installed = Algorithm::ALL.to_vec();
    let _ = (identify(text, &hashers), is_usable(text));
    // Costs up to the caps are somebody's setting, and too slow for a fuzzer.
    if !text.bytes().any(|byte| byte.is_ascii_digit()) {
        assert!(!verify("password", text, &hashers).matches);
    }
});
