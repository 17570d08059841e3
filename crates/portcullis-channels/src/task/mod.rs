//! The life of one connection: authenticated, in its groups, talking, checked again, and ended.

mod delivery;
mod entry;
mod incoming;
mod line;
mod recheck;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use http::request::Parts;
use hyper::upgrade::OnUpgrade;
use portcullis_core::Standing;
use time::OffsetDateTime;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::Message;

use crate::admission::{Admission, Target};
use crate::connection::Live;
use crate::consumer::Consumer;
use crate::frame::{self, Reply};
use crate::group::{ConnectionId, Group};
use crate::limits::{Bucket, Place as LimitPlace};
use crate::lives::Life;
use crate::mailbox::Inbox;
use crate::outcome::Outcome;
use crate::socket::{Opening, Served};
use line::{End, Line};
#[cfg(feature = "redis")]
pub(crate) use recheck::jittered;

/// How long handlers may go on when their connection has ended.
const HANDLER_GRACE: Duration = Duration::from_secs(5);

/// The task of one connection that is in.
struct Task<C: Consumer> {
    life: Life,
    /// What it counts as, of its address and of its user.
    _places: [LimitPlace; 2],
    line: Line,
    live: Arc<Live<C>>,
    inbox: Inbox,
    target: Target,
    /// The head by which its user is looked for again.
    head: Parts,
    in_flight: FuturesUnordered<BoxFuture<'static, ()>>,
    messages: Option<Bucket>,
    pings: Bucket,
    throttled_in_a_row: u32,
    unanswered_ping: Option<Instant>,
    next_ping: Instant,
    next_check: Instant,
    /// When its credentials end by themselves, on the clock of timers.
    ends: Instant,
    /// A check that is under way.
    checking: Option<BoxFuture<'static, Admission<C::Object>>>,
    /// What is in the database about its user, where that is known.
    standing: Option<Standing>,
    /// When its credentials end by themselves.
    expires: Option<OffsetDateTime>,
    /// Since when checks do not tell, as the database is away.
    unknown_since: Option<Instant>,
}

/// Why the life of a connection is over.
enum Over {
    Line(End),
    /// Its user may not be here any more.
    Refused(Box<Outcome>),
}

impl Over {
    fn refused(outcome: Outcome) -> Self {
        Self::Refused(Box::new(outcome))
    }
}

impl From<End> for Over {
    fn from(end: End) -> Self {
        Self::Line(end)
    }
}

/// Begins with the outcome, or by waiting for the first message; then lives on until it is over.
///
/// The ways in and out need more room than the life between them, which may be long: they have theirs to
/// themselves, and give it back.
pub(crate) fn begin<C: Consumer>(
    served: Arc<Served<C>>,
    upgrade: OnUpgrade,
    head: Parts,
    target: Target,
    opening: Opening<C::Object>,
    seats: (Life, LimitPlace),
) -> impl Future<Output = ()> + Send {
    let way_in = Box::pin(entry::enter(served, upgrade, head, target, opening, seats));
    async move {
        let Some((mut task, entered)) = way_in.await else {
            return;
        };
        let over = match entered {
            Ok(()) => match task.live_on().await {
                Ok(never) => match never {},
                Err(over) => over,
            },
            Err(over) => over,
        };
        Box::pin(task.leave(over)).await;
    }
}

