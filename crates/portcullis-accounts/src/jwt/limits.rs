//! How often refresh tokens may be exchanged, and how many wrong tokens may be sent.

use http::request::Parts;
use portcullis_core::{Attempt, Counter, Limit};
use portcullis_django::jwt::{Claims, TokenError};
use portcullis_web::{ClientInfo, Refusal};
use time::Duration;

use super::{Jwt, login_named, refused};

/// The longest name of a login that is counted, in characters.
const MAX_NAME: usize = 255;

/// How often refresh tokens may be exchanged, over all nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshLimits {
    /// Of one login, from everywhere. Default: 200 in five minutes.
    pub of_login: Limit,
    /// From one address, IPv6 by its /64, whatever the logins. Not counted where the address is not
    /// known. Default: 2000 in five minutes.
    pub of_address: Limit,
}

impl Default for RefreshLimits {
    fn default() -> Self {
        let limit = |tries| Limit {
            tries,
            window: Duration::minutes(5),
        };
        Self {
            of_login: limit(200),
            of_address: limit(2000),
        }
    }
}

impl Jwt {
    /// Counts a refresh by a token whose signature is good: against its login, or by itself where it
    /// names none, and against the address.
    pub(super) async fn count_refresh(
        &self,
        request: &Parts,
        claims: &Claims,
    ) -> Result<(), Refusal> {
        let Some(limits) = self.settings.refresh_limits else {
            return Ok(());
        };
        let login = match login_named(claims) {
            Some(login) => format!(
                "refresh:login:{}",
                login.chars().take(MAX_NAME).collect::<String>()
            ),
            None => format!("refresh:token:{}", claims.id()),
        };
        let mut counters = vec![Counter {
            key: login,
            limit: limits.of_login,
        }];
        let client = ClientInfo::of(&request.extensions);
        if client.address.is_some() {
            counters.push(Counter {
                key: format!("refresh:address:{}", client.counter_key()),
                limit: limits.of_address,
            });
        }
        match self
            .store()
            .attempt_all(&counters, self.clock.now())
            .await?
        {
            Attempt::Allowed => Ok(()),
            Attempt::Stopped { retry_after } => {
                tracing::warn!(
                    event = "refresh",
                    outcome = "throttled",
                    "too many refreshes"
                );
                Err(Refusal::Throttled(retry_after.whole_seconds()))
            }
        }
    }

    /// The refusal of a token that was sent; one that nobody has signed is a guess, and counted.
    pub(super) async fn refuse_token(&self, request: &Parts, error: TokenError) -> Refusal {
        if error == TokenError::Invalid
            && let Some(limit) = &self.token_limit
            && let Err(error) = limit.count(&ClientInfo::of(&request.extensions)).await
        {
            return error.into();
        }
        refused(error)
    }
}
