//! ID tokens: who somebody is, signed by the provider for us (OpenID Connect Core 1.0, 3.1.3.7).

use portcullis_django::jwt::{Algorithm, Claims};
use serde_json::Value;
use subtle::ConstantTimeEq;
use time::OffsetDateTime;

use crate::social::provider::{TENANT, is_tenant};
use crate::social::{OAuthClient, ProviderError};

/// By what an ID token may be signed. Neither `none`, nor a secret that it shares with us.
pub(super) const ALGORITHMS: [Algorithm; 6] = [
    Algorithm::Rs256,
    Algorithm::Es256,
    Algorithm::EdDsa,
    Algorithm::Rs384,
    Algorithm::Rs512,
    Algorithm::Es384,
];

/// The longest ID token that is looked at, in bytes.
pub(super) const MAX_BYTES: usize = 16 * 1024;

/// How far clocks may differ, in seconds.
const LEEWAY: i64 = 30;

/// How old an ID token may be, in seconds, that was made for this log-in.
const MAX_AGE: i64 = 600;

/// How old one may be that an app brings: its system gives the same one for a while.
const MAX_AGE_OF_APP: i64 = 3600;

/// What an ID token must say.
pub(super) struct Wanted<'a> {
    pub(super) issuer: &'a str,
    pub(super) client: &'a OAuthClient,
    pub(super) nonce: Option<&'a str>,
    pub(super) now: OffsetDateTime,
}

/// Checks the claims of a token whose signature was verified.
pub(super) fn check(claims: &Claims, wanted: &Wanted<'_>) -> Result<(), ProviderError> {
    let untrusted = |why| Err(ProviderError::Untrusted(why));
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if !is_issuer(wanted.issuer, claims) {
        return untrusted("an ID token of another issuer");
    }
    if !is_for_us(claims, wanted.client) {
        return untrusted("an ID token for somebody else");
    }
    let now = wanted.now.unix_timestamp();
    let time = |name: &str| claims.get(name).and_then(seconds);
    match time("exp") {
        Some(expires) if expires > now - LEEWAY => {}
        Some(_) => return untrusted("an ID token that is over"),
        None => return untrusted("an ID token without an end"),
    }
    let max_age = match wanted.nonce {
        Some(_) => MAX_AGE,
        None => MAX_AGE_OF_APP,
    };
    match time("iat") {
        Some(issued) if issued > now + LEEWAY => return untrusted("an ID token of the future"),
        Some(issued) if issued < now - max_age => return untrusted("an old ID token"),
        Some(_) => {}
        None => return untrusted("an ID token without a time"),
    }
    if claims
        .get("nbf")
        .is_some_and(|from| seconds(from).is_none_or(|from| from > now + LEEWAY))
    {
        return untrusted("an ID token that is not good yet");
    }
    if let Some(nonce) = wanted.nonce {
        let own = text("nonce").unwrap_or_default();
        if !bool::from(own.as_bytes().ct_eq(nonce.as_bytes())) {
            return untrusted("an ID token of another log-in");
        }
    }
    Ok(())
}

/// Whether `iss` is the provider's. Microsoft's common one has a place for the tenant, which the token names.
fn is_issuer(issuer: &str, claims: &Claims) -> bool {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let Some(own) = text("iss") else {
        return false;
    };
    if !issuer.contains(TENANT) {
        return own == issuer;
    }
    let tenant = text("tid").filter(|tenant| is_tenant(tenant));
    tenant.is_some_and(|tenant| own == issuer.replace(TENANT, tenant))
}

/// Whether `aud` names us, and `azp` nobody else, where there are several.
fn is_for_us(claims: &Claims, client: &OAuthClient) -> bool {
    let is_us = |value: &Value| value.as_str().is_some_and(|id| client.is_named(id));
    let party = claims.get("azp");
    match claims.get("aud") {
        Some(Value::Array(all)) => {
            let are_texts = all.iter().all(Value::is_string);
            let is_named = all.iter().any(is_us);
            let is_clear = match party {
                Some(party) => is_us(party),
                None => all.len() == 1,
            };
            are_texts && is_named && is_clear
        }
        // An app on a phone may have got it for us: then `azp` is the app, which we know, too.
        Some(one) => is_us(one) && party.is_none_or(is_us),
        None => false,
    }
}

