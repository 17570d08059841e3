//! One change of rows of one model, as receivers are told of it.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::Fingerprint;

/// What happened.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// A row is new.
    Create,
    /// A row was written.
    Update,
    /// A row is gone.
    Delete,
    /// Rows of one request are new.
    BulkCreate,
    /// Rows of one request were written.
    BulkUpdate,
    /// Rows of one request are gone.
    BulkDelete,
}

impl ChangeKind {
    /// Its name on the wire, such as `bulk_update`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::BulkCreate => "bulk_create",
            Self::BulkUpdate => "bulk_update",
            Self::BulkDelete => "bulk_delete",
        }
    }

    /// Whether it is one of many rows, which is told on the channel of all models, too.
    #[must_use]
    pub fn is_bulk(self) -> bool {
        matches!(self, Self::BulkCreate | Self::BulkUpdate | Self::BulkDelete)
    }
}

/// A change that is durable. It has keys and no values: who hears it asks again, within their rights.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Change {
    pub(crate) kind: ChangeKind,
    pub(crate) model: String,
    pub(crate) keys: Vec<Json>,
    pub(crate) key_field: String,
    pub(crate) operation_id: Option<String>,
    pub(crate) canonical_id: String,
    pub(crate) at_ms: i64,
    /// Rules that showed rows until this change, with the places of those rows among the keys.
    pub(crate) seen: HashMap<Fingerprint, Vec<usize>>,
    /// Whether every node finds it by itself.
    #[serde(skip)]
    pub(crate) is_everywhere: bool,
}

impl Change {
    /// What happened.
    #[must_use]
    pub fn kind(&self) -> ChangeKind {
        self.kind
    }

    /// The model, such as `depot.crate`.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.model
    }

    /// The keys of the rows.
    #[must_use]
    pub fn keys(&self) -> &[Json] {
        &self.keys
    }

    /// The `X-Operation-ID` of the request that did it.
    #[must_use]
    pub fn operation_id(&self) -> Option<&str> {
        self.operation_id.as_deref()
    }

    /// What a receiver is told who may hear of these keys: `{"event", "model", "operation_id", "canonical_id",
    /// "server_ts_ms", "instances", "pk_field_name"}`.
    #[must_use]
    pub fn told(&self, keys: &[Json]) -> Json {
        json!({
            "event": self.kind.name(),
            "model": self.model,
            "operation_id": self.operation_id,
            "canonical_id": self.canonical_id,
            "server_ts_ms": self.at_ms,
            "instances": keys,
            "pk_field_name": self.key_field,
        })
    }
}
