//! Second factors: an authenticator app and recovery codes, at every door that takes a password.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use portcullis::core::{AuditFilter, AuditStore, Clock};
use portcullis::web::totp_code;
use serde_json::{Value, json};
use time::Duration;

use crate::client::{Answer, Client};
use crate::login_state::assert_fits;

const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "correct horse 9";

/// The doors that take a name and a password in a form.
const DOORS: [&str; 6] = [
    "/api/token/",
    "/api/auth/login/",
    "/api/login/",
    "/rest-auth/login/",
    "/jwt/token/",
    "/knox/login-json/",
];

/// Somebody with an authenticator app.
struct Ada {
    client: Client,
    token: String,
    secret: Vec<u8>,
    codes: Vec<String>,
}

/// The bytes of a base 32 text.
pub(crate) fn unbase32(text: &str) -> Vec<u8> {
    data_encoding::BASE32_NOPAD.decode(text.as_bytes()).unwrap()
}

fn texts(value: &Value) -> Vec<String> {
    let texts = value.as_array().unwrap().iter();
    texts
        .map(|text| text.as_str().unwrap().to_owned())
        .collect()
}

impl Ada {
    async fn new() -> Self {
        let client = Client::new().await;
        let token = client.signup(EMAIL, PASSWORD).await;
        let mut ada = Self {
            client,
            token,
            secret: Vec::new(),
            codes: Vec::new(),
        };
        let setup = ada.post("/api/second-factors/totp/setup/", json!({})).await;
        assert_eq!(setup.status, 200, "{setup:?}");
        ada.secret = unbase32(setup.body["secret"].as_str().unwrap());
        let uri = setup.body["uri"].as_str().unwrap();
        assert!(uri.starts_with("otpauth://totp/Portcullis:ada%40example.com?secret="));
        let body = json!({ "setup": setup.body["setup"], "code": ada.code() });
        let added = ada.post("/api/second-factors/totp/", body).await;
        assert_eq!(added.status, 201, "{added:?}");
        assert_eq!(added.header("cache-control"), "no-store");
        ada.codes = texts(&added.body["recovery_codes"]);
        ada
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        let authorization = format!("Token {}", self.token);
        self.client
            .send_json("POST", path, &authorization, &body)
            .await
    }

    /// What the app shows.
    fn code(&self) -> String {
        totp_code(&self.secret, self.client.clock.now().unix_timestamp())
    }

    /// A code that was not used yet.
    fn next_code(&self) -> String {
        self.client.clock.advance(Duration::seconds(30));
        self.code()
    }

    async fn log_in(&self, path: &str, more: Value) -> Answer {
        let mut body = json!({ "email": EMAIL, "username": EMAIL, "password": PASSWORD });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        // A browser's form brings its token.
        self.client.post(path, body).await
    }

    async fn events(&self) -> Vec<String> {
        let lines = self
            .client
            .store
            .audit(&AuditFilter::default())
            .await
            .unwrap();
        lines
            .iter()
            .map(|line| format!("{} {}", line.event, line.outcome))
            .collect()
    }
}

fn is_refused(answer: &Answer) -> bool {
    answer.status == 400 && answer.body["code"].is_array()
}

/// Whether an answer lets somebody in.
fn lets_in(answer: &Answer) -> bool {
    let names = ["token", "key", "access", "refresh"];
    let has_cookie = answer
        .headers
        .get_all("set-cookie")
        .iter()
        .any(|cookie| cookie.to_str().unwrap().starts_with("sessionid="));
    has_cookie || names.iter().any(|name| answer.body.get(name).is_some())
}

#[tokio::test]
async fn password_alone_opens_no_door() {
    let ada = Ada::new().await;
    for path in DOORS {
        let answer = ada.log_in(path, json!({})).await;
        if path == "/api/login/" {
            assert_eq!(answer.status, 403, "without the CSRF token: {answer:?}");
        } else {
            assert!(is_refused(&answer), "{path}: {answer:?}");
        }
        assert!(!lets_in(&answer), "{path}: {answer:?}");
        let wrong = ada.log_in(path, json!({ "code": "000000" })).await;
        assert!(!lets_in(&wrong), "{path}: {wrong:?}");
    }
    // Basic has no place for a code: everywhere refused, as a wrong password is.
    let pair = STANDARD.encode(format!("{EMAIL}:{PASSWORD}"));
    let right = ada
        .client
        .call("POST", "/knox/login/", &format!("Basic {pair}"))
        .await;
    let pair = STANDARD.encode(format!("{EMAIL}:wrong"));
    let wrong = ada
        .client
        .call("POST", "/knox/login/", &format!("Basic {pair}"))
        .await;
    assert_eq!((right.status, &right.bytes), (wrong.status, &wrong.bytes));
    assert_eq!(right.status, 401);
}

