//! Tickets: what a page puts into the URL of a socket instead of a credential, good once and for moments.

use std::fmt;
use std::sync::Arc;

use axum::Json;
use http::StatusCode;
use http::request::Parts;
use portcullis_core::{
    AuthError, Authenticated, Clock, IsAuthenticated, Limit, Standing, Store, StoreError, Ticket,
};
use portcullis_web::{
    Access, Content, Description, Doors, Field, FieldErrors, Fields, Gate, Knock, Refusal,
    Sessions, TextRule, Throttle, post,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime};

/// How long a ticket is good: as long as opening a socket takes, on a bad line.
const LIFE: Duration = Duration::seconds(30);
/// How many tickets somebody may ask for: each socket wants one, and so does each time it is opened again.
const LIMIT: Limit = Limit {
    tries: 120,
    window: Duration::minutes(1),
};
/// The longest path that a ticket is given for.
const MAX_PATH_CHARACTERS: usize = 2000;

/// Issues tickets, and takes them at sockets as `?ticket=`.
///
/// A ticket is a random text of which a digest is stored. It opens the path that it was asked for once, on
/// whichever node, within 30 seconds; and the socket is of the login that asked, with whose end it ends.
///
/// ```no_run
/// # fn example(store: std::sync::Arc<dyn portcullis_core::Store>, sessions: portcullis_web::Sessions,
/// #     gate: portcullis_web::Gate) {
/// use portcullis_channels::{Channels, Tickets};
/// use portcullis_core::SystemClock;
///
/// let tickets = Tickets::new(store, std::sync::Arc::new(SystemClock)).with_sessions(sessions);
/// let doors = tickets.doors(&gate); // POST /api/ws-ticket/
/// let channels = Channels::memory().with_tickets(tickets);
/// # }
/// ```
#[derive(Clone)]
pub struct Tickets {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    sessions: Option<Sessions>,
}

/// Somebody who came with a ticket, in the extensions of the head by which they are asked for again.
#[derive(Clone, Debug)]
pub(crate) struct Redeemed(Arc<Ticket>);

impl Redeemed {
    /// What the socket depends on.
    pub(crate) fn standing(&self, proof: &Authenticated) -> Standing {
        Standing {
            session: self.0.session_key.clone(),
            ..Standing::of(proof)
        }
    }
}

impl Tickets {
    /// Tickets that are kept in `store`.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            clock,
            sessions: None,
        }
    }

    /// Issues tickets to sessions, too; without this only to tokens.
    #[must_use]
    pub fn with_sessions(self, sessions: Sessions) -> Self {
        Self {
            sessions: Some(sessions),
            ..self
        }
    }

    /// The door at which tickets are asked for.
    ///
    /// | door | body | answer |
    /// |---|---|---|
    /// | `POST /api/ws-ticket/` | `path`, such as `/ws/` | 201 `{"ticket", "expires_in"}` |
    ///
    /// Credentials that have no login of their own, as Basic and DRF's token, get 403: nothing would end what
    /// the ticket opens.
    #[must_use]
    pub fn doors(&self, gate: &Gate) -> Doors {
        let tickets = self.clone();
        let describe = Description::new("Get a ticket for a socket")
            .fields([Field::text("path")
                .max(MAX_PATH_CHARACTERS)
                .about("The socket's path, such as /ws/.")])
            .answer(
                201,
                "Open the socket with ?ticket= and this, once.",
                Content::Fields(vec![
                    Field::text("ticket"),
                    Field::integer("expires_in").about("Seconds."),
                ]),
            )
            .answer(
                403,
                "The credential has no login that could be ended.",
                Content::Detail,
            )
            .answer(429, "Too many tickets.", Content::Detail);
        let issue = post(move |request, access, fields| issue(tickets, request, access, fields));
        gate.doors()
            .route("/api/ws-ticket/", issue.described(describe))
            .require(IsAuthenticated)
            .throttle(Throttle::new(LIMIT, Arc::clone(&self.clock)))
            .grouped("Sockets")
    }

    /// Issues a ticket to whoever asks, for a path.
    ///
    /// # Errors
    /// 401 for nobody, 403 where the credential has no login, 503 when the database fails.
    pub async fn issue(
        &self,
        request: &Parts,
        access: &Access,
        path: &str,
    ) -> Result<String, Refusal> {
        let proof = access.authenticated().ok_or_else(|| access.refusal())?;
        let is_session = proof.authenticator == "SessionAuthentication";
        let session_key = match &self.sessions {
            Some(sessions) if is_session => sessions.session_key(request),
            _ => None,
        };
        let login = proof.login.filter(|_| !is_session || session_key.is_some());
        let login = login.ok_or_else(|| {
            let detail = "This credential has no login that could be ended. Send it by itself.";
            Refusal::PermissionDenied(Some(detail.into()))
        })?;
        let now = self.clock.now();
        let text = random()?;
        let ticket = Ticket {
            user: proof.user.id.clone(),
            login,
            authenticator: proof.authenticator.to_owned(),
            path: path.to_owned(),
            session_key,
            seal: is_session.then(|| digest(proof.user.password.expose_secret())),
            expires: now + LIFE,
        };
        self.store.keep_ticket(&digest(&text), &ticket, now).await?;
        Ok(text)
    }

    /// Takes a ticket for a path; whoever comes with it a second time gets nothing, whatever came of the first.
    pub(crate) async fn redeem(&self, text: &str, path: &str) -> Result<Redeemed, AuthError> {
        let digest = digest(text);
        let taken = self.store.take_ticket(&digest, self.clock.now());
        match taken.await? {
            Some(ticket) if ticket.path == path => Ok(Redeemed(Arc::new(ticket))),
            _ => Err(invalid()),
        }
    }

    /// Who holds a ticket, and until when, at a door.
    pub(crate) async fn access(
        &self,
        knock: &Knock,
        redeemed: &Redeemed,
    ) -> Result<(Access, Option<OffsetDateTime>), AuthError> {
        let ticket = &redeemed.0;
        let holder = self.store.ticket_holder(ticket, self.clock.now()).await?;
        let holder = holder.ok_or_else(invalid)?;
        if !holder.user.is_active {
            return Err(AuthError::failed("User inactive or deleted."));
        }
        let is_sealed = ticket.seal.as_ref().is_none_or(|seal| {
            let password = digest(holder.user.password.expose_secret());
            *seal == password
        });
        if !is_sealed {
            return Err(invalid());
        }
        let access = knock.access_of(holder.user, ticket.login, &ticket.authenticator);
        Ok((access.ok_or_else(invalid)?, holder.expires))
    }
}

impl fmt::Debug for Tickets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tickets(..)")
    }
}

async fn issue(
    tickets: Tickets,
    request: Parts,
    access: Access,
    fields: Fields,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let mut errors = FieldErrors::default();
    let rule = TextRule::new("path").max(MAX_PATH_CHARACTERS);
    let path = fields.text(rule, &mut errors);
    errors.into_result()?;
    if !path.starts_with('/') || path.contains(['?', '#']) {
        return Err(FieldErrors::one("path", "This is not the path of a socket.").into());
    }
    let ticket = tickets.issue(&request, &access, &path).await?;
    let body = json!({ "ticket": ticket, "expires_in": LIFE.whole_seconds() });
    Ok((StatusCode::CREATED, Json(body)))
}

fn invalid() -> AuthError {
    AuthError::failed("Invalid ticket.")
}

/// 256 random bits, as hex digits.
fn random() -> Result<String, StoreError> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| StoreError::Unavailable(format!("no randomness: {error}")))?;
    Ok(hex::encode(bytes))
}

fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}
