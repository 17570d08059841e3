//! Social log-in, against a provider that can misbehave: every attack of the list is refused, and never by a 5xx.
//!
//! The items of `docs/security-checklist.md` stand at the tests.

mod access_tokens;
mod accounts;
mod browser;
mod doors;
mod flow;
mod id_tokens;
mod linking;
mod outages;
mod process;
mod second_factor;
mod states;

pub(crate) use process::settings_for;

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use portcullis::accounts::social::{HttpClient, Provider};
use portcullis::core::{Clock, UserStore};
use portcullis_server::{SocialProviders, Surroundings};
use portcullis_test::{Answer, Client as Browser, FakeProvider, Person};
use serde_json::{Value, json};

use crate::client::Client;

/// Where the app of the tests wants people to come back.
pub(crate) const APP: &str = "https://app.example.com/auth/callback";

/// A service with one provider, called `club`, and what is at both ends.
pub(crate) struct Place {
    pub(crate) service: Client,
    pub(crate) provider: FakeProvider,
    /// Another provider, called `other`.
    pub(crate) other: FakeProvider,
}

impl Place {
    pub(crate) async fn new() -> Self {
        Self::with(Surroundings::default()).await
    }

    pub(crate) async fn with(surroundings: Surroundings) -> Self {
        let now = time::macros::datetime!(2026-01-02 03:04:05 UTC);
        let (provider, other) = (
            FakeProvider::start(now).await,
            FakeProvider::start(now).await,
        );
        let providers: Vec<Arc<dyn Provider>> = vec![
            Arc::new(provider.client("club", APP)),
            Arc::new(other.client("other", APP)),
        ];
        // Patience of a test.
        let client = HttpClient::new(None).unwrap();
        let client = client.with_time(Duration::from_secs(1));
        let providers = SocialProviders { client, providers };
        Self {
            service: Client::with_providers(&surroundings, providers).await,
            provider,
            other,
        }
    }

    /// A browser without cookies.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.service.app.clone(), None)
    }

    /// Begins a log-in; gives where the browser is sent to.
    pub(crate) async fn begin(&self, browser: &Browser, body: Value) -> String {
        let answer = post_csrf(browser, "/api/social/club/start/", &body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        text(&answer, "authorization_url")
    }

    /// What a browser comes back with, once somebody said yes.
    pub(crate) async fn come_back(&self, browser: &Browser, person: &Person) -> String {
        let url = self.begin(browser, json!({ "callback": "server" })).await;
        self.provider.consent(&url, person)
    }

    /// A whole log-in by the server's callback.
    pub(crate) async fn log_in(&self, browser: &Browser, person: &Person) -> Answer {
        let query = self.come_back(browser, person).await;
        callback(browser, &query).await
    }

    /// Whether somebody has an account.
    pub(crate) async fn has_account(&self, email: &str) -> bool {
        let found = self.service.store.user_by_login_name(email).await;
        found.unwrap().is_some()
    }

    /// Moves both clocks.
    pub(crate) fn wait(&self, time: time::Duration) {
        self.service.clock.advance(time);
        self.provider.set_time(self.service.clock.now());
    }
}

/// Comes back to the server.
pub(crate) async fn callback(browser: &Browser, query: &str) -> Answer {
    browser
        .get(&format!("/api/social/club/callback/?{query}"))
        .await
}

/// Sends a code as the app does; logs in by token.
pub(crate) async fn token(browser: &Browser, body: &Value) -> Answer {
    browser.post("/rest-auth/club/", body).await
}

/// Whose session a browser has.
pub(crate) async fn who(browser: &Browser) -> Option<String> {
    let answer = browser.get("/api/user/").await;
    (answer.status == 200).then(|| text(&answer, "email"))
}

/// Refused, with that status, and without anybody being logged in.
pub(crate) async fn assert_nobody(browser: &Browser, answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(browser.cookie("sessionid"), None, "{answer:?}");
    assert_eq!(who(browser).await, None);
}

pub(crate) fn text(answer: &Answer, name: &str) -> String {
    let body: Value = serde_json::from_str(&answer.text).unwrap_or_default();
    let text = body[name].as_str();
    text.unwrap_or_else(|| panic!("{name} is missing: {answer:?}"))
        .to_owned()
}

/// The value of a name in a query.
pub(crate) fn of_query(query: &str, name: &str) -> String {
    let found = query
        .split('&')
        .find_map(|pair| pair.strip_prefix(&format!("{name}=")));
    found
        .unwrap_or_else(|| panic!("{name} in {query}"))
        .to_owned()
}

/// A request with the CSRF token of the jar.
pub(crate) async fn post_csrf(browser: &Browser, path: &str, body: &Value) -> Answer {
    let request = browser.request(Method::POST, path).json(body).csrf();
    request.send().await
}
