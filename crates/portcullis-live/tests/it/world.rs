//! A shop with random rows, behind routes, with permissions that a test sets.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use http::request::Parts;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use portcullis_core::{
    AuthError, Authenticated, Authenticator, PasswordHash, Principal, User, UserId,
};
use portcullis_live::{
    Actions, Computed, Field, Kind, Live, LiveSettings, ManyToMany, Model, ModelPermission, Names,
    OnDelete, Record, Rule,
};
use portcullis_sql::{Database, Dialect, Limited};
use portcullis_web::{Effects, Gate};
use serde_json::{Value as Json, json};
use time::OffsetDateTime;
use tower::ServiceExt;

use crate::random::{Random, fields, value};
use crate::reference::{Link, Reference, Row};

/// What a model grants at the moment.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) filter: Rule,
    /// In its place, for these users.
    pub(crate) own: Arc<HashMap<i64, Rule>>,
    pub(crate) exclude: Rule,
    pub(crate) actions: Actions,
    pub(crate) object: Actions,
    pub(crate) visible: Names,
    pub(crate) writable: Names,
}

impl Default for Grant {
    fn default() -> Self {
        Self {
            filter: Rule::Everything,
            own: Arc::default(),
            exclude: Rule::Nothing,
            actions: Actions::ALL,
            object: Actions::ALL,
            visible: Names::All,
            writable: Names::All,
        }
    }
}

pub(crate) type Grants = Arc<RwLock<HashMap<String, Grant>>>;

struct Granted {
    model: &'static str,
    grants: Grants,
}

impl Granted {
    fn now(&self) -> Grant {
        let grants = self.grants.read().unwrap();
        grants.get(self.model).cloned().unwrap_or_default()
    }
}

impl ModelPermission for Granted {
    fn filter(&self, who: &Principal) -> Rule {
        let now = self.now();
        let own = match who.user().map(|user| &user.id) {
            Some(UserId::Integer(id)) => now.own.get(id).cloned(),
            _ => None,
        };
        own.unwrap_or(now.filter)
    }

    fn exclude(&self, _: &Principal) -> Rule {
        self.now().exclude
    }

    fn actions(&self, _: &Principal) -> Actions {
        self.now().actions
    }

    fn object_actions(&self, _: &Principal, _: &Record) -> Actions {
        self.now().object
    }

    fn visible(&self, _: &Principal) -> Names {
        self.now().visible
    }

    fn editable(&self, _: &Principal) -> Names {
        self.now().writable
    }

    fn creatable(&self, _: &Principal) -> Names {
        self.now().writable
    }
}

/// Users who are not let in any more.
pub(crate) static BLOCKED: RwLock<BTreeSet<i64>> = RwLock::new(BTreeSet::new());

/// A user who is asked about again whenever something is told.
pub(crate) const EXPIRED: i64 = 69;

/// `X-User: 7` is user 7; 1 is staff.
pub(crate) struct ByHeader;

#[async_trait]
impl Authenticator for ByHeader {
    async fn authenticate(&self, request: &Parts) -> Result<Option<Authenticated>, AuthError> {
        let id = request
            .headers
            .get("x-user")
            .and_then(|id| id.to_str().ok()?.parse().ok());
        if id.is_some_and(|id| BLOCKED.read().unwrap().contains(&id)) {
            return Err(AuthError::failed("Blocked."));
        }
        if id == Some(EXPIRED) {
            Effects::of(request).expire_at(OffsetDateTime::UNIX_EPOCH);
        }
        Ok(id.map(|id: i64| Authenticated {
            user: Arc::new(User {
                id: UserId::Integer(id),
                username: format!("user{id}"),
                email: String::new(),
                first_name: String::new(),
                last_name: String::new(),
                password: PasswordHash::new(""),
                is_active: true,
                is_staff: id == 1,
                is_superuser: false,
                date_joined: OffsetDateTime::UNIX_EPOCH,
                last_login: None,
            }),
            login: None,
            credential_digest: None,
            authenticator: "ByHeader",
        }))
    }

    fn name(&self) -> &'static str {
        "ByHeader"
    }
}

/// The shop.
pub(crate) struct World {
    pub(crate) database: Database,
    pub(crate) live: Live,
    pub(crate) router: Router,
    pub(crate) grants: Grants,
    pub(crate) rows: Reference,
    _folder: Option<tempfile::TempDir>,
}

