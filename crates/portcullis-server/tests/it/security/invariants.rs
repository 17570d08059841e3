//! Section 0: what holds at every door, whatever is sent.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use http::{HeaderName, HeaderValue, Method, Request, Uri};

use super::sessions::open_session;
use super::{CSRF, PASSWORD, client, user};
use crate::client::Client;
use crate::sessions::Browser;

/// A small generator of numbers: the same at each run.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn one_of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.throw(all.len())]
    }

    /// Some pieces of what servers stumble over, one after the other.
    fn text(&mut self, longest: usize) -> Vec<u8> {
        let pieces: &[&[u8]] = &[
            b"a",
            b"ada@example.com",
            b"correct horse 9",
            b"0",
            b"-1",
            b"1e999",
            b"18446744073709551616",
            b"null",
            b"true",
            b"{",
            b"}",
            b"[",
            b"]",
            b"\"",
            b":",
            b",",
            b"\\",
            b"\\u0000",
            b"\\ud800",
            b"{\"email\":",
            b"{\"username\":\"ada@example.com\",\"password\":",
            b"\"password\"",
            b"&",
            b"=",
            b"%00",
            b"%",
            b"%ff",
            b"+",
            b"email=ada%40example.com&password=",
            b"csrfmiddlewaretoken=",
            b"--x\r\n",
            b"--x--\r\n",
            b"Content-Disposition: form-data; name=\"email\"\r\n\r\n",
            b"\r\n",
            b"\0",
            b"\xff",
            b"\xc3\xa9",
            b"\xe2\x80\xae",
            b"\xf0\x9f\x94\x91",
            b" ",
            b"\t",
            b";",
            b"*/*",
            b"q=",
            b"../",
            b"'",
            b"<script>",
            b"$",
            b"Token ",
            b"Basic ",
            b"Bearer ",
            b"sessionid=",
            b"csrftoken=",
            b"YWRhOmFkYQ==",
            b".",
            b"https://",
            b"localhost",
        ];
        let count = self.throw(longest);
        (0..count)
            .flat_map(|_| self.one_of(pieces).to_vec())
            .collect()
    }
}

const PATHS: [&str; 14] = [
    "/",
    "/healthz",
    "/api/signup/",
    "/api/token/",
    "/api/auth/login/",
    "/api/validate/",
    "/api/user/",
    "/api/auth/logout/",
    "/api/login-set-cookie/",
    "/api/login/",
    "/api/logout/",
    "/api/administrators/",
    "/api/user",
    "/nowhere/",
];

const HEADERS: [&str; 18] = [
    "authorization",
    "cookie",
    "content-type",
    "content-length",
    "content-encoding",
    "accept",
    "origin",
    "referer",
    "x-csrftoken",
    "x-forwarded-for",
    "x-forwarded-proto",
    "host",
    "x-request-id",
    "user-agent",
    "sec-fetch-site",
    "transfer-encoding",
    "access-control-request-method",
    "if-none-match",
];

const TYPES: [&str; 6] = [
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/plain",
    "application/json; charset=utf-16",
    "",
];

fn request(dice: &mut Dice, token: &str, session: &str) -> Option<Request<Body>> {
    let methods = [
        "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "BREW",
    ];
    let mut path = dice.one_of(&PATHS).to_owned();
    if dice.throw(4) == 0 {
        path = format!("{path}?{}", String::from_utf8_lossy(&dice.text(6)));
    }
    let mut request = Request::new(Body::from(dice.text(24)));
    *request.method_mut() = Method::from_bytes(dice.one_of(&methods).as_bytes()).ok()?;
    *request.uri_mut() = path.parse::<Uri>().ok()?;
    let headers = request.headers_mut();
    headers.insert(
        "content-type",
        HeaderValue::from_static(dice.one_of(&TYPES)),
    );
    match dice.throw(4) {
        0 => drop(headers.insert("authorization", format!("Token {token}").parse().ok()?)),
        1 => {
            let cookie = format!("csrftoken={CSRF}; sessionid={session}");
            headers.insert("cookie", cookie.parse().ok()?);
            headers.insert("x-csrftoken", HeaderValue::from_static(CSRF));
        }
        _ => {}
    }
    for _ in 0..dice.throw(4) {
        let name = HeaderName::from_static(dice.one_of(&HEADERS));
        if let Ok(value) = HeaderValue::from_bytes(&dice.text(6)) {
            headers.append(name, value);
        }
    }
    Some(request)
}

// 0.1: the long run has ten times as many.
#[tokio::test]
async fn no_request_gets_a_server_error() {
    let client = client().await;
    let ada = user(&client, "ada").await;
    let mut token = client.signup("eve@example.com", PASSWORD).await;
    let mut session = open_session(&client, &ada).await;
    let is_long = std::env::var_os("PORTCULLIS_LONG").is_some();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let (mut sent, mut statuses) = (0, BTreeMap::<u16, u32>::new());
    while sent < if is_long { 100_000 } else { 10_000 } {
        let Some(request) = request(&mut dice, &token, &session) else {
            continue;
        };
        let shown = format!("{request:?}");
        let answer = client.send(request).await;
        assert!(answer.status.as_u16() < 500, "{shown}: {answer:?}");
        sent += 1;
        if answer.status == 204 {
            // A log-out: the next requests are somebody's again.
            token = client
                .signup(&format!("eve{sent}@example.com"), PASSWORD)
                .await;
            session = open_session(&client, &ada).await;
        }
        *statuses.entry(answer.status.as_u16()).or_default() += 1;
        if sent % 100 == 0 {
            // What limits stop is not looked at.
            client.clock.advance(time::Duration::minutes(1));
        }
    }
    // They come far enough to be answered in every way.
    for status in [200, 204, 301, 400, 401, 403, 404, 405, 415] {
        assert!(statuses.contains_key(&status), "{status}: {statuses:?}");
    }
}

/// A body that remembers whether anybody read it.
struct Watched(Arc<AtomicBool>);

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        self.0.store(true, Ordering::SeqCst);
        Poll::Ready(None)
    }
}

// 0.4: who asks, and whether they may, is decided before anything of the body is read.
#[tokio::test]
async fn body_is_not_read_for_those_who_may_not_enter() {
    let client = Client::new().await;
    client.signup("ada@example.com", PASSWORD).await;
    let mut browser = Browser::new(&client);
    browser.log_in().await;
    let session = format!("sessionid={}", browser.cookie("sessionid").unwrap());
    for (path, header, status) in [
        ("/api/auth/logout/", ("x-nothing", ""), 401),
        ("/api/auth/logout/", ("authorization", "Token wrong"), 401),
        ("/api/logout/", ("cookie", "sessionid=wrong"), 401),
        ("/api/logout/", ("cookie", session.as_str()), 403),
        ("/api/user/", ("x-nothing", ""), 401),
        ("/api/login/", ("x-nothing", ""), 403),
    ] {
        for kind in TYPES {
            let was_read = Arc::new(AtomicBool::new(false));
            let request = Request::post(path)
                .header("content-type", kind)
                .header(header.0, header.1)
                .body(Body::new(Watched(Arc::clone(&was_read))))
                .unwrap();
            assert_eq!(
                client.send(request).await.status,
                status,
                "{path} {header:?}"
            );
            assert!(!was_read.load(Ordering::SeqCst), "{path} {header:?} {kind}");
        }
    }
}