#[tokio::test]
async fn password_and_code_open_every_door_and_each_code_is_good_once() {
    let ada = Ada::new().await;
    for path in DOORS {
        if path == "/api/login/" {
            continue;
        }
        let code = ada.next_code();
        let answer = ada.log_in(path, json!({ "code": code })).await;
        assert!(
            answer.status == 200 && lets_in(&answer),
            "{path}: {answer:?}"
        );
        let again = ada.log_in(path, json!({ "code": code })).await;
        assert!(is_refused(&again) && !lets_in(&again), "{path}: {again:?}");
    }
}

#[tokio::test]
async fn log_in_in_two_steps_goes_by_its_states() {
    let ada = Ada::new().await;
    for path in DOORS {
        if path == "/api/login/" {
            continue;
        }
        let first = ada.log_in(path, json!({ "with_state": true })).await;
        assert_eq!(first.status, 200, "{path}: {first:?}");
        assert_eq!(first.body["state"], "second_factor");
        assert_eq!(first.body["factors"], json!(["totp", "recovery_code"]));
        assert_fits(&first.body);
        assert!(!lets_in(&first), "{first:?}");
        let pending = &first.body["pending"];
        let wrong = json!({ "pending": pending, "code": "000000", "with_state": true });
        assert!(is_refused(&ada.client.post(path, wrong).await), "{path}");
        let body = json!({ "pending": pending, "code": ada.next_code(), "with_state": true });
        let done = ada.client.post(path, body).await;
        assert!(done.status == 200 && lets_in(&done), "{path}: {done:?}");
    }
}

#[tokio::test]
async fn pending_log_in_ends_with_its_time_and_with_the_password() {
    let ada = Ada::new().await;
    let begin = || ada.log_in("/api/token/", json!({ "with_state": true }));
    let pending = begin().await.body["pending"].clone();
    ada.client.clock.advance(Duration::minutes(6));
    let late = json!({ "pending": pending, "code": ada.code() });
    let late = ada.client.post("/api/token/", late).await;
    assert_eq!(late.status, 400);
    assert!(late.body["pending"].is_array(), "{late:?}");
    let text = pending.as_str().unwrap();
    for odd in [&text[1..], "", "x", &"x".repeat(5000), "ä:b:c"] {
        let body = json!({ "pending": odd, "code": ada.code() });
        let answer = ada.client.post("/api/token/", body).await;
        assert_eq!(answer.status, 400, "{odd}");
    }
    let pending = begin().await.body["pending"].clone();
    let change = json!({
        "old_password": PASSWORD, "new_password1": "another horse 9", "new_password2": "another horse 9",
    });
    let changed = ada.post("/rest-auth/password/change/", change).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    let body = json!({ "pending": pending, "code": ada.next_code() });
    assert_eq!(ada.client.post("/api/token/", body).await.status, 400);
}

#[tokio::test]
async fn recovery_code_is_good_once_and_told_by_mail() {
    let ada = Ada::new().await;
    assert_eq!(ada.codes.len(), 10);
    let typed = format!(" {} ", ada.codes[3].to_uppercase());
    let answer = ada.log_in("/api/token/", json!({ "code": typed })).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let again = ada
        .log_in("/api/token/", json!({ "code": ada.codes[3] }))
        .await;
    assert!(is_refused(&again), "{again:?}");
    let left = ada
        .client
        .get("/api/second-factors/", &format!("Token {}", ada.token))
        .await;
    assert_eq!(left.body, json!({ "totp": true, "recovery_codes": 9 }));
    let made = ada
        .post("/api/second-factors/recovery-codes/", json!({}))
        .await;
    assert_eq!(made.status, 201, "{made:?}");
    let old = ada
        .log_in("/api/token/", json!({ "code": ada.codes[4] }))
        .await;
    assert!(is_refused(&old), "{old:?}");
    let new = texts(&made.body["recovery_codes"]).remove(0);
    let answer = ada.log_in("/api/token/", json!({ "code": new })).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let mails = ada.client.mails().await;
    let told: Vec<_> = mails
        .iter()
        .filter(|mail| mail.kind == "factors_changed")
        .collect();
    assert_eq!(told.len(), 4, "added, used, made, used");
    let events = ada.events().await;
    for event in [
        "factor_added ok",
        "recovery_used ok",
        "recovery_codes ok",
        "login failed",
    ] {
        assert!(events.iter().any(|own| own == event), "{event}: {events:?}");
    }
}

