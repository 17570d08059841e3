//! Damaged `Authorization` headers at the door of each scheme: 401 with a challenge, never an error.

use portcullis::core::{Clock, Device, NewDeviceLogin, NewLogin};
use portcullis::django::api_token;
use portcullis_test::TestApp;

use crate::matrix::{headers_of, service, with_header};

/// Shapes around a good keyword `K` and a good token `T` that are not `K T`.
const SHAPES: [&str; 44] = [
    "K",
    "K ",
    "K  ",
    "K\t",
    "T",
    "\tT",
    "K T T",
    "K T x",
    "K x T",
    "K K T",
    "KT",
    "K:T",
    "K: T",
    "K=T",
    "K,T",
    "K, T",
    "K T,",
    "K T;",
    "K T, K T",
    "K \"T\"",
    "K 'T'",
    "K <T>",
    "K token=T",
    "K token=\"T\"",
    "K =T",
    "K T===",
    "K .T",
    "K T.",
    "K T%20",
    "K T%00",
    "K TT",
    "KK T",
    "xK T",
    "Kx T",
    "K/1 T",
    "(K) T",
    "\"K\" T",
    "K {\"token\":\"T\"}",
    "K [\"T\"]",
    "K ../T",
    "K T/",
    "K T?",
    "K T#",
    "K\u{a0}T",
];

/// Tokens that nobody was given.
const NONSENSE: [&str; 12] = [
    "null",
    "undefined",
    "None",
    "0",
    "-1",
    "true",
    "[]",
    "{}",
    "'",
    "'OR'1'='1",
    "..",
    "%00",
];

/// The bytes of every damaged header of a scheme.
fn damaged(keyword: &str, token: &str) -> Vec<Vec<u8>> {
    let fill = |shape: &str| {
        shape
            .replace('T', "\0")
            .replace('K', keyword)
            .replace('\0', token)
    };
    let mut all: Vec<Vec<u8>> = SHAPES
        .iter()
        .map(|shape| fill(shape).into_bytes())
        .collect();
    let last = token.len() - 1;
    let (head, tail) = token.split_at(last);
    let other = if tail == "A" { "B" } else { "A" };
    let changed: String = token.chars().rev().collect();
    for text in [
        head.to_owned(),
        token[1..].to_owned(),
        token[..8].to_owned(),
        token[..15].to_owned(),
        format!("{other}{}", &token[1..]),
        format!("{head}{}", if keyword == "Bearer" { "" } else { other }),
        format!("{token}{tail}"),
        changed,
        api_token::knox_digest(token),
        "a".repeat(20_000),
        "\u{feff}".to_owned() + token,
        token.to_owned() + "\u{200b}",
    ] {
        all.push(format!("{keyword} {text}").into_bytes());
    }
    for text in NONSENSE {
        all.push(format!("{keyword} {text}").into_bytes());
    }
    for bytes in [&b"\xff"[..], b"\xff\xfe", b"\xc0\x80", b"\xed\xa0\x80"] {
        all.push([keyword.as_bytes(), b" ", token.as_bytes(), bytes].concat());
        all.push([keyword.as_bytes(), b" ", bytes].concat());
        all.push([bytes, keyword.as_bytes(), b" ", token.as_bytes()].concat());
    }
    all
}

/// A good header of each scheme, with its door.
async fn good(app: &TestApp) -> Vec<(&'static str, String)> {
    let user = app.user("ada").await;
    let mut headers = headers_of(app, &user).await;
    let token = api_token::new_knox_token("");
    let login = NewLogin::Device(NewDeviceLogin {
        limit: None,
        digest: api_token::knox_digest(&token),
        token_key: api_token::knox_key(&token).to_owned(),
        device: Device::named("test"),
        now: app.clock().now(),
        expires: None,
    });
    let issued = app.parts().store.log_in(&user, login, None).await;
    assert!(issued.unwrap().is_some());
    headers.push(("/device/", format!("Token {token}")));
    headers
}

#[tokio::test]
async fn damaged_headers_are_401_with_a_challenge() {
    let app = TestApp::new(service).await;
    for (path, header) in good(&app).await {
        let (keyword, token) = header.split_once(' ').unwrap();
        let shapes = damaged(keyword, token);
        assert!(shapes.len() >= 64);
        for shape in shapes {
            let shown = String::from_utf8_lossy(&shape).into_owned();
            let answer = with_header(&app, path, &shape).await;
            assert_eq!(answer.status, 401, "{path} {shown:?}");
            assert!(!answer.header("www-authenticate").is_empty(), "{shown:?}");
        }
        assert_eq!(with_header(&app, path, &header).await.status, 200);
    }
}

#[tokio::test]
async fn token_of_one_scheme_under_the_keyword_of_another_is_401() {
    let app = TestApp::new(service).await;
    let good = good(&app).await;
    for (path, own) in &good {
        for (_, header) in good.iter().filter(|(of, _)| of != path) {
            let (_, token) = header.split_once(' ').unwrap();
            for keyword in ["Token", "Bearer", "Basic", "Digest", "JWT", "Session"] {
                let answer = with_header(&app, path, format!("{keyword} {token}")).await;
                assert_eq!(answer.status, 401, "{keyword} {token} at {path}");
            }
        }
        let (keyword, token) = own.split_once(' ').unwrap();
        for other in ["Token", "Bearer", "Basic", "Digest", "JWT", "Session"] {
            let status = with_header(&app, path, format!("{other} {token}"))
                .await
                .status;
            assert_eq!(status == 200, other == keyword, "{other} at {path}");
        }
    }
}

#[tokio::test]
async fn header_that_is_sent_twice_is_401() {
    let app = TestApp::new(service).await;
    for (path, header) in good(&app).await {
        for second in [header.as_str(), "Token x", "Basic x", ""] {
            let client = app.anonymous();
            let request = client.request(http::Method::GET, path);
            let request = request.header("authorization", &header);
            let answer = request.header("authorization", second).send().await;
            assert_eq!(answer.status, 401, "{path} {second:?}");
        }
    }
}
