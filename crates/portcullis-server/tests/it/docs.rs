//! `/docs/`: the document has every door, and says of each what is so.

use std::collections::BTreeSet;

use axum::body::Body;
use http::Request;
use portcullis::web::HashingPool;
use portcullis_server::{Surroundings, doors};
use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::inside::services;

const PASSWORD: &str = "correct horse 9";

async fn document(client: &Client) -> Value {
    let answer = client.get("/docs/openapi.json", "").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "application/json");
    answer.body
}

/// The operations of a document: method and path of each.
fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, item)| {
        let item = item.as_object().unwrap().iter();
        item.map(move |(method, said)| (method.to_uppercase(), path.clone(), said))
    });
    operations.collect()
}

#[tokio::test]
async fn every_door_is_in_the_document_and_nothing_else() {
    let client = Client::new().await;
    let document = document(&client).await;
    let (services, _folder) = services(HashingPool::start(1, 8).unwrap()).await;
    let rows = doors(services, &Surroundings::default()).rows().into_iter();
    // The pages of the admin site are for people.
    let is_page = |path: &str| path.starts_with("/admin/") && !path.starts_with("/admin/static/");
    let rows = rows.filter(|row| !is_page(&row.path));
    let rows: BTreeSet<_> = rows.map(|row| (row.method, row.path)).collect();
    let (sockets, rows): (BTreeSet<_>, BTreeSet<_>) =
        rows.into_iter().partition(|(method, _)| method == "SOCKET");
    let said = operations(&document).into_iter();
    let said: BTreeSet<_> = said.map(|(method, path, _)| (method, path)).collect();
    assert_eq!(said, rows);
    let document = sockets_document(&client).await;
    let channels = document["channels"].as_object().unwrap().values();
    let said: BTreeSet<_> = channels
        .map(|channel| channel["address"].as_str().unwrap().to_owned())
        .collect();
    let sockets: BTreeSet<_> = sockets.into_iter().map(|(_, path)| path).collect();
    assert_eq!(said, sockets);
    assert!(!sockets.is_empty());
}

async fn sockets_document(client: &Client) -> Value {
    let answer = client.get("/docs/asyncapi.json", "").await;
    assert_eq!(answer.status, 200);
    answer.body
}

#[tokio::test]
async fn sockets_are_described_by_their_message_types() {
    let client = Client::new().await;
    let document = sockets_document(&client).await;
    assert_eq!(document["asyncapi"], "3.0.0");
    // Every reference leads somewhere.
    let mut count = 0;
    let mut parts = vec![&document];
    while let Some(part) = parts.pop() {
        match part {
            Value::Object(fields) => {
                if let Some(to) = fields.get("$ref").and_then(Value::as_str) {
                    let place = to.strip_prefix('#').unwrap();
                    assert!(document.pointer(place).is_some(), "{to}");
                    count += 1;
                }
                parts.extend(fields.values());
            }
            Value::Array(values) => parts.extend(values),
            _ => {}
        }
    }
    assert!(count > 10, "only {count} references");
    let messages = &document["components"]["messages"];
    let echo = &messages["ws_received_echo"];
    assert_eq!(echo["summary"], "Sends the text back.");
    let payload = &echo["payload"]["properties"]["payload"];
    assert_eq!(payload["properties"]["text"]["type"], "string");
    assert_eq!(messages["ws_sent_authentication"]["name"], "authentication");
    let security = document["operations"]["ws_receive"]["security"].as_array();
    assert_eq!(security.unwrap().len(), 3, "token, bearer, cookie");
}

