//! Somebody who is new.

use async_trait::async_trait;
use portcullis_core::{
    CreateAccountError, MadeAccount, NewAccount, NewSocialAccount, PasswordHash, User,
};
use portcullis_django::random;
use portcullis_web::device_of;

use crate::social::{Identity, Social, SocialError, SocialLogin, Step};
use crate::{Accounts, EmailVerification};

/// Random characters of a password that nobody has, as Django's.
const UNUSABLE_CHARACTERS: usize = 40;

/// Makes an account, by the same rules as every sign-up: who may, how many from one place, whether an address has to be
/// confirmed. An address counts as confirmed where the provider vouches for it.
#[derive(Clone, Copy, Debug, Default)]
#[doc(alias = "create_user")]
pub struct SignUp;

#[async_trait]
impl Step for SignUp {
    async fn run(&self, social: &Social, login: &mut SocialLogin<'_>) -> Result<(), SocialError> {
        if login.user.is_some() {
            return Ok(());
        }
        let accounts = &social.accounts;
        let client = Accounts::client(login.request);
        accounts.count_sign_up(&client).await?;
        accounts.admit_mode()?;
        let must_confirm = accounts.settings.email_verification == EmailVerification::Mandatory;
        let identity = &login.identity;
        let is_vouched = identity.is_email_verified == Some(true);
        if identity.email.is_none() && must_confirm {
            return Err(SocialError::NoEmail);
        }
        if let Some(owner) = owner(social, identity).await? {
            // The same person may have come by another request since they were looked for.
            let key = identity.profile(login.provider).key;
            if let Some(user) = social.store().user_by_social(&key).await? {
                login.user = Some(user);
                return Ok(());
            }
            let is_silent = must_confirm && !accounts.settings.compat.reveal_addresses;
            if is_silent && !is_vouched {
                // Whoever can write an address into a provider's form learns nothing about it.
                accounts.tell_owner(&client, &owner).await?;
                return Err(SocialError::ToConfirm);
            }
            return Err(SocialError::EmailTaken);
        }
        let email = identity.email.clone().unwrap_or_default();
        let invitation = login.invitation.as_deref();
        let invitation = accounts.take_invitation(invitation, &email).await?;
        let new = new_account(social, login, email, is_vouched);
        let profile = new.profile.clone();
        let mails = |made: &MadeAccount| match is_vouched {
            true => Vec::new(),
            false => accounts.welcome(made),
        };
        let made = social.store().create_social_account(new, &mails).await;
        if made.is_err() {
            accounts.give_back(invitation).await?;
        }
        login.user = match made {
            Ok(user) => {
                accounts.send_now();
                tracing::info!(user = %user.id, event = "signup", provider = login.provider, "account made");
                login.is_new = true;
                Some(user)
            }
            Err(CreateAccountError::Taken) => {
                // The same person was faster by another request, or somebody by that address.
                let user = social.store().user_by_social(&profile.key).await?;
                Some(user.ok_or(SocialError::EmailTaken)?)
            }
            Err(CreateAccountError::Store(error)) => return Err(error.into()),
            Err(_) => return Err(SocialError::Refused(portcullis_web::Refusal::Unavailable)),
        };
        Ok(())
    }
}

/// Somebody who has the address already, in whatever place.
async fn owner(social: &Social, identity: &Identity) -> Result<Option<User>, SocialError> {
    let Some(email) = &identity.email else {
        return Ok(None);
    };
    if let Some(owner) = social.store().user_by_login_name(email).await? {
        return Ok(Some(owner));
    }
    Ok(social.store().users_by_email(email).await?.pop())
}

fn new_account(
    social: &Social,
    login: &SocialLogin<'_>,
    email: String,
    is_vouched: bool,
) -> NewSocialAccount {
    let identity = &login.identity;
    let profile = identity.profile(login.provider);
    // Without an address, a name that nobody else has; what people choose elsewhere may be somebody's here.
    let username = match email.is_empty() {
        true => format!("{}-{}", login.provider, random::hex(8)),
        false => email.clone(),
    };
    NewSocialAccount {
        account: NewAccount {
            username,
            email,
            password: unusable_password(),
            is_email_verified: Some(is_vouched),
            is_staff: false,
            is_superuser: false,
            device: device_of(login.request),
            now: social.accounts.clock.now(),
        },
        first_name: identity.first_name.clone(),
        last_name: identity.last_name.clone(),
        profile,
    }
}

/// A password that nobody has: a log-in by one never succeeds, and a reset gives one.
#[doc(alias = "set_unusable_password")]
pub(super) fn unusable_password() -> PasswordHash {
    let text = random::text(UNUSABLE_CHARACTERS, random::ALPHANUMERIC);
    PasswordHash::new(format!("!{text}"))
}
