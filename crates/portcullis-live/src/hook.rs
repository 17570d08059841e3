//! Functions of the application that see what is about to be written.

use std::sync::Arc;

use portcullis_core::Principal;
use serde_json::{Map, Value as Json};

use crate::error::FormErrors;

/// The fields of a row, as JSON.
pub type Data = Map<String, Json>;

/// A hook: the data, and who writes; the data that goes on, or what is wrong with it.
///
/// A pre hook gets the client's data without what the client may not write, and may add any field. A
/// post hook gets validated data. Hooks run for `validate/`, too, where nothing is written.
#[doc(alias = "pre_hooks")]
#[doc(alias = "post_hooks")]
pub type Hook = Arc<dyn Fn(Data, &Principal) -> Result<Data, FormErrors> + Send + Sync>;
