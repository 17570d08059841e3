//! The providers of social log-in that the recorded cases ask: GitHub, Google and Facebook on the loopback.
//!
//! A code is `KIND.LOGIN.NONCE`, and works once. Its kind says what becomes of it:
//!
//! | kind | what the provider says |
//! |---|---|
//! | `ok` | a verified address, `LOGIN@social.example` |
//! | `unverified` | the same, not verified |
//! | `noemail` | no address |
//! | `collide` | a verified address, `LOGIN@example.com` |
//! | `revoked` | a token, which its user endpoint refuses |
//! | `boom` | an error of the server |
//!
//! The access token of a code is the code behind `tok.`, and works always.

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Json, Router};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

/// Where the providers answer, each below its name; they end with the process.
#[derive(Clone, Copy, Debug)]
pub struct Providers {
    /// The address of all of them.
    pub http: SocketAddr,
}

/// The codes that were used.
type Used = Arc<Mutex<HashSet<String>>>;

impl Providers {
    /// Listens on a free port of the loopback.
    ///
    /// # Errors
    /// When there is no free port, or no thread.
    pub fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let http = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        thread::spawn(move || {
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener)?;
                axum::serve(listener, router()).await
            })
        });
        Ok(Self { http })
    }
}

fn router() -> Router {
    Router::new()
        .route("/github/login/oauth/access_token", any(github_token))
        .route("/github/api/v3/user", get(github_user))
        .route("/github/api/v3/user/emails", get(github_emails))
        .route("/google/token", any(google_token))
        .route("/google/oauth2/v2/userinfo", get(google_user))
        .route("/facebook/v19.0/oauth/access_token", any(facebook_token))
        .route("/facebook/v19.0/me", get(facebook_user))
        .with_state(Used::default())
}

/// What a request says, in its query or its form.
struct Said(BTreeMap<String, String>);

impl Said {
    fn of(query: Option<&str>, form: &str) -> Self {
        let both = [query.unwrap_or_default(), form];
        let pairs = both.map(|text| url::form_urlencoded::parse(text.as_bytes()).into_owned());
        Self(pairs.into_iter().flatten().collect())
    }

    fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    fn is_of(&self, id: &str, secret: &str) -> bool {
        self.text("client_id") == id && self.text("client_secret") == secret
    }

    /// Whether the provider fails at it.
    fn is_boom(&self) -> bool {
        self.text("code").starts_with("boom.")
    }

    /// The access token of a code that is good, and was not used.
    fn redeem(&self, used: &Used) -> Option<String> {
        let code = self.text("code");
        person(code)?;
        let mut used = used.lock().unwrap_or_else(PoisonError::into_inner);
        used.insert(code.to_owned()).then(|| format!("tok.{code}"))
    }
}

/// Somebody at a provider.
struct Person {
    id: u32,
    login: String,
    email: Option<String>,
    is_verified: bool,
    is_revoked: bool,
}

/// Whom a code is about; `None`: it is no code.
fn person(code: &str) -> Option<Person> {
    let parts: Vec<&str> = code.split('.').collect();
    let [kind, login, _nonce] = parts.as_slice() else {
        return None;
    };
    let kinds = ["ok", "unverified", "noemail", "collide", "revoked"];
    if !kinds.contains(kind) {
        return None;
    }
    let domain = match *kind {
        "collide" => "example.com",
        _ => "social.example",
    };
    Some(Person {
        id: number(login),
        login: (*login).to_owned(),
        email: (*kind != "noemail").then(|| format!("{login}@{domain}")),
        is_verified: *kind != "unverified",
        is_revoked: *kind == "revoked",
    })
}

/// The number of a name, always the same: FNV-1a, and never nothing.
fn number(login: &str) -> u32 {
    let hash = login.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    hash.max(1)
}

/// Whose access token comes with a request.
fn owner(headers: &HeaderMap) -> Option<Person> {
    let header = headers.get(http::header::AUTHORIZATION)?.to_str().ok()?;
    let token = header.split_once(' ')?.1;
    let person = person(token.strip_prefix("tok.")?)?;
    Some(person).filter(|person| !person.is_revoked)
}

fn answer(status: StatusCode, body: Value) -> Response {
    (status, Json(body)).into_response()
}

