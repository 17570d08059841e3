//! Everything about live models that can be set.

use std::path::PathBuf;

use serde::Deserialize;

use crate::hub::HubSettings;
use crate::model_settings::ModelSettings;

/// What is done with fields that are not there, in writes, `fields` and orders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExtraFields {
    /// They are dropped.
    #[default]
    Ignore,
    /// They are answered with 400.
    Error,
}

/// Settings of [`Live`](crate::Live).
///
/// ```
/// let settings = serde_json::from_str::<portcullis_live::LiveSettings>(r#"{"default_limit": 20}"#);
/// assert!(settings.is_ok_and(|s| s.default_limit == Some(20) && s.mount == "/statezero/"));
/// ```
#[derive(Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LiveSettings {
    /// Where the routes are, with a slash at both ends.
    pub mount: String,
    /// The name of the permission before every route; whoever reads the settings knows which that is. By
    /// default `IsAuthenticated`.
    #[doc(alias = "STATEZERO_VIEW_ACCESS_CLASS")]
    pub view_access_class: Option<String>,
    /// Shows details of refusals, and opens the schemas to everybody.
    #[doc(alias = "DEBUG")]
    pub debug: bool,
    /// Opens the schemas to whoever sends it, and to nobody else.
    #[doc(alias = "STATEZERO_SYNC_TOKEN")]
    pub sync_token: Option<String>,
    /// What is done with unknown fields, where the request does not say.
    #[doc(alias = "STATEZERO_EXTRA_FIELDS")]
    pub extra_fields: ExtraFields,
    /// How many rows a read without a limit gives; at most 1000, which is also what it is by default.
    #[doc(alias = "STATEZERO_DEFAULT_LIMIT")]
    pub default_limit: Option<usize>,
    /// How long one statement may take, in milliseconds; at most 3000.
    #[doc(alias = "STATEZERO_QUERY_TIMEOUT_MS")]
    pub query_timeout_ms: u64,
    /// Tells in a header how many statements an answer took.
    #[doc(alias = "STATEZERO_ENABLE_TELEMETRY")]
    pub telemetry: bool,
    /// The folder of stored files; without one, file fields refer to none.
    #[doc(alias = "MEDIA_ROOT")]
    pub media_root: Option<PathBuf>,
    /// Where stored files are served, with a slash at the end.
    #[doc(alias = "MEDIA_URL")]
    pub media_url: String,
    /// Models of the database's tables, besides those that the application builds.
    pub models: Vec<ModelSettings>,
    /// The hub that tells browsers of changes, where there is to be one: the application builds it, as
    /// [`Hub::new`](crate::Hub::new).
    pub events: Option<HubSettings>,
    /// Whether changes that others make, as Django beside us, are told of, too: the application calls
    /// [`Live::hear_outside`](crate::Live::hear_outside), which adds triggers.
    pub outside_changes: bool,
    /// `me/` answers everybody by itself, and is not behind the access permission, as with StateZero.
    pub open_routes: bool,
}

impl Default for LiveSettings {
    fn default() -> Self {
        Self {
            mount: "/statezero/".to_owned(),
            view_access_class: None,
            debug: false,
            sync_token: None,
            extra_fields: ExtraFields::Ignore,
            default_limit: None,
            query_timeout_ms: 1000,
            telemetry: false,
            media_root: None,
            media_url: "/media/".to_owned(),
            models: Vec::new(),
            events: None,
            outside_changes: false,
            open_routes: false,
        }
    }
}

impl std::fmt::Debug for LiveSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The sync token stays out.
        f.debug_struct("LiveSettings")
            .field("mount", &self.mount)
            .field("debug", &self.debug)
            .field("models", &self.models)
            .finish_non_exhaustive()
    }
}
