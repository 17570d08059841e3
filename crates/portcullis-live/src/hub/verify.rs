//! Whether those who hear something may still be here.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use portcullis_core::Standing;
use portcullis_web::Refusal;

use super::access::Joining;
use super::channel::Kind;
use super::holder::Holder;
use super::state::{Inner, Subscription};
use crate::permission::shown_rows;

/// How many are asked about in one round.
const ROUND: usize = 500;

/// How often those are asked about of whom only their authenticator knows.
const ALONE: Duration = Duration::from_secs(60);

/// The connection is closed with this: its login or its rights are over.
const NOT_AUTHORIZED: u16 = 4009;

/// The database does not answer.
#[derive(Debug)]
pub(super) struct Unknown;

impl Inner {
    /// Looks again at those of whom what is known is older than `age`, or of whom something was told; whoever may not be
    /// here is closed.
    pub(super) async fn verify(
        &self,
        subscriptions: &[Arc<Subscription>],
        age: Duration,
    ) -> Result<(), Unknown> {
        let now = self.live.inner.clock.now();
        let mut together: Vec<(&Arc<Subscription>, &Arc<Holder>, Standing)> = Vec::new();
        let mut alone: Vec<(&Arc<Subscription>, &Arc<Holder>)> = Vec::new();
        for subscription in subscriptions {
            let Some(holder) = &subscription.holder else {
                continue;
            };
            let (standing, expires) = {
                let known = holder.known();
                (known.standing.clone(), known.expires)
            };
            let is_over = expires.is_some_and(|expires| expires <= now);
            match standing.filter(|_| self.standings.get().is_some() && !is_over) {
                Some(standing) if holder.is_due(now, age) => {
                    holder.begin();
                    together.push((subscription, holder, standing));
                }
                None if holder.is_due(now, age.max(ALONE)) => {
                    holder.begin();
                    alone.push((subscription, holder));
                }
                _ => {}
            }
        }
        let mut is_unknown = false;
        if let Some(store) = self.standings.get() {
            for round in together.chunks(ROUND) {
                let standings: Vec<Standing> = round
                    .iter()
                    .map(|(_, _, standing)| standing.clone())
                    .collect();
                match store.are_standing(&standings, now).await {
                    Ok(found) => {
                        for ((subscription, holder, _), is_standing) in round.iter().zip(found) {
                            match is_standing {
                                true => holder.confirm(),
                                false => alone.push((subscription, holder)),
                            }
                        }
                    }
                    Err(error) => {
                        tracing::warn!(%error, "who hears of changes could not be looked after");
                        round.iter().for_each(|(_, holder, _)| holder.mark_stale());
                        is_unknown = true;
                    }
                }
            }
        }
        for (subscription, holder) in alone {
            is_unknown |= self.look_closer(subscription, holder).await.is_err();
        }
        match is_unknown {
            true => Err(Unknown),
            false => Ok(()),
        }
    }

    async fn look_closer(
        &self,
        subscription: &Subscription,
        holder: &Holder,
    ) -> Result<(), Unknown> {
        let channel = &subscription.channel;
        let refused = match holder.ask_again().await {
            Err(Refusal::Unavailable) => {
                holder.mark_stale();
                return Err(Unknown);
            }
            Err(_) => true,
            // Of rows it is decided at each delivery; who sees them before the next write is asked by the rules of now.
            Ok(()) if !self.models_of(channel).is_empty() => {
                self.count_rules(subscription);
                false
            }
            Ok(()) => match self.may_join(&holder.who(), channel).await {
                Ok(joining) => {
                    joining == Joining::Refused && Kind::of(channel) != Some(Kind::Public)
                }
                Err(error) => {
                    tracing::warn!(%error, "who may hear a channel is not known");
                    holder.mark_stale();
                    return Err(Unknown);
                }
            },
        };
        if refused {
            tracing::info!(door = "hub", outcome = "ended", "ended");
            self.end(subscription, NOT_AUTHORIZED, "Connection not authorized");
        }
        Ok(())
    }

    /// Counts the rules by which somebody sees the models of their channel, as they are now.
    pub(super) fn count_rules(&self, subscription: &Subscription) {
        let Some(holder) = &subscription.holder else {
            return;
        };
        let who = holder.who();
        for model in self.models_of(&subscription.channel) {
            if let Some(rule) = shown_rows(model, &who) {
                self.count_rule(subscription, model.name(), rule);
            }
        }
    }

    /// The name of a rule that somebody has now, which is counted in the place of the one before; none where they are
    /// gone, whose rules nobody would take out again.
    pub(super) fn count_rule(
        &self,
        subscription: &Subscription,
        model: &str,
        rule: crate::rule::Rule,
    ) -> Option<(Arc<crate::rule::Rule>, crate::events::Fingerprint)> {
        let interests = &self.live.inner.bus.interests;
        let mut rules = subscription
            .rules
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let rules = rules.as_mut()?;
        if let Some((known, name)) = rules.get(model) {
            if **known == rule {
                return Some((Arc::clone(known), *name));
            }
            interests.remove(model, *name);
        }
        let rule = Arc::new(rule);
        let name = interests.add(model, &rule);
        rules.insert(model.to_owned(), (Arc::clone(&rule), name));
        Some((rule, name))
    }

    /// Counts no rules any more of a subscription that has ended.
    pub(super) fn forget_rules(&self, subscription: &Subscription) {
        let interests = &self.live.inner.bus.interests;
        let rules = subscription
            .rules
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        for (model, (_, name)) in rules.into_iter().flatten() {
            interests.remove(&model, name);
        }
    }
}
