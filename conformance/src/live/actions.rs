//! The actions of the recorded server.

use portcullis::live::{Action, ActionField, Call, Data, Field, Kind, LiveError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::permissions::{SmallAmounts, StaffAction};

pub(crate) fn all() -> Vec<Action> {
    let amount = ActionField::new(Field::new("amount", Kind::Integer)).at_least(1);
    let reasons = [("found", "Found"), ("bought", "Bought")];
    let reason = Field::new("reason", Kind::Text { max_length: None });
    let text = |name: &str| ActionField::new(Field::new(name, Kind::Text { max_length: None }));
    let integer = |name: &str| ActionField::new(Field::new(name, Kind::Integer));
    vec![
        Action::new("depot", "restock", restock)
            .docs("Add pieces to a crate.")
            .input(ActionField::new(Field::foreign_key("crate", "depot.crate")))
            .input(amount)
            .input(ActionField::new(reason.choices(&reasons)).default("bought"))
            .output(integer("quantity"))
            .output(text("reason"))
            .permission(SmallAmounts),
        Action::new("depot", "close_books", close_books)
            .docs("Staff only.")
            .permission(StaffAction),
        Action::new("depot", "plan", plan)
            .docs("Input serializer derived from the type hints.\n\nArgs:\n    title: What to call it\n    count: How many")
            .input(ActionField::new(
                Field::new("title", Kind::Text { max_length: None }).help_text("What to call it"),
            ))
            .input(
                ActionField::new(Field::new("count", Kind::Integer).help_text("How many"))
                    .default(3),
            )
            .input(ActionField::new(Field::new("when", Kind::Date)).optional())
            .input(ActionField::list("tags").optional()),
        Action::new("depot", "bad_reply", bad_reply).output(integer("total")),
        Action::new("depot", "explode", explode),
    ]
}

#[derive(Deserialize)]
struct Restock {
    #[serde(rename = "crate")]
    crate_key: i64,
    amount: i64,
    reason: String,
}

#[derive(Serialize)]
struct Restocked {
    quantity: i64,
    reason: String,
}

async fn restock(call: Call<Restock>) -> Result<Restocked, LiveError> {
    let key = json!(call.input.crate_key);
    let row = call.live.load("depot.crate", &key).await?;
    let row = row.ok_or_else(|| LiveError::NotFound("There is no such crate.".to_owned()))?;
    let quantity = row.integer("quantity") + call.input.amount;
    let data: Data = [("quantity".to_owned(), json!(quantity))]
        .into_iter()
        .collect();
    call.live.save("depot.crate", &key, &data).await?;
    Ok(Restocked {
        quantity,
        reason: call.input.reason,
    })
}

async fn close_books(call: Call<Data>) -> Result<Value, LiveError> {
    let name = call.who.user().map(|user| user.username.clone());
    Ok(json!({ "closed_by": name }))
}

#[derive(Deserialize, Serialize)]
struct Plan {
    title: String,
    count: i64,
    when: Option<String>,
    tags: Option<Vec<String>>,
}

async fn plan(call: Call<Plan>) -> Result<Plan, LiveError> {
    Ok(call.input)
}

async fn bad_reply(_: Call<Data>) -> Result<Value, LiveError> {
    Ok(json!({ "total": "many" }))
}

async fn explode(_: Call<Data>) -> Result<Value, LiveError> {
    Err(LiveError::Failed(
        "RuntimeError".to_owned(),
        "kaboom".to_owned(),
    ))
}
