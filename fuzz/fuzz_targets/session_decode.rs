//! Session data: forged, damaged, and signed over anything at all.
#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis_django::session::{Secrets, decode};
use portcullis_django::signing::Signer;

const SALT: &str = "django.contrib.sessions.SessionStore";

fuzz_target!(|text: &str| {
    let secrets = Secrets {
        key: "key",
        fallbacks: &[],
    };
    let _ = decode(text, secrets);
    let _ = decode(&Signer::new("key", &[], SALT).sign_at(text, 0), secrets);
});
