//! What an OpenID provider says about itself, and its keys: asked for, and kept for a while.

use portcullis_django::jwt::Jwks;
use serde_json::Value;
use time::{Duration, OffsetDateTime};
use tokio::sync::Mutex;
use url::Url;

use crate::social::http::is_allowed;
use crate::social::provider::TENANT;
use crate::social::{Call, Outgoing, ProviderError};

/// How long what was told is believed without asking again.
const FRESH: Duration = Duration::hours(1);

/// How long it is believed while nobody answers.
const STALE: Duration = Duration::days(1);

/// Keys are not asked for more often than this, whoever names an unknown one.
const PAUSE: Duration = Duration::minutes(1);

/// What a provider says about itself (OpenID Connect Discovery 1.0, 3).
#[derive(Clone, Debug)]
pub(super) struct Metadata {
    /// What it calls itself.
    pub(super) issuer: String,
    pub(super) authorization: Url,
    pub(super) token: Url,
    pub(super) userinfo: Option<Url>,
    pub(super) keys: Url,
    /// Whether the secret goes into the form, and not into the header.
    pub(super) takes_secret_in_form: bool,
    /// Whether the callback always has `iss`.
    pub(super) sends_issuer: bool,
}

/// Who did not answer is not asked again before this: others would wait in line for the same.
const REST: Duration = Duration::seconds(5);

/// Something that was told, and when.
#[derive(Debug)]
struct Told<T> {
    what: T,
    at: OffsetDateTime,
    asked: OffsetDateTime,
}

/// What is remembered of one question.
#[derive(Debug)]
struct Slot<T> {
    told: Option<Told<T>>,
    failed: Option<(ProviderError, OffsetDateTime)>,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self {
            told: None,
            failed: None,
        }
    }
}

impl<T: Clone> Slot<T> {
    /// What there is to say without asking; `will_do` is whether what is fresh does.
    fn known(&self, now: OffsetDateTime, will_do: bool) -> Option<Result<T, ProviderError>> {
        if let Some(told) = &self.told {
            let is_fresh = will_do && is_within(told.at, FRESH, now);
            let is_known = is_fresh || is_within(told.asked, PAUSE, now);
            return is_known.then(|| Ok(told.what.clone()));
        }
        let (error, at) = self.failed?;
        is_within(at, REST, now).then_some(Err(error))
    }

    /// What there is to say after asking: what was told before does for a day, while nobody answers.
    fn settle(
        &mut self,
        answer: Result<T, ProviderError>,
        now: OffsetDateTime,
    ) -> Result<T, ProviderError> {
        match answer {
            Ok(what) => {
                self.failed = None;
                self.told = Some(Told {
                    what: what.clone(),
                    at: now,
                    asked: now,
                });
                Ok(what)
            }
            Err(error) => match &mut self.told {
                Some(told) if is_within(told.at, STALE, now) => {
                    told.asked = now;
                    Ok(told.what.clone())
                }
                _ => {
                    self.told = None;
                    self.failed = Some((error, now));
                    Err(error)
                }
            },
        }
    }
}

/// What is remembered of a provider. One asks at a time, and the others wait for the answer.
#[derive(Debug, Default)]
pub(super) struct Memory {
    metadata: Mutex<Slot<Metadata>>,
    keys: Mutex<Slot<Jwks>>,
}

impl Memory {
    /// What the provider at `issuer` says about itself.
    pub(super) async fn metadata(
        &self,
        call: Call<'_>,
        issuer: &Url,
    ) -> Result<Metadata, ProviderError> {
        let mut slot = self.metadata.lock().await;
        match slot.known(call.now, true) {
            Some(known) => known,
            None => slot.settle(fetch(call, issuer).await, call.now),
        }
    }

    /// The provider's keys; asked for again when they are old, or when one is wanted that is not among them.
    pub(super) async fn keys(
        &self,
        call: Call<'_>,
        url: &Url,
        wants_new: bool,
    ) -> Result<Jwks, ProviderError> {
        let mut slot = self.keys.lock().await;
        if let Some(known) = slot.known(call.now, !wants_new) {
            return known;
        }
        let answer = call.http.json(Outgoing::get(url.clone())).await;
        let keys = answer.and_then(|set| {
            let keys = Jwks::read(&Value::Object(set));
            let has_some = !keys.is_empty();
            has_some
                .then_some(keys)
                .ok_or(ProviderError::Answer("no keys"))
        });
        slot.settle(keys, call.now)
    }
}

/// Whether less than `span` has passed since; a clock that was set back counts as that.
fn is_within(since: OffsetDateTime, span: Duration, now: OffsetDateTime) -> bool {
    let passed = now - since;
    passed < span
}

/// Whether an issuer with a place for the tenant is that of everybody's address: Microsoft's, at which people of
/// every tenant log in.
fn is_common(template: &str, base: &str) -> bool {
    let Some((before, after)) = template.split_once(TENANT) else {
        return false;
    };
    let middle = base.strip_prefix(before);
    let middle = middle.and_then(|rest| rest.strip_suffix(after));
    middle.is_some_and(|middle| ["common", "organizations"].contains(&middle))
}

async fn fetch(call: Call<'_>, issuer: &Url) -> Result<Metadata, ProviderError> {
    let base = issuer.as_str().trim_end_matches('/');
    let url = format!("{base}/.well-known/openid-configuration").parse();
    let url = url.map_err(|_| ProviderError::NotOffered("the issuer is no address"))?;
    let said = call.http.json(Outgoing::get(url)).await;
    // Not the fault of whoever wants to log in.
    let said = said.map_err(|error| match error {
        ProviderError::Refused(_) => ProviderError::Away("it has no discovery document"),
        other => other,
    })?;
    let text = |name: &str| said.get(name).and_then(Value::as_str);
    let name = text("issuer").ok_or(ProviderError::Answer("no issuer"))?;
    // Somebody else's document would name somebody else's keys.
    if name.trim_end_matches('/') != base && !is_common(name, base) {
        return Err(ProviderError::Untrusted("another issuer's document"));
    }
    let address = |name: &'static str| {
        let url = text(name).and_then(|text| text.parse::<Url>().ok());
        url.filter(is_allowed)
    };
    let missing = ProviderError::Answer("an endpoint is missing");
    let methods = said.get("token_endpoint_auth_methods_supported");
    let has = |method: &str| {
        let methods = methods.and_then(Value::as_array);
        methods.is_some_and(|methods| methods.iter().any(|own| own == method))
    };
    Ok(Metadata {
        issuer: name.to_owned(),
        authorization: address("authorization_endpoint").ok_or(missing)?,
        token: address("token_endpoint").ok_or(missing)?,
        userinfo: address("userinfo_endpoint"),
        keys: address("jwks_uri").ok_or(missing)?,
        // Where both are taken, the form: not everybody decodes names and secrets of the header, as RFC 6749
        // wants it. The header is the default where nothing is said.
        takes_secret_in_form: has("client_secret_post"),
        sends_issuer: said.get("authorization_response_iss_parameter_supported")
            == Some(&Value::Bool(true)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn template_of_an_issuer_stands_for_everybodys_address_alone() {
        let template = "https://login.example/{tenantid}/v2.0";
        assert!(is_common(template, "https://login.example/common/v2.0"));
        for other in [
            "https://login.example/evil/v2.0",
            "https://login.example/common/v1.0",
            "https://other.example/common/v2.0",
        ] {
            assert!(!is_common(template, other), "{other}");
        }
        assert!(!is_common("https://a.example", "https://a.example"));
    }
}
