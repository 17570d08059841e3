//! Tokens: nothing that was not signed is accepted, and nothing panics.
#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis_django::jwt::{Algorithm, Backend, Key, Settings, authenticate, bearer_of};

fuzz_target!(|data: &[u8]| {
    let settings = Settings::default();
    let Ok(key) = Key::secret(Algorithm::Hs256, "a key with more than thirty-two bytes") else {
        return;
    };
    let backend = Backend::new(key);
    if let Ok(Some(token)) = bearer_of(data, &settings) {
        assert!(authenticate(&backend, &settings, token, 0).is_err());
    }
    if let Ok(text) = std::str::from_utf8(data) {
        assert!(authenticate(&backend, &settings, text, 0).is_err());
    }
});
