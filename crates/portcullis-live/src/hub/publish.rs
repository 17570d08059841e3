//! Publishing: events that are no changes of rows, as they are.

use super::channel::{Kind, is_event_name};
use super::frames;
use super::handle::Hub;
use super::nodes::Message;
use super::state::Inner;

/// Why an event was not published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum PublishError {
    /// A name is none.
    #[error("Invalid channel name")]
    Channel,
    /// The event's name is none, or the protocol's own.
    #[error("Invalid event name")]
    Event,
    /// The data is larger than it may be.
    #[error("The data content of this event exceeds the allowed maximum")]
    Large,
    /// The channel tells of changes of rows, which is decided for each receiver.
    #[error("Changes of rows are told by this server itself")]
    OfRows,
}

impl Inner {
    /// Whether all of it can be published.
    pub(super) fn check(
        &self,
        channels: &[String],
        name: &str,
        data: &str,
    ) -> Result<(), PublishError> {
        if !is_event_name(name) {
            return Err(PublishError::Event);
        }
        if data.len() > self.settings.max_event_bytes {
            return Err(PublishError::Large);
        }
        for channel in channels {
            if Kind::of(channel).is_none() {
                return Err(PublishError::Channel);
            }
            if !self.models_of(channel).is_empty() {
                return Err(PublishError::OfRows);
            }
        }
        Ok(())
    }

    /// Sends what passed [`check`](Self::check).
    pub(super) fn publish(
        &self,
        channels: &[String],
        name: &str,
        data: &str,
        except: Option<&str>,
    ) {
        self.pass(channels, name, data, None, except);
    }

    /// Sends an event to all who hear these channels, on all nodes.
    pub(super) fn pass(
        &self,
        channels: &[String],
        name: &str,
        data: &str,
        user: Option<&str>,
        except: Option<&str>,
    ) {
        for channel in channels {
            let text = frames::raw_event(name, Some(channel), data, user);
            self.send(channel, &text, except);
        }
        if self.others.get().is_some() {
            self.tell_others(Message::Publish {
                channels: channels.to_vec(),
                name: name.to_owned(),
                data: data.to_owned(),
                user: user.map(str::to_owned),
                except: except.map(str::to_owned),
            });
        }
    }
}

impl Hub {
    /// Sends an event to all who hear a channel of the application's own. `data` is usually JSON text. Whether it was
    /// sent: names that are none, data that is too large and channels of models are refused.
    pub fn publish(&self, channel: &str, name: &str, data: &str) -> bool {
        let channels = [channel.to_owned()];
        let is_good = self.inner.check(&channels, name, data).is_ok();
        if is_good {
            self.inner.publish(&channels, name, data, None);
        }
        is_good
    }
}
