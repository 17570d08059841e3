//! The models of the recorded server.

use std::sync::Arc;

use portcullis::core::{Principal, UserId};
use portcullis::live::{
    AllowAll, Computed, Data, Default, Field, FormErrors, Kind, ManyToMany, Model, Names, OnDelete,
    Record, StaffOnly,
};
use serde_json::{Value, json};

use crate::permissions::{CrateMember, MemoAuthor, Readers, UserDirectory, crate_fields};

pub(crate) fn all() -> Vec<Model> {
    vec![
        user(),
        site(),
        permit(),
        label(),
        crates(),
        movement(),
        tally(),
        memo(),
        vault(),
    ]
}

fn user() -> Model {
    let help = "Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.";
    Model::new("auth", "User")
        .field_of(
            Field::new("username", Kind::text(150))
                .unique()
                .help_text(help),
        )
        .field_of(
            Field::new(
                "email",
                Kind::Email {
                    max_length: Some(254),
                },
            )
            .blank(),
        )
        .field_of(Field::new("password", Kind::text(128)))
        .field_of(Field::new("is_active", Kind::Boolean).default(true))
        .field_of(Field::new("is_staff", Kind::Boolean).default(false))
        .exposing(["id", "username"])
        .text(&["username"], |row| row.text("username").to_owned())
        .permission(UserDirectory)
}

fn site() -> Model {
    let fields = [
        "id",
        "name",
        "region",
        "budget",
        "opened_on",
        "is_open",
        "facts",
        "contact",
        "crates",
        "permit",
    ];
    const SEEN: [&str; 9] = [
        "id",
        "name",
        "region",
        "opened_on",
        "is_open",
        "facts",
        "contact",
        "crates",
        "permit",
    ];
    let display = json!({
        "display_title": "Sites",
        "display_description": null,
        "field_groups": [{
            "display_title": "Main",
            "display_description": null,
            "field_names": ["name", "region"],
        }],
        "field_display_configs": null,
        "layout": null,
        "extra": null,
    });
    Model::new("depot", "Site")
        .title("depot site")
        .field_of(Field::new("name", Kind::text(40)).unique())
        .field_of(
            Field::new("region", Kind::text(1))
                .choices(&[("n", "North"), ("s", "South"), ("e", "East")])
                .default("n"),
        )
        .field_of(Field::new("budget", Kind::decimal(12, 2)).default("0.00"))
        .field_of(Field::new("opened_on", Kind::Date).nullable().blank())
        .field_of(Field::new("is_open", Kind::Boolean).default(true))
        .field_of(Field::new("facts", Kind::Json).default(json!({})).blank())
        .field_of(
            Field::new(
                "contact",
                Kind::Email {
                    max_length: Some(254),
                },
            )
            .blank()
            .default("")
            .help_text("Where to write"),
        )
        .exposing(fields)
        .filterable(Names::of(["name", "region", "is_open"]))
        .searchable(&["name", "contact"])
        .ordering_fields(Names::of(["name", "opened_on"]))
        .ordering(&["name"])
        .display(display)
        .text(&["name"], |row| row.text("name").to_owned())
        .permission(Readers(Some(&SEEN)))
        .permission(StaffOnly)
}

fn permit() -> Model {
    Model::new("depot", "Permit")
        .key(Field::new("id", Kind::Uuid).default_by(Default::RandomUuid))
        .field_of(Field::one_to_one("site", "depot.site").related_name("permit"))
        .field_of(Field::new("number", Kind::text(20)))
        .field_of(Field::new("valid_until", Kind::Date))
        .filterable(Names::All)
        .text(&["number"], |row| format!("Permit {}", row.text("number")))
        .permission(Readers(None))
        .permission(StaffOnly)
}

fn label() -> Model {
    Model::new("depot", "Label")
        .key(Field::new("slug", Kind::text(20)))
        .field_of(Field::new("title", Kind::text(40)))
        .filterable(Names::All)
        .searchable(&["title"])
        .ordering_fields(Names::All)
        .text(&["title"], |row| row.text("title").to_owned())
        .permission(AllowAll)
}

