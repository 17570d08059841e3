//! A time zone by its name.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use time::OffsetDateTime;

/// The zone by whose clocks Django counts the age of reset links, by its name, such as `Europe/Berlin`.
///
/// ```
/// use portcullis_accounts::Zone;
/// use time::macros::datetime;
///
/// let berlin = Zone::named("Europe/Berlin").unwrap();
/// assert_eq!(berlin.seconds_ahead(datetime!(2026-01-01 0:00 UTC)), 3600);
/// assert_eq!(berlin.seconds_ahead(datetime!(2026-07-01 0:00 UTC)), 7200);
/// assert!(Zone::named("Europe/Berlim").is_none());
/// ```
#[doc(alias = "TIME_ZONE")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Zone {
    /// The zone of that name; `None` when there is none.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        TimeZone::get(name).ok().map(Self)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// How far its clocks are ahead of UTC at a moment, in seconds.
    #[must_use]
    pub fn seconds_ahead(&self, at: OffsetDateTime) -> i64 {
        let at = Timestamp::from_second(at.unix_timestamp());
        at.map_or(0, |at| self.0.to_offset(at).seconds().into())
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self(TimeZone::UTC)
    }
}