pub(crate) fn models(grants: &Grants) -> Vec<Model> {
    let granted = |model| Granted {
        model,
        grants: Arc::clone(grants),
    };
    let tags = ManyToMany::new("tags", "shop.tag", "shop_item_tags", "item_id", "tag_id");
    vec![
        Model::new("shop", "Team")
            .field_of(Field::new("name", Kind::text(40)).nullable())
            .field_of(Field::new("open", Kind::Boolean).nullable())
            .exposing(["id", "name", "open", "items"])
            .searchable(&["name"])
            .permission(granted("shop.team")),
        Model::new("shop", "Item")
            .field_of(
                Field::foreign_key("team", "shop.team")
                    .nullable()
                    .related_name("items"),
            )
            .field_of(
                Field::foreign_key("parent", "shop.item")
                    .nullable()
                    .on_delete(OnDelete::SetNull)
                    .related_name("children"),
            )
            .field_of(Field::new("owner", Kind::Integer).nullable())
            .field_of(Field::new("size", Kind::Integer).nullable().at_least(-9))
            .field_of(Field::new("name", Kind::text(40)).nullable())
            .field_of(Field::new("fragile", Kind::Boolean).nullable())
            .field_of(Field::new("day", Kind::Date).nullable())
            .field_of(Field::new("at", Kind::DateTime).nullable())
            .field_of(Field::new("code", Kind::Uuid).nullable())
            .field_of(Field::new("price", Kind::decimal(8, 2)).nullable())
            .field_of(Field::new("ratio", Kind::Real).nullable())
            .field_of(Field::new("clock", Kind::Time).nullable())
            .field_of(Field::new("extra", Kind::Json).nullable())
            .field_of(Field::new("secret", Kind::text(40)).nullable().blank())
            .many_to_many(tags.blank().related_name("items"))
            .computed(Computed::new("loud", Kind::text(40), &["name"], |row| {
                json!(row.text("name").to_uppercase())
            }))
            .exposing([
                "id", "team", "parent", "owner", "size", "name", "fragile", "day", "at", "code",
                "price", "ratio", "clock", "extra", "secret", "tags", "children", "notes",
            ])
            .searchable(&["name", "team__name"])
            .ordering(&["id"])
            .permission(granted("shop.item")),
        Model::new("shop", "Tag")
            .key(Field::new("slug", Kind::text(20)))
            .field_of(Field::new("level", Kind::Integer).nullable())
            .exposing(["slug", "level", "items"])
            .permission(granted("shop.tag")),
        Model::new("shop", "Note")
            .field_of(
                Field::foreign_key("item", "shop.item")
                    .nullable()
                    .related_name("notes"),
            )
            .field_of(Field::new("size", Kind::Integer).nullable())
            .field_of(Field::new("body", Kind::text(40)).nullable().unique())
            .permission(granted("shop.note")),
    ]
}

const TABLES: &str = "
CREATE TABLE shop_team (id {auto}, name varchar(40), open boolean);
CREATE TABLE shop_item (id {auto}, team_id bigint REFERENCES shop_team (id),
    parent_id bigint REFERENCES shop_item (id), owner bigint, size bigint, name varchar(40), fragile boolean,
    day date, at {time}, code {uuid}, price {decimal}, ratio {real}, clock time, extra {json}, secret varchar(40));
CREATE TABLE shop_tag (slug varchar(20) PRIMARY KEY, level bigint);
CREATE TABLE shop_item_tags (id {auto}, item_id bigint NOT NULL REFERENCES shop_item (id),
    tag_id varchar(20) NOT NULL REFERENCES shop_tag (slug));
CREATE TABLE shop_note (id {auto}, item_id bigint REFERENCES shop_item (id), size bigint, body varchar(40) UNIQUE)";

impl World {
    /// On an SQLite file of its own.
    pub(crate) async fn sqlite(seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open_sqlite(&folder.path().join("shop.db"))
            .unwrap()
            .0;
        Self::new(database, Some(folder), seed).await
    }

    pub(crate) async fn new(
        database: Database,
        folder: Option<tempfile::TempDir>,
        seed: u64,
    ) -> Self {
        let limited = database.limited(Duration::from_secs(20));
        make_tables(&limited).await;
        let rows = random_rows(seed);
        insert(&limited, &rows).await;
        let grants = Grants::default();
        let settings = LiveSettings {
            query_timeout_ms: 3000,
            ..LiveSettings::default()
        };
        let mut live = Live::builder(&database).settings(settings);
        for model in models(&grants) {
            live = live.model(model);
        }
        let live = live.build().await.unwrap();
        let gate = Gate::new(vec![Arc::new(ByHeader)]);
        let router = live.doors(&gate).into_router();
        Self {
            database,
            live,
            router,
            grants,
            rows,
            _folder: folder,
        }
    }

    pub(crate) fn grant(&self, model: &str, grant: Grant) {
        self.grants.write().unwrap().insert(model.to_owned(), grant);
    }

