//! Asking whether somebody may be here: at the handshake, and again while they are connected.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use http::StatusCode;
use http::request::Parts;
use portcullis_core::Standing;
use portcullis_web::{Access, Admitted, Knock, Refusal};
use time::OffsetDateTime;

use crate::consumer::Consumer;
use crate::lookup::Lookup;
use crate::outcome::Outcome;
use crate::socket::Served;
use crate::tickets::Redeemed;

/// Which door, and which object behind it.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) knock: Knock,
    /// The text of the look-up's parameter.
    pub(crate) parameter: String,
    /// The topic that the route is dedicated to.
    pub(crate) topic: Option<String>,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Admission<T> {
    pub(crate) outcome: Outcome,
    /// There when the outcome is good.
    pub(crate) entry: Option<Entry<T>>,
    /// Nobody was recognised, and nobody was refused: no credentials came.
    pub(crate) is_nobody: bool,
}

/// Somebody who is in.
#[derive(Debug)]
pub(crate) struct Entry<T> {
    pub(crate) access: Access,
    /// What is in the database about them, where that is known.
    pub(crate) standing: Option<Standing>,
    /// The head by which to ask again.
    pub(crate) request: Parts,
    pub(crate) object: T,
    /// When the credentials end by themselves.
    pub(crate) expires: Option<OffsetDateTime>,
}

impl<T> Admission<T> {
    pub(crate) fn refused(refusal: &Refusal, is_nobody: bool) -> Self {
        Self {
            outcome: Outcome::refused(refusal),
            entry: None,
            is_nobody,
        }
    }
}

impl<C: Consumer> Served<C> {
    /// Authenticators, permission, object and the permission about it, without the hook's last word.
    pub(crate) async fn ask(
        &self,
        target: &Target,
        request: &Parts,
        bare: Option<&str>,
    ) -> Admission<C::Object> {
        let asked = AssertUnwindSafe(self.find(target, request, bare));
        asked
            .catch_unwind()
            .await
            .unwrap_or_else(|_| crashed(target))
    }

    async fn find(
        &self,
        target: &Target,
        request: &Parts,
        bare: Option<&str>,
    ) -> Admission<C::Object> {
        let knock = &target.knock;
        let admitted = match self.authenticate(knock, request, bare).await {
            Ok(admitted) => admitted,
            Err(refusal) => return Admission::refused(&refusal, false),
        };
        self.permit(target, admitted).await
    }

    /// Permission, object and the permission about it, for whom is known.
    async fn permit(&self, target: &Target, admitted: Admitted) -> Admission<C::Object> {
        let Admitted {
            access,
            standing,
            request,
            expires,
        } = admitted;
        let knock = &target.knock;
        let is_nobody = access.who().user().is_none();
        if let Err(refusal) = knock.permit(&access).await {
            return Admission::refused(&refusal, is_nobody);
        }
        let object = match self.lookup.find(&target.parameter).await {
            Ok(Some(object)) => object,
            Ok(None) => {
                let detail = Lookup::<C::Object>::not_found();
                return Admission {
                    outcome: Outcome::refuse(StatusCode::NOT_FOUND, detail),
                    entry: None,
                    is_nobody,
                };
            }
            Err(error) => return Admission::refused(&error.into(), is_nobody),
        };
        // Also where there is none: a permission that needs one is not to be had without.
        if let Err(refusal) = access.allows(&object).await {
            return Admission::refused(&refusal, is_nobody);
        }
        Admission {
            outcome: Outcome::accepted(access.who().user().cloned()),
            entry: Some(Entry {
                access,
                standing,
                request,
                object,
                expires,
            }),
            is_nobody,
        }
    }

    /// Who it is: by the ticket that was taken for them, or by the door's authenticators.
    async fn authenticate(
        &self,
        knock: &Knock,
        request: &Parts,
        bare: Option<&str>,
    ) -> Result<Admitted, Refusal> {
        let redeemed = request.extensions.get::<Redeemed>();
        let (Some(tickets), Some(redeemed)) = (&self.channels.tickets, redeemed) else {
            return knock.authenticate(request, bare).await;
        };
        let (access, expires) = tickets
            .access(knock, redeemed)
            .await
            .map_err(|error| knock.refusal_of(error))?;
        let standing = access.authenticated().map(|proof| redeemed.standing(proof));
        Ok(Admitted {
            access,
            standing,
            request: request.clone(),
            expires,
        })
    }

    /// All but who it is, which is as it was.
    pub(crate) async fn confirm(&self, target: &Target, known: Admitted) -> Admission<C::Object> {
        let request = known.request.clone();
        let asked = AssertUnwindSafe(self.permit(target, known));
        let admission = asked
            .catch_unwind()
            .await
            .unwrap_or_else(|_| crashed(target));
        self.conclude(&request, admission).await
    }

    /// The hook's last word about what came of it.
    pub(crate) async fn conclude(
        &self,
        request: &Parts,
        mut admission: Admission<C::Object>,
    ) -> Admission<C::Object> {
        if let Some(hook) = &self.hook {
            let concluded = AssertUnwindSafe(hook.conclude(request, admission.outcome));
            let outcome = concluded.catch_unwind().await;
            admission.outcome = outcome.unwrap_or_else(|_| Outcome::crashed());
        }
        if !admission.outcome.is_accepted() {
            admission.entry = None;
        }
        admission
    }

    /// All of it.
    pub(crate) async fn admit(
        &self,
        target: &Target,
        request: &Parts,
        bare: Option<&str>,
    ) -> Admission<C::Object> {
        let admission = self.ask(target, request, bare).await;
        self.conclude(request, admission).await
    }
}

fn crashed<T>(target: &Target) -> Admission<T> {
    tracing::error!(route = target.knock.path(), "a socket's door crashed");
    Admission {
        outcome: Outcome::crashed(),
        entry: None,
        is_nobody: false,
    }
}
