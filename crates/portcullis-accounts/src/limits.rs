//! How often somebody may ask for what costs others something: accounts, mails, guesses.

use portcullis_core::{Attempt, Limit};
use portcullis_web::{ClientInfo, Refusal};
use time::Duration;

use crate::Accounts;

/// So many times as often as for one account may be asked for from one place.
const PLACES: u32 = 10;

/// How many bad links may be tried from one place.
const GUESSES: Limit = Limit {
    tries: 50,
    window: Duration::hours(1),
};

impl Accounts {
    /// Counts a sign-up against the address that it comes from.
    pub(crate) async fn count_sign_up(&self, client: &ClientInfo) -> Result<(), Refusal> {
        self.count_client("signup", client, self.settings.signup_limit)
            .await
    }

    /// Whether one more mail may go to an address; asked for from everywhere together.
    ///
    /// # Errors
    /// 429 when too many were asked for from one place.
    pub(crate) async fn may_mail(&self, client: &ClientInfo, email: &str) -> Result<bool, Refusal> {
        let Some(limit) = self.settings.mail_limit else {
            return Ok(true);
        };
        let of_place = Limit {
            tries: limit.tries.saturating_mul(PLACES),
            ..limit
        };
        self.count_client("mail", client, Some(of_place)).await?;
        let folded: String = email.to_lowercase().chars().take(254).collect();
        let key = format!("mail:{folded}");
        let store = self.passwords.store();
        let attempt = store.attempt(&key, limit, self.clock.now()).await?;
        Ok(attempt == Attempt::Allowed)
    }

    /// Counts a link that was not good.
    pub(crate) async fn count_guess(&self, client: &ClientInfo) -> Result<(), Refusal> {
        let limit = self.settings.mail_limit.map(|_| GUESSES);
        self.count_client("link", client, limit).await
    }

    pub(crate) async fn count_client(
        &self,
        what: &str,
        client: &ClientInfo,
        limit: Option<Limit>,
    ) -> Result<(), Refusal> {
        let Some(limit) = limit.filter(|_| client.address.is_some()) else {
            return Ok(());
        };
        let key = format!("{what}:address:{}", client.counter_key());
        let store = self.passwords.store();
        match store.attempt(&key, limit, self.clock.now()).await? {
            Attempt::Allowed => Ok(()),
            Attempt::Stopped { retry_after } => {
                tracing::warn!(
                    event = what,
                    outcome = "throttled",
                    "too many from one place"
                );
                Err(Refusal::Throttled(retry_after.whole_seconds()))
            }
        }
    }
}
