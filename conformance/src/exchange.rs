//! One request of a case: how it is put together, and what is kept of its answer.

use std::collections::BTreeSet;

use regex::Regex;
use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::body;
use crate::case::{BodyCheck, Request};
use crate::cookie::{Jar, SetCookie};
use crate::error::Blocked;
use crate::http::Outgoing;
use crate::normalise::Normaliser;
use crate::variables::{Variables, dig, shown};

/// The headers that are compared in every answer that has them.
const COMPARED: [&str; 13] = [
    "content-type",
    "www-authenticate",
    "allow",
    "vary",
    "location",
    "retry-after",
    "cache-control",
    "access-control-allow-origin",
    "access-control-allow-credentials",
    "access-control-allow-methods",
    "access-control-allow-headers",
    "access-control-max-age",
    "access-control-expose-headers",
];
/// Those of them that are lists without an order.
const LISTS: [&str; 4] = [
    "allow",
    "vary",
    "access-control-allow-methods",
    "access-control-allow-headers",
];
/// Django's flash messages, which no client of an interface looks at.
const UNCOMPARED_COOKIE: &str = "messages";

/// Puts a request together. Headers that a case names come last, so that they win.
///
/// # Errors
/// When a name stands for nothing.
pub fn prepare(request: &Request, variables: &Variables, jar: &Jar) -> Result<Outgoing, Blocked> {
    let line = variables.fill_text(&request.req)?;
    let (method, path) = line.split_once(' ').unwrap_or((line.as_str(), ""));
    let mut outgoing = Outgoing {
        method: method.to_owned(),
        target: path.to_owned(),
        ..Outgoing::default()
    };
    if let Some((bytes, media_type)) = body::write(request, variables)? {
        outgoing.body = Some(bytes);
        if !media_type.is_empty() {
            outgoing.set("Content-Type", vec![media_type]);
        }
    }
    let cookies = cookies(request, variables, jar, path)?;
    if !cookies.is_empty() {
        let pairs: Vec<String> = cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
        outgoing.set("Cookie", vec![pairs.join("; ")]);
    }
    if request.csrf {
        let name = variables.text("csrf_cookie");
        let secret = cookies.iter().find(|(cookie, _)| cookie == name);
        let secret = secret.map_or(String::new(), |(_, value)| value.clone());
        outgoing.set(variables.text("csrf_header"), vec![secret]);
    }
    let headers = request.headers.as_ref().unwrap_or(&Value::Null);
    for (name, value) in variables.fill_table(headers)? {
        let values = match value {
            Value::Null => Vec::new(),
            Value::Array(values) => values.iter().map(shown).collect(),
            one => vec![shown(&one)],
        };
        outgoing.set(&name, values);
    }
    if let Some(query) = &request.query {
        let query = body::urlencoded(&variables.fill_table(query)?);
        outgoing.target = format!("{path}?{query}");
    }
    Ok(outgoing)
}

fn cookies(
    request: &Request,
    variables: &Variables,
    jar: &Jar,
    path: &str,
) -> Result<Vec<(String, String)>, Blocked> {
    let mut cookies = match request.send_cookies {
        Some(false) => Vec::new(),
        None | Some(true) => jar.for_path(path),
    };
    let own = request.cookies.as_ref().unwrap_or(&Value::Null);
    for (name, value) in variables.fill_table(own)? {
        let old = cookies.iter().position(|(cookie, _)| *cookie == name);
        match (old, value) {
            (Some(at), Value::Null) => drop(cookies.remove(at)),
            (None, Value::Null) => {}
            (Some(at), value) => cookies[at].1 = shown(&value),
            (None, value) => cookies.push((name, shown(&value))),
        }
    }
    Ok(cookies)
}

/// The body by its media type: JSON as such, HTML only as `<html>`, anything else as text.
#[must_use]
pub fn read_body(answer: &Answer) -> Value {
    let media_type = answer.all("content-type").next().unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    let text = || String::from_utf8_lossy(&answer.body).into_owned();
    if answer.body.is_empty() {
        return "".into();
    }
    if media_type.ends_with("json") {
        return serde_json::from_slice(&answer.body)
            .unwrap_or_else(|_| json!({"<not json>": text()}));
    }
    if media_type == "text/html" {
        return "<html>".into();
    }
    text().into()
}

