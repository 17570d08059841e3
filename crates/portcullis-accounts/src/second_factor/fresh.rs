//! Proving again who one is, before what a stolen session must not do.

use http::request::Parts;
use portcullis_core::{AuditEvent, User};
use portcullis_web::{Access, FieldErrors, Fields, Refusal, TextRule};
use time::OffsetDateTime;

use super::{needed, wrong_code};
use crate::Accounts;

/// The longest code, in characters.
const MAX_CHARACTERS: usize = 100;

/// What somebody proves again with.
struct Again {
    password: Option<String>,
    code: Option<String>,
}

impl Again {
    fn read(fields: &Fields, code: &'static str) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        let password = TextRule::new("password").exact().or_blank();
        let password = fields.optional_text(password, &mut errors);
        let code = TextRule::new(code).max(MAX_CHARACTERS).or_blank();
        let code = fields.optional_text(code, &mut errors);
        errors.into_result()?;
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        Ok(Self {
            password: given(password),
            code: given(code),
        })
    }

    fn is_empty(&self) -> bool {
        self.password.is_none() && self.code.is_none()
    }
}

impl Accounts {
    /// Whether somebody has shown lately that it is them: by their log-in, at the door for it, or by
    /// `password` or, with a second factor, `factor_code` in this very form.
    ///
    /// # Errors
    /// 401 for nobody, 400 for a wrong password or code, 403 where nothing was shown for too long, 429
    /// and 503.
    #[doc(alias = "reauthentication_required")]
    pub async fn check_fresh(
        &self,
        request: &Parts,
        access: &Access,
        fields: &Fields,
    ) -> Result<User, Refusal> {
        let user = access.who().user().ok_or_else(|| access.refusal())?;
        let again = Again::read(fields, "factor_code")?;
        if !again.is_empty() {
            self.prove_again(request, user, &again).await?;
            return Ok(user.clone());
        }
        match self.is_fresh(access, user).await? {
            true => Ok(user.clone()),
            false => Err(Refusal::PermissionDenied(Some(
                "Please confirm first that it is you: at /api/reauthenticate/, or by logging in again."
                    .into(),
            ))),
        }
    }

    /// The same before an account at a provider becomes a way to log in, or is none any more.
    #[cfg(feature = "social")]
    pub(crate) async fn check_fresh_for_link(
        &self,
        request: &Parts,
        access: &Access,
        fields: &Fields,
    ) -> Result<(), Refusal> {
        if self.settings.compat.social_link_unconfirmed {
            return Ok(());
        }
        self.check_fresh(request, access, fields).await.map(drop)
    }

    /// Whether the login of a request has lately shown who it is.
    async fn is_fresh(&self, access: &Access, user: &User) -> Result<bool, Refusal> {
        let Some(login) = access.authenticated().and_then(|proof| proof.login) else {
            return Ok(false);
        };
        let store = self.passwords.store();
        let Some(proved) = store.proved_at(&user.id, login).await? else {
            return Ok(false);
        };
        let (now, age) = (self.clock.now(), self.settings.reauthentication_age);
        // A time in the future is one of a clock that was set back.
        let is_fresh = |at: OffsetDateTime| (now - age..=now).contains(&at);
        Ok([proved.opened, proved.again]
            .into_iter()
            .flatten()
            .any(is_fresh))
    }

    /// Has a login of a request count as one that was just opened, for a password or, with a second
    /// factor, its code. Until when.
    ///
    /// # Errors
    /// 400 for a wrong password or code, and for a credential that has no login; 401, 429, 503.
    pub async fn reauthenticate(
        &self,
        request: &Parts,
        access: &Access,
        fields: &Fields,
    ) -> Result<OffsetDateTime, Refusal> {
        let proof = access.authenticated().ok_or_else(|| access.refusal())?;
        let again = Again::read(fields, "code")?;
        self.prove_again(request, &proof.user, &again).await?;
        let no_login = || {
            let text =
                "This credential has no login that could be confirmed: send the proof along.";
            Refusal::from(FieldErrors::form(text))
        };
        let login = proof.login.ok_or_else(no_login)?;
        let entry = self.entry(AuditEvent::Reauthentication, request);
        let at = entry.at;
        let store = self.passwords.store();
        if !store.prove_login(&proof.user.id, login, entry).await? {
            return Err(no_login());
        }
        tracing::info!(user = %proof.user.id, event = "reauthentication", outcome = "ok", "confirmed");
        Ok(at + self.settings.reauthentication_age)
    }

    /// With a second factor it is its code that counts: who stole a session may have the password, too.
    async fn prove_again(
        &self,
        request: &Parts,
        user: &User,
        again: &Again,
    ) -> Result<(), Refusal> {
        let factors = self.passwords.store().factors(&user.id).await?;
        if factors.is_wanted() {
            let service = self.passwords.second_factors();
            let (Some(service), Some(code)) = (service, &again.code) else {
                return Err(needed().into());
            };
            let event = AuditEvent::Reauthentication;
            return match service.check(request, user, code, event).await? {
                true => Ok(()),
                false => Err(wrong_code().into()),
            };
        }
        let Some(password) = &again.password else {
            return Err(FieldErrors::one("password", "This field is required.").into());
        };
        match self.is_password_of(request, user, password).await? {
            true => Ok(()),
            false => Err(FieldErrors::one("password", "This is not your password.").into()),
        }
    }
}
