//! Who is told of a change: decided for each receiver when it is told, on the rows before and after.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use portcullis_channels::FrameText;
use portcullis_core::Principal;
use serde_json::Value as Json;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

use super::channel::GLOBAL;
use super::frames;
use super::state::{Inner, Subscription, Work};
use super::verify::Unknown;
use crate::events::{Change, ChangeKind, Fingerprint, Seen};
use crate::job::Job;
use crate::model::Model;
use crate::permission::shown_rows;
use crate::read::key_text;
use crate::rule::Rule;
use crate::session::Session;

/// How often it is looked whether logins have ended by themselves.
const TICK: Duration = Duration::from_secs(5);

/// What was told may have been missed: the client comes back, and reads again.
pub(super) const COME_BACK: u16 = 4100;

/// Delivers in the order of the changes, as long as the hub is there.
pub(super) async fn run(hub: Weak<Inner>, mut waiting: mpsc::UnboundedReceiver<Work>) {
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let (work, is_given) = tokio::select! {
            work = waiting.recv() => (work, true),
            _ = tick.tick() => (Some(Work::Recheck(None)), false),
        };
        let (Some(work), Some(inner)) = (work, hub.upgrade()) else {
            return;
        };
        if is_given {
            inner.pending.fetch_sub(1, Ordering::AcqRel);
        }
        if inner.is_lost.swap(false, Ordering::AcqRel) {
            tracing::warn!("more changes than can be told: all who hear of changes come back");
            inner.send_away(COME_BACK);
        }
        // A task of its own: what an application's permission does must not end this one.
        let working = tokio::spawn(work_on(Arc::clone(&inner), work));
        if working.await.is_err() {
            tracing::error!("a permission crashed at a change: all who hear of changes come back");
            inner.send_away(COME_BACK);
        }
    }
}

async fn work_on(inner: Arc<Inner>, work: Work) {
    match work {
        Work::Recheck(user) => {
            let mut all = inner.subscriptions();
            if user.is_some() {
                let of_user = |known: &Arc<super::holder::Holder>| known.user_id() == user;
                all.retain(|subscription| subscription.holder.as_ref().is_some_and(of_user));
            }
            // Whoever is not known about is looked at again at the next delivery or tick.
            let _ = inner
                .verify(&all, inner.settings.socket.revalidate_interval)
                .await;
        }
        Work::Changes(changes) => {
            let mut rest: &[Change] = &changes;
            while let Some(first) = rest.first() {
                let same = rest.iter().take_while(|change| change.model == first.model);
                let (of_model, others) = rest.split_at(same.count());
                rest = others;
                deliver(&inner, of_model).await;
            }
        }
    }
}

/// Those with one rule.
struct Receivers {
    name: Fingerprint,
    rule: Arc<Rule>,
    /// On the model's channel, and on that of all models.
    on: [Vec<Arc<Subscription>>; 2],
}

/// Tells of changes of one model.
async fn deliver(inner: &Inner, changes: &[Change]) {
    let Some(first) = changes.first() else {
        return;
    };
    let Some(model) = inner.live.inner.registry.model(&first.model) else {
        return;
    };
    let channels = [format!("private-{}", model.name()), GLOBAL.to_owned()];
    let mut audiences = [inner.audience(&channels[0]), Vec::new()];
    if changes.iter().any(|change| change.kind.is_bulk()) {
        audiences[1] = inner.audience(GLOBAL);
    }
    let all: Vec<Arc<Subscription>> = audiences.iter().flatten().map(Arc::clone).collect();
    if all.is_empty() {
        return;
    }
    let age = Duration::from_millis(inner.settings.verified_for_ms);
    let verified = inner.verify(&all, age).await;
    let now = match verified {
        Ok(()) => {
            let receivers = receivers(inner, model, &audiences);
            let seen = visible(inner, model, changes, &receivers).await;
            seen.map(|seen| (receivers, seen))
        }
        Err(unknown) => Err(unknown),
    };
    let Ok((receivers, visible)) = now else {
        // Nobody is told anything that could not be decided, and everybody learns that they missed something.
        for subscription in all {
            inner.end(&subscription, COME_BACK, "please reconnect");
        }
        return;
    };
    for change in changes {
        tell(change, &channels, &receivers, &visible);
    }
}

