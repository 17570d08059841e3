//! What device tokens are like.

use std::sync::Arc;

use portcullis_core::{Clock, Device, NewDeviceLogin, Store};
use portcullis_django::api_token;
use portcullis_web::{DeviceRenewal, DeviceTokenAuthentication};
use time::{Duration, OffsetDateTime};

/// What device tokens are like; the defaults are those of a fresh install.
#[derive(Clone, Debug, PartialEq, Eq)]
#[doc(alias = "REST_KNOX")]
pub struct DeviceTokens {
    /// How long one is good; `None` is for ever. Default: 30 days.
    #[doc(alias = "TOKEN_TTL")]
    pub ttl: Option<Duration>,
    /// How many a user may have at once; `None` is any number. Default: 1000.
    #[doc(alias = "TOKEN_LIMIT_PER_USER")]
    pub limit_per_user: Option<u32>,
    /// When one that is used gets more time. Default: never.
    #[doc(alias = "AUTO_REFRESH")]
    pub renewal: Option<DeviceRenewal>,
    /// What new ones begin with, at most 10 characters. Default: nothing.
    #[doc(alias = "TOKEN_PREFIX")]
    pub prefix: String,
    /// Whether new ones end in a checksum. Default: no, as knox has it, which takes both.
    pub has_checksum: bool,
    /// Whether the answer to a log-in says whose the token is, as `{"user": {"username"}}`. Default: no.
    #[doc(alias = "USER_SERIALIZER")]
    pub shows_user: bool,
}

impl Default for DeviceTokens {
    fn default() -> Self {
        Self {
            ttl: Some(Duration::days(30)),
            limit_per_user: Some(1000),
            renewal: None,
            prefix: String::new(),
            has_checksum: false,
            shows_user: false,
        }
    }
}

impl DeviceTokens {
    /// A new token's text, and the row that will recognise it. `device` is the client.
    #[must_use]
    pub fn new_token(&self, device: Device, now: OffsetDateTime) -> (String, NewDeviceLogin) {
        let token = match self.has_checksum {
            true => api_token::new_checked_token(&self.prefix),
            false => api_token::new_knox_token(&self.prefix),
        };
        let login = NewDeviceLogin {
            digest: api_token::knox_digest(&token),
            token_key: api_token::knox_key(&token).to_owned(),
            device,
            now,
            expires: self.ttl.map(|ttl| now + ttl),
            limit: self.limit_per_user,
        };
        (token, login)
    }

    /// The authenticator that knows these tokens, and gives them more time.
    #[must_use]
    pub fn authentication(
        &self,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
    ) -> DeviceTokenAuthentication {
        let known = DeviceTokenAuthentication::new(store, clock).with_renewal(self.renewal);
        match self.has_checksum {
            true => known.with_checked_prefix(&self.prefix),
            false => known,
        }
    }
}
