//! Somebody whose address somebody here has.

use async_trait::async_trait;
use portcullis_core::{AuditEvent, Linked, PasswordHash, User, no_mails};

use super::sign_up::unusable_password;
use crate::social::pipeline::LinkByEmail;
use crate::social::{Social, SocialError, SocialLogin, Step};

/// Links to the account of the same address, where that is wished for.
///
/// # Security
/// Somebody may have signed up with an address of another person before they came, to be in their account with them
/// later. So, where nobody confirmed the address here, the password and all that it opened end. Accounts of staff are
/// never linked by an address.
#[derive(Clone, Copy, Debug, Default)]
#[doc(alias = "associate_by_email")]
pub struct ByEmail;

#[async_trait]
impl Step for ByEmail {
    async fn run(&self, social: &Social, login: &mut SocialLogin<'_>) -> Result<(), SocialError> {
        let identity = &login.identity;
        let is_wished = match login.link_by_email {
            LinkByEmail::Never => false,
            LinkByEmail::Vouched => identity.is_email_verified == Some(true),
            LinkByEmail::DangerAlways => true,
        };
        let Some(email) = identity.email.clone().filter(|_| is_wished) else {
            return Ok(());
        };
        if login.user.is_some() {
            return Ok(());
        }
        let Some(owner) = owner(social, &email).await? else {
            return Ok(());
        };
        let is_vouched = login.link_by_email == LinkByEmail::Vouched;
        if is_vouched && (owner.is_staff || owner.is_superuser) {
            return Err(SocialError::EmailTaken);
        }
        if !owner.is_active {
            // Nothing is written about an account that is closed.
            login.user = Some(owner);
            return Ok(());
        }
        let unusable = match is_vouched && !is_confirmed(social, &owner, &email).await? {
            true => Some(unusable_password()),
            false => None,
        };
        login.user = Some(link(social, login, owner, unusable, is_vouched).await?);
        Ok(())
    }
}

/// The one whose address it is.
async fn owner(social: &Social, email: &str) -> Result<Option<User>, SocialError> {
    let mut owners = social.store().users_by_email(email).await?;
    owners.retain(|owner| owner.email.to_lowercase() == email);
    // Of two, which older programs may have made, nobody knows which.
    Ok(owners.pop().filter(|_| owners.is_empty()))
}

async fn is_confirmed(social: &Social, owner: &User, email: &str) -> Result<bool, SocialError> {
    let addresses = social.store().email_addresses(owner).await?;
    let is_it = |own: &portcullis_core::EmailAddress| own.email == email && own.is_verified;
    Ok(addresses.iter().any(is_it))
}

async fn link(
    social: &Social,
    login: &SocialLogin<'_>,
    owner: User,
    unusable: Option<PasswordHash>,
    is_vouched: bool,
) -> Result<User, SocialError> {
    let store = social.store();
    let profile = login.identity.profile(login.provider);
    let entry = social
        .accounts
        .entry(AuditEvent::SocialLinked, login.request);
    let has_ended = unusable.is_some();
    let label = social
        .provider(login.provider)
        .map_or(login.provider, |provider| provider.label());
    let mails = social.accounts.social_linked(&owner, label);
    let linking = store.link_social(&owner, &profile, unusable, entry, &mails);
    match linking.await? {
        Linked::Done => social.accounts.send_now(),
        Linked::Already => {}
        Linked::OfAnother => return Err(SocialError::OfAnother),
        Linked::Stale => return Err(SocialError::Closed),
    }
    if is_vouched {
        let addresses = store.email_addresses(&owner).await?;
        let own = addresses
            .iter()
            .find(|own| own.email == owner.email.to_lowercase());
        if let Some(own) = own.filter(|own| !own.is_verified) {
            store.verify_email(own.id, &no_mails, None).await?;
        }
    }
    if has_ended {
        tracing::warn!(user = %owner.id, event = "social_link", "an unconfirmed password was ended");
    }
    let now = store.user_by_id_now(&owner.id.to_string()).await?;
    now.ok_or(SocialError::Closed)
}
