//! Values against a schema: a fault for each wrong field, by pydantic's names, and its lenient conversions.

use serde_json::{Map, Value, json};

/// How deep a value may be; beyond, the type itself decides.
const MAX_DEPTH: usize = 64;

/// Where a fault is: a field, or the place in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Field(String),
    Index(usize),
}

impl From<&str> for Place {
    fn from(field: &str) -> Self {
        Self::Field(field.to_owned())
    }
}

impl Place {
    fn to_json(&self) -> Value {
        match self {
            Self::Field(name) => json!(name),
            Self::Index(index) => json!(index),
        }
    }
}

/// One thing that is wrong with a message.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    kind: &'static str,
    place: Vec<Place>,
    text: String,
}

impl Fault {
    pub(crate) fn new(kind: &'static str, place: Vec<Place>, text: &str) -> Self {
        Self {
            kind,
            place,
            text: text.to_owned(),
        }
    }

    /// `{"type", "loc", "msg"}`, with a prefix before the place.
    pub(crate) fn to_json(&self, prefix: &[&str]) -> Value {
        let prefix = prefix.iter().map(|part| json!(part));
        let place: Vec<Value> = prefix
            .chain(self.place.iter().map(Place::to_json))
            .collect();
        json!({ "type": self.kind, "loc": place, "msg": self.text })
    }
}

/// Checks values, and converts what is given in another form.
pub(crate) struct Checker<'s> {
    definitions: &'s Value,
    faults: Vec<Fault>,
}

impl<'s> Checker<'s> {
    pub(crate) fn new(definitions: &'s Value) -> Self {
        Self {
            definitions,
            faults: Vec::new(),
        }
    }

    pub(crate) fn into_faults(self) -> Vec<Fault> {
        self.faults
    }

    /// Whether `null` is a value of this schema.
    pub(crate) fn takes_null(&self, schema: &Value) -> bool {
        if let Some((_, found)) = self.referenced(schema) {
            return self.takes_null(found);
        }
        match &schema["type"] {
            Value::String(kind) => kind == "null",
            Value::Array(kinds) => kinds.iter().any(|kind| kind == "null"),
            _ => match schema["anyOf"].as_array() {
                Some(choices) => choices.iter().any(|choice| self.takes_null(choice)),
                None => schema.get("oneOf").is_none() && schema.get("enum").is_none(),
            },
        }
    }

    /// What a schema refers to, with its name.
    fn referenced(&self, schema: &Value) -> Option<(&'s str, &'s Value)> {
        let name = schema["$ref"].as_str()?.rsplit('/').next()?;
        let (name, found) = self.definitions.as_object()?.get_key_value(name)?;
        Some((name, found))
    }

    pub(crate) fn check(&mut self, schema: &Value, value: &mut Value, place: &mut Vec<Place>) {
        if place.len() > MAX_DEPTH {
            return;
        }
        if value.is_null() && self.takes_null(schema) {
            return;
        }
        // An optional value that is there is one of its type.
        if let Some(choices) = schema["anyOf"].as_array() {
            let mut there = choices.iter().filter(|choice| choice["type"] != "null");
            if let (Some(only), None) = (there.next(), there.next()) {
                return self.check(only, value, place);
            }
            return;
        }
        let (name, schema) = match self.referenced(schema) {
            Some((name, found)) => (Some(name), found),
            None => (None, schema),
        };
        let kind = match &schema["type"] {
            Value::String(kind) => kind.as_str(),
            Value::Array(kinds) => kinds
                .iter()
                .filter_map(Value::as_str)
                .find(|kind| *kind != "null")
                .unwrap_or_default(),
            _ => return,
        };
        match kind {
            "string" => self.text(schema, value, place),
            "integer" => self.integer(schema, value, place),
            "number" => self.number(schema, value, place),
            "boolean" => self.boolean(value, place),
            "array" => self.list(schema, value, place),
            "object" => self.object(schema, name, value, place),
            _ => {}
        }
    }

    fn fault(&mut self, kind: &'static str, place: &[Place], text: &str) {
        self.faults.push(Fault::new(kind, place.to_vec(), text));
    }

    fn text(&mut self, schema: &Value, value: &Value, place: &[Place]) {
        let Some(text) = value.as_str() else {
            return self.fault("string_type", place, "Input should be a valid string");
        };
        let length = text.chars().count() as u64;
        if let Some(least) = schema["minLength"].as_u64().filter(|least| length < *least) {
            let text = format!("String should have at least {least} character{}", s(least));
            self.fault("string_too_short", place, &text);
        } else if let Some(most) = schema["maxLength"].as_u64().filter(|most| length > *most) {
            let text = format!("String should have at most {most} character{}", s(most));
            self.fault("string_too_long", place, &text);
        } else if let Some(known) = schema["enum"].as_array()
            && !known.contains(value)
        {
            let names: Vec<String> = known
                .iter()
                .filter_map(Value::as_str)
                .map(|name| format!("'{name}'"))
                .collect();
            let text = format!("Input should be {}", names.join(" or "));
            self.fault("enum", place, &text);
        }
    }

