//! The settings of simplejwt that decisions look at.

use std::time::Duration;

use super::TokenType;

/// `SIMPLE_JWT`, but for the keys, the audience, the issuer and the leeway, which are the
/// [`Backend`](super::Backend)'s.
///
/// The names of the claims `token_type`, `jti` and `refresh_exp` are fixed.
///
/// ```
/// use portcullis_django::jwt::Settings;
/// let mut settings = Settings::default(); // simplejwt 5.5
/// settings.rotate_refresh_tokens = true;
/// settings.blacklist_after_rotation = true;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[doc(alias = "SIMPLE_JWT")]
#[doc(alias = "api_settings")]
pub struct Settings {
    /// How long an access token is good: 5 minutes.
    #[doc(alias = "ACCESS_TOKEN_LIFETIME")]
    pub access_token_lifetime: Duration,
    /// How long a refresh token is good: a day.
    #[doc(alias = "REFRESH_TOKEN_LIFETIME")]
    pub refresh_token_lifetime: Duration,
    /// How long a sliding token is good without being refreshed: 5 minutes.
    #[doc(alias = "SLIDING_TOKEN_LIFETIME")]
    pub sliding_token_lifetime: Duration,
    /// How long a sliding token can be refreshed, from when it was made: a day.
    #[doc(alias = "SLIDING_TOKEN_REFRESH_LIFETIME")]
    pub sliding_token_refresh_lifetime: Duration,
    /// Whether a refresh also gives a new refresh token: no.
    #[doc(alias = "ROTATE_REFRESH_TOKENS")]
    pub rotate_refresh_tokens: bool,
    /// Whether the old refresh token is dead then: no. Also lets the verify endpoint look at the blacklist.
    #[doc(alias = "BLACKLIST_AFTER_ROTATION")]
    pub blacklist_after_rotation: bool,
    /// The keywords of the header, letter case counting: `Bearer`.
    #[doc(alias = "AUTH_HEADER_TYPES")]
    pub auth_header_types: Vec<String>,
    /// The types of tokens that authenticate a request, tried in order: access.
    #[doc(alias = "AUTH_TOKEN_CLASSES")]
    pub auth_token_types: Vec<TokenType>,
    /// The claim that holds the user's id: `user_id`.
    #[doc(alias = "USER_ID_CLAIM")]
    pub user_id_claim: String,
    /// Whether inactive users are refused: yes.
    #[doc(alias = "CHECK_USER_IS_ACTIVE")]
    pub check_user_is_active: bool,
    /// Whether access tokens end with the password that they were made under: no.
    #[doc(alias = "CHECK_REVOKE_TOKEN")]
    pub check_revoke_token: bool,
    /// The claim for that: `hash_password`. See [`password_claim`](super::password_claim).
    #[doc(alias = "REVOKE_TOKEN_CLAIM")]
    pub revoke_token_claim: String,
}

impl Settings {
    /// How long a token of a type is good, in seconds.
    pub(super) fn lifetime(&self, token_type: TokenType) -> i64 {
        seconds(match token_type {
            TokenType::Access => self.access_token_lifetime,
            TokenType::Refresh => self.refresh_token_lifetime,
            TokenType::Sliding => self.sliding_token_lifetime,
        })
    }

    /// How long a sliding token can be refreshed, in seconds.
    pub(super) fn sliding_refresh_seconds(&self) -> i64 {
        seconds(self.sliding_token_refresh_lifetime)
    }
}

impl Default for Settings {
    /// The defaults of simplejwt 5.5.
    fn default() -> Self {
        let (minutes, day) = (Duration::from_secs(300), Duration::from_secs(86_400));
        Self {
            access_token_lifetime: minutes,
            refresh_token_lifetime: day,
            sliding_token_lifetime: minutes,
            sliding_token_refresh_lifetime: day,
            rotate_refresh_tokens: false,
            blacklist_after_rotation: false,
            auth_header_types: vec!["Bearer".to_owned()],
            auth_token_types: vec![TokenType::Access],
            user_id_claim: "user_id".to_owned(),
            check_user_is_active: true,
            check_revoke_token: false,
            revoke_token_claim: "hash_password".to_owned(),
        }
    }
}

fn seconds(lifetime: Duration) -> i64 {
    i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX)
}
