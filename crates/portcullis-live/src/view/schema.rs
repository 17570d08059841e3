//! `APP.MODEL/get-schema/` and `models/`: what clients are generated from.

use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header;
use portcullis_core::Principal;
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};

use super::ast::{is_model_name, may_do_something};
use crate::action::ActionField;
use crate::error::LiveError;
use crate::job::Job;
use crate::live::Live;
use crate::model::{Computed, Default, Field, Kind, Member, Model, Names, Registry};

/// The names of all models.
pub(super) fn names(live: &Live) -> Response {
    let models = live.inner.registry.models();
    let names: Json = models.iter().map(|model| model.name()).collect();
    checksummed(&names)
}

/// One model; `is_open` is a door that tells everybody.
pub(super) fn view(live: &Live, name: &str, who: &Principal, is_open: bool) -> Response {
    let inner = &live.inner;
    let found = super::ast::model(inner, name).map_err(|error| match error {
        LiveError::NotFound(text) if is_model_name(name) => LiveError::Invalid(text),
        error => error,
    });
    let model = match found {
        Ok(model) => model,
        Err(error) => return error.respond(inner.settings.debug),
    };
    let job = Job::new(inner, who, model);
    if !is_open && !may_do_something(&job) {
        let error =
            LiveError::denied("User does not have any permissions required to access the schema.");
        return error.respond(inner.settings.debug);
    }
    checksummed(&document(&inner.registry, model))
}

/// An answer with the hash of its body.
pub(super) fn checksummed(body: &Json) -> Response {
    let text = body.to_string();
    let hex = hex::encode(Sha256::digest(text.as_bytes()));
    let json = HeaderValue::from_static("application/json");
    let mut response = ([(header::CONTENT_TYPE, json)], text).into_response();
    let headers = response.headers_mut();
    if let Ok(hex) = HeaderValue::from_str(&hex) {
        headers.insert("x-statezero-schema-checksum", hex);
    }
    headers.insert(
        "x-statezero-schema-checksum-alg",
        HeaderValue::from_static("sha256"),
    );
    response
}

fn document(registry: &Registry, model: &Model) -> Json {
    let mut properties = Map::new();
    let mut relationships = Map::new();
    for field in model
        .fields
        .iter()
        .filter(|field| model.exposes(field.name()))
    {
        let name = field.name().to_owned();
        let target = registry.target(field);
        let property = match (name == model.pk().name(), target) {
            (true, _) => key_property(field),
            (false, Some(target)) => {
                relationships.insert(name.clone(), relationship("foreign-key", target));
                property(field, Some(key_type(target)))
            }
            (false, None) => property(field, None),
        };
        properties.insert(name, property);
    }
    for many in model
        .many_to_many
        .iter()
        .filter(|many| model.exposes(&many.name))
    {
        let title = many
            .title
            .clone()
            .unwrap_or_else(|| many.name.replace('_', " "));
        let told = relation_property("array", "many-to-many", &capital(&title), false, false);
        properties.insert(many.name.clone(), told);
        if let Some(target) = registry.model(&many.model) {
            relationships.insert(many.name.clone(), relationship("many-to-many", target));
        }
    }
    let stored: Vec<String> = properties.keys().cloned().collect();
    for reverse in model
        .reverse
        .iter()
        .filter(|reverse| model.exposes(&reverse.name))
    {
        let Some(target) = registry.model(&reverse.model) else {
            continue;
        };
        let title = title_case(&reverse.name.replace('_', " "));
        let (kind, format) = match Member::Reverse(reverse).is_multiple() {
            true => ("array", "many-to-many"),
            false => (key_type(target), "foreign-key"),
        };
        let told = relation_property(kind, format, &title, format == "foreign-key", true);
        properties.insert(reverse.name.clone(), told);
        relationships.insert(reverse.name.clone(), relationship(format, target));
    }
    for computed in &model.computed {
        properties.insert(computed.name.clone(), computed_property(computed));
    }
    let named = |names: &Names| match names {
        Names::All => json!(stored),
        Names::These(names) => json!(names),
    };
    let ordering = match model.ordering.is_empty() {
        true => Json::Null,
        false => json!(model.ordering),
    };
    json!({
        "model_name": model.name(),
        "title": title_case(&model.label()),
        "plural_title": title_case(&model.plural_label()),
        "class_name": model.class_name,
        "primary_key_field": model.pk().name(),
        "filterable_fields": named(&model.filterable),
        "searchable_fields": named(&model.searchable),
        "ordering_fields": named(&model.ordering_fields),
        "properties": properties,
        "relationships": relationships,
        "default_ordering": ordering,
        "definitions": {},
        "date_format": "iso-8601",
        "datetime_format": "iso-8601",
        "time_format": "iso-8601",
        "display": model.display,
    })
}

/// What a relation leads to.
pub(super) fn relationship(kind: &str, target: &Model) -> Json {
    json!({
        "type": kind,
        "model": target.name(),
        "class_name": target.class_name,
        "primary_key_field": target.pk().name(),
    })
}

/// The type of a model's key in JSON.
pub(super) fn key_type(model: &Model) -> &'static str {
    match model.pk().kind() {
        Kind::Auto | Kind::Integer => "integer",
        _ => "string",
    }
}

fn key_property(field: &Field) -> Json {
    let (kind, format) = match field.kind() {
        Kind::Auto => ("integer", "id"),
        Kind::Uuid => ("string", "uuid"),
        kind if kind.is_text() => ("string", "id"),
        _ => ("object", "id"),
    };
    let mut told = bare(kind, Some(format), &capital(&field.label()));
    told.insert("required".to_owned(), json!(true));
    told.insert("description".to_owned(), json!(field.help_text));
    told.insert("max_length".to_owned(), json!(field.kind().max_length()));
    told.insert("read_only".to_owned(), json!(true));
    Json::Object(told)
}

