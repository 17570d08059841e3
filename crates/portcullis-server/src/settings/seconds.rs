//! Times as settings: seconds, with a fraction where one is wanted.

use std::time::Duration;

use super::given::Given;
use super::kind::{Kind, Wrong};

/// The longest time that can be set: a day.
const MAX_SECONDS: f64 = 86_400.0;

/// A time of more than nothing and no more than a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seconds(Duration);

impl Seconds {
    /// That many whole seconds.
    #[must_use]
    pub const fn new(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// The time.
    #[must_use]
    pub const fn get(self) -> Duration {
        self.0
    }
}

impl Kind for Seconds {
    fn wanted() -> String {
        format!("a number of seconds above 0, up to {MAX_SECONDS}")
    }

    fn read(given: &Given) -> Result<Self, Wrong> {
        let number = given.decimal();
        let number = number.filter(|number| *number > 0.0 && *number <= MAX_SECONDS);
        let time = number.and_then(|number| Duration::try_from_secs_f64(number).ok());
        time.map(Self).ok_or(Wrong::Kind)
    }

    fn shown(&self) -> Option<String> {
        Some(self.0.as_secs_f64().to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_positive_seconds() {
        let text = |text: &str| Seconds::read(&Given::Text(text.to_owned()));
        assert_eq!(text("0.5"), Ok(Seconds(Duration::from_millis(500))));
        for wrong in ["0", "-1", "NaN", "inf", "1e9", "ten"] {
            assert!(text(wrong).is_err(), "{wrong}");
        }
    }
}