fn boom() -> Response {
    let body = json!({ "error": "server_error" });
    answer(StatusCode::INTERNAL_SERVER_ERROR, body)
}

/// GitHub says also with 200 that it refuses.
async fn github_token(
    State(used): State<Used>,
    RawQuery(query): RawQuery,
    form: String,
) -> Response {
    let said = Said::of(query.as_deref(), &form);
    if said.is_boom() {
        return boom();
    }
    if !said.is_of("gh-client", "gh-secret") {
        let body = json!({ "error": "incorrect_client_credentials" });
        return answer(StatusCode::OK, body);
    }
    let body = match said.redeem(&used) {
        Some(token) => json!({ "access_token": token, "token_type": "bearer" }),
        None => json!({ "error": "bad_verification_code" }),
    };
    answer(StatusCode::OK, body)
}

async fn github_user(headers: HeaderMap) -> Response {
    match owner(&headers) {
        Some(person) => {
            let (id, login) = (person.id, person.login);
            let body = json!({ "id": id, "login": login, "name": null, "email": null });
            answer(StatusCode::OK, body)
        }
        None => bad_credentials(),
    }
}

async fn github_emails(headers: HeaderMap) -> Response {
    let Some(person) = owner(&headers) else {
        return bad_credentials();
    };
    let is_verified = person.is_verified;
    let row = |email| json!({ "email": email, "primary": true, "verified": is_verified });
    let rows: Vec<Value> = person.email.map(row).into_iter().collect();
    answer(StatusCode::OK, rows.into())
}

fn bad_credentials() -> Response {
    let body = json!({ "message": "Bad credentials" });
    answer(StatusCode::UNAUTHORIZED, body)
}

async fn google_token(
    State(used): State<Used>,
    RawQuery(query): RawQuery,
    form: String,
) -> Response {
    let said = Said::of(query.as_deref(), &form);
    if said.is_boom() {
        return boom();
    }
    if !said.is_of("go-client", "go-secret") {
        let body = json!({ "error": "invalid_client" });
        return answer(StatusCode::UNAUTHORIZED, body);
    }
    let is_code = said.text("grant_type") == "authorization_code";
    match said.redeem(&used).filter(|_| is_code) {
        Some(token) => {
            let body = json!({ "access_token": token, "token_type": "Bearer", "expires_in": 3599 });
            answer(StatusCode::OK, body)
        }
        None => answer(StatusCode::BAD_REQUEST, json!({ "error": "invalid_grant" })),
    }
}

async fn google_user(headers: HeaderMap) -> Response {
    let Some(person) = owner(&headers) else {
        let body = json!({ "error": { "code": 401 } });
        return answer(StatusCode::UNAUTHORIZED, body);
    };
    let mut body = json!({
        "id": person.id.to_string(), "name": person.login,
        "given_name": person.login, "family_name": "Test",
    });
    if let Some(email) = person.email {
        body["email"] = email.into();
        body["verified_email"] = person.is_verified.into();
    }
    answer(StatusCode::OK, body)
}

async fn facebook_token(
    State(used): State<Used>,
    RawQuery(query): RawQuery,
    form: String,
) -> Response {
    let said = Said::of(query.as_deref(), &form);
    if said.is_boom() {
        return boom();
    }
    let known = said.is_of("fb-client", "fb-secret");
    match known.then(|| said.redeem(&used)).flatten() {
        Some(token) => {
            let body = json!({ "access_token": token, "token_type": "bearer" });
            answer(StatusCode::OK, body)
        }
        None => bad_facebook(),
    }
}

/// Facebook does not say whether an address is verified.
async fn facebook_user(headers: HeaderMap) -> Response {
    let Some(person) = owner(&headers) else {
        return bad_facebook();
    };
    let mut body = json!({
        "id": person.id.to_string(), "name": person.login,
        "first_name": person.login, "last_name": "Test",
    });
    if let Some(email) = person.email {
        body["email"] = email.into();
    }
    answer(StatusCode::OK, body)
}

fn bad_facebook() -> Response {
    let body = json!({ "error": { "type": "OAuthException", "code": 100 } });
    answer(StatusCode::BAD_REQUEST, body)
}
