//! Issuing a device token: the text for the client once, the digest for the store.

use http::{HeaderMap, header};
use portcullis_core::NewDeviceLogin;
use portcullis_django::api_token;

use crate::Accounts;

/// How many characters of a `User-Agent` are kept.
const MAX_DEVICE_CHARACTERS: usize = 200;

impl Accounts {
    /// A new token and the row that will recognise it.
    pub(crate) fn new_device_token(&self, headers: &HeaderMap) -> (String, NewDeviceLogin) {
        let token = api_token::new_knox_token("");
        let now = self.clock.now();
        let login = NewDeviceLogin {
            digest: api_token::knox_digest(&token),
            token_key: api_token::knox_key(&token).to_owned(),
            device: device(headers),
            now,
            expires: now + self.settings.device_token_ttl,
        };
        (token, login)
    }
}

/// What the client calls itself, without control characters.
fn device(headers: &HeaderMap) -> String {
    let agent = headers
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok());
    let shown = agent
        .unwrap_or("")
        .chars()
        .filter(|character| !character.is_control());
    shown.take(MAX_DEVICE_CHARACTERS).collect()
}
