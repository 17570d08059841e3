//! Is this token good, and let it be so no longer.

use http::request::Parts;
use portcullis_core::{AuditEntry, AuditEvent, Scheme};
use portcullis_django::jwt::{self, TokenError, VerifyError};
use portcullis_web::{FieldErrors, Refusal, device_of};

use super::{Jwt, login_named, refused, row_of, with_usable_id};

impl Jwt {
    /// Whether a token of any type is good: signature and times, the blacklist, and the login that it
    /// names.
    ///
    /// # Errors
    /// 401 in simplejwt's words; 400 for a token that was ended, as simplejwt has it; 429 when too many
    /// wrong ones came from one place; 503 when the database
    /// fails.
    #[doc(alias = "TokenVerifyView")]
    pub async fn verify(&self, request: &Parts, token: &str) -> Result<(), Refusal> {
        let now = self.clock.now().unix_timestamp();
        let verified = jwt::verify_untyped(&self.backend, token, now);
        let verified = match verified.and_then(with_usable_id) {
            Ok(verified) => verified,
            Err(error) => return Err(self.refuse_token(request, error).await),
        };
        let claims = verified.claims();
        let settings = &self.settings.tokens;
        if settings.blacklist_after_rotation {
            let standing = self.store().refresh_standing(claims.id(), None).await?;
            jwt::check_blacklist(settings, standing.is_blacklisted).map_err(ended)?;
        }
        if let Some(login) = login_named(claims) {
            let bearer = match verified.user_id(settings) {
                Some(id) => self.store().jwt_bearer(&id, Some(login)).await?,
                None => None,
            };
            let is_open = |bearer: portcullis_core::JwtBearer| {
                bearer.user.is_active && bearer.login.is_some()
            };
            if !bearer.is_some_and(is_open) {
                return Err(ended(VerifyError::Blacklisted));
            }
        }
        Ok(())
    }

    /// Ends a refresh token, with its login and thus its access tokens.
    ///
    /// # Errors
    /// 401 in simplejwt's words when it is not good, or was ended before; 429 as above; 503 when the database fails.
    #[doc(alias = "TokenBlacklistView")]
    pub async fn blacklist(&self, request: &Parts, token: &str) -> Result<(), Refusal> {
        let now = self.clock.now();
        let verified = match self.refresh_token(token, now) {
            Ok(verified) => verified,
            Err(error) => return Err(self.refuse_token(request, error).await),
        };
        let claims = verified.claims();
        let user = self.user_of(&verified).await?.map(|user| user.id);
        let ending = self.store().blacklist_refresh(
            row_of(claims, now),
            login_named(claims),
            user.as_ref(),
            now,
            Some(AuditEntry::new(AuditEvent::Logout, device_of(request), now).by(Scheme::Jwt)),
        );
        if !ending.await? {
            return Err(refused(TokenError::Blacklisted));
        }
        if let Some(user) = user {
            tracing::info!(%user, event = "logout", "logged out");
        }
        Ok(())
    }
}

fn ended(error: VerifyError) -> Refusal {
    match error {
        VerifyError::Token(fault) => refused(fault),
        _ => FieldErrors::form(error.to_string()).into(),
    }
}
