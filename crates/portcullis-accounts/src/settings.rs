//! What can be set about accounts.

use portcullis_core::Limit;
use portcullis_django::password::Hashers;
use time::Duration;

/// Settings of the account flows; the defaults are those of a fresh install.
#[derive(Clone, Debug)]
pub struct AccountSettings {
    /// How long a device token is good. Default: 30 days.
    #[doc(alias = "TOKEN_TTL")]
    pub device_token_ttl: Duration,
    /// How many log-ins of one name may fail. Default: 10 in 10 minutes, counted over all doors.
    pub login_limit: Limit,
    /// Which hash new passwords get, and which are accepted. Default: Django 5.2's.
    #[doc(alias = "PASSWORD_HASHERS")]
    pub hashers: Hashers,
}

impl Default for AccountSettings {
    fn default() -> Self {
        Self {
            device_token_ttl: Duration::days(30),
            login_limit: Limit {
                tries: 10,
                window: Duration::minutes(10),
            },
            hashers: Hashers::default(),
        }
    }
}