/// Sets the variables that a case takes from an answer.
///
/// # Errors
/// When there is nothing where it looks.
pub fn capture(
    wanted: &Map<String, Value>,
    variables: &mut Variables,
    answer: &Answer,
    cookies: &[SetCookie],
    body: &Value,
) -> Result<(), Blocked> {
    for (name, place) in wanted {
        let place = shown(place);
        let (kind, rest) = place.split_once('.').unwrap_or((place.as_str(), ""));
        let header = |name: &str| answer.all(name).last().map(str::to_owned);
        let found = match kind {
            "body" => dig(Some(body), rest).cloned(),
            "cookie" => {
                let cookie = cookies.iter().find(|cookie| cookie.name == rest);
                cookie.map(|cookie| cookie.value.clone().into())
            }
            "header" => header(&rest.to_ascii_lowercase()).map(Value::String),
            "location_re" => {
                let location = header("location").unwrap_or_default();
                find(rest, &location)?.map(Value::String)
            }
            _ => return Err(Blocked::new(format!("{name} cannot be taken from {place}"))),
        };
        let status = answer.status;
        let found = found.ok_or_else(|| {
            Blocked::new(format!("nothing for {name} at {place} (status {status})"))
        })?;
        variables.set(name.as_str(), found);
    }
    Ok(())
}

/// The first group of a pattern in text.
///
/// # Errors
/// When the pattern does not compile.
pub fn find(pattern: &str, text: &str) -> Result<Option<String>, Blocked> {
    let compiled = Regex::new(pattern)
        .map_err(|error| Blocked::new(format!("{pattern:?} is no pattern: {error}")))?;
    let found = compiled.captures(text).and_then(|found| found.get(1));
    Ok(found.map(|group| group.as_str().to_owned()))
}

/// What is compared of an answer.
#[must_use]
pub fn observed(
    request: &Request,
    line: &str,
    answer: &Answer,
    cookies: &[SetCookie],
    body: &Value,
    normaliser: &Normaliser<'_>,
) -> Value {
    let also = request.also.iter().map(|name| name.to_ascii_lowercase());
    let mut headers = Map::new();
    for name in COMPARED.iter().map(|&name| name.to_owned()).chain(also) {
        let lines: Vec<&str> = answer.all(&name).collect();
        if !lines.is_empty() {
            let value = header(&name, &lines.join(", "), normaliser);
            headers.insert(name, value);
        }
    }
    let mut cookies: Vec<&SetCookie> = cookies
        .iter()
        .filter(|cookie| cookie.name != UNCOMPARED_COOKIE)
        .collect();
    cookies.sort_by(|a, b| a.name.cmp(&b.name));
    let cookies: Vec<Value> = cookies.into_iter().map(|c| normaliser.cookie(c)).collect();
    let body = match (request.body, normaliser.body(body)) {
        (BodyCheck::Skip, _) => "<skipped>".into(),
        (BodyCheck::Keys, Value::Object(table)) => {
            let names: BTreeSet<&String> = table.keys().collect();
            json!({"<keys>": names})
        }
        (BodyCheck::Keys | BodyCheck::All, body) => body,
    };
    json!({
        "request": line, "status": answer.status, "headers": headers, "cookies": cookies, "body": body,
    })
}

fn header(name: &str, value: &str, normaliser: &Normaliser<'_>) -> Value {
    if LISTS.contains(&name) {
        let words = value
            .split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty());
        let words: BTreeSet<String> = words
            .map(|word| match name {
                "allow" => word.to_owned(),
                _ => word.to_lowercase(),
            })
            .collect();
        return words.into_iter().collect::<Vec<_>>().join(", ").into();
    }
    if name == "retry-after" && value.chars().all(|c| c.is_ascii_digit()) {
        return "<seconds>".into();
    }
    normaliser.text(value)
}
