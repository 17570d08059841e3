//! Live models: clients ask about the rows of registered models in one query language, and see, count,
//! filter by and write what their rights let them, and nothing else.
//!
//! Reading order: [`Model`] says what a table shows, [`ModelPermission`] who may do what, [`Rule`] which
//! rows; [`Live`] puts models on doors. Inside, `query` reads a request, `sql` compiles it under the
//! rules, `read` and `write` answer it, and `view` has the routes.
#![forbid(unsafe_code)]

mod access;
mod action;
mod cache;
mod error;
mod events;
mod files;
mod hook;
mod hub;
mod introspect;
mod job;
mod live;
mod model;
mod model_settings;
mod permission;
mod query;
mod read;
mod rule;
mod session;
mod settings;
mod sql;
mod value;
mod view;
mod write;

pub use action::{Action, ActionField, ActionPermission, Call};
pub use error::{FormErrors, LiveError};
pub use events::{Change, ChangeKind, ChangeListener};
pub use hook::{Data, Hook};
pub use hub::{ChannelAccess, Hub, HubSettings, Joining};
pub use introspect::{Catalogue, ModelName};
pub use live::{BuildError, Live, LiveBuilder};
pub use model::{
    Computed, Default, Field, Kind, ManyToMany, Model, Names, OnDelete, Portrait, Record,
    Reference, Registry, RegistryError, Reverse, Validator,
};
pub use model_settings::{ModelAccess, ModelSettings, ModelSettingsError};
pub use permission::{Actions, AllowAll, Bulk, ModelPermission, ReadOnly, StaffOnly};
pub use rule::{Facts, Rule, Test};
pub use settings::{ExtraFields, LiveSettings};