#[tokio::test]
async fn guesses_of_codes_are_stopped_at_all_doors_together() {
    let ada = Ada::new().await;
    for number in 0..5 {
        let path = ["/api/token/", "/jwt/token/"][number % 2];
        assert!(is_refused(
            &ada.log_in(path, json!({ "code": "000000" })).await
        ));
    }
    let code = ada.next_code();
    for path in ["/api/token/", "/rest-auth/login/", "/knox/login-json/"] {
        let stopped = ada.log_in(path, json!({ "code": code })).await;
        assert_eq!(stopped.status, 429, "{path}: {stopped:?}");
        assert!(!stopped.header("retry-after").is_empty());
    }
    // Whoever is in stays in, and a while later the right code counts.
    let user = ada
        .client
        .get("/api/user/", &format!("Token {}", ada.token))
        .await;
    assert_eq!(user.status, 200);
    ada.client.clock.advance(Duration::minutes(6));
    let answer = ada
        .log_in("/api/token/", json!({ "code": ada.code() }))
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test]
async fn wrong_password_with_a_right_code_tells_nothing() {
    let ada = Ada::new().await;
    let code = ada.next_code();
    let of =
        |email: &str, password: &str| json!({ "email": email, "password": password, "code": code });
    let wrong = ada.client.post("/api/token/", of(EMAIL, "wrong")).await;
    let nobody = ada
        .client
        .post("/api/token/", of("bob@example.com", "wrong"))
        .await;
    assert_eq!((wrong.status, &wrong.bytes), (nobody.status, &nobody.bytes));
    assert!(wrong.body["code"].is_null(), "{wrong:?}");
    // The code was not used up by it.
    let answer = ada.client.post("/api/token/", of(EMAIL, PASSWORD)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test]
async fn risky_acts_want_a_login_that_proved_itself_lately() {
    let ada = Ada::new().await;
    ada.client.clock.advance(Duration::minutes(11));
    let paths = [
        "/api/second-factors/totp/setup/",
        "/api/second-factors/totp/",
        "/api/second-factors/totp/remove/",
        "/api/second-factors/recovery-codes/",
    ];
    for path in paths {
        let answer = ada.post(path, json!({})).await;
        assert_eq!(answer.status, 403, "{path}: {answer:?}");
        // With a second factor, the password does not do.
        let answer = ada.post(path, json!({ "password": PASSWORD })).await;
        assert!(is_refused(&answer), "{path}: {answer:?}");
        let answer = ada.client.post(path, json!({})).await;
        assert_eq!(answer.status, 401, "{path}");
    }
    let wrong = ada
        .post("/api/reauthenticate/", json!({ "code": "000000" }))
        .await;
    assert!(is_refused(&wrong), "{wrong:?}");
    let right = ada
        .post("/api/reauthenticate/", json!({ "code": ada.code() }))
        .await;
    assert_eq!(right.status, 200, "{right:?}");
    let removed = ada
        .post("/api/second-factors/totp/remove/", json!({}))
        .await;
    assert_eq!(removed.status, 204, "{removed:?}");
    let again = ada
        .post("/api/second-factors/totp/remove/", json!({}))
        .await;
    assert_eq!(again.status, 404);
    let left = ada
        .client
        .get("/api/second-factors/", &format!("Token {}", ada.token))
        .await;
    assert_eq!(left.body, json!({ "totp": false, "recovery_codes": 0 }));
    // The password alone does again, also to confirm.
    let answer = ada.log_in("/api/token/", json!({})).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    ada.client.clock.advance(Duration::minutes(11));
    for (body, status) in [
        (json!({}), 400),
        (json!({ "password": "wrong" }), 400),
        (json!({ "password": PASSWORD }), 200),
    ] {
        let answer = ada.post("/api/reauthenticate/", body).await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
    let events = ada.events().await;
    for event in [
        "reauthentication ok",
        "reauthentication failed",
        "factor_removed ok",
    ] {
        assert!(events.iter().any(|own| own == event), "{event}: {events:?}");
    }
}

#[tokio::test]
async fn app_is_added_by_its_owner_and_in_time() {
    let client = Client::new().await;
    let token = client.signup(EMAIL, PASSWORD).await;
    let other = client.signup("bob@example.com", PASSWORD).await;
    let post = |token: &str, path: &str, body: Value| {
        let authorization = format!("Token {token}");
        let (client, path) = (&client, format!("/api/second-factors/totp/{path}"));
        async move { client.send_json("POST", &path, &authorization, &body).await }
    };
    let setup = post(&token, "setup/", json!({})).await.body;
    let secret = unbase32(setup["secret"].as_str().unwrap());
    let code = || totp_code(&secret, client.clock.now().unix_timestamp());
    let body = json!({ "setup": setup["setup"], "code": code() });
    assert_eq!(
        post(&other, "", body.clone()).await.status,
        400,
        "it is ada's"
    );
    let wrong = json!({ "setup": setup["setup"], "code": "000000" });
    assert_eq!(post(&token, "", wrong).await.status, 400);
    for odd in [
        json!({}),
        json!({ "setup": [], "code": {} }),
        json!({ "setup": "x", "code": "" }),
    ] {
        assert_eq!(post(&token, "", odd).await.status, 400);
    }
    client.clock.advance(Duration::minutes(16));
    let late = json!({ "setup": setup["setup"], "code": code(), "password": PASSWORD });
    assert_eq!(post(&token, "", late).await.status, 400);
    // Nothing was asked for so far.
    let answer = client
        .post(
            "/api/token/",
            json!({ "email": EMAIL, "password": PASSWORD }),
        )
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
}
