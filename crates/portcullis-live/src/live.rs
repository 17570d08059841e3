//! Live models on a database: what an application builds, and puts on doors.

use std::sync::Arc;
use std::time::Duration;

use portcullis_core::{Clock, IsAuthenticated, Permission, SystemClock};
use portcullis_sql::{Database, Limited};

use crate::access::looks_at_action;
use crate::action::Action;
use crate::cache::Cache;
use crate::events::{Bus, ChangeListener};
use crate::model::{Model, Registry, RegistryError};
use crate::model_settings::{self, ModelSettingsError};
use crate::settings::LiveSettings;

/// The longest that a statement may take.
const MAX_STATEMENT: Duration = Duration::from_secs(3);

/// Live models: a registry of [`Model`]s on a database, with actions, and one permission before all of it.
///
/// Cheap to clone.
#[derive(Clone)]
pub struct Live {
    pub(crate) inner: Arc<Inner>,
    /// The operation whose changes are made by this handle.
    pub(crate) operation_id: Option<String>,
}

/// What all requests share.
pub(crate) struct Inner {
    pub(crate) registry: Registry,
    pub(crate) database: Limited,
    /// Counts statements.
    pub(crate) counter: Database,
    pub(crate) settings: LiveSettings,
    pub(crate) access: Arc<dyn Permission>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) actions: Vec<Action>,
    pub(crate) cache: Cache,
    pub(crate) bus: Bus,
    /// What actions are about.
    pub(crate) nothing: Model,
}

/// Why live models cannot be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The models do not fit together.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The access permission cannot be used.
    #[error(
        "the permission {0} decides by what is done, and every live query is a POST: take one that only \
         looks at who asks, such as IsAuthenticated, and say in the models' permissions what may be done"
    )]
    Access(String),
    /// A hub without a secret: everybody could sign for everything.
    #[error("the hub of live events needs a secret")]
    Secret,
}

/// Puts a [`Live`] together.
pub struct LiveBuilder {
    database: Database,
    models: Vec<Model>,
    actions: Vec<Action>,
    settings: LiveSettings,
    access: Arc<dyn Permission>,
    clock: Arc<dyn Clock>,
}

impl Live {
    /// Begins with a database, without models.
    #[must_use]
    pub fn builder(database: &Database) -> LiveBuilder {
        LiveBuilder {
            database: database.clone(),
            models: Vec::new(),
            actions: Vec::new(),
            settings: LiveSettings::default(),
            access: Arc::new(IsAuthenticated),
            clock: Arc::new(SystemClock),
        }
    }

    /// Has changes of rows told to somebody from now on, after their commit.
    pub fn listen(&self, listener: Arc<dyn ChangeListener>) {
        self.inner.bus.listen(listener);
    }

    /// Headers that clients send beside those of every API; pages of other origins may when CORS lists them.
    pub const REQUEST_HEADERS: [&'static str; 5] = [
        "x-operation-id",
        "x-canonical-id",
        "x-statezero-extra-fields",
        "x-sync-token",
        "x-statezero-sync-token",
    ];

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &LiveSettings {
        &self.inner.settings
    }

    /// The models.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.inner.registry
    }
}

impl LiveBuilder {
    /// With one more model.
    #[must_use]
    pub fn model(mut self, model: Model) -> Self {
        self.models.push(model);
        self
    }

    /// With the models that the settings describe, out of the database's tables.
    ///
    /// # Errors
    /// [`ModelSettingsError`], which names the model; the database's own.
    pub async fn models_of_settings(mut self) -> Result<Self, ModelSettingsError> {
        let models = model_settings::models(&self.database, &self.settings.models).await?;
        self.models.extend(models);
        Ok(self)
    }

    /// With one more action.
    #[must_use]
    pub fn action(mut self, action: Action) -> Self {
        self.actions.push(action);
        self
    }

    /// With these settings.
    #[must_use]
    pub fn settings(mut self, settings: LiveSettings) -> Self {
        self.settings = settings;
        self
    }

    /// With another permission than `IsAuthenticated` before every route.
    #[doc(alias = "STATEZERO_VIEW_ACCESS_CLASS")]
    #[doc(alias = "view_access_class")]
    #[must_use]
    pub fn access(mut self, permission: impl Permission + 'static) -> Self {
        self.access = Arc::new(permission);
        self
    }

    /// The same, with a permission that is shared.
    #[must_use]
    pub fn shared_access(self, permission: Arc<dyn Permission>) -> Self {
        Self {
            access: permission,
            ..self
        }
    }

    /// By another clock.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The finished whole.
    ///
    /// # Errors
    /// [`BuildError`] when the models do not fit together, or the access permission decides by the action.
    pub async fn build(self) -> Result<Live, BuildError> {
        if looks_at_action(self.access.as_ref()).await {
            return Err(BuildError::Access(self.access.name()));
        }
        let time = Duration::from_millis(self.settings.query_timeout_ms).min(MAX_STATEMENT);
        let inner = Inner {
            registry: Registry::new(self.models)?,
            database: self.database.limited(time),
            counter: self.database,
            settings: self.settings,
            access: self.access,
            clock: self.clock,
            actions: self.actions,
            cache: Cache::default(),
            bus: Bus::default(),
            nothing: Model::new("portcullis", "Nothing"),
        };
        Ok(Live {
            inner: Arc::new(inner),
            operation_id: None,
        })
    }
}

impl std::fmt::Debug for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Live")
            .field("settings", &self.inner.settings)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for LiveBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LiveBuilder")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
