//! What can be set: in `portcullis.toml`, by the environment, by flags; each stronger than the one before.

mod accounts;
mod channels;
mod classes;
mod database_url;
mod example;
mod fault;
mod field;
mod fields;
mod file;
mod given;
mod jwt;
mod kind;
mod layers;
mod live;
mod mail;
mod mailer;
mod name;
mod nearest;
mod rules;
mod seconds;
mod secret;
mod social;
mod surroundings;
mod token_prefix;
mod web;
mod words;

use std::collections::BTreeMap;
use std::path::Path;

pub use channels::LayerUrl;
pub use classes::{AuthenticationClass, PermissionClass};
pub use database_url::DatabaseUrl;
pub use example::example;
pub use fault::{SettingsError, Source};
pub(crate) use fields::FIELDS;
pub use fields::Settings;
pub use jwt::{JwtSecret, Moment};
pub use kind::{AtLeastOne, Whole};
use layers::Layers;
pub(crate) use layers::flag_of;
pub use mail::{ConfirmEmailLink, Line, MailFrom, MailVia, Password, Port, ResetPasswordLink};
pub use name::{BackendPath, CookieName, TableName, ZoneName};
pub use seconds::Seconds;
pub use social::{ProviderName, SafeUrl};
pub use token_prefix::TokenPrefix;
pub use web::{CookieDomain, Host, Origin, OriginRegex, PublicUrl};

/// The names of all settings.
fn keys() -> Vec<&'static str> {
    FIELDS.iter().map(|field| field.key).collect()
}

impl Settings {
    /// Reads the settings: the file, these variables of the environment, these flags by setting's name.
    ///
    /// # Errors
    /// With every fault that was found, each with its place.
    pub fn load(
        config: Option<&Path>,
        environment: BTreeMap<String, String>,
        flags: BTreeMap<String, String>,
    ) -> Result<Self, SettingsError> {
        let keys = keys();
        let file = file::read(config, &keys)?;
        let settings = Self::of_layers(Layers::new(file, environment, flags, &keys))?;
        settings.fit_together()?;
        Ok(settings)
    }
}
