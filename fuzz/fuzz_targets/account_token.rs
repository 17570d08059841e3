//! Reset tokens, uids, confirmation keys and addresses.
#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis_django::account_token::{
    ResetSubject, base36_decode, check_reset_token, confirmed_row, uid_decode,
};
use portcullis_django::session::Secrets;
use portcullis_django::validators::validate_email;

fuzz_target!(|text: &str| {
    let secrets = Secrets {
        key: "key",
        fallbacks: &["older"],
    };
    let subject = ResetSubject {
        primary_key: "1",
        password_column: "!",
        last_login: "",
        email: text,
        addresses: "",
    };
    assert!(!check_reset_token(&subject, text, secrets, 0, i64::MAX));
    assert_eq!(confirmed_row(text, secrets, 3.0, 0.0), None);
    let _ = (
        uid_decode(text),
        base36_decode(text),
        validate_email(text).is_ok(),
    );
});
