//! The CSRF check: no header lets a request through without the cookie's secret.
#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis_django::csrf::{Request, TrustedOrigins, check, secret_of, well_formed};

fuzz_target!(|parts: (&str, &str, &str, &str)| {
    let (origin, referer, cookie, token) = parts;
    let request = Request {
        method: "POST",
        is_secure: true,
        host: Some("example.com"),
        origin: Some(origin),
        referer: Some(referer),
        secret: Some(cookie),
        form_token: None,
        header_token: Some(token),
        header_name: "X-Csrftoken",
        trusted: TrustedOrigins(&["https://*.trusted.test"]),
        cookie_domain: None,
    };
    for request in [
        request,
        Request {
            origin: None,
            ..request
        },
    ] {
        if check(&request).is_ok() {
            assert!(well_formed(cookie).is_ok() && well_formed(token).is_ok());
            assert_eq!(secret_of(cookie), secret_of(token));
        }
    }
});