    /// Any request by user 7.
    pub(crate) async fn send(&self, method: &str, path: &str, body: Vec<u8>) -> (StatusCode, Json) {
        let request = Request::builder()
            .method(method)
            .uri(format!("/statezero/{path}"))
            .header("x-user", "7")
            .header("x-operation-id", "op 7")
            .header("content-type", "application/json")
            .body(Body::from(body))
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or(Json::Null))
    }

    /// The keys that somebody sees of a model.
    pub(crate) async fn keys_of(&self, user: i64, model: &str) -> Vec<Json> {
        let body = json!({ "ast": { "query": { "type": "read" } } });
        let request = Request::builder()
            .method("POST")
            .uri(format!("/statezero/{model}/"))
            .header("x-user", user.to_string())
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let answer: Json = serde_json::from_slice(&bytes).unwrap();
        answer["data"]["data"].as_array().unwrap().clone()
    }

    /// A query.
    pub(crate) async fn ask(&self, model: &str, query: Json, options: Json) -> (StatusCode, Json) {
        let body = json!({ "ast": { "query": query, "serializerOptions": options } });
        let body = serde_json::to_vec(&body).unwrap();
        self.send("POST", &format!("{model}/"), body).await
    }

    /// The keys of a query that succeeds.
    pub(crate) async fn keys(&self, model: &str, query: Json) -> Vec<Json> {
        let (status, answer) = self.ask(model, query.clone(), json!({})).await;
        assert_eq!(status, 200, "{query} {answer}");
        answer["data"]["data"].as_array().unwrap().clone()
    }
}

async fn make_tables(database: &Limited) {
    let postgres = database.dialect() == Dialect::Postgres;
    let pick = |postgres_word, sqlite_word| if postgres { postgres_word } else { sqlite_word };
    let sql = TABLES
        .replace(
            "{auto}",
            pick("bigserial PRIMARY KEY", "integer PRIMARY KEY AUTOINCREMENT"),
        )
        .replace("{time}", pick("timestamptz", "datetime"))
        .replace("{uuid}", pick("uuid", "char(32)"))
        .replace("{decimal}", pick("numeric(8, 2)", "decimal"))
        .replace("{real}", pick("double precision", "real"))
        .replace("{json}", pick("jsonb", "text"));
    let mut transaction = database.begin().await.unwrap();
    for statement in sql.split(';') {
        transaction.execute(statement, &[]).await.unwrap();
    }
    transaction.commit().await.unwrap();
}

fn random_rows(seed: u64) -> Reference {
    let mut random = Random::new(seed);
    let mut rows = Reference::default();
    for (model, count) in [
        ("shop.team", 4),
        ("shop.tag", 4),
        ("shop.item", 9),
        ("shop.note", 8),
    ] {
        for number in 1..=count {
            let mut own = HashMap::new();
            for (name, kind) in fields(model) {
                let cell = match (*name, random.chance(25)) {
                    ("id", _) => json!(number),
                    ("slug", _) => json!(["cold", "hot", "old", "new"][number - 1]),
                    (_, true) => Json::Null,
                    ("parent", false) => json!(random.below(9) + 1),
                    ("item", false) => json!(random.below(9) + 1),
                    ("body", false) => json!(format!("note {number}")),
                    _ => value(&mut random, kind),
                };
                own.insert((*name).to_owned(), cell);
            }
            // Nobody is its own parent, and parents come first.
            if model == "shop.item" {
                let later = own["parent"]
                    .as_u64()
                    .is_some_and(|parent| parent >= number as u64);
                if later {
                    own.insert("parent".to_owned(), Json::Null);
                }
            }
            rows.add(model, Row { own });
        }
    }
    for item in 1..=9 {
        for tag in ["cold", "hot", "old", "new"] {
            if random.chance(30) {
                rows.links.push(Link {
                    item: json!(item),
                    tag: json!(tag),
                });
            }
        }
    }
    rows
}

async fn insert(database: &Limited, rows: &Reference) {
    let sqlite = database.dialect() == Dialect::Sqlite;
    let literal = |name: &str, cell: &Json| match cell {
        Json::String(text) if name == "code" && sqlite => format!("'{}'", text.replace('-', "")),
        Json::String(text) if name == "at" => {
            format!("'{}'", text.replace('T', " ").replace('Z', ""))
        }
        Json::String(text) => format!("'{text}'"),
        other => other.to_string().to_uppercase(),
    };
    let mut transaction = database.begin().await.unwrap();
    for model in ["shop.team", "shop.tag", "shop.item", "shop.note"] {
        for row in rows.of(model) {
            let names: Vec<&str> = fields(model).iter().map(|(name, _)| *name).collect();
            let columns: Vec<String> = names
                .iter()
                .map(|name| match *name {
                    "team" | "parent" | "item" => format!("{name}_id"),
                    name => name.to_owned(),
                })
                .collect();
            let cells: Vec<String> = names
                .iter()
                .map(|name| literal(name, &row.own[*name]))
                .collect();
            let table = model.replace('.', "_");
            let sql = format!(
                "INSERT INTO {table} ({}) VALUES ({})",
                columns.join(", "),
                cells.join(", ")
            );
            transaction.execute(&sql, &[]).await.unwrap();
        }
    }
    for link in &rows.links {
        let sql = format!(
            "INSERT INTO shop_item_tags (item_id, tag_id) VALUES ({}, '{}')",
            link.item,
            link.tag.as_str().unwrap()
        );
        transaction.execute(&sql, &[]).await.unwrap();
    }
    if !sqlite {
        for table in ["team", "item", "note"] {
            let sql = format!("SELECT setval('shop_{table}_id_seq', 100)");
            transaction.rows(&sql, &[]).await.unwrap();
        }
    }
    transaction.commit().await.unwrap();
}