fn property(field: &Field, key_type: Option<&str>) -> Json {
    let (kind, format) = match key_type {
        Some(kind) => (kind, Some("foreign-key")),
        None => kind_of(field.kind()),
    };
    let mut told = bare(kind, format, &capital(&field.label()));
    let is_given = matches!(field.default, Some(Default::Value(_) | Default::RandomUuid));
    let default = match &field.default {
        Some(Default::Value(value)) => default_of(field.kind(), value),
        _ => Json::Null,
    };
    let (digits, places) = digits(field.kind());
    let length = match (key_type, field.kind()) {
        (Some(_), _) => None,
        (None, Kind::Uuid) => Some(32),
        (None, kind) => kind.max_length(),
    };
    told.insert("required".to_owned(), json!(!field.is_null && !is_given));
    told.insert("description".to_owned(), json!(field.help_text));
    told.insert("nullable".to_owned(), json!(field.is_null));
    told.insert("max_length".to_owned(), json!(length));
    told.insert("choices".to_owned(), choices(field));
    told.insert("default".to_owned(), default);
    told.insert("max_digits".to_owned(), json!(digits));
    told.insert("decimal_places".to_owned(), json!(places));
    told.insert("read_only".to_owned(), json!(field.is_read_only()));
    Json::Object(told)
}

/// A field of an action, with its bounds.
pub(super) fn action_property(
    own: &ActionField,
    key_type: impl Fn(&str) -> Option<&'static str>,
) -> Json {
    let field = &own.field;
    let target = field.reference.as_ref().map(|r| r.model.as_str());
    let mut told = match property(field, target.and_then(key_type)) {
        Json::Object(told) => told,
        _ => Map::new(),
    };
    if own.is_list {
        told.insert("type".to_owned(), json!("array"));
    }
    if own.is_list || *field.kind() == Kind::LongText {
        told.insert("format".to_owned(), Json::Null);
    }
    if let Some(least) = own.min_value {
        told.insert("min_value".to_owned(), json!(least));
    }
    if let Some(most) = own.max_value {
        told.insert("max_value".to_owned(), json!(most));
    }
    Json::Object(told)
}

fn computed_property(computed: &Computed) -> Json {
    let title = computed.title.clone();
    let title = title.unwrap_or_else(|| capital(&computed.name.replace('_', " ")));
    let (kind, format) = kind_of(&computed.kind);
    let (digits, places) = digits(&computed.kind);
    let mut told = bare(kind, format, &title);
    told.insert("required".to_owned(), json!(true));
    told.insert("max_length".to_owned(), json!(computed.kind.max_length()));
    told.insert("max_digits".to_owned(), json!(digits));
    told.insert("decimal_places".to_owned(), json!(places));
    told.insert("read_only".to_owned(), json!(true));
    Json::Object(told)
}

fn relation_property(
    kind: &str,
    format: &str,
    title: &str,
    is_nullable: bool,
    is_read_only: bool,
) -> Json {
    let mut told = bare(kind, Some(format), title);
    told.insert("nullable".to_owned(), json!(is_nullable));
    told.insert("read_only".to_owned(), json!(is_read_only));
    Json::Object(told)
}

fn bare(kind: &str, format: Option<&str>, title: &str) -> Map<String, Json> {
    let told = json!({
        "type": kind,
        "title": title,
        "required": false,
        "description": null,
        "nullable": false,
        "format": format,
        "max_length": null,
        "choices": null,
        "default": null,
        "validators": [],
        "max_digits": null,
        "decimal_places": null,
        "read_only": false,
        "ref": null,
    });
    match told {
        Json::Object(told) => told,
        _ => Map::new(),
    }
}

fn kind_of(kind: &Kind) -> (&'static str, Option<&'static str>) {
    match kind {
        Kind::Auto | Kind::Integer => ("integer", None),
        Kind::Decimal { .. } => ("number", Some("decimal")),
        Kind::Text { .. } | Kind::Email { .. } => ("string", None),
        Kind::LongText => ("string", Some("text")),
        Kind::Boolean => ("boolean", None),
        Kind::Date => ("string", Some("date")),
        Kind::Time => ("string", Some("time")),
        Kind::DateTime => ("string", Some("date-time")),
        Kind::Json => ("object", Some("json")),
        Kind::File { .. } => ("string", Some("file-path")),
        Kind::Real | Kind::Uuid => ("object", None),
    }
}

fn digits(kind: &Kind) -> (Option<u32>, Option<u32>) {
    match kind {
        Kind::Decimal {
            max_digits,
            decimal_places,
        } => (Some(*max_digits), Some(*decimal_places)),
        _ => (None, None),
    }
}

/// Decimals are numbers in schemas.
fn default_of(kind: &Kind, value: &Json) -> Json {
    match (
        kind,
        value.as_str().and_then(|text| text.parse::<f64>().ok()),
    ) {
        (Kind::Decimal { .. }, Some(number)) => json!(number),
        _ => value.clone(),
    }
}

fn choices(field: &Field) -> Json {
    if field.choices.is_empty() {
        return Json::Null;
    }
    let choices = field.choices.iter();
    let choices = choices.map(|(value, label)| (value.clone(), Json::String(label.clone())));
    Json::Object(choices.collect())
}

/// `unit price` is `Unit price`, as Python's `capitalize` has it.
fn capital(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    let rest = characters.flat_map(char::to_lowercase);
    first.chain(rest).collect()
}

/// `depot site` is `Depot Site`.
pub(super) fn title_case(text: &str) -> String {
    let words: Vec<String> = text.split(' ').map(capital).collect();
    words.join(" ")
}
