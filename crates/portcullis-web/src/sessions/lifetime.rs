//! How long a session is good: from its log-in, and from its last use.

use portcullis_core::StoredSession;
use portcullis_django::session::{self, Expiry};
use serde_json::{Map, Value};
use time::{Duration, OffsetDateTime};

use super::Sessions;

/// How long a session is good altogether where nothing is said.
const ABSOLUTE: Duration = Duration::days(90);

/// Until when a session is good.
pub(super) struct Lifetime {
    /// However it is used.
    pub(super) expires: OffsetDateTime,
    /// If nobody uses it again.
    pub(super) idles: OffsetDateTime,
}

impl Sessions {
    /// Until when a session with that data is good: the earliest of what its row says, of its time from
    /// the log-in, and of its time from its last use.
    ///
    /// Whoever saves a session moves its end, so that the end tells when that was: a use at Django counts
    /// where Django saves. A session that Django gave an end of its own keeps it, unless the settings say
    /// otherwise.
    pub(super) fn lifetime_of(
        &self,
        stored: &StoredSession,
        data: &Map<String, Value>,
    ) -> Lifetime {
        let settings = &self.settings;
        let age = settings.cookie.age;
        let close = settings.expire_at_browser_close;
        let own = match session::expiry(data, age.whole_seconds(), close).0 {
            Expiry::Seconds(seconds) => Some(Duration::seconds(seconds)),
            Expiry::At(_) => None,
        };
        let saved = own.and_then(|own| stored.expires.checked_sub(own));
        let at_least = |time: Duration| own.map_or(Duration::MAX, |own| own.max(time));
        let absolute = settings.absolute.unwrap_or_else(|| at_least(ABSOLUTE));
        let idle = settings.idle.unwrap_or_else(|| at_least(age));
        let end = |from: Option<OffsetDateTime>, time: Duration| {
            let end = from.and_then(|from| from.checked_add(time));
            end.map_or(stored.expires, |end| end.min(stored.expires))
        };
        // One that joins the list of logins only now is being used.
        let used = stored.login.map(|login| login.last_seen);
        Lifetime {
            expires: end(stored.since.or(saved), absolute),
            idles: end(
                used.map(|used| saved.map_or(used, |saved| used.max(saved))),
                idle,
            ),
        }
    }
}
