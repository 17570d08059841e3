//! The three settings that were recorded.

use std::path::Path;

use clap::ValueEnum;
use portcullis::live::{ExtraFields, LiveSettings};

/// A profile of the recordings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Profile {
    /// As in production.
    Prod,
    /// With details of refusals, and open schemas.
    Debug,
    /// With a sync token, unknown fields as errors, and a limit by default.
    Sync,
}

impl Profile {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Prod => "prod",
            Self::Debug => "debug",
            Self::Sync => "sync",
        }
    }

    pub(crate) fn settings(self, media: &Path) -> LiveSettings {
        let settings = LiveSettings {
            media_root: Some(media.to_owned()),
            open_routes: true,
            ..LiveSettings::default()
        };
        match self {
            Self::Prod => settings,
            Self::Debug => LiveSettings {
                debug: true,
                ..settings
            },
            Self::Sync => LiveSettings {
                sync_token: Some("schema-sync-token".to_owned()),
                extra_fields: ExtraFields::Error,
                default_limit: Some(2),
                telemetry: true,
                ..settings
            },
        }
    }
}
