//! Somebody who was here before.

use async_trait::async_trait;

use crate::social::{Social, SocialError, SocialLogin, Step};

/// Finds the account that the account at the provider belongs to.
#[derive(Clone, Copy, Debug, Default)]
#[doc(alias = "social_user")]
pub struct Known;

#[async_trait]
impl Step for Known {
    async fn run(&self, social: &Social, login: &mut SocialLogin<'_>) -> Result<(), SocialError> {
        if login.user.is_none() {
            let key = login.identity.profile(login.provider).key;
            login.user = social.store().user_by_social(&key).await?;
        }
        Ok(())
    }
}