/// Everybody by the rule that they have now. Who may not read the model at all, or is closed, is not among them.
fn receivers(
    inner: &Inner,
    model: &Model,
    audiences: &[Vec<Arc<Subscription>>; 2],
) -> Vec<Receivers> {
    let mut places: HashMap<Fingerprint, usize> = HashMap::new();
    let mut receivers: Vec<Receivers> = Vec::new();
    for (channel, audience) in audiences.iter().enumerate() {
        for subscription in audience {
            let Some(holder) = &subscription.holder else {
                continue;
            };
            let Some(rule) = shown_rows(model, &holder.who()) else {
                continue;
            };
            let Some((rule, name)) = inner.count_rule(subscription, model.name(), rule) else {
                continue;
            };
            let place = *places.entry(name).or_insert_with(|| {
                receivers.push(Receivers {
                    name,
                    rule,
                    on: Default::default(),
                });
                receivers.len() - 1
            });
            if let Some(own) = receivers.get_mut(place) {
                own.on[channel].push(Arc::clone(subscription));
            }
        }
    }
    receivers
}

/// Which rows each rule shows now: one query for all keys of the changes and all receivers.
async fn visible(
    inner: &Inner,
    model: &Model,
    changes: &[Change],
    receivers: &[Receivers],
) -> Result<Seen, Unknown> {
    let is_there =
        |change: &&Change| !matches!(change.kind, ChangeKind::Delete | ChangeKind::BulkDelete);
    let there = changes.iter().filter(is_there);
    let keys: Vec<Json> = there.flat_map(|change| change.keys.clone()).collect();
    let rules: Vec<(Fingerprint, Arc<Rule>)> = receivers
        .iter()
        .map(|own| (own.name, Arc::clone(&own.rule)))
        .collect();
    let job = Job::new(&inner.live.inner, &Principal::Anonymous, model);
    let mut session = Session::Pool(&inner.live.inner.database);
    Seen::by(&job, model, &keys, rules, &mut session)
        .await
        .map_err(|error| {
            tracing::warn!(?error, "who may hear of a change is not known");
            Unknown
        })
}

/// Tells each group of receivers of the keys that they see or saw.
fn tell(change: &Change, channels: &[String; 2], receivers: &[Receivers], visible: &Seen) {
    let texts: Vec<String> = change.keys.iter().map(key_text).collect();
    let is_gone = matches!(change.kind, ChangeKind::Delete | ChangeKind::BulkDelete);
    let mut written: HashMap<(usize, Vec<usize>), FrameText> = HashMap::new();
    for own in receivers {
        let before = change.seen.get(&own.name);
        let places: Vec<usize> = (0..texts.len())
            .filter(|place| {
                let saw = before.is_some_and(|places| places.contains(place));
                saw || (!is_gone
                    && texts
                        .get(*place)
                        .is_some_and(|key| visible.shows(own.name, key)))
            })
            .collect();
        if places.is_empty() {
            continue;
        }
        for (channel, audience) in own.on.iter().enumerate() {
            if audience.is_empty() || (channel == 1 && !change.kind.is_bulk()) {
                continue;
            }
            let text = written.entry((channel, places.clone())).or_insert_with(|| {
                let keys: Vec<Json> = places
                    .iter()
                    .filter_map(|place| change.keys.get(*place).cloned())
                    .collect();
                frames::event(
                    change.kind.name(),
                    Some(&channels[channel]),
                    &change.told(&keys),
                )
            });
            for subscription in audience {
                subscription.connection.send_text(text);
            }
        }
    }
}
