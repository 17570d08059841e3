//! Who may hear channels of the application's own.

use async_trait::async_trait;
use portcullis_core::{Principal, StoreError};
use serde_json::Value as Json;

use super::state::Inner;

/// What comes of the question who may hear a channel.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Joining {
    /// Not they.
    Refused,
    /// They may; at a presence channel the others are shown this about them.
    Allowed(Json),
}

/// Decides about channels that are no model's: `private-…` and `presence-…` of the application's own.
///
/// It is asked when somebody wants a signature, and again when their login or user has changed while they hear the channel.
#[async_trait]
pub trait ChannelAccess: Send + Sync {
    /// Whether somebody may hear the channel of this full name, such as `presence-room-7`.
    ///
    /// # Errors
    /// [`StoreError`] when that cannot be known now; the client is told to come back.
    async fn may_join(&self, who: &Principal, channel: &str) -> Result<Joining, StoreError>;
}

impl Inner {
    /// Where nobody decides, nobody hears anything but changes of models.
    pub(super) async fn may_join(
        &self,
        who: &Principal,
        channel: &str,
    ) -> Result<Joining, StoreError> {
        match self.access.get() {
            Some(access) => access.may_join(who, channel).await,
            None => Ok(Joining::Refused),
        }
    }
}
