//! `portcullis settings`: what holds, and who said so.

use super::table::{printable, say, table};
use crate::settings::Settings;

/// Prints each setting with its value and where it was said.
pub(super) fn print(settings: &Settings) -> anyhow::Result<()> {
    let heading = ["SETTING", "VALUE", "FROM"].map(str::to_owned);
    let rows = settings.values().into_iter().map(|(key, value)| {
        let value = value.unwrap_or_else(|| "-".to_owned());
        let source = settings.source(key).to_string();
        [key.to_owned(), printable(&value), printable(&source)]
    });
    say(&table(std::iter::once(heading).chain(rows).collect()))
}
