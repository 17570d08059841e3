//! Asking a socket's door: the way of one who is told in a frame, and asked again while connected.

use std::fmt;
use std::sync::Arc;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderValue, header};
use portcullis_core::{
    Action, AuthError, Authenticated, Authenticator, LoginId, Principal, Standing, User,
};
use time::OffsetDateTime;

use crate::current_user::Access;
use crate::effects::Effects;
use crate::refusal::Refusal;
use crate::way::Door;

/// The door of a socket, in the extensions of the request that wants to open it.
///
/// It can be asked any number of times, also long after the handshake, with the request's head.
#[derive(Clone)]
pub struct Knock(Arc<Door>);

impl fmt::Debug for Knock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Knock").field(&self.0.path).finish()
    }
}

/// Somebody whom the authenticators did not refuse, and the head of a request by which to ask again.
#[derive(Clone, Debug)]
pub struct Admitted {
    /// Who it is, and the door's permission, which was not asked yet.
    pub access: Access,
    /// The request's head, with the bare token as its `Authorization` header where that was what counted.
    pub request: Parts,
    /// What is in the database about them, where their authenticator says so.
    pub standing: Option<Standing>,
    /// When the credentials end by themselves, if that is known.
    pub expires: Option<OffsetDateTime>,
}

impl Knock {
    pub(crate) fn of(door: &Arc<Door>) -> Self {
        Self(Arc::clone(door))
    }

    /// The path as it was declared, such as `/ws/rooms/{id}/`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// Whether a request carries credentials that a browser adds by itself.
    #[must_use]
    pub fn is_ambient(&self, request: &Parts) -> bool {
        let mut authenticators = self.0.authenticators.iter();
        authenticators.any(|authenticator| authenticator.is_ambient(request))
    }

    /// Whether the door has authenticators at all; without any, credentials would not help.
    #[must_use]
    pub fn has_authenticators(&self) -> bool {
        !self.0.authenticators.is_empty()
    }

    /// Who a request comes from. `bare` is a token without its keyword, from the query, a sub-protocol or a
    /// message: each authenticator with a [scheme](Authenticator::scheme) is offered it in the door's order.
    /// The first that takes it counts; where none does, the first refusal.
    ///
    /// # Errors
    /// The refusal, with the words that a request for a document would get.
    pub async fn authenticate(
        &self,
        request: &Parts,
        bare: Option<&str>,
    ) -> Result<Admitted, Refusal> {
        let admitted = self.recognise(request, bare).await?;
        // As for a form: what a cookie made somebody's owes a token, if the method changes things.
        if let Some(csrf) = Effects::of(&admitted.request).owed_csrf() {
            csrf.check(&admitted.request, None)
                .map_err(Refusal::CsrfFailed)?;
        }
        Ok(admitted)
    }

    /// The same, without looking for a CSRF token where one is owed.
    pub(crate) async fn recognise(
        &self,
        request: &Parts,
        bare: Option<&str>,
    ) -> Result<Admitted, Refusal> {
        let effects = Effects::of(request);
        effects.take_expiry();
        effects.take_guess();
        let (authenticated, request) = self.find(request, bare).await?;
        let effects = Effects::of(&request);
        let standing = authenticated.as_ref().and_then(|proof| {
            let mut known = self.0.authenticators.iter();
            let by = known.find(|known| known.name() == proof.authenticator)?;
            by.standing(&request, proof)
        });
        let access = self.0.access(authenticated, Action::Connect);
        Ok(Admitted {
            access,
            standing,
            request,
            expires: effects.take_expiry(),
        })
    }

    /// Somebody who proved who they are elsewhere, as with a ticket, by an authenticator of that name. `None`:
    /// it is none of this door's.
    #[must_use]
    pub fn access_of(&self, user: User, login: LoginId, authenticator: &str) -> Option<Access> {
        let mut known = self.0.authenticators.iter().map(|known| known.name());
        let authenticated = Authenticated {
            user: user.into(),
            login: Some(login),
            credential_digest: None,
            authenticator: known.find(|known| *known == authenticator)?,
        };
        Some(self.0.access(Some(authenticated), Action::Connect))
    }

    /// Whether they may: the door's permission, before any object.
    ///
    /// # Errors
    /// 401 or 403 as a refusal.
    pub async fn permit(&self, access: &Access) -> Result<(), Refusal> {
        self.0.permit(access).await
    }

    /// Whether the door lets nobody in particular in.
    pub async fn permits_anonymous(&self) -> bool {
        let access = self.0.access(None, Action::Connect);
        access.who == Principal::Anonymous && self.0.permit(&access).await.is_ok()
    }

    /// The authenticators that take bare tokens have the first word, each in its turn.
    async fn find(
        &self,
        request: &Parts,
        bare: Option<&str>,
    ) -> Result<(Option<Authenticated>, Parts), Refusal> {
        let mut first_refusal = None;
        for authenticator in self.0.authenticators.iter() {
            let scheme = authenticator.scheme();
            let offered = match (bare, scheme) {
                (Some(token), Some(scheme)) => Some(with_token(request, scheme, token)),
                _ if first_refusal.is_some() => continue,
                _ => None,
            };
            let asked = match offered {
                Some(Err(error)) => Err(error),
                Some(Ok(head)) => ask(authenticator, head).await,
                None => ask(authenticator, request.clone()).await,
            };
            match asked {
                Ok((None, _)) => {}
                Ok(found) => return Ok(found),
                Err(AuthError::Failed(detail)) if bare.is_some() && scheme.is_some() => {
                    first_refusal.get_or_insert(AuthError::Failed(detail));
                }
                Err(AuthError::FailedJson(body)) if bare.is_some() && scheme.is_some() => {
                    first_refusal.get_or_insert(AuthError::FailedJson(body));
                }
                Err(error) => return Err(self.refuse(request, error).await),
            }
        }
        match first_refusal {
            Some(error) => Err(self.refuse(request, error).await),
            None => Ok((None, request.clone())),
        }
    }

    /// The answer to credentials that were not accepted, with this door's challenge.
    #[must_use]
    pub fn refusal_of(&self, error: AuthError) -> Refusal {
        self.0.gate.refusal_of(&self.0.authenticators, error)
    }

    async fn refuse(&self, request: &Parts, error: AuthError) -> Refusal {
        let gate = &self.0.gate;
        gate.refuse(&self.0.authenticators, request, error).await
    }
}

async fn ask(
    authenticator: &Arc<dyn Authenticator>,
    head: Parts,
) -> Result<(Option<Authenticated>, Parts), AuthError> {
    let found = authenticator.authenticate(&head).await?;
    Ok((found, head))
}

fn with_token(request: &Parts, scheme: &str, token: &str) -> Result<Parts, AuthError> {
    let value = HeaderValue::from_bytes(format!("{scheme} {token}").as_bytes()).map_err(|_| {
        AuthError::failed(
            "Invalid token header. Token string should not contain invalid characters.",
        )
    })?;
    let mut head = request.clone();
    head.headers.insert(header::AUTHORIZATION, value);
    Ok(head)
}

/// Hands the door to the handler; what authenticators cause meanwhile is applied to its answer.
pub(crate) async fn enter(door: Arc<Door>, mut request: Request, next: Next) -> Response {
    let effects = Effects::default();
    request.extensions_mut().insert(effects.clone());
    request.extensions_mut().insert(door.gate.compat);
    request.extensions_mut().insert(Knock(door));
    let mut response = next.run(request).await;
    effects.apply(&mut response);
    response
}
