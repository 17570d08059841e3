//! `{provider}/`, `{provider}/connect/`, `socialaccounts/`: log-in and links by providers.

use axum::Json;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use portcullis_core::{IsAuthenticated, User};
use portcullis_web::{
    Access, Api, CurrentUser, Doors, FieldErrors, Fields, Refusal, TextRule, device_of, get, post,
};
use serde_json::{Map, Value, json};

use super::RestAuth;
use crate::describe::social as describe;
use crate::social::{
    Callback, Finished, Proof, Provider, ProviderError, REFUSED_CODE, Social, SocialError,
    account_row, is_linking_of,
};

impl RestAuth {
    /// With log-ins by providers.
    #[must_use]
    pub fn with_social(self, social: Social) -> Self {
        Self {
            social: Some(social),
            ..self
        }
    }

    pub(super) fn social_doors(
        &self,
        mut doors: Doors,
        at: &impl Fn(&str) -> String,
        api: &impl Fn(&'static str) -> Api,
    ) -> Doors {
        let Some(social) = &self.social else {
            return doors;
        };
        for provider in social.providers() {
            let (a, b) = (self.clone(), self.clone());
            let (name, other) = (provider.name().to_owned(), provider.name().to_owned());
            let login = post(move |request, fields| log_in(a, name, request, fields));
            let connect = post(move |request, access, user, fields| {
                connect(b, other, request, access, user, fields)
            });
            doors = doors
                .route(
                    &at(provider.name()),
                    login.described(self.ways().social_log_in()),
                )
                .api(api("Social Login"))
                .open()
                .route(
                    &at(&format!("{}/connect", provider.name())),
                    connect.described(self.ways().social_connect()),
                )
                .require(IsAuthenticated)
                .api(api("Social Connect"));
        }
        let (a, b) = (social.clone(), social.clone());
        let list = get(move |user| list(a, user)).described(describe::accounts());
        let disconnect =
            post(move |request, access, user, id| disconnect(b, request, access, user, id));
        doors
            .route(&at("socialaccounts"), list)
            .require(IsAuthenticated)
            .api(api("Social Account List"))
            .route(
                &at("socialaccounts/{id}/disconnect"),
                disconnect.described(describe::disconnect()),
            )
            .require(IsAuthenticated)
            .api(api("Social Account Disconnect"))
    }

    /// The social log-in that its doors are made for, and a provider of it.
    fn by(&self, provider: &str) -> Result<(&Social, &dyn Provider), Refusal> {
        let social = self.social.as_ref().ok_or(Refusal::NotFound)?;
        let provider = social.provider(provider).ok_or(Refusal::NotFound)?;
        Ok((social, provider))
    }

    /// Opens what a log-in opens here.
    async fn open_social(&self, request: &Parts, user: &User) -> Result<Response, Refusal> {
        let Some(social) = &self.social else {
            return Err(Refusal::NotFound);
        };
        let always = self.accounts.settings.compat.social_opens_session;
        let beside = || async {
            match self.accounts.sessions.log_in_beside(request, user).await? {
                true => Ok(()),
                false => Err(SocialError::Closed.of_form()),
            }
        };
        if let Some((jwt, cookies)) = &self.jwt {
            let pair = jwt.issue(device_of(request), user, None).await?;
            let pair = pair.ok_or_else(|| SocialError::Closed.of_form())?;
            if always {
                beside().await?;
            }
            return Ok(self.answer_pair(request, cookies, &pair, user));
        }
        let token = social.open_token(request, user).await;
        let token = token.map_err(SocialError::of_form)?;
        if self.settings.session_login || always {
            beside().await?;
        }
        Ok(Json(json!({ "key": token })).into_response())
    }
}

#[doc(alias = "SocialLoginView")]
async fn log_in(
    auth: RestAuth,
    provider: String,
    request: Parts,
    fields: Fields,
) -> Result<Response, Refusal> {
    let (social, provider) = auth.by(&provider)?;
    let csrf = auth.accounts.sessions().csrf();
    csrf.check_log_in(&request).map_err(Refusal::CsrfFailed)?;
    let (proof, invitation) = read(&auth, &fields)?;
    let finished = social.finish(&request, provider, proof).await;
    let finished = finished.map_err(|error| not_exchanged(&auth, error))?;
    if finished.linking.is_some() {
        return Err(SocialError::NotStarted.of_form());
    }
    let invitation = invitation.or(finished.invitation);
    let linking = social.usual_linking();
    let resolved = social.resolve(&request, provider, finished.identity, invitation, linking);
    let user = match resolved.await {
        Ok(resolved) => resolved.user,
        Err(SocialError::ToConfirm) => {
            let detail = SocialError::ToConfirm.text();
            return Ok(Json(json!({ "detail": detail })).into_response());
        }
        Err(error) => {
            let error = match error.or_next() {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            let is_taken = matches!(error, SocialError::EmailTaken);
            if is_taken && auth.accounts.settings.compat.session_on_registration {
                let sessions = auth.accounts.sessions();
                sessions.open_anonymous(&request, Map::new()).await?;
            }
            return Err(error.of_form());
        }
    };
    auth.open_social(&request, &user).await
}

#[doc(alias = "SocialConnectView")]
async fn connect(
    auth: RestAuth,
    provider: String,
    request: Parts,
    access: Access,
    CurrentUser(user): CurrentUser,
    fields: Fields,
) -> Result<Response, Refusal> {
    let (social, provider) = auth.by(&provider)?;
    let accounts = &auth.accounts;
    accounts
        .check_fresh_for_link(&request, &access, &fields)
        .await?;
    let (proof, _) = read(&auth, &fields)?;
    let is_code = matches!(proof, Proof::Code { .. });
    let finished = social.finish(&request, provider, proof).await;
    let Finished {
        identity, linking, ..
    } = finished.map_err(|error| not_exchanged(&auth, error))?;
    // A code comes of a log-in that this user began to link.
    let is_theirs = linking.is_some_and(|linking| is_linking_of(&linking, &user));
    if is_code && !is_theirs {
        return Err(SocialError::NotStarted.of_form());
    }
    let linked = social.link(&request, &user, provider, &identity).await;
    linked.map_err(SocialError::of_form)?;
    auth.open_social(&request, &user).await
}

async fn list(social: Social, CurrentUser(user): CurrentUser) -> Result<Json<Value>, Refusal> {
    let links = social.links(&user).await?;
    Ok(Json(links.iter().map(account_row).collect()))
}

async fn disconnect(
    social: Social,
    request: Parts,
    access: Access,
    CurrentUser(user): CurrentUser,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let id = id.parse().map_err(|_| Refusal::NotFound)?;
    let (accounts, fields) = (social.accounts(), Fields::default());
    accounts
        .check_fresh_for_link(&request, &access, &fields)
        .await?;
    social.unlink(&request, &user, id).await?;
    Ok(Json(json!({})))
}

/// What the form brings, and the invitation. The access token wins, as in dj-rest-auth.
fn read(auth: &RestAuth, fields: &Fields) -> Result<(Proof, Option<String>), Refusal> {
    let mut errors = FieldErrors::default();
    let mut text = |name: &'static str| {
        let text = fields.optional_text(TextRule::new(name).or_blank(), &mut errors);
        text.filter(|text| !text.is_empty())
    };
    let (access_token, id_token, code) = (text("access_token"), text("id_token"), text("code"));
    let (state, verifier, issuer) = (text("state"), text("code_verifier"), text("iss"));
    let invitation = text("invitation");
    errors.into_result()?;
    let takes_any = auth.accounts.settings.compat.social_access_token;
    let proof = match (id_token, access_token, code, state) {
        // It says for whom it was made, which an access token beside it does not.
        (Some(token), _, _, state) => Proof::IdToken { token, state },
        (None, Some(token), _, _) if takes_any => Proof::DangerAccessToken(token),
        (None, None, Some(code), Some(state)) => Proof::Code {
            code,
            state,
            verifier,
            issuer,
            callback: Callback::App,
        },
        (None, None, Some(code), None) if takes_any => Proof::DangerCode(code),
        (None, None, Some(_), None) => return Err(SocialError::NotStarted.of_form()),
        (None, Some(token), ..) => Proof::AccessToken(token),
        (None, None, None, _) => {
            let text = "Incorrect input. access_token or code is required.";
            return Err(FieldErrors::form(text).into());
        }
    };
    Ok((proof, invitation))
}

/// A failed exchange, in dj-rest-auth's words where it has any, and where these may differ from those about a closed
/// account.
fn not_exchanged(auth: &RestAuth, error: SocialError) -> Refusal {
    if !auth.accounts.settings.compat.distinct_login_errors {
        return error.of_form();
    }
    match error {
        SocialError::Provider(ProviderError::Refused(REFUSED_CODE)) => {
            FieldErrors::form("Failed to exchange code for access token").into()
        }
        SocialError::Provider(ProviderError::Refused(_)) => {
            FieldErrors::form("Incorrect value").into()
        }
        other => other.of_form(),
    }
}
