//! Social log-in in a service of one's own: a provider with one function, and a step of one's own.

use std::sync::Arc;

use async_trait::async_trait;
use portcullis::accounts::social::{
    ByEmail, Call, HttpClient, Identity, Known, OAuth2Provider, OAuthClient, Outgoing, Profile,
    Provider, ProviderError, SignUp, Social, SocialError, SocialLogin, SocialSettings, Step,
};
use portcullis::accounts::{JwtSettings, RestAuth, RestAuthSettings};
use portcullis::django::jwt::{Algorithm, Backend, Key};
use portcullis::web::{Api, JwtCookies};
use portcullis::{AccountSettings, Accounts, Refusal};
use portcullis_test::{CLIENT_ID, CLIENT_SECRET, FakeProvider, Person, TestApp, TestParts};
use serde_json::{Value, json};
use time::macros::datetime;

const APP: &str = "https://app.example.com/auth/callback";

/// Lets only the club's own people in.
struct ClubOnly;

#[async_trait]
impl Step for ClubOnly {
    async fn run(&self, _: &Social, login: &mut SocialLogin<'_>) -> Result<(), SocialError> {
        let email = login.identity.email.as_deref().unwrap_or_default();
        let is_ours = email.ends_with("@example.com");
        let members = Refusal::PermissionDenied(Some("Members only.".into()));
        is_ours.then_some(()).ok_or_else(|| members.into())
    }
}

/// Asks the fake's user endpoint, as a provider without ID tokens is asked.
struct UserEndpoint(url::Url);

#[async_trait]
impl Profile for UserEndpoint {
    async fn identity(&self, call: Call<'_>, token: &str) -> Result<Identity, ProviderError> {
        let asked = Outgoing::get(self.0.clone()).bearer(token);
        let user = call.http.json(asked).await?;
        let email = user.get("email").and_then(Value::as_str);
        Ok(Identity::of_text(&user["sub"])?.with_email(email, Some(true)))
    }
}

fn service(parts: TestParts, fake: &FakeProvider) -> axum::Router {
    let accounts = Accounts::new(
        parts.passwords.clone(),
        parts.sessions.clone(),
        parts.clock.clone(),
        AccountSettings::default(),
    );
    let at = |path: &str| format!("{}{path}", fake.issuer()).parse().unwrap();
    let client = OAuthClient::new(CLIENT_ID, CLIENT_SECRET).with_callback(APP);
    let plain = OAuth2Provider::new(
        "plain",
        "Plain",
        client,
        at("/authorize"),
        at("/token"),
        UserEndpoint(at("/user")),
    );
    let providers: Vec<Arc<dyn Provider>> =
        vec![Arc::new(plain), Arc::new(fake.client("club", APP))];
    let http = HttpClient::new(None).unwrap();
    let settings = SocialSettings::new("https://example.com");
    let social = Social::new(accounts.clone(), settings, http, providers).with_steps(vec![
        Arc::new(ClubOnly),
        Arc::new(Known),
        Arc::new(ByEmail),
        Arc::new(SignUp),
    ]);
    let key = Key::secret(
        Algorithm::Hs256,
        "a secret of the tests, long enough to sign",
    )
    .unwrap();
    let jwt = portcullis::accounts::Jwt::new(
        parts.passwords.clone(),
        parts.clock.clone(),
        Backend::new(key),
        JwtSettings::default(),
    );
    let cookies = JwtCookies::new("access-token", "refresh-token", "/rest-auth/");
    let rest_auth = RestAuth::new(accounts, RestAuthSettings::default())
        .with_social(social.clone())
        .with_jwt(jwt, cookies);
    social
        .doors(&parts.gate)
        .merge(rest_auth.doors(&parts.gate, "/rest-auth/", Api::new))
        .into_router()
}

/// A log-in by the door of JWTs; status and body.
async fn log_in(
    app: &TestApp,
    fake: &FakeProvider,
    provider: &str,
    person: &Person,
) -> (u16, Value) {
    let browser = app.anonymous();
    let path = format!("/api/social/{provider}/start/");
    let begun = browser.post(&path, &json!({})).await;
    let begun: Value = serde_json::from_str(&begun.text).unwrap();
    let url = begun["authorization_url"].as_str().unwrap();
    let url = match provider {
        // The fake wants what OpenID Connect has.
        "plain" => format!("{url}&scope=openid&nonce=none"),
        _ => url.to_owned(),
    };
    let query = fake.consent(&url, person);
    let of = |name: &str| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let mut found = pairs.filter(|(own, _)| *own == name);
        found.next().unwrap().1.to_owned()
    };
    let body = json!({ "code": of("code"), "state": of("state") });
    let answer = browser
        .post(&format!("/rest-auth/{provider}/"), &body)
        .await;
    let body = serde_json::from_str(&answer.text).unwrap_or_default();
    (answer.status.as_u16(), body)
}

#[tokio::test]
async fn provider_and_step_of_ones_own_give_jwts_to_members() {
    let fake = FakeProvider::start(datetime!(2026-01-02 03:04:05 UTC)).await;
    let app = TestApp::new(|parts| service(parts, &fake)).await;
    for provider in ["plain", "club"] {
        let person = Person::named(&format!("ada.{provider}"));
        let (status, body) = log_in(&app, &fake, provider, &person).await;
        assert_eq!(status, 200, "{provider} {body}");
        assert!(
            body["access"].as_str().unwrap().starts_with("eyJ"),
            "{body}"
        );
        let email = format!("ada.{provider}@example.com");
        assert_eq!(body["user"]["email"], email, "{body}");
        let stranger = person.with_email("eve@example.org");
        let (status, body) = log_in(&app, &fake, provider, &stranger).await;
        assert_eq!((status, &body["detail"]), (403, &json!("Members only.")));
    }
}
