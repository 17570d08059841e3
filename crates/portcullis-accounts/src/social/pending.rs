//! Log-ins that were begun in a browser: what its cookie says about them.
//!
//! The browser holds what it began, signed; the state that travels through the provider is only its key. What
//! must be secret, the verifier of PKCE and the nonce, is in neither: both follow from the state and our key.

use http::HeaderValue;
use portcullis_core::SecretKeys;
use portcullis_django::random;
use portcullis_django::signing::{Algorithm, Signer, base64url_encode, dumps, loads, salted_hmac};
use portcullis_web::CookieSettings;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use time::OffsetDateTime;

use super::settings::FLOW_AGE;

/// What cookies are signed for, and what is derived from a state.
const COOKIE_SALT: &str = "portcullis.social";
const VERIFIER_SALT: &str = "portcullis.social.verifier";
const NONCE_SALT: &str = "portcullis.social.nonce";

/// The bytes of a state: 256 bits.
const STATE_BYTES: usize = 32;

/// So many log-ins may be under way in one browser; the oldest makes place.
const MAX_PENDING: usize = 4;

/// The longest cookie and state that are looked at, in bytes.
const MAX_COOKIE: usize = 4096;
const MAX_STATE: usize = 100;

/// Where a browser is to come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Callback {
    /// To the server's own door.
    Own,
    /// To the app, which sends us the code.
    App,
}

/// A log-in that was begun.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pending {
    /// The digest of its state.
    #[serde(rename = "s")]
    digest: String,
    /// At which provider.
    #[serde(rename = "p")]
    pub(super) provider: String,
    #[serde(rename = "c")]
    pub(super) callback: Callback,
    /// Where to go then.
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<String>,
    /// The id of the user whose way to log in it becomes.
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    pub(super) linking: Option<String>,
    /// What lets somebody sign up where not everybody may.
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    pub(super) invitation: Option<String>,
    /// The hash of a verifier that the app keeps to itself; without it, the verifier is ours.
    #[serde(rename = "h", default, skip_serializing_if = "Option::is_none")]
    pub(super) challenge: Option<String>,
    /// When, in Unix seconds.
    #[serde(rename = "t")]
    begun: i64,
}

/// A log-in that comes back, with what follows from its state.
pub(super) struct Returned {
    pub(super) pending: Pending,
    pub(super) verifier: String,
    pub(super) nonce: String,
    /// What it is counted as used by.
    pub(super) once: String,
}

/// A state that was just made.
pub(super) struct Begun {
    pub(super) state: String,
    pub(super) challenge: String,
    pub(super) nonce: String,
}

/// What a browser is to be told at the beginning.
#[derive(Clone, Default)]
pub(super) struct Wish {
    pub(super) next: Option<String>,
    pub(super) linking: Option<String>,
    pub(super) invitation: Option<String>,
    pub(super) challenge: Option<String>,
}

/// The cookie, and what signs it.
pub(super) struct Jar<'a> {
    pub(super) cookie: &'a CookieSettings,
    pub(super) keys: &'a SecretKeys,
    pub(super) now: OffsetDateTime,
}

