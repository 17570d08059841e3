//! A refresh token for the next pair.

use http::request::Parts;
use portcullis_core::{
    Device, RefreshStanding, RefreshToken, Rotated, Rotation, RotationWay, User,
};
use portcullis_django::jwt::{self, Claims, RefreshError, Refreshed, TokenError, Verified};
use portcullis_web::{LOGIN_CLAIM, Refusal, device_of};
use time::OffsetDateTime;

use super::pair::SignedToken;
use super::settings::Families;
use super::{Jwt, login_named, new_family, refused, row_of, standing};

/// What a refresh token was exchanged for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renewed {
    /// The next access token.
    pub access: SignedToken,
    /// The next refresh token, where they rotate: then the old one is dead.
    pub refresh: Option<SignedToken>,
}

/// A refresh token that may be exchanged, with all that is known of it.
struct Presented<'t> {
    verified: &'t Verified,
    user: Option<User>,
    standing: RefreshStanding,
    device: Device,
    now: OffsetDateTime,
}

impl Jwt {
    /// Exchanges a refresh token.
    ///
    /// With families the same token gets the same successor again for [`Families::grace`], while nobody
    /// used that; whoever comes with it later, or once its successor was used, ends the whole family.
    ///
    /// # Errors
    /// 401 in simplejwt's words when the token is not good, its user is not active, or its login is over;
    /// 429 when its login, or its address, refreshes too often; 503 when the database fails.
    ///
    /// # Security
    /// The successor is in no table: it is made again of the token that was sent, and of the `jti`, `iat`
    /// and `exp` that are. With ECDSA its signature differs from the first one; it is the same token.
    #[doc(alias = "TokenRefreshView")]
    pub async fn refresh(&self, request: &Parts, token: &str) -> Result<Renewed, Refusal> {
        let now = self.clock.now();
        let verified = match self.refresh_token(token, now) {
            Ok(verified) => verified,
            Err(error) => return Err(self.refuse_token(request, error).await),
        };
        let claims = verified.claims();
        self.count_refresh(request, claims).await?;
        let presented = Presented {
            user: self.user_of(&verified).await?,
            standing: self
                .store()
                .refresh_standing(claims.id(), login_named(claims))
                .await?,
            device: device_of(request),
            verified: &verified,
            now,
        };
        match self.settings.families {
            Some(families) => self.refresh_in_family(presented, families).await,
            None => self.refresh_alone(presented).await,
        }
    }

    async fn refresh_in_family(
        &self,
        presented: Presented<'_>,
        families: Families,
    ) -> Result<Renewed, Refusal> {
        let old = presented.verified.claims();
        let (family, is_new) = match (&presented.standing.family, login_named(old)) {
            (Some(family), _) => (family.clone(), false),
            // It was of a family of which nothing is known any more.
            (None, Some(_)) => return Err(refused(TokenError::Blacklisted)),
            (None, None) => (new_family(families, presented.now), true),
        };
        if family.ends <= presented.now {
            return Err(refused(TokenError::Expired));
        }
        // Of a token that was exchanged the rotation knows more than the blacklist.
        let is_dead = presented.standing.is_blacklisted && is_new;
        let (mut access, rotated) = self.exchange(&presented, is_dead)?;
        let Some(user) = &presented.user else {
            return Err(refused(RefreshError::NoActiveAccount));
        };
        let mut next = rotated.ok_or(Refusal::Unavailable)?;
        next.insert(LOGIN_CLAIM, family.id.as_str());
        next.end_by(family.ends.unix_timestamp());
        let rotation = Rotation {
            old: row_of(old, presented.now),
            new: row_of(&next, presented.now),
            user: Some(user.id.clone()),
            way: RotationWay::Family {
                family: family.clone(),
                is_new,
                grace: families.grace,
            },
            device: presented.device,
            now: presented.now,
        };
        match self.store().rotate_refresh(rotation).await? {
            Rotated::Done => {}
            Rotated::Again { token, family } => become_row(&mut next, &token, &family),
            Rotated::Reused => {
                tracing::warn!(
                    user = %user.id,
                    event = "refresh_reuse",
                    "an exchanged refresh token was used again: its login is over"
                );
                return Err(refused(TokenError::Blacklisted));
            }
            Rotated::Over => return Err(refused(TokenError::Blacklisted)),
        }
        if let Some(login) = next.get(LOGIN_CLAIM).cloned() {
            access.insert(LOGIN_CLAIM, login);
        }
        access.end_by(family.ends.unix_timestamp());
        self.renewed(&access, Some(&next))
    }

    /// simplejwt's way.
    async fn refresh_alone(&self, presented: Presented<'_>) -> Result<Renewed, Refusal> {
        let (access, rotated) = self.exchange(&presented, presented.standing.is_blacklisted)?;
        if let Some(next) = &rotated {
            let rotation = Rotation {
                old: row_of(presented.verified.claims(), presented.now),
                new: row_of(next, presented.now),
                user: presented.user.map(|user| user.id),
                way: RotationWay::Alone {
                    blacklists_old: self.settings.tokens.blacklist_after_rotation,
                },
                device: presented.device,
                now: presented.now,
            };
            if self.store().rotate_refresh(rotation).await? != Rotated::Done {
                return Err(refused(TokenError::Blacklisted));
            }
        }
        self.renewed(&access, rotated.as_ref())
    }

    /// The claims of the next access token, and of the next refresh token where they rotate.
    fn exchange(
        &self,
        presented: &Presented<'_>,
        is_dead: bool,
    ) -> Result<(Claims, Option<Claims>), Refusal> {
        let standing = standing(is_dead, presented.user.as_ref());
        let now = presented.now.unix_timestamp();
        let settings = &self.settings.tokens;
        let Refreshed {
            access, rotated, ..
        } = jwt::refresh(presented.verified, settings, standing, now).map_err(refused)?;
        Ok((access, rotated))
    }

    fn renewed(&self, access: &Claims, refresh: Option<&Claims>) -> Result<Renewed, Refusal> {
        Ok(Renewed {
            access: self.sign(access)?,
            refresh: refresh.map(|claims| self.sign(claims)).transpose()?,
        })
    }
}

/// Makes the claims those of a token that is out already.
fn become_row(claims: &mut Claims, token: &RefreshToken, family: &str) {
    claims.become_token(
        &token.jti,
        token.issued.unix_timestamp(),
        token.expires.unix_timestamp(),
    );
    claims.insert(LOGIN_CLAIM, family);
}