    fn integer(&mut self, schema: &Value, value: &mut Value, place: &[Place]) {
        let whole = match value {
            Value::Number(number) if number.is_i64() || number.is_u64() => None,
            Value::Number(number) => match number.as_f64() {
                Some(real) if real.fract() == 0.0 && real.abs() < 9e15 => Some(real as i64),
                _ => {
                    let text =
                        "Input should be a valid integer, got a number with a fractional part";
                    return self.fault("int_from_float", place, text);
                }
            },
            Value::Bool(flag) => Some(i64::from(*flag)),
            Value::String(text) => match text.trim().parse() {
                Ok(number) => Some(number),
                Err(_) => {
                    let text =
                        "Input should be a valid integer, unable to parse string as an integer";
                    return self.fault("int_parsing", place, text);
                }
            },
            _ => return self.fault("int_type", place, "Input should be a valid integer"),
        };
        if let Some(whole) = whole {
            *value = json!(whole);
        }
        self.range(schema, value, place);
    }

    fn number(&mut self, schema: &Value, value: &mut Value, place: &[Place]) {
        match value {
            Value::Number(_) => {}
            Value::Bool(flag) => *value = json!(i64::from(*flag)),
            Value::String(text) => match text.trim().parse::<f64>() {
                Ok(number) if number.is_finite() => *value = json!(number),
                _ => {
                    let text = "Input should be a valid number, unable to parse string as a number";
                    return self.fault("float_parsing", place, text);
                }
            },
            _ => return self.fault("float_type", place, "Input should be a valid number"),
        }
        self.range(schema, value, place);
    }

    fn range(&mut self, schema: &Value, value: &Value, place: &[Place]) {
        let Some(number) = value.as_f64() else {
            return;
        };
        let limit = |name: &str| schema[name].as_f64().map(|limit| (limit, &schema[name]));
        let says = |kind, words: &str, limit: &Value| {
            let text = format!("Input should be {words} {limit}");
            Fault::new(kind, place.to_vec(), &text)
        };
        let found = if let Some((_, shown)) = limit("minimum").filter(|(least, _)| number < *least)
        {
            says("greater_than_equal", "greater than or equal to", shown)
        } else if let Some((_, shown)) = limit("maximum").filter(|(most, _)| number > *most) {
            says("less_than_equal", "less than or equal to", shown)
        } else if let Some((_, shown)) =
            limit("exclusiveMinimum").filter(|(least, _)| number <= *least)
        {
            says("greater_than", "greater than", shown)
        } else if let Some((_, shown)) =
            limit("exclusiveMaximum").filter(|(most, _)| number >= *most)
        {
            says("less_than", "less than", shown)
        } else {
            return;
        };
        self.faults.push(found);
    }

    fn boolean(&mut self, value: &mut Value, place: &[Place]) {
        let word = match value {
            Value::Bool(_) => return,
            Value::String(text) => text.to_ascii_lowercase(),
            Value::Number(number) => number.to_string(),
            _ => return self.fault("bool_type", place, "Input should be a valid boolean"),
        };
        match word.as_str() {
            "1" | "true" | "t" | "yes" | "y" | "on" => *value = json!(true),
            "0" | "false" | "f" | "no" | "n" | "off" => *value = json!(false),
            _ => {
                let text = "Input should be a valid boolean, unable to interpret input";
                self.fault("bool_parsing", place, text);
            }
        }
    }

    fn list(&mut self, schema: &Value, value: &mut Value, place: &mut Vec<Place>) {
        let Some(items) = value.as_array_mut() else {
            return self.fault("list_type", place, "Input should be a valid list");
        };
        let Some(item_schema) = schema.get("items") else {
            return;
        };
        for (index, item) in items.iter_mut().enumerate() {
            place.push(Place::Index(index));
            self.check(item_schema, item, place);
            place.pop();
        }
    }

    fn object(
        &mut self,
        schema: &Value,
        name: Option<&str>,
        value: &mut Value,
        place: &mut Vec<Place>,
    ) {
        let fields = schema["properties"].as_object();
        let Value::Object(given) = value else {
            let Some(name) = name.or(fields.map(|_| "the payload")) else {
                return self.fault("dict_type", place, "Input should be a valid dictionary");
            };
            let text = format!("Input should be a valid dictionary or instance of {name}");
            return self.fault("model_type", place, &text);
        };
        let required = schema["required"].as_array();
        let is_required =
            |name: &str| required.is_some_and(|names| names.iter().any(|n| n == name));
        for (name, field) in fields.unwrap_or(&Map::new()) {
            place.push(Place::Field(name.clone()));
            match given.get_mut(name) {
                Some(value) => self.check(field, value, place),
                None if is_required(name) => self.fault("missing", place, "Field required"),
                None => {}
            }
            place.pop();
        }
    }
}

fn s(count: u64) -> &'static str {
    if count == 1 { "" } else { "s" }
}
