//! Inviting somebody: by an administrator, with a mail where there is mail.

use axum::Json;
use http::StatusCode;
use http::request::Parts;
use portcullis_core::{AuditEntry, AuditEvent, IsSuperuser};
use portcullis_web::{Access, Doors, FieldErrors, Fields, Gate, Refusal, post};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::describe::accounts as describe;
use crate::logins_of_users::administrator;
use crate::signup::{plain_email_field, taken};
use crate::times::shown;
use crate::{Accounts, INVITATION_AGE, invitation};

/// An invitation that was made.
#[derive(Clone)]
pub struct Invited {
    /// The text that lets its address sign up.
    pub invitation: String,
    /// Until when it is good.
    pub expires: OffsetDateTime,
    /// Whether a mail with a link is on its way.
    pub is_sent: bool,
}

/// The invitation opens an account: it is not shown.
impl std::fmt::Debug for Invited {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Invited")
            .field("expires", &self.expires)
            .field("is_sent", &self.is_sent)
            .finish_non_exhaustive()
    }
}

impl Accounts {
    /// The door by which administrators, users with `is_superuser`, invite.
    ///
    /// | door | body | answer |
    /// |---|---|---|
    /// | `POST /api/invitations/` | `email` | 201 `{"email", "invitation", "expires", "sent"}` |
    #[must_use]
    pub fn invitation_doors(&self, gate: &Gate) -> Doors {
        let accounts = self.clone();
        let handler =
            post(move |request, access, fields| invite(accounts, request, access, fields))
                .described(describe::invite());
        gate.doors()
            .route("/api/invitations/", handler)
            .require(IsSuperuser)
            .grouped("Administration")
    }

    /// Makes an [`invitation`](crate::invitation()) for an address, and sends a link where there is mail;
    /// `entry` is its line in the audit log. Ask who may before.
    ///
    /// # Errors
    /// 400 when somebody has the address, 503 when the database fails.
    pub async fn invite(&self, email: &str, entry: AuditEntry) -> Result<Invited, Refusal> {
        let store = self.passwords.store();
        if store.user_by_login_name(email).await?.is_some() {
            return Err(taken().into());
        }
        let now = self.clock.now();
        let invitation = invitation(self.sessions.secret_keys(), email, now);
        let mails = self.invitation_letter(email, &invitation);
        if !mails.is_empty() {
            store.enqueue_mails(&mails).await?;
        }
        store.record(entry).await?;
        self.send_now();
        tracing::info!(event = "invited", "somebody was invited");
        Ok(Invited {
            invitation,
            expires: now + INVITATION_AGE,
            is_sent: !mails.is_empty(),
        })
    }
}

async fn invite(
    accounts: Accounts,
    request: Parts,
    access: Access,
    fields: Fields,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let mut errors = FieldErrors::default();
    let email = plain_email_field(&fields, &mut errors);
    errors.into_result()?;
    let by = administrator(&request, &access);
    let entry = AuditEntry::new(AuditEvent::Invited, by, accounts.clock.now());
    let entry = entry.about(access.who().user().map(|user| &user.id));
    let made = accounts.invite(&email, entry).await?;
    let body = json!({
        "email": email,
        "invitation": made.invitation,
        "expires": shown(made.expires),
        "sent": made.is_sent,
    });
    Ok((StatusCode::CREATED, Json(body)))
}
