//! What every door needs to decide: the authenticators, in order.

use std::fmt;
use std::sync::Arc;

use http::request::Parts;
use portcullis_core::{AuthError, Authenticated, Authenticator, Challenge};

use crate::doors::Doors;
use crate::refusal::Refusal;

/// The gate: the authenticators that all doors share.
#[derive(Clone)]
pub struct Gate {
    authenticators: Arc<[Arc<dyn Authenticator>]>,
}

impl Gate {
    /// A gate that asks these authenticators, in this order.
    #[must_use]
    pub fn new(authenticators: Vec<Arc<dyn Authenticator>>) -> Self {
        Self {
            authenticators: authenticators.into(),
        }
    }

    /// Starts declaring doors behind this gate.
    #[must_use]
    pub fn doors(&self) -> Doors {
        Doors::new(self.clone())
    }

    /// Who a request comes from; `None` is nobody.
    ///
    /// # Errors
    /// The refusal to answer with when credentials were sent and are wrong, or cannot be looked up.
    pub async fn authenticate(&self, request: &Parts) -> Result<Option<Authenticated>, Refusal> {
        for authenticator in self.authenticators.iter() {
            match authenticator.authenticate(request).await {
                Ok(None) => {}
                Ok(Some(authenticated)) => return Ok(Some(authenticated)),
                Err(AuthError::Store(error)) => return Err(error.into()),
                Err(AuthError::Failed(detail)) => {
                    return Err(Refusal::AuthenticationFailed(detail, self.challenge()));
                }
                Err(_) => {
                    let detail = "Incorrect authentication credentials.".into();
                    return Err(Refusal::AuthenticationFailed(detail, self.challenge()));
                }
            }
        }
        Ok(None)
    }

    /// The challenge of the first authenticator that has one.
    #[must_use]
    pub fn challenge(&self) -> Option<Challenge> {
        self.authenticators
            .iter()
            .find_map(|authenticator| authenticator.challenge())
    }

    /// The authenticators' names, in order.
    #[must_use]
    pub fn authenticator_names(&self) -> Vec<&'static str> {
        self.authenticators
            .iter()
            .map(|authenticator| authenticator.name())
            .collect()
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate")
            .field("authenticators", &self.authenticator_names())
            .finish()
    }
}
