//! Log-in by GitHub, and a step of one's own on the way: only addresses of the club get in.
//!
//! ```console
//! $ GITHUB_CLIENT_ID=… GITHUB_CLIENT_SECRET=… cargo run -p social-login
//! $ curl -s localhost:8000/api/social/
//! [{"provider":"github","label":"GitHub"}]
//! $ curl -s localhost:8000/members/
//! {"detail":"Authentication credentials were not provided."}
//! ```
//!
//! The callback to register at GitHub is `http://localhost:8000/api/social/github/callback/`. Then open
//! <http://localhost:8000/>, and follow its link.
#![forbid(unsafe_code)]

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::response::Html;
use portcullis::accounts::social::{
    HttpClient, Known, OAuthClient, Provider, SignUp, Social, SocialError, SocialLogin,
    SocialSettings, Step, github,
};
use portcullis::core::{Clock, SecretKeys, Store, SystemClock};
use portcullis::django::password::Hashers;
use portcullis::sql::Database;
use portcullis::web::{
    CookieDoorSettings, CsrfSettings, HashingPool, Passwords, SessionAuthentication,
    SessionSettings, Sessions,
};
use portcullis::{AccountSettings, Accounts, CurrentUser, Gate, Refusal, get};

/// How browsers reach this service.
const BASE: &str = "http://localhost:8000";

/// Lets in only whom the provider vouches for at an address of the club.
struct ClubOnly;

#[async_trait]
impl Step for ClubOnly {
    async fn run(&self, _: &Social, login: &mut SocialLogin<'_>) -> Result<(), SocialError> {
        let identity = &login.identity;
        let email = identity.email.as_deref().unwrap_or_default();
        let is_ours = identity.is_email_verified == Some(true) && email.ends_with("@example.com");
        let members = || Refusal::PermissionDenied(Some("Members only.".into()));
        is_ours.then_some(()).ok_or_else(|| members().into())
    }
}

async fn page() -> Html<&'static str> {
    Html("<a href=\"/api/social/github/start/?next=/members/\">Log in with GitHub</a>")
}

async fn members(CurrentUser(user): CurrentUser) -> String {
    format!("Hello {}!", user.email)
}

fn service(
    passwords: Passwords,
    sessions: &Sessions,
    clock: Arc<dyn Clock>,
    providers: Vec<Arc<dyn Provider>>,
) -> anyhow::Result<Router> {
    let accounts = Accounts::new(
        passwords,
        sessions.clone(),
        clock,
        AccountSettings::default(),
    );
    let social = Social::new(
        accounts,
        SocialSettings::new(BASE),
        HttpClient::new(None)?,
        providers,
    )
    .with_steps(vec![Arc::new(ClubOnly), Arc::new(Known), Arc::new(SignUp)]);
    let gate = Gate::new(vec![Arc::new(SessionAuthentication(sessions.clone()))])
        .with_csrf(sessions.csrf().clone());
    let doors = gate
        .doors()
        .route("/", get(page))
        .open()
        .route("/members/", get(members)); // nothing said: IsAuthenticated
    Ok(doors.merge(social.doors(&gate)).into_router())
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let (database, _) = Database::open_sqlite("social.db".as_ref())?;
    database.migrate(SystemClock.now()).await?;
    let store: Arc<dyn Store> = Arc::new(database);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let passwords = Passwords::new(
        Arc::clone(&store),
        Arc::clone(&clock),
        HashingPool::start(1, 64)?,
        Hashers::default(),
        None,
    );
    let cookies = CookieDoorSettings {
        secret_keys: SecretKeys::new("an example's key: never one of a real service", Vec::new()),
        session: SessionSettings::default(),
        csrf: CsrfSettings::default(),
    };
    let sessions = Sessions::new(store, Arc::clone(&clock), cookies);
    let said = |name: &str| std::env::var(name).unwrap_or_default();
    let client = OAuthClient::new(said("GITHUB_CLIENT_ID"), said("GITHUB_CLIENT_SECRET"));
    let service = service(
        passwords,
        &sessions,
        clock,
        vec![Arc::new(github(client, None))],
    )?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8000").await?;
    Ok(axum::serve(listener, service).await?)
}

#[cfg(test)]
mod tests {
    use portcullis_test::{FakeProvider, Person, TestApp};
    use serde_json::{Value, json};
    use time::macros::datetime;

    use super::*;

    #[tokio::test]
    async fn members_get_in_and_others_do_not() {
        let fake = FakeProvider::start(datetime!(2026-01-02 03:04:05 UTC)).await;
        let provider = fake.client("fake", "https://app.example.com/");
        let app = TestApp::new(|parts| {
            let providers: Vec<Arc<dyn Provider>> = vec![Arc::new(provider)];
            service(parts.passwords, &parts.sessions, parts.clock, providers).unwrap()
        });
        let app = app.await;
        for (email, status) in [("ada@example.com", 303), ("eve@example.org", 403)] {
            let browser = app.anonymous();
            let body = json!({ "callback": "server", "next": "/members/" });
            let begun = browser.post("/api/social/fake/start/", &body).await;
            let begun: Value = serde_json::from_str(&begun.text).unwrap();
            let url = begun["authorization_url"].as_str().unwrap();
            let query = fake.consent(url, &Person::named(email).with_email(email));
            let path = format!("/api/social/fake/callback/?{query}");
            let back = browser.get(&path).await;
            assert_eq!(back.status.as_u16(), status, "{back:?}");
            let members = browser.get("/members/").await;
            assert_eq!(members.text == format!("Hello {email}!"), status == 303);
        }
    }
}
