//! Log-in by providers: the single-page app's exchange of a code, and the providers as the recorded servers set them up.

use async_trait::async_trait;
use axum::Json;
use axum::extract::{Path, RawQuery};
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;
use portcullis::accounts::social::{
    Call, HttpClient, Identity, LinkByEmail, OAuth2Provider, OAuthClient, Outgoing, Profile, Proof,
    Provider, ProviderError, Social, SocialError, SocialSettings, facebook, github,
};
use portcullis::{Accounts, Doors, Refusal, get};
use serde_json::{Value, json};
use std::sync::Arc;
use url::Url;

use crate::app::App;

/// Where the app of the recordings is.
const APP: &str = "http://127.0.0.1:8001";

/// Social log-in by the three providers of the recordings.
pub(crate) fn social(accounts: Accounts, base: &Url) -> anyhow::Result<Social> {
    let at = |path: &str| base.join(path);
    let client = |id: &str, secret: &str, name: &str| {
        OAuthClient::new(id, secret).with_callback(format!("{APP}/auth/{name}/callback"))
    };
    let google = OAuth2Provider::new(
        "google",
        "Google",
        client("go-client", "go-secret", "google"),
        at("/google/o/oauth2/v2/auth")?,
        at("/google/token")?,
        UserInfo(at("/google/oauth2/v2/userinfo")?),
    );
    let github_base = at("/github")?;
    let facebook_base = at("/facebook")?;
    let providers: Vec<Arc<dyn Provider>> = vec![
        Arc::new(github(
            client("gh-client", "gh-secret", "github"),
            Some(&github_base),
        )),
        Arc::new(google),
        Arc::new(facebook(
            client("fb-client", "fb-secret", "facebook"),
            Some(&facebook_base),
        )),
    ];
    let settings = SocialSettings {
        limit: None,
        ..SocialSettings::new(APP)
    };
    Ok(Social::new(
        accounts,
        settings,
        HttpClient::new(None)?,
        providers,
    ))
}

/// Google as the recorded server asked it: without ID tokens.
struct UserInfo(Url);

#[async_trait]
impl Profile for UserInfo {
    async fn identity(&self, call: Call<'_>, token: &str) -> Result<Identity, ProviderError> {
        let asked = Outgoing::get(self.0.clone()).bearer(token);
        let info = call.http.json(asked).await?;
        let text = |name: &str| info.get(name).and_then(Value::as_str);
        let is_verified = info.get("verified_email").and_then(Value::as_bool);
        let id = info.get("id").unwrap_or(&Value::Null);
        Ok(Identity::of_text(id)?
            .with_email(text("email"), is_verified)
            .with_names(text("given_name"), text("family_name")))
    }
}

pub(crate) fn doors(app: &App) -> Doors {
    let app_of_get = app.clone();
    let exchange =
        get(move |request, provider, query| exchange(app_of_get, request, provider, query));
    app.doors()
        .route("/api/social/{provider}/", exchange)
        .authenticated_by(Vec::new())
        .page()
        .open()
}

/// Exchanges a code for a session; whoever has the address is who it is.
async fn exchange(
    app: App,
    request: Parts,
    Path(provider): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let Some(provider) = app.social.provider(&provider) else {
        return Ok((StatusCode::NOT_FOUND, Html("<h1>Not Found</h1>")).into_response());
    };
    let query = query.unwrap_or_default();
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    let code = pairs.find(|(name, value)| name == "code" && !value.is_empty());
    let Some((_, code)) = code else {
        return Ok(refused("The code parameter is missing."));
    };
    let text = match log_in(&app, &request, provider, code.into_owned()).await {
        Ok(()) => return Ok(Json(json!({ "detail": "success" })).into_response()),
        Err(SocialError::Refused(refusal)) => return Err(refusal),
        Err(SocialError::Closed) => "This account is inactive.",
        Err(SocialError::NoEmail) => "The provider gave no e-mail address.",
        Err(SocialError::ToConfirm) => "The e-mail address is not verified at the provider.",
        Err(_) => "The provider did not accept the code.",
    };
    Ok(refused(text))
}

async fn log_in(
    app: &App,
    request: &Parts,
    provider: &dyn Provider,
    code: String,
) -> Result<(), SocialError> {
    let proof = Proof::DangerCode(code);
    let identity = app.social.identify(request, provider, proof).await?;
    if identity.email.is_none() {
        return Err(SocialError::NoEmail);
    }
    if identity.is_email_verified == Some(false) {
        return Err(SocialError::ToConfirm);
    }
    let linking = LinkByEmail::DangerAlways;
    let resolved = app
        .social
        .resolve(request, provider, identity, None, linking);
    let user = resolved.await?.user;
    app.social.open_session(request, &user).await
}

fn refused(text: &str) -> Response {
    let body = Json(json!({ "detail": text }));
    (StatusCode::BAD_REQUEST, body).into_response()
}
