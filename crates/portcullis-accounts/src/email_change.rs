//! Another address: asked for with the password, told to the new one, and to the old one when it counts.

use http::request::Parts;
use portcullis_core::{OutgoingMail, User};
use portcullis_web::Refusal;

use crate::Accounts;

impl Accounts {
    /// Asks whoever reads the new address to confirm that it is this user's. Until then nothing changes;
    /// a later wish takes the place of an earlier one.
    ///
    /// The password was checked before. For an address that somebody has the answer is the same, and
    /// its owner gets a mail.
    ///
    /// # Errors
    /// 429 when too many mails were asked for from one place, 503 when the database fails.
    #[doc(alias = "EmailView")]
    pub async fn change_email(
        &self,
        request: &Parts,
        user: &User,
        email: &str,
    ) -> Result<(), Refusal> {
        let may_mail = self.may_mail(&Self::client(request), email).await?;
        let store = self.passwords.store();
        let owner = store.user_by_login_name(email).await?;
        let owner = owner.filter(|owner| owner.id != user.id);
        let mut mails = Vec::new();
        match &owner {
            Some(owner) if may_mail => mails = self.account_exists(owner),
            Some(_) => {}
            None if !may_mail || email.to_lowercase() == user.email.to_lowercase() => {}
            None => {
                let write = |address: &portcullis_core::EmailAddress| {
                    self.confirmation(user, &address.email, address.id)
                };
                let now = self.clock.now();
                store.begin_email_change(user, email, now, &write).await?;
                self.send_now();
                tracing::info!(user = %user.id, event = "email_change", "another address asked for");
                return Ok(());
            }
        }
        if mails.is_empty() {
            mails.push(OutgoingMail::to_nobody(self.clock.now()));
        }
        store.enqueue_mails(&mails).await?;
        self.send_now();
        Ok(())
    }
}
