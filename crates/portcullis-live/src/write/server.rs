//! Reads and writes of the application itself, which no client's rights bind.

use portcullis_core::Principal;
use serde_json::Value as Json;

use super::form::Valid;
use super::update;
use crate::error::{FormErrors, LiveError};
use crate::events::{ChangeKind, Seen};
use crate::hook::Data;
use crate::job::Job;
use crate::live::Live;
use crate::model::Record;
use crate::read::Columns;
use crate::sql::quoted;
use crate::value::bind;

impl Live {
    /// A row by its key, whoever may see it; `None` when there is none, or no such model.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn load(&self, model: &str, key: &Json) -> Result<Option<Record>, LiveError> {
        let Some(model) = self.inner.registry.model(model) else {
            return Ok(None);
        };
        let job = Job::new(&self.inner, &Principal::Anonymous, model);
        let columns = Columns::all(model);
        let mut statement = job.statement();
        let place = bind(&mut statement, model.pk().kind(), key);
        let sql = format!(
            "SELECT {} FROM {} t0 WHERE t0.{} = {place}",
            columns.sql(statement.dialect, "t0"),
            quoted(&model.table),
            quoted(&model.pk().column)
        );
        let rows = self.inner.database.rows(&sql, statement.values()).await?;
        Ok(rows.first().map(|row| columns.record(row)))
    }

    /// Writes fields of a row, whoever may; types and bounds are checked, and hooks do not run.
    ///
    /// # Errors
    /// 400 for what does not fit, 409 for what the database refuses.
    pub async fn save(&self, model: &str, key: &Json, data: &Data) -> Result<(), LiveError> {
        let Some(model) = self.inner.registry.model(model) else {
            return Err(LiveError::NotFound(format!("There is no model {model}.")));
        };
        let mut job = Job::new(&self.inner, &Principal::Anonymous, model);
        job.operation_id.clone_from(&self.operation_id);
        let mut valid = Valid::default();
        let mut errors = FormErrors::default();
        for (name, value) in data {
            let checked = match model.field(name) {
                Some(field) => super::form::field_value(&job, field, value),
                None => Err("There is no such field.".to_owned()),
            };
            match checked {
                Ok(value) => drop(valid.fields.insert(name.clone(), value)),
                Err(message) => errors.add(name, message),
            }
        }
        if !errors.is_empty() {
            return Err(errors.into());
        }
        let mut transaction = job.begin().await?;
        let keys = std::slice::from_ref(key);
        let seen = Seen::of(&job, model, keys, &mut transaction).await?;
        update::set(&job, &valid, keys, &mut transaction).await?;
        job.note(ChangeKind::Update, model, keys, &seen)?;
        job.commit(transaction).await?;
        Ok(())
    }
}