fn crates() -> Model {
    let labels = ManyToMany::new(
        "labels",
        "depot.label",
        "depot_crate_labels",
        "crate_id",
        "label_id",
    );
    let states = [
        ("draft", "Draft"),
        ("packed", "Packed"),
        ("shipped", "Shipped"),
    ];
    Model::new("depot", "Crate")
        .field_of(Field::foreign_key("site", "depot.site").related_name("crates"))
        .field_of(
            Field::foreign_key("owner", "auth.user")
                .nullable()
                .blank()
                .on_delete(OnDelete::SetNull)
                .related_name("crates"),
        )
        .field_of(
            Field::foreign_key("parent", "depot.crate")
                .nullable()
                .blank()
                .related_name("children"),
        )
        .many_to_many(labels.blank().related_name("crates"))
        .field_of(Field::new("name", Kind::text(30)))
        .field_of(Field::new("quantity", Kind::Integer).default(0).at_least(0))
        .field_of(Field::new("weight", Kind::decimal(8, 3)).default("1.000"))
        .field_of(
            Field::new("unit_price", Kind::decimal(8, 2))
                .nullable()
                .blank(),
        )
        .field_of(Field::new("ratio", Kind::Real).nullable().blank())
        .field_of(
            Field::new("state", Kind::text(10))
                .choices(&states)
                .default("draft"),
        )
        .field_of(Field::new("fragile", Kind::Boolean).default(false))
        .field_of(Field::new("packed_at", Kind::DateTime).nullable().blank())
        .field_of(Field::new("due", Kind::Date).nullable().blank())
        .field_of(Field::new("cutoff", Kind::Time).nullable().blank())
        .field_of(Field::new("extra", Kind::Json).nullable().blank())
        .field_of(
            Field::new(
                "manual",
                Kind::File {
                    max_length: Some(100),
                },
            )
            .nullable()
            .blank(),
        )
        .field_of(Field::new("tracking", Kind::Uuid).nullable().blank())
        .field_of(
            Field::new("secret_note", Kind::LongText)
                .blank()
                .default(""),
        )
        .field_of(Field::new("created_at", Kind::DateTime).default_by(Default::Now))
        .exposing(crate_fields())
        .computed(
            Computed::new(
                "line_total",
                Kind::decimal(12, 2),
                &["unit_price", "quantity"],
                line_total,
            )
            .title("Line total"),
        )
        .computed(
            Computed::new("headline", Kind::text(60), &["name", "state"], |row| {
                json!(format!(
                    "{} [{}]",
                    row.text("name").to_uppercase(),
                    row.text("state")
                ))
            })
            .title("Headline"),
        )
        .filterable(Names::of(["name", "state", "quantity"]))
        .searchable(&["name", "site__name"])
        .ordering_fields(Names::of(["name", "quantity"]))
        .ordering(&["id"])
        .text(&["name", "quantity"], |row| {
            format!("{} x{}", row.text("name"), row.integer("quantity"))
        })
        .image(&["state"], |row| format!("/img/{}.png", row.text("state")))
        .pre_hook(Arc::new(tidy_name))
        .post_hook(Arc::new(refuse_reserved))
        .permission(CrateMember)
        .permission(StaffOnly)
}

/// The price of all pieces, in hundredths so that it is exact.
fn line_total(row: &Record) -> Value {
    let price: i128 = row
        .text("unit_price")
        .replace('.', "")
        .parse()
        .unwrap_or_default();
    let total = price * i128::from(row.integer("quantity"));
    let sign = if total < 0 { "-" } else { "" };
    let total = total.unsigned_abs();
    json!(format!("{sign}{}.{:02}", total / 100, total % 100))
}

fn movement() -> Model {
    Model::new("depot", "Movement")
        .field_of(
            Field::foreign_key("crate", "depot.crate")
                .on_delete(OnDelete::Protect)
                .related_name("movements"),
        )
        .field_of(Field::new("kind", Kind::text(10)).default("in"))
        .field_of(Field::new("amount", Kind::Integer))
        .field_of(Field::new("at", Kind::DateTime))
        .ordering(&["id"])
        .text(&["kind", "amount"], |row| {
            format!("{} {}", row.text("kind"), row.integer("amount"))
        })
        .permission(Readers(None))
        .permission(StaffOnly)
}

fn tally() -> Model {
    Model::new("depot", "Tally")
        .field_of(Field::new("name", Kind::text(20)).unique())
        .field_of(Field::new("a", Kind::Integer).default(0))
        .field_of(Field::new("b", Kind::Integer).default(0))
        .field_of(Field::new("r", Kind::Real).default(0.0))
        .filterable(Names::All)
        .ordering_fields(Names::All)
        .searchable(&["name"])
        .text(&["name"], |row| row.text("name").to_owned())
        .permission(AllowAll)
}

fn memo() -> Model {
    Model::new("depot", "Memo")
        .field_of(Field::foreign_key("author", "auth.user").related_name("memos"))
        .field_of(Field::new("text", Kind::text(100)))
        .field_of(Field::new("pinned", Kind::Boolean).default(false))
        .ordering(&["id"])
        .text(&["text"], |row| row.text("text").to_owned())
        .pre_hook(Arc::new(author_from_request))
        .permission(MemoAuthor)
}

fn vault() -> Model {
    Model::new("depot", "Vault")
        .field_of(Field::new("code", Kind::text(20)))
        .field_of(Field::new("amount", Kind::decimal(10, 2)))
        .text(&["code"], |row| row.text("code").to_owned())
        .permission(StaffOnly)
}

/// One blank between words.
fn tidy_name(mut data: Data, _: &Principal) -> Result<Data, FormErrors> {
    if let Some(name) = data.get("name").and_then(Value::as_str) {
        let tidy = name.split_whitespace().collect::<Vec<&str>>().join(" ");
        data.insert("name".to_owned(), json!(tidy));
    }
    Ok(data)
}

fn refuse_reserved(data: Data, _: &Principal) -> Result<Data, FormErrors> {
    match data.get("name").and_then(Value::as_str) {
        Some("forbidden") => Err(FormErrors::of("name", "This name is reserved.")),
        _ => Ok(data),
    }
}

/// The author is whoever writes.
fn author_from_request(mut data: Data, who: &Principal) -> Result<Data, FormErrors> {
    let id = who.user().map(|user| user.id.clone());
    if let (Some(UserId::Integer(id)), true, false) =
        (id, data.contains_key("text"), data.contains_key("author"))
    {
        data.insert("author".to_owned(), json!(id));
    }
    Ok(data)
}
