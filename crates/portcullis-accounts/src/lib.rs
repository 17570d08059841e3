//! Account flows, one file each: sign-up, log-in by token or session, who am I, log-out; device tokens
//! with knox' doors, and [`Jwt`]s with simplejwt's.
//!
//! Behind the feature `social`, providers such as GitHub tell who somebody is.
//!
//! [`Accounts`] holds what the flows share. Each flow is a method for handlers of one's own, and a
//! door with the field names and texts that clients of Django's packages expect: see
//! [`Accounts::doors`].
#![forbid(unsafe_code)]

mod administrators;
mod compat;
mod confirmation;
mod describe;
mod device;
mod doors;
mod email_change;
mod invitation;
mod inviting;
mod jwt;
mod letters;
mod limits;
mod login_list;
mod login_state;
mod logins_of_users;
mod logout;
#[cfg(feature = "mail")]
pub mod mail;
mod password_change;
mod password_reset;
mod proof;
mod rest_auth;
mod second_factor;
mod session_login;
mod settings;
mod signup;
#[cfg(feature = "social")]
pub mod social;
mod times;
mod token_login;
mod zone;

use std::fmt;
use std::sync::Arc;

use portcullis_core::{Clock, User};
use portcullis_web::{Passwords, Sessions};

pub use administrators::SetupKey;
pub use compat::AccountCompat;
pub use device::{DeviceLogIn, DeviceToken, DeviceTokens};
pub use invitation::{INVITATION_AGE, invitation};
pub use inviting::Invited;
pub use jwt::{Families, Jwt, JwtSettings, RefreshLimits, Renewed, SignedToken, TokenPair};
pub use login_state::LoginState;
#[cfg(feature = "mail")]
pub use mail::Mailer;
pub use password_reset::{BadLink, ResetRight};
pub use rest_auth::{RestAuth, RestAuthSettings};
pub use session_login::StaffLogIn;
pub use settings::{
    AccountSettings, EmailVerification, LoginNames, ResetLinks, SignUpMode, Tokens,
};
pub use signup::{NewUser, SignUpError, SignedUp};
pub use zone::Zone;

/// The account flows and what they need.
#[derive(Clone)]
pub struct Accounts {
    pub(crate) passwords: Passwords,
    pub(crate) sessions: Sessions,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: Arc<AccountSettings>,
    pub(crate) setup_key: SetupKey,
    #[cfg(feature = "mail")]
    pub(crate) mailer: Option<Mailer>,
}

/// Somebody who logged in, and the token that says so from now on.
#[derive(Clone)]
pub struct LoggedIn {
    /// Who it is.
    pub user: User,
    /// The token's text, for the client alone.
    pub token: String,
}

impl Accounts {
    /// The flows over these services.
    #[must_use]
    pub fn new(
        passwords: Passwords,
        sessions: Sessions,
        clock: Arc<dyn Clock>,
        settings: AccountSettings,
    ) -> Self {
        Self {
            passwords,
            sessions,
            clock,
            settings: Arc::new(settings),
            setup_key: SetupKey::default(),
            #[cfg(feature = "mail")]
            mailer: None,
        }
    }

    /// With a key by which the first administrator can be made.
    #[must_use]
    pub fn with_setup_key(self, setup_key: SetupKey) -> Self {
        Self { setup_key, ..self }
    }

    /// With mail; without it, flows that need it are not there.
    #[cfg(feature = "mail")]
    #[must_use]
    pub fn with_mailer(self, mailer: Mailer) -> Self {
        Self {
            mailer: Some(mailer),
            ..self
        }
    }

    /// What writes the flows' mail, when there is mail.
    #[cfg(feature = "mail")]
    #[must_use]
    pub fn mailer(&self) -> Option<&Mailer> {
        self.mailer.as_ref()
    }

    /// How device tokens are made.
    #[must_use]
    pub fn device_tokens(&self) -> &DeviceTokens {
        &self.settings.device
    }

    /// The sessions that the session flows open.
    #[must_use]
    pub fn sessions(&self) -> &Sessions {
        &self.sessions
    }
}

impl fmt::Debug for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accounts")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for LoggedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoggedIn")
            .field("user", &self.user.id)
            .finish_non_exhaustive()
    }
}
