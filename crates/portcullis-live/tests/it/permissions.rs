//! Rights: what is refused, and that a refusal says nothing.

use portcullis_live::{Actions, Names, Rule};
use serde_json::{Value as Json, json};

use crate::world::{Grant, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guesses_about_hidden_fields_are_answered_alike() {
    let world = World::sqlite(41).await;
    let data = json!({ "type": "create", "data": { "secret": "right", "owner": 5 } });
    assert_eq!(world.ask("shop.item", data, json!({})).await.0, 200);
    world.grant(
        "shop.item",
        Grant {
            visible: Names::of(["id", "name", "team", "parent", "notes"]),
            ..Grant::default()
        },
    );
    let guesses = |value: &str| {
        let condition = json!({ "type": "filter", "conditions": { "secret": value } });
        let path = json!({ "type": "filter", "conditions": { "parent__secret": value } });
        vec![
            json!({ "type": "read", "filter": condition }),
            json!({ "type": "count", "field": "*", "exclude": condition }),
            json!({ "type": "exists", "filter": { "type": "filter", "Q": [{ "secret": value }] } }),
            json!({ "type": "exists", "filter": { "conditions": { "secret__startswith": value } } }),
            json!({ "type": "read", "filter": path }),
            json!({ "type": "get_or_create", "lookup": { "secret": value }, "defaults": {} }),
            json!({ "type": "max", "field": "secret", "filter": { "type": "filter", "conditions": {} } }),
            json!({ "type": "delete", "filter": condition }),
        ]
    };
    for (right, wrong) in guesses("right").into_iter().zip(guesses("wrong")) {
        let right_answer = world.ask("shop.item", right.clone(), json!({})).await;
        let wrong_answer = world.ask("shop.item", wrong, json!({})).await;
        assert_eq!(right_answer, wrong_answer, "{right}");
        assert_eq!(right_answer.0, 403, "{right}");
    }
    let unordered = world.keys("shop.item", json!({ "type": "read" })).await;
    for order in [
        "secret",
        "-secret",
        "parent__secret",
        "loud",
        "nothing",
        "secret__x",
    ] {
        let query = json!({ "type": "read", "orderBy": [order] });
        assert_eq!(world.keys("shop.item", query).await, unordered, "{order}");
    }
    let search =
        json!({ "type": "read", "search": { "searchQuery": "right", "searchFields": ["secret"] } });
    assert_eq!(world.keys("shop.item", search).await, unordered);
    let (_, answer) = world
        .ask(
            "shop.item",
            json!({ "type": "read" }),
            json!({ "fields": ["secret", "parent__secret"] }),
        )
        .await;
    assert!(!answer.to_string().contains("right"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn actions_are_asked_for_each_operation() {
    let world = World::sqlite(42).await;
    let filter = json!({ "type": "filter", "conditions": { "pk": 1 } });
    let operations = [
        ("read", Actions::READ),
        ("count", Actions::READ),
        ("create", Actions::CREATE),
        ("bulk_create", Actions::CREATE | Actions::BULK_CREATE),
        ("update", Actions::UPDATE),
        ("delete", Actions::DELETE),
        ("update_instance", Actions::READ),
        ("get_or_create", Actions::READ | Actions::CREATE),
        (
            "update_or_create",
            Actions::READ | Actions::CREATE | Actions::UPDATE,
        ),
    ];
    for (kind, needed) in operations {
        for granted in [
            Actions::NONE,
            Actions::READ,
            Actions::CREATE,
            Actions::READ | Actions::CREATE,
            Actions::ALL,
        ] {
            world.grant(
                "shop.item",
                Grant {
                    actions: granted,
                    ..Grant::default()
                },
            );
            let data = if kind == "bulk_create" {
                json!([])
            } else {
                json!({ "size": 1 })
            };
            let query = json!({ "type": kind, "data": data, "filter": filter, "field": "*",
                                "lookup": { "size": 12345 }, "defaults": {} });
            let (status, answer) = world.ask("shop.item", query, json!({})).await;
            let is_refused = status == 403;
            if !granted.has(needed) {
                assert!(is_refused, "{kind} with {granted:?} {answer}");
            } else if granted == Actions::ALL {
                assert!(!is_refused, "{kind} {answer}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shared_answers_are_shared_by_those_with_the_same_rules() {
    let world = World::sqlite(43).await;
    let relation = json!({ "fields": ["parent", "notes"] });
    let first = world
        .ask("shop.item", json!({ "type": "read" }), relation.clone())
        .await;
    world.grant(
        "shop.note",
        Grant {
            filter: Rule::Nothing,
            ..Grant::default()
        },
    );
    let second = world
        .ask("shop.item", json!({ "type": "read" }), relation)
        .await;
    assert_ne!(first.1, second.1);
    let notes = |answer: &Json| {
        let items = answer["data"]["included"]["shop.item"]
            .as_object()
            .unwrap()
            .clone();
        items.values().all(|item| item["notes"] == json!([]))
    };
    assert!(notes(&second.1));
}
