//! What can be set about accounts.

use portcullis_core::Limit;
use time::Duration;

/// Which tokens a log-in issues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tokens {
    /// One for every device: stored as a hash, and good for so long.
    Device {
        /// How long. Default: 30 days.
        ttl: Duration,
    },
    /// DRF's: one per user, stored in clear, without an end. Compatible, and less safe.
    Authtoken,
}

/// Settings of the account flows; the defaults are those of a fresh install.
#[derive(Clone, Debug)]
pub struct AccountSettings {
    /// Which tokens a log-in issues.
    #[doc(alias = "TOKEN_TTL")]
    pub tokens: Tokens,
    /// How many accounts one address may ask for, IPv6 by its /64; `None` is any number. Not counted
    /// where the address is not known. Default: 20 an hour.
    pub signup_limit: Option<Limit>,
}

impl Default for AccountSettings {
    fn default() -> Self {
        Self {
            tokens: Tokens::Device {
                ttl: Duration::days(30),
            },
            signup_limit: Some(Limit {
                tries: 20,
                window: Duration::hours(1),
            }),
        }
    }
}
