//! What can be set about accounts.

use portcullis_core::Limit;
use time::Duration;

use crate::device::DeviceTokens;

/// Which tokens a log-in issues.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tokens {
    /// One for every device: stored as a hash, and with an end. See [`AccountSettings::device`].
    #[default]
    Device,
    /// DRF's: one per user, stored in clear, without an end. Compatible, and less safe.
    Authtoken,
}

/// Settings of the account flows; the defaults are those of a fresh install.
#[derive(Clone, Debug)]
pub struct AccountSettings {
    /// Which tokens a log-in issues.
    pub tokens: Tokens,
    /// What device tokens are like.
    #[doc(alias = "REST_KNOX")]
    pub device: DeviceTokens,
    /// How many accounts one address may ask for, IPv6 by its /64; `None` is any number. Not counted
    /// where the address is not known. Default: 20 an hour.
    pub signup_limit: Option<Limit>,
}

impl Default for AccountSettings {
    fn default() -> Self {
        Self {
            tokens: Tokens::default(),
            device: DeviceTokens::default(),
            signup_limit: Some(Limit {
                tries: 20,
                window: Duration::hours(1),
            }),
        }
    }
}