impl Jar<'_> {
    /// Begins a log-in beside those of the request; the cookie to be sent.
    pub(super) fn begin(
        &self,
        headers: &http::HeaderMap,
        provider: &str,
        callback: Callback,
        wish: Wish,
    ) -> (Begun, Option<HeaderValue>) {
        let mut bytes = [0; STATE_BYTES];
        random::fill(&mut bytes);
        let state = base64url_encode(&bytes);
        let challenge = wish.challenge.clone();
        let challenge = challenge.unwrap_or_else(|| hash(&self.derived(VERIFIER_SALT, &state)));
        let begun = Begun {
            challenge,
            nonce: self.derived(NONCE_SALT, &state),
            state,
        };
        let mut all = self.read(headers);
        while all.len() >= MAX_PENDING {
            all.remove(0);
        }
        all.push(Pending {
            digest: hash(&begun.state),
            provider: provider.to_owned(),
            callback,
            next: wish.next,
            linking: wish.linking,
            invitation: wish.invitation,
            challenge: wish.challenge,
            begun: self.now.unix_timestamp(),
        });
        let mut cookie = self.write(&all);
        if cookie
            .as_ref()
            .is_some_and(|cookie| cookie.len() > MAX_COOKIE)
        {
            let last = all.split_off(all.len() - 1);
            cookie = self.write(&last);
        }
        (begun, cookie)
    }

    /// The log-in of a state, and the cookie without it. `None`: it was not begun in this browser.
    pub(super) fn take(
        &self,
        headers: &http::HeaderMap,
        state: &str,
    ) -> Option<(Returned, Option<HeaderValue>)> {
        if state.len() > MAX_STATE {
            return None;
        }
        let digest = hash(state);
        let is_it = |one: &Pending| bool::from(one.digest.as_bytes().ct_eq(digest.as_bytes()));
        let mut all = self.read(headers);
        let place = all.iter().position(is_it)?;
        let returned = Returned {
            pending: all.remove(place),
            verifier: self.derived(VERIFIER_SALT, state),
            nonce: self.derived(NONCE_SALT, state),
            once: format!("social:state:{digest}"),
        };
        let cookie = match all.is_empty() {
            true => self.cookie.delete(),
            false => self.write(&all),
        };
        Some((returned, cookie))
    }

    /// The log-ins that are under way in a browser.
    fn read(&self, headers: &http::HeaderMap) -> Vec<Pending> {
        let fallbacks = self.keys.expose_fallbacks();
        let signer = Signer::new(self.keys.expose_current(), &fallbacks, COOKIE_SALT);
        let now = self.now.unix_timestamp();
        let text = self.cookie.value(headers);
        let text = text.filter(|text| text.len() <= MAX_COOKIE);
        let age = Some(FLOW_AGE.as_seconds_f64());
        let read = text.and_then(|text| loads(text, &signer, age, now as f64).ok());
        let read = read.map(|object| object["f"].clone()).unwrap_or_default();
        let all: Vec<Pending> = serde_json::from_value(read).unwrap_or_default();
        let is_open = |one: &Pending| {
            let age = now.saturating_sub(one.begun);
            (-60..FLOW_AGE.whole_seconds()).contains(&age)
        };
        all.into_iter().filter(is_open).collect()
    }

    fn write(&self, all: &[Pending]) -> Option<HeaderValue> {
        let signer = Signer::new(self.keys.expose_current(), &[], COOKIE_SALT);
        let object: Value = json!({ "f": all });
        let text = dumps(&object, &signer, true, self.now.unix_timestamp());
        self.cookie.set(&text, Some(FLOW_AGE), self.now)
    }

    /// A text of 43 characters that only we can tell from a state.
    fn derived(&self, salt: &str, state: &str) -> String {
        let secret = self.keys.expose_current();
        base64url_encode(&salted_hmac(
            salt,
            state.as_bytes(),
            secret,
            Algorithm::Sha256,
        ))
    }
}

/// The SHA-256 of a text, in URL-safe base64: the `S256` of a verifier (RFC 7636, 4.2).
pub(super) fn hash(text: &str) -> String {
    base64url_encode(&Sha256::digest(text))
}

/// Whether a verifier of an app is one (RFC 7636, 4.1), and the one that it told the hash of.
pub(super) fn is_verifier(verifier: &str, challenge: &str) -> bool {
    let is_character = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let is_text = (43..=128).contains(&verifier.len()) && verifier.bytes().all(is_character);
    is_text && bool::from(hash(verifier).as_bytes().ct_eq(challenge.as_bytes()))
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use time::Duration;
    use time::macros::datetime;

    use super::super::SocialSettings;
    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-01-02 03:04:05 UTC);

    fn sent(cookie: &HeaderValue) -> HeaderMap {
        let text = cookie.to_str().unwrap().split(';').next().unwrap();
        HeaderMap::from_iter([(http::header::COOKIE, HeaderValue::from_str(text).unwrap())])
    }

    #[test]
    fn log_in_comes_back_to_its_browser_within_ten_minutes() {
        let settings = SocialSettings::new("http://localhost");
        let keys = SecretKeys::new("a secret of the tests", Vec::new());
        let at = |now| Jar {
            cookie: &settings.cookie,
            keys: &keys,
            now,
        };
        let begin =
            |headers: &HeaderMap| at(NOW).begin(headers, "github", Callback::Own, Wish::default());
        let (begun, cookie) = begin(&HeaderMap::new());
        let headers = sent(&cookie.unwrap());
        let take = |now, headers: &HeaderMap, state: &str| {
            let taken = at(now).take(headers, state);
            taken.map(|(returned, _)| (returned.pending.provider, returned.verifier))
        };
        let (provider, verifier) = take(NOW, &headers, &begun.state).unwrap();
        assert_eq!((provider.as_str(), verifier.len()), ("github", 43));
        assert_eq!(hash(&verifier), begun.challenge);
        assert!(is_verifier(&verifier, &begun.challenge));
        // Of another browser, of nobody, or too late.
        let (_, other) = begin(&HeaderMap::new());
        assert_eq!(take(NOW, &sent(&other.unwrap()), &begun.state), None);
        assert_eq!(take(NOW, &HeaderMap::new(), &begun.state), None);
        assert_eq!(take(NOW, &headers, "x"), None);
        let late = NOW + Duration::minutes(10);
        assert_eq!(take(late, &headers, &begun.state), None);
        // Another one beside it leaves it as it is; the fifth takes its place.
        let (_, both) = begin(&headers);
        let mut headers = sent(&both.unwrap());
        assert!(take(NOW, &headers, &begun.state).is_some());
        for _ in 0..3 {
            headers = sent(&begin(&headers).1.unwrap());
        }
        assert_eq!(take(NOW, &headers, &begun.state), None);
    }
}