/// A number of seconds; of another JSON type it is none.
fn seconds(value: &Value) -> Option<i64> {
    let number = value.as_number()?;
    number.as_i64().or_else(|| {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "cutting off is meant, and what is out of range stays at its end"
        )]
        number.as_f64().map(|seconds| seconds as i64)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-01-02 03:04:05 UTC);

    fn checked(issuer: &str, change: &[(&str, Value)]) -> Result<(), ProviderError> {
        let now = NOW.unix_timestamp();
        let claims = json!({
            "iss": issuer, "aud": "us", "sub": "a", "exp": now + 300, "iat": now, "nonce": "n",
        });
        let Value::Object(mut claims) = claims else {
            return Ok(());
        };
        for (name, value) in change {
            match value {
                Value::Null => drop(claims.remove(*name)),
                value => drop(claims.insert((*name).to_owned(), value.clone())),
            }
        }
        let client = OAuthClient {
            other_ids: vec!["our app".to_owned()],
            ..OAuthClient::new("us", "secret")
        };
        let wanted = Wanted {
            issuer,
            client: &client,
            nonce: Some("n"),
            now: NOW,
        };
        check(&Claims::from_map(Map::clone(&claims)), &wanted)
    }

    #[test]
    fn id_token_is_for_us_and_for_now() {
        let now = NOW.unix_timestamp();
        let issuer = "https://id.example";
        for good in [
            vec![],
            vec![("aud", json!(["us"]))],
            vec![("aud", json!(["us", "them"])), ("azp", json!("us"))],
            vec![("aud", json!("our app"))],
            vec![("azp", json!("our app"))],
            vec![("exp", json!(now - 29))],
            vec![("iat", json!(now + 30))],
        ] {
            assert_eq!(checked(issuer, &good), Ok(()), "{good:?}");
        }
        for bad in [
            ("iss", json!("https://id.example/")),
            ("iss", json!("https://other.example")),
            ("iss", json!([issuer])),
            ("iss", Value::Null),
            ("aud", json!("them")),
            ("aud", json!("")),
            ("aud", json!(["us", "them"])),
            ("aud", json!(["us", 7])),
            ("aud", json!([])),
            ("aud", Value::Null),
            ("azp", json!("them")),
            ("exp", json!(now - 30)),
            ("exp", json!((now + 300).to_string())),
            ("exp", Value::Null),
            ("iat", json!(now + 31)),
            ("iat", json!(now - 601)),
            ("iat", Value::Null),
            ("nbf", json!(now + 31)),
            ("nbf", json!("soon")),
            ("nonce", json!("m")),
            ("nonce", Value::Null),
        ] {
            let checked = checked(issuer, std::slice::from_ref(&bad));
            assert!(
                matches!(checked, Err(ProviderError::Untrusted(_))),
                "{bad:?}"
            );
        }
    }

    #[test]
    fn tenant_of_a_common_issuer_is_the_one_that_the_token_names() {
        let common = "https://login.example/{tenantid}/v2.0";
        let tenant = "00000000-1111-2222-3333-444444444444";
        let own = common.replace(TENANT, tenant);
        let with = |iss: &str, tid: Value| checked(common, &[("iss", json!(iss)), ("tid", tid)]);
        assert_eq!(with(&own, json!(tenant)), Ok(()));
        for (iss, tid) in [
            (own.as_str(), Value::Null),
            (&own, json!("00000000-1111-2222-3333-555555555555")),
            (common, json!(TENANT)),
            ("https://login.example/a/b/v2.0", json!("a/b")),
        ] {
            assert!(with(iss, tid.clone()).is_err(), "{iss} {tid}");
        }
    }
}
