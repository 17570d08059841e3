//! Where account flows do as Django's packages do instead of more strictly.

use serde::Deserialize;

/// Each of these restores what dj-rest-auth, allauth or simplejwt do where a client can see it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccountCompat {
    /// Blanks around passwords are cut off by dj-rest-auth's log-in; otherwise they count.
    pub trim_passwords: bool,
    /// A changed password ends sessions only; otherwise tokens and JWTs, too.
    pub keep_credentials_on_change: bool,
    /// A log-in says that the address is not confirmed; otherwise that is answered as a wrong password.
    pub distinct_login_errors: bool,
    /// A reset says whether the user or the token of a link is wrong; otherwise always the token.
    pub distinct_reset_errors: bool,
    /// Sign-up says that an address is taken, also where it has to be confirmed; otherwise the answer
    /// is that to a new one, and its owner gets a mail.
    pub reveal_addresses: bool,
    /// Whoever sends their own log-in name as it is hears that it is taken.
    pub refuse_own_username: bool,
    /// A sign-up whose address must be confirmed opens a session in which nobody is logged in.
    pub session_on_registration: bool,
    /// A log-in by a provider takes a code alone, sent by `GET`: anybody can make somebody's browser log in as
    /// themselves.
    pub social_get_code: bool,
    /// An address links an account at a provider to the account here that has it, whoever vouches for it.
    pub social_link_by_email: bool,
    /// dj-rest-auth's doors take any access token, whoever it was made for, or a code without a state.
    pub social_access_token: bool,
    /// A log-in by a provider at dj-rest-auth's doors opens a session, whatever else it opens.
    pub social_opens_session: bool,
    /// Accounts at providers are linked and unlinked by any login, however long ago it was opened: a stolen one
    /// makes itself a way to log in.
    pub social_link_unconfirmed: bool,
}

impl AccountCompat {
    /// As Django's packages do, in all of it.
    #[must_use]
    pub const fn all() -> Self {
        Self {
            trim_passwords: true,
            keep_credentials_on_change: true,
            distinct_login_errors: true,
            distinct_reset_errors: true,
            reveal_addresses: true,
            refuse_own_username: true,
            session_on_registration: true,
            social_get_code: true,
            social_link_by_email: true,
            social_access_token: true,
            social_opens_session: true,
            social_link_unconfirmed: true,
        }
    }
}
