//! The way in: the upgrade, perhaps a first message, and the outcome that is told.

use std::sync::{Arc, Mutex, RwLock};

use futures_util::stream::FuturesUnordered;
use http::request::Parts;
use hyper::upgrade::OnUpgrade;
use serde_json::Value;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;

use super::line::{End, Line};
use super::{Over, Task, incoming, new_id, recheck};
use crate::admission::{Admission, Target};
use crate::connection::Live;
use crate::consumer::Consumer;
use crate::frame::{self, Reply};
use crate::limits::{Bucket, Place as LimitPlace};
use crate::lives::Life;
use crate::mailbox::Mailbox;
use crate::outcome::Outcome;
use crate::socket::{Opening, Served};

/// The task of who came in, and whether they are still there; `None` where nobody may.
pub(super) async fn enter<C: Consumer>(
    served: Arc<Served<C>>,
    upgrade: OnUpgrade,
    head: Parts,
    target: Target,
    opening: Opening<C::Object>,
    (mut life, seat): (Life, LimitPlace),
) -> Option<(Box<Task<C>>, Result<(), Over>)> {
    let upgraded = match upgrade.await {
        Ok(upgraded) => upgraded,
        Err(error) => {
            tracing::debug!(%error, "a handshake was not finished");
            return None;
        }
    };
    let mut line = Line::new(upgraded, &served.settings).await;
    let (admission, place, reply) = match opening {
        Opening::Decided(admission, place) => (*admission, place, Reply::default()),
        Opening::Waiting(waiting) => {
            let first = tokio::select! {
                first = first_message(&served, &mut line, &head, &target) => first,
                code = life.ended() => Err(End::close(code)),
            };
            drop(waiting);
            match first {
                Ok((admission, reply)) => {
                    let (admission, place) = served.count(&head, admission);
                    (admission, place, reply)
                }
                Err(end) => {
                    line.end(end).await;
                    return None;
                }
            }
        }
    };
    let Admission { outcome, entry, .. } = admission;
    let (Some(entry), Some(place)) = (entry, place) else {
        served.count_refusal(&head, &outcome);
        refuse(&served, line, &target, &outcome, &reply).await;
        return None;
    };
    let (mailbox, inbox) = Mailbox::new(&served.settings);
    let settings = &served.settings;
    let now = Instant::now();
    let mut task = Box::new(Task {
        life,
        _places: [seat, place],
        line,
        inbox,
        target,
        in_flight: FuturesUnordered::new(),
        messages: settings.message_rate.map(Bucket::new),
        pings: Bucket::new(settings.ping_rate),
        throttled_in_a_row: 0,
        unanswered_ping: None,
        next_ping: now + settings.ping_interval,
        next_check: recheck::next(&served, entry.standing.as_ref()),
        ends: recheck::ends(&served, entry.expires),
        checking: None,
        standing: entry.standing,
        expires: entry.expires,
        unknown_since: None,
        live: Arc::new(Live {
            id: new_id(),
            mailbox,
            request: head,
            access: RwLock::new(entry.access),
            object: entry.object,
            groups: Mutex::default(),
            topics: Mutex::default(),
            served,
        }),
        head: entry.request,
    });
    let entered = task.greet(&outcome, &reply).await;
    Some((task, entered))
}

/// Waits for `{"action": "authenticate", "token": …}`, and asks the door with it.
async fn first_message<C: Consumer>(
    served: &Served<C>,
    line: &mut Line,
    head: &Parts,
    target: &Target,
) -> Result<(Admission<C::Object>, Reply), End> {
    let settings = &served.settings;
    let read = async {
        loop {
            match line.next().await? {
                Message::Ping(_) | Message::Pong(_) => {}
                Message::Text(text) if text.len() <= settings.first_message_max_bytes => {
                    return Ok(serde_json::from_str::<Value>(&text).ok());
                }
                Message::Text(_) => return Err(End::close(1009)),
                _ => return Ok(None),
            }
        }
    };
    let first = match timeout(settings.first_message_timeout, read).await {
        Ok(first) => first?.filter(|first| first["action"] == "authenticate"),
        Err(_) => None,
    };
    let token = first.as_ref().and_then(|first| first["token"].as_str());
    let token = token.filter(|token| !token.is_empty());
    let reply = first.as_ref().map(incoming::reference);
    let admission = match token {
        Some(token) => {
            let scheme = first.as_ref().and_then(|first| first["scheme"].as_str());
            recheck::admit_token(served, target, head, token, scheme).await
        }
        None => served.admit(target, head, None).await,
    };
    Ok((admission, reply.unwrap_or_default()))
}

/// Tells somebody that they may not enter.
async fn refuse<C: Consumer>(
    served: &Served<C>,
    mut line: Line,
    target: &Target,
    outcome: &Outcome,
    reply: &Reply,
) {
    let status = outcome.status().map(|status| status.as_u16());
    let route = target.knock.path();
    tracing::info!(
        door = "socket",
        route,
        status,
        outcome = "refused",
        "refused"
    );
    if let Some(status) = outcome
        .status()
        .filter(|_| served.settings.send_authentication_message)
    {
        let mut frame = frame::authentication(status, outcome.data());
        reply.mark(&mut frame);
        line.write_last(frame::text(frame, served.settings.camelize))
            .await;
    }
    let code = outcome.close_code(served.settings.close_style);
    line.end(End::close(code)).await;
}
