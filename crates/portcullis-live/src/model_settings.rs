//! Models of introspected tables, as settings describe them.

use std::collections::BTreeMap;

use portcullis_core::Principal;
use portcullis_sql::{Database, SqlError};
use serde::Deserialize;
use serde_json::Value as Json;

use crate::introspect::{Catalogue, ModelName};
use crate::model::{Kind, Model, Names, Record};
use crate::permission::{Actions, ModelPermission};
use crate::rule::Rule;

/// Who may do what with a model of settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelAccess {
    /// Everybody who came through the door looks, and nobody writes.
    #[default]
    Read,
    /// Everybody looks; staff write.
    StaffWrite,
    /// Staff look and write, and for others there is nothing.
    Staff,
}

/// One model of [`LiveSettings::models`](crate::LiveSettings).
///
/// ```
/// let text = r#"{"name": "depot.Crate", "fields": ["id", "name"], "only": {"site__is_open": true}}"#;
/// let model: portcullis_live::ModelSettings = serde_json::from_str(text).unwrap();
/// assert_eq!(model.name, "depot.Crate");
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSettings {
    /// `app.ClassName`.
    pub name: String,
    /// The table; by default the one that Django would give it.
    #[serde(default)]
    pub table: Option<String>,
    /// What is shown; by default every column that can be, and relations to other models of the settings.
    #[serde(default)]
    pub fields: Option<Vec<String>>,
    /// What a search looks through.
    #[serde(default)]
    pub searchable: Vec<String>,
    /// The order when none is asked for.
    #[serde(default)]
    pub ordering: Vec<String>,
    /// What a row is called: `{name} x{quantity}`.
    #[serde(default)]
    pub text: Option<String>,
    /// The digits of decimals, all of them and those after the point, where the database does not say.
    #[serde(default)]
    pub decimals: BTreeMap<String, (u32, u32)>,
    /// Who may do what.
    #[serde(default)]
    pub access: ModelAccess,
    /// Only rows with these values, or with one of a list, can be seen, by others than staff.
    #[serde(default)]
    pub only: BTreeMap<String, Json>,
    /// Only rows that refer to whoever asks by this field, by others than staff.
    #[serde(default)]
    pub owner: Option<String>,
}

/// Why settings give no models.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelSettingsError {
    /// The name is none.
    #[error("the model name {0} is not of the form app.ClassName")]
    Name(String),
    /// There is no such table, or it has no key of one column.
    #[error("the model {0} has no table {1} with a key of one column")]
    Table(String, String),
    /// A rule is about something that rows do not have.
    #[error("the model {0} has no field {1} to judge rows by")]
    Field(String, String),
    /// The database failed.
    #[error(transparent)]
    Sql(#[from] SqlError),
}

/// Models of a database's tables.
pub(crate) async fn models(
    database: &Database,
    settings: &[ModelSettings],
) -> Result<Vec<Model>, ModelSettingsError> {
    let mut names = Vec::new();
    for own in settings {
        let Some((app, class_name)) = own.name.split_once('.') else {
            return Err(ModelSettingsError::Name(own.name.clone()));
        };
        let mut name = ModelName::new(app, class_name);
        if let Some(table) = &own.table {
            name.table.clone_from(table);
        }
        names.push(name);
    }
    let catalogue = Catalogue::read(database).await?;
    let mut found = Vec::new();
    for (own, name) in settings.iter().zip(&names) {
        let mut all = catalogue.models(&names).into_iter();
        let model = all.find(|model| model.name().eq_ignore_ascii_case(&own.name));
        let Some(model) = model else {
            let (name, table) = (own.name.clone(), name.table.clone());
            return Err(ModelSettingsError::Table(name, table));
        };
        for path in own.only.keys().chain(&own.owner) {
            if !is_path(&model, path) {
                return Err(ModelSettingsError::Field(own.name.clone(), path.clone()));
            }
        }
        found.push(refined(model, own));
    }
    Ok(found)
}

/// Whether a path begins with something that rows have; a relation where it goes on.
fn is_path(model: &Model, path: &str) -> bool {
    let (first, goes_on) = match path.split_once("__") {
        Some((first, _)) => (first, true),
        None if path == "pk" => return true,
        None => (path, false),
    };
    let member = model.member(first);
    member.is_some_and(|member| !goes_on || member.target().is_some())
}

fn refined(mut model: Model, settings: &ModelSettings) -> Model {
    for (field, (digits, places)) in &settings.decimals {
        model = model.refined(field, Kind::decimal(*digits, *places));
    }
    if let Some(fields) = &settings.fields {
        model = model.exposing(fields.iter().map(String::as_str));
    }
    let searchable: Vec<&str> = settings.searchable.iter().map(String::as_str).collect();
    let ordering: Vec<&str> = settings.ordering.iter().map(String::as_str).collect();
    model = model.searchable(&searchable).ordering(&ordering);
    if let Some(template) = settings.text.clone() {
        let needs: Vec<String> = model
            .fields
            .iter()
            .map(|field| field.name.clone())
            .filter(|name| template.contains(&format!("{{{name}}}")))
            .collect();
        let needs: Vec<&str> = needs.iter().map(String::as_str).collect();
        model = model.text(&needs, move |row| filled(&template, row));
    }
    model.permission(BySettings(settings.clone()))
}

/// The template with the row's fields.
fn filled(template: &str, row: &Record) -> String {
    let mut text = template.to_owned();
    for (name, value) in &row.0 {
        let shown = match value {
            Json::String(value) => value.clone(),
            Json::Null => String::new(),
            other => other.to_string(),
        };
        text = text.replace(&format!("{{{name}}}"), &shown);
    }
    text
}

struct BySettings(ModelSettings);

fn is_staff(who: &Principal) -> bool {
    who.user().is_some_and(|user| user.is_staff)
}

impl ModelPermission for BySettings {
    fn filter(&self, who: &Principal) -> Rule {
        if is_staff(who) {
            return Rule::Everything;
        }
        let only = self.0.only.iter();
        let mut rule = only.fold(Rule::Everything, |rule, (path, value)| {
            rule.and(match value {
                Json::Array(values) => Rule::is_in(path, values.clone()),
                value => Rule::is(path, value.clone()),
            })
        });
        if let Some(owner) = &self.0.owner {
            rule = match who.user() {
                Some(user) => rule.and(Rule::is(owner, user.id.to_string())),
                None => Rule::Nothing,
            };
        }
        rule
    }

    fn actions(&self, who: &Principal) -> Actions {
        match (self.0.access, is_staff(who)) {
            (ModelAccess::Read, _) | (ModelAccess::StaffWrite, false) => Actions::READ,
            (ModelAccess::StaffWrite | ModelAccess::Staff, true) => Actions::ALL,
            (ModelAccess::Staff, false) => Actions::NONE,
        }
    }

    fn visible(&self, _: &Principal) -> Names {
        Names::All
    }

    fn editable(&self, who: &Principal) -> Names {
        match is_staff(who) {
            true => Names::All,
            false => Names::none(),
        }
    }

    fn creatable(&self, who: &Principal) -> Names {
        self.editable(who)
    }
}
