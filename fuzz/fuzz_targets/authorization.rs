//! `Authorization` headers of every scheme.
#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis_django::api_token::{knox_digest, knox_key};
use portcullis_django::authorization::{basic_of, token_of};

fuzz_target!(|data: &[u8]| {
    let _ = basic_of(data);
    if let Ok(Some(token)) = token_of(data, "Token") {
        let _ = (knox_digest(token), knox_key(token));
    }
});
