//! What people do on their way over both servers. Each begins at `here` and goes on `there`.

mod passwords;
mod people;
mod providers;
mod sessions;
mod tokens;

use super::site::{Direction, Way};

/// Something that people do.
pub(super) struct Scenario {
    pub(super) name: &'static str,
    /// `None` is both directions.
    pub(super) only: Option<Direction>,
    pub(super) walk: fn(&Way<'_>),
}

impl Scenario {
    pub(super) fn directions(&self) -> Vec<Direction> {
        let all = [Direction::FromDjango, Direction::ToDjango];
        all.into_iter()
            .filter(|way| self.only.is_none_or(|only| only == *way))
            .collect()
    }
}

const fn both(name: &'static str, walk: fn(&Way<'_>)) -> Scenario {
    Scenario {
        name,
        only: None,
        walk,
    }
}

/// What Django alone can begin: there is no door for it here.
const fn from_django(name: &'static str, walk: fn(&Way<'_>)) -> Scenario {
    let only = Some(Direction::FromDjango);
    Scenario { name, only, walk }
}

/// Every scenario.
pub(super) fn all() -> impl Iterator<Item = &'static Scenario> {
    let all = [
        sessions::ALL,
        tokens::ALL,
        passwords::ALL,
        people::ALL,
        providers::ALL,
    ];
    all.into_iter().flatten()
}
