//! Who may ask: authenticators as security schemes, permissions as their requirement.

use futures_util::FutureExt;
use http::Method;
use portcullis_core::{Action, CredentialPlace};
use serde_json::{Map, Value, json};

use crate::way::Door;

/// The scheme of the CSRF token, which cookies want beside them.
const CSRF: &str = "csrf";

/// Every scheme that a door knows, by name.
pub(super) fn schemes(door: &Door) -> Vec<(String, Value)> {
    let places = places(door).into_iter();
    let mut schemes: Vec<_> = places
        .map(|(place, by)| (name(&place), scheme(&place, by)))
        .collect();
    if let Some(csrf) = &door.gate.csrf {
        let settings = csrf.settings();
        let about = format!(
            "The value of the cookie {}; wanted beside a cookie, by what changes something.",
            settings.cookie.name
        );
        let header = &settings.header_name;
        let scheme =
            json!({ "type": "apiKey", "in": "header", "name": header, "description": about });
        schemes.push((CSRF.to_owned(), scheme));
    }
    schemes
}

/// Each way to be let in, of which one is enough; `{}` is to say nothing.
pub(super) fn requirements(door: &Door, method: &Method) -> Value {
    let wants_csrf = door.gate.csrf.is_some() && is_unsafe(method);
    let way = |name: Option<String>, is_cookie: bool| {
        let csrf = (wants_csrf && (is_cookie || door.checks_csrf)).then(|| CSRF.to_owned());
        let names = name.into_iter().chain(csrf);
        Value::Object(names.map(|name| (name, json!([]))).collect())
    };
    let mut ways = Vec::new();
    if lets_anybody_in(door, method) {
        ways.push(way(None, false));
    }
    for (place, _) in places(door) {
        let is_cookie = matches!(place, CredentialPlace::Cookie(_));
        let way = way(Some(name(&place)), is_cookie);
        if !ways.contains(&way) {
            ways.push(way);
        }
    }
    if ways == [Value::Object(Map::new())] {
        ways.clear();
    }
    Value::Array(ways)
}

/// Whether the door lets in who says nothing. One that has to look something up first does not.
pub(super) fn lets_anybody_in(door: &Door, method: &Method) -> bool {
    let nobody = door.access(None, Action::of_method(method));
    let verdict = door.permit(&nobody).now_or_never();
    verdict.is_some_and(|verdict| verdict.is_ok())
}

/// Whether a request may be refused for want of a CSRF token.
pub(super) fn may_want_csrf(door: &Door, method: &Method) -> bool {
    let mut places = places(door).into_iter();
    let by_cookie = places.any(|(place, _)| matches!(place, CredentialPlace::Cookie(_)));
    is_unsafe(method) && (door.checks_csrf || by_cookie)
}

fn is_unsafe(method: &Method) -> bool {
    !Action::of_method(method).is_read_only()
}

/// Where the door's authenticators look, with their names.
fn places(door: &Door) -> Vec<(CredentialPlace, &'static str)> {
    let mut places = Vec::new();
    for authenticator in door.authenticators.iter() {
        let by = authenticator.name();
        let told = authenticator.credential_places();
        if told.is_empty() {
            // That there is something has to be seen, also where nothing is told about it.
            places.push((CredentialPlace::Authorization(by.into()), by));
        }
        places.extend(told.into_iter().map(|place| (place, by)));
    }
    places
}

/// Such as `token` or `sessionid`.
fn name(place: &CredentialPlace) -> String {
    match place {
        CredentialPlace::Authorization(word) => word.to_ascii_lowercase(),
        CredentialPlace::Cookie(name) => name.clone(),
        _ => "other".to_owned(),
    }
}

fn scheme(place: &CredentialPlace, by: &str) -> Value {
    let word = match place {
        CredentialPlace::Authorization(word) => word,
        CredentialPlace::Cookie(name) => {
            return json!({ "type": "apiKey", "in": "cookie", "name": name, "description": by });
        }
        _ => return json!({ "type": "http", "scheme": by }),
    };
    if word.eq_ignore_ascii_case("basic") || word.eq_ignore_ascii_case("bearer") {
        let scheme = word.to_ascii_lowercase();
        return json!({ "type": "http", "scheme": scheme, "description": by });
    }
    let about = format!("{by}: the word {word}, a blank, and the token.");
    json!({ "type": "apiKey", "in": "header", "name": "Authorization", "description": about })
}
