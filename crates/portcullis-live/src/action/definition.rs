//! What an action is: its fields, its permissions, its function.

use std::pin::Pin;
use std::sync::Arc;

use portcullis_core::Principal;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::field::ActionField;
use crate::error::LiveError;
use crate::hook::Data;
use crate::live::Live;

/// One call of an action.
#[derive(Debug)]
pub struct Call<In> {
    /// Who calls.
    pub who: Principal,
    /// What they sent, validated.
    pub input: In,
    /// The models, for [`Live::load`] and [`Live::save`].
    pub live: Live,
}

/// Who may call an action: asked before the input is validated, and again with it.
#[doc(alias = "AbstractActionPermission")]
pub trait ActionPermission: Send + Sync {
    /// What the schema calls it.
    fn name(&self) -> String;

    /// Whether somebody may call it at all.
    #[doc(alias = "has_permission")]
    fn may_call(&self, who: &Principal) -> bool {
        let _ = who;
        true
    }

    /// Whether they may with this input.
    #[doc(alias = "has_action_permission")]
    fn may_call_with(&self, who: &Principal, input: &Data) -> bool {
        let _ = (who, input);
        true
    }
}

type Answer = Pin<Box<dyn Future<Output = Result<Json, LiveError>> + Send>>;

/// A function that clients call at `actions/NAME/`, behind the access permission and its own.
#[derive(Clone)]
pub struct Action {
    pub(crate) name: String,
    pub(crate) app: String,
    pub(crate) docs: Option<String>,
    pub(crate) inputs: Vec<ActionField>,
    pub(crate) outputs: Vec<ActionField>,
    pub(crate) permissions: Vec<Arc<dyn ActionPermission>>,
    pub(crate) run: Arc<dyn Fn(Live, Principal, Data) -> Answer + Send + Sync>,
}

impl Action {
    /// An action of an app. The fields of its input are those named by [`input`](Self::input): what they let
    /// through is read as `In`.
    #[must_use]
    pub fn new<In, Out, F, Fut>(app: &str, name: &str, run: F) -> Self
    where
        In: DeserializeOwned + Send + 'static,
        Out: Serialize + 'static,
        F: Fn(Call<In>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Out, LiveError>> + Send + 'static,
    {
        let run = move |live: Live, who: Principal, data: Data| -> Answer {
            let call = serde_json::from_value(Json::Object(data))
                .map(|input| run(Call { who, input, live }))
                .map_err(failed);
            Box::pin(async move {
                let out = call?.await?;
                serde_json::to_value(out).map_err(failed)
            })
        };
        Self {
            name: name.to_owned(),
            app: app.to_owned(),
            docs: None,
            inputs: Vec::new(),
            outputs: Vec::new(),
            permissions: Vec::new(),
            run: Arc::new(run),
        }
    }

    /// What the schema says of it.
    #[must_use]
    pub fn docs(mut self, text: &str) -> Self {
        self.docs = Some(text.to_owned());
        self
    }

    /// With one more field of the input.
    #[must_use]
    pub fn input(mut self, field: ActionField) -> Self {
        self.inputs.push(field);
        self
    }

    /// With one more field of the answer; once there is one, the answer is checked.
    #[must_use]
    pub fn output(mut self, field: ActionField) -> Self {
        self.outputs.push(field);
        self
    }

    /// With one more permission; all of them must allow a call.
    #[must_use]
    pub fn permission(mut self, permission: impl ActionPermission + 'static) -> Self {
        self.permissions.push(Arc::new(permission));
        self
    }
}

/// The function's type does not fit the fields that it declares.
fn failed(error: serde_json::Error) -> LiveError {
    let text = error.to_string();
    tracing::error!(cause = %text, "an action's types do not fit its fields");
    LiveError::Failed("TypeError".to_owned(), text)
}

impl std::fmt::Debug for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Action")
            .field("name", &self.name)
            .field("inputs", &self.inputs)
            .finish_non_exhaustive()
    }
}