impl<C: Consumer> Task<C> {
    /// Says that they are in, joins the groups, and has the consumer greet them.
    async fn greet(&mut self, outcome: &Outcome, reply: &Reply) -> Result<(), Over> {
        self.tell(outcome, reply).await?;
        let live = Arc::clone(&self.live);
        let consumer = &live.served.consumer;
        let user = live.handle().user();
        let begun = async {
            live.enlist(&Group::everybody()).await?;
            if let Some(user) = &user {
                live.enlist(&Group::of_user(&user.id)).await?;
            }
            for group in consumer.groups(live.handle()).await {
                live.join(group).await?;
            }
            consumer.connected(live.handle()).await?;
            if let Some(name) = &self.target.topic {
                incoming::subscribe_route(&live, name).await;
            }
            Ok::<_, crate::consumer::ConsumerError>(())
        };
        match AssertUnwindSafe(begun).catch_unwind().await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                tracing::error!(%error, route = self.target.knock.path(), "a connection could not begin");
                let code = if error.is_layer() { 1013 } else { 1011 };
                Err(End::close(code).into())
            }
            Err(_) => Err(End::close(1011).into()),
        }
    }

    /// The authentication frame.
    async fn tell(&mut self, outcome: &Outcome, reply: &Reply) -> Result<(), Over> {
        let settings = &self.live.served.settings;
        if let Some(status) = outcome
            .status()
            .filter(|_| settings.send_authentication_message)
        {
            let mut frame = frame::authentication(status, outcome.data());
            reply.mark(&mut frame);
            let text = frame::text(frame, settings.camelize);
            self.write(Message::Text(text)).await?;
        }
        Ok(())
    }

    async fn write(&mut self, message: Message) -> Result<(), Over> {
        let patience = self.live.served.settings.pong_timeout;
        let written = self.line.write(message, &self.live.mailbox, patience);
        Ok(written.await?)
    }

    /// Everything until the end. What is not waited for all the time has its room only while it runs.
    async fn live_on(&mut self) -> Result<std::convert::Infallible, Over> {
        let live = Arc::clone(&self.live);
        let settings = &live.served.settings;
        loop {
            let is_free = self.in_flight.len() < settings.max_in_flight;
            tokio::select! {
                item = self.inbox.take() => match item {
                    Some(item) => self.deliver(item).await?,
                    None => return Err(End::close(1011).into()),
                },
                message = self.line.next(), if is_free => Box::pin(self.read(message?)).await?,
                Some(()) = self.in_flight.next(), if !self.in_flight.is_empty() => {}
                () = sleep_until(self.next_ping) => Box::pin(self.ping()).await?,
                () = sleep_until(self.next_check), if self.checking.is_none() => self.begin_check(),
                () = sleep_until(self.ends) => Box::pin(self.check_now()).await?,
                admission = checked(&mut self.checking) => {
                    self.checking = None;
                    Box::pin(self.conclude_check(admission)).await?;
                }
                code = self.life.ended() => return Err(End::close(code).into()),
                () = live.mailbox.overflowed() => return Err(End::close(1013).into()),
            }
        }
    }

    async fn ping(&mut self) -> Result<(), Over> {
        let settings = &self.live.served.settings;
        let now = Instant::now();
        let since = *self.unanswered_ping.get_or_insert(now);
        if now.duration_since(since) >= settings.pong_timeout {
            let end = End::Close(1001, "no pong".to_owned());
            return Err(end.into());
        }
        self.next_ping = now + settings.ping_interval;
        self.write(Message::Ping(bytes::Bytes::new())).await
    }

    /// Out of all groups first, so that nothing is delivered any more; then the last words.
    async fn leave(mut self, over: Over) {
        let live = Arc::clone(&self.live);
        let settings = &live.served.settings;
        let mut groups = vec![Group::everybody()];
        groups.extend(live.handle().user().map(|user| Group::of_user(&user.id)));
        groups.extend(live.groups().drain(..));
        let topics = live.topics().drain(..).collect::<Vec<_>>();
        groups.extend(topics.iter().map(|topic| Group::of_topic(topic.name())));
        for group in &groups {
            if let Err(error) = live.delist(group).await {
                tracing::warn!(%error, "a group was not left");
            }
        }
        live.mailbox.shut();
        let end = match over {
            Over::Line(End::Close(1013, reason)) => End::Close(C::COME_BACK, reason),
            Over::Line(end) => end,
            Over::Refused(outcome) => {
                let status = outcome.status();
                if let Some(status) = status.filter(|_| settings.send_authentication_message) {
                    let frame = frame::authentication(status, outcome.data());
                    let text = frame::text(frame, settings.camelize);
                    self.line.write_last(text).await;
                }
                let route = self.target.knock.path();
                let status = status.map(|status| status.as_u16());
                tracing::info!(door = "socket", route, status, outcome = "ended", "ended");
                End::close(outcome.close_code(settings.close_style))
            }
        };
        let ending = self.line.end(end);
        let mut in_flight = self.in_flight;
        let finishing = timeout(HANDLER_GRACE, async {
            while in_flight.next().await.is_some() {}
        });
        let (_, _) = tokio::join!(ending, finishing);
        let farewell = live.served.consumer.disconnected(live.handle());
        if AssertUnwindSafe(farewell).catch_unwind().await.is_err() {
            tracing::error!("a consumer crashed when a connection had ended");
        }
    }
}

/// What came of the check that is under way; never, where none is.
async fn checked<T>(checking: &mut Option<BoxFuture<'static, T>>) -> T {
    match checking {
        Some(checking) => checking.await,
        None => std::future::pending().await,
    }
}

pub(crate) fn new_id() -> ConnectionId {
    let mut bytes = [0_u8; 16];
    // Without randomness no log-in works either; a counter keeps names apart.
    if getrandom::fill(&mut bytes).is_err() {
        static COUNTER: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        let count = COUNTER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        bytes[..8].copy_from_slice(&count.to_be_bytes());
    }
    ConnectionId(hex::encode(bytes).into())
}