#[tokio::test]
async fn every_operation_is_described_and_named_once() {
    let client = Client::new().await;
    let document = document(&client).await;
    assert_eq!(document["openapi"], "3.1.0");
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations(&document) {
        let place = format!("{method} {path}");
        assert!(
            ids.insert(operation["operationId"].as_str().unwrap()),
            "{place}"
        );
        assert!(operation["summary"].is_string(), "{place}");
        let group = &operation["tags"][0];
        let groups = document["tags"].as_array().unwrap();
        assert!(groups.iter().any(|tag| tag["name"] == *group), "{place}");
        for way in operation["security"].as_array().unwrap() {
            for name in way.as_object().unwrap().keys() {
                let scheme = &document["components"]["securitySchemes"][name];
                assert!(scheme["type"].is_string(), "{place}: {name}");
            }
        }
        for (status, response) in operation["responses"].as_object().unwrap() {
            assert!(
                (200..600).contains(&status.parse::<u16>().unwrap()),
                "{place}"
            );
            assert!(response["description"].is_string(), "{place} {status}");
        }
        let in_path = path.matches('{').count();
        let parameters = operation["parameters"].as_array().map_or(0, Vec::len);
        assert_eq!(parameters, in_path, "{place}");
    }
    for reference in references(&document) {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

/// Every `$ref` of a document.
fn references(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(fields) => {
            let own = fields.get("$ref").and_then(Value::as_str);
            let inner = fields.values().flat_map(references);
            own.into_iter().chain(inner).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn doors_say_who_may_ask() {
    let client = Client::new().await;
    let document = document(&client).await;
    let security = |path: &str, method: &str| document["paths"][path][method]["security"].clone();
    let all = json!([{ "token": [] }, { "bearer": [] }, { "sessionid": [] }]);
    assert_eq!(security("/api/user/", "get"), all);
    assert_eq!(
        security("/rest-auth/password/change/", "post"),
        json!([{ "token": [] }, { "bearer": [] }, { "sessionid": [], "csrf": [] }])
    );
    assert_eq!(security("/knox/login/", "post"), json!([{ "basic": [] }]));
    assert_eq!(security("/api/login/", "post"), json!([{ "csrf": [] }]));
    assert_eq!(security("/jwt/token/", "post"), json!([]));
    let schemes = &document["components"]["securitySchemes"];
    assert_eq!(schemes["bearer"]["scheme"], "bearer");
    assert_eq!(schemes["basic"]["scheme"], "basic");
    assert_eq!(schemes["csrf"]["name"], "X-CSRFToken");
    assert_eq!(schemes["sessionid"]["in"], "cookie");
}

/// Fills in what a door says it wants, sends it, and holds the answer against what it says it answers.
struct Tried<'a> {
    client: &'a Client,
    document: Value,
}

impl Tried<'_> {
    async fn send(&self, method: &str, path: &str, values: &Value, authorization: &str) -> Answer {
        let operation = &self.document["paths"][path][method.to_lowercase()];
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        let required = schema["required"].as_array().into_iter().flatten();
        for name in required {
            assert!(
                values.get(name.as_str().unwrap()).is_some(),
                "{path}: {name}"
            );
        }
        for name in values.as_object().unwrap().keys() {
            assert!(schema["properties"][name].is_object(), "{path}: {name}");
        }
        let mut request = Request::builder().method(method).uri(path);
        if !authorization.is_empty() {
            request = request.header("Authorization", authorization);
        }
        let request = request.header("Content-Type", "application/json");
        let body = match schema.is_null() {
            true => Body::empty(),
            false => Body::from(values.to_string()),
        };
        let answer = self.client.send(request.body(body).unwrap()).await;
        self.hold(path, operation, &answer);
        answer
    }

    /// The answer is one that the operation names, with each field that it names.
    fn hold(&self, path: &str, operation: &Value, answer: &Answer) {
        let said = &operation["responses"][answer.status.as_str()];
        assert!(said.is_object(), "{path}: {answer:?}");
        let Some(content) = said.get("content") else {
            assert!(answer.bytes.is_empty(), "{path}: {answer:?}");
            return;
        };
        let schema = &content["application/json"]["schema"];
        let alternatives = match schema["anyOf"].as_array() {
            Some(alternatives) => alternatives.clone(),
            None => vec![schema.clone()],
        };
        let fits = alternatives
            .iter()
            .any(|schema| self.fits(schema, &answer.body));
        assert!(fits, "{path}: {answer:?} is none of {schema}");
    }

    fn fits(&self, schema: &Value, value: &Value) -> bool {
        if let Some(reference) = schema["$ref"].as_str() {
            let named = self.document.pointer(reference.trim_start_matches('#'));
            return self.fits(named.unwrap(), value);
        }
        let types = match &schema["type"] {
            Value::Array(types) => types.clone(),
            one => vec![one.clone()],
        };
        let name = match value {
            Value::Object(_) => "object",
            Value::Array(_) => "array",
            Value::String(_) => "string",
            Value::Number(_) => "integer",
            Value::Bool(_) => "boolean",
            Value::Null => "null",
        };
        let required = schema["required"].as_array().into_iter().flatten();
        let mut required = required.filter_map(Value::as_str);
        let properties = schema["properties"].as_object().into_iter().flatten();
        let mut known = properties.filter(|(name, _)| !value[name.as_str()].is_null());
        types.iter().any(|known| known == name)
            && required.all(|name| value.get(name).is_some())
            && known.all(|(name, schema)| self.fits(schema, &value[name]))
            && (name != "object" || self.says_all(schema, value))
            && self.fit_items(schema, value)
    }

    fn fit_items(&self, schema: &Value, value: &Value) -> bool {
        let mut items = value.as_array().into_iter().flatten();
        items.all(|item| self.fits(&schema["items"], item))
    }

    /// Whether every field of an answer is one that is said.
    fn says_all(&self, schema: &Value, value: &Value) -> bool {
        let mut fields = value.as_object().into_iter().flatten();
        let others = &schema["additionalProperties"];
        fields.all(|(name, value)| match others.is_object() {
            true => self.fits(others, value),
            false => schema["properties"][name].is_object(),
        })
    }
}

#[tokio::test]
async fn what_is_documented_is_taken_and_answered() {
    let client = Client::new().await;
    let document = document(&client).await;
    let tried = Tried {
        client: &client,
        document,
    };
    let nothing = json!({});
    let ada = json!({ "email": "ada@example.com", "password": PASSWORD });
    let made = tried.send("POST", "/api/signup/", &ada, "").await;
    assert_eq!(made.status, 201);
    let again = tried.send("POST", "/api/signup/", &ada, "").await;
    assert_eq!(again.status, 400);
    for path in ["/api/token/", "/api/auth/login/"] {
        let answer = tried.send("POST", path, &ada, "").await;
        assert_eq!(answer.status, 200, "{path}");
        let token = format!("Token {}", answer.body["token"].as_str().unwrap());
        for path in ["/api/user/", "/api/validate/", "/rest-auth/user/"] {
            let answer = tried.send("GET", path, &nothing, &token).await;
            assert_eq!(answer.status, 200, "{path}");
        }
        let out = tried.send("POST", "/api/auth/logout/", &nothing, &token);
        assert_eq!(out.await.status, 204);
        let after = tried.send("GET", "/api/user/", &nothing, &token).await;
        assert_eq!(after.status, 401);
    }
    let mut asking = ada.clone();
    asking["with_state"] = json!(true);
    let answer = tried.send("POST", "/api/token/", &asking, "").await;
    assert_eq!(answer.body["state"], "done");
    let token = format!("Token {}", answer.body["token"].as_str().unwrap());
    let devices = tried.send("GET", "/api/devices/", &nothing, &token).await;
    assert_eq!(devices.status, 200);
    let others = "/api/devices/logout-others/";
    assert_eq!(
        tried.send("POST", others, &nothing, &token).await.status,
        200
    );
    let new = json!({ "email": "ada@example.org", "password": PASSWORD });
    let changed = tried.send("POST", "/api/email/", &new, &token).await;
    assert_eq!(changed.status, 200);
    let nobody = tried.send("POST", "/api/logout/", &nothing, "").await;
    assert_eq!(nobody.status, 401);
    let unasked = tried.send("POST", "/api/login/", &ada, "").await;
    assert_eq!(unasked.status, 403);
}

#[tokio::test]
async fn doors_of_djangos_packages_are_as_they_say() {
    let client = Client::new().await;
    let document = document(&client).await;
    let tried = Tried {
        client: &client,
        document,
    };
    let nothing = json!({});
    let new = json!({
        "email": "bob@example.com", "password1": PASSWORD, "password2": PASSWORD,
    });
    let made = tried
        .send("POST", "/rest-auth/registration/", &new, "")
        .await;
    assert_eq!(made.status, 201);
    let bob = json!({ "email": "bob@example.com", "password": PASSWORD });
    let key = tried.send("POST", "/rest-auth/login/", &bob, "").await;
    let token = format!("Token {}", key.body["key"].as_str().unwrap());
    let named = json!({ "username": "bob", "first_name": "Bob" });
    for method in ["PUT", "PATCH"] {
        let changed = tried.send(method, "/rest-auth/user/", &named, &token).await;
        assert_eq!(changed.status, 200);
    }
    let asked = json!({ "email": "bob@example.com" });
    for path in ["password/reset/", "registration/resend-email/"] {
        let path = format!("/rest-auth/{path}");
        assert_eq!(tried.send("POST", &path, &asked, "").await.status, 200);
    }
    let bad = json!({ "key": "no such key" });
    let bad = tried.send("POST", "/rest-auth/registration/verify-email/", &bad, "");
    assert_eq!(bad.await.status, 404);
    let get = tried.send("GET", "/rest-auth/logout/", &nothing, "").await;
    assert_eq!(get.status, 405);
    let out = tried.send("POST", "/rest-auth/logout/", &nothing, &token);
    assert_eq!(out.await.status, 200);

    let by_name = json!({ "username": "bob", "password": PASSWORD });
    let device = tried.send("POST", "/knox/login-json/", &by_name, "").await;
    let token = format!("Token {}", device.body["token"].as_str().unwrap());
    let out = tried.send("POST", "/knox/logoutall/", &nothing, &token);
    assert_eq!(out.await.status, 204);

    let pair = tried.send("POST", "/jwt/token/", &by_name, "").await;
    let refresh = json!({ "refresh": pair.body["refresh"] });
    let next = tried.send("POST", "/jwt/refresh/", &refresh, "").await;
    let access = json!({ "token": next.body["access"] });
    assert_eq!(
        tried.send("POST", "/jwt/verify/", &access, "").await.status,
        200
    );
    let refresh = json!({ "refresh": next.body["refresh"] });
    let ended = tried.send("POST", "/jwt/blacklist/", &refresh, "").await;
    assert_eq!(ended.status, 200);
    let dead = tried.send("POST", "/jwt/refresh/", &refresh, "").await;
    assert_eq!(dead.status, 401);
    let keys = tried.send("GET", "/.well-known/jwks.json", &nothing, "");
    assert_eq!(keys.await.status, 200);
}

#[tokio::test]
async fn page_loads_nothing_from_elsewhere() {
    let client = Client::new().await;
    let page = client.get("/docs/", "").await;
    assert_eq!(page.status, 200);
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'self';"), "{policy}");
    for path in ["/docs/", "/docs/docs.js", "/docs/docs.css"] {
        let answer = client.get(path, "").await;
        assert_eq!(answer.status, 200, "{path}");
        let text = String::from_utf8_lossy(&answer.bytes).into_owned();
        let text = text.replace("http://www.w3.org/2000/svg", "");
        assert!(
            !text.contains("http://") && !text.contains("https://"),
            "{path}"
        );
        assert!(!text.contains("innerHTML"), "{path}");
    }
}

#[tokio::test]
async fn docs_can_be_turned_off() {
    let surroundings = Surroundings {
        has_docs: false,
        ..Surroundings::default()
    };
    let client = Client::with(&surroundings).await;
    for path in ["/docs/", "/docs/openapi.json", "/docs/docs.js"] {
        assert_eq!(client.get(path, "").await.status, 404, "{path}");
    }
}
