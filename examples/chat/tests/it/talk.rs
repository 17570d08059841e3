//! REST and the socket let in the same people.

use http::Method;
use portcullis_test::{Client, TestApp};
use serde_json::{Value, json};

use crate::app;

async fn room(owner: &Client) -> i64 {
    let answer = owner.post("/api/rooms/", &json!({ "name": "Attic" })).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let room: Value = serde_json::from_str(&answer.text).unwrap();
    room["id"].as_i64().unwrap()
}

async fn let_in(app: &TestApp, owner: &Client, room: i64, name: &str) {
    app.user(name).await;
    let path = format!("/api/rooms/{room}/members/");
    let answer = owner.post(&path, &json!({ "username": name })).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

#[tokio::test]
async fn members_talk_and_others_hear_nothing() {
    let (app, _router, _folder) = app().await;
    let (ada, ben) = (app.as_user("ada").await, app.as_user("ben").await);
    let room = room(&ada).await;
    let socket = format!("/ws/rooms/{room}/");
    let messages = format!("/api/rooms/{room}/messages/");
    assert_eq!(ben.get(&messages).await.status, 403);
    let mut refused = ben.socket(&socket).connect().await.unwrap();
    refused.assert_refused(403, 4403).await;
    let_in(&app, &ada, room, "ben").await;

    let mut ada_hears = ada.socket(&socket).enter().await;
    assert_eq!(
        ada_hears.receive_action("history").await["messages"],
        json!([])
    );
    assert_eq!(
        ada_hears.receive_action("present").await["names"],
        json!(["ada"])
    );
    let say = json!({ "action": "say", "payload": { "text": "hello" } });
    ada_hears.send(&say).await;
    let said = ada_hears.receive_action("said").await;
    assert_eq!(
        (&said["by"], &said["text"]),
        (&json!("ada"), &json!("hello"))
    );
    let mut ben_hears = ben.socket(&socket).enter().await;
    let history = ben_hears.receive_action("history").await;
    assert_eq!(history["messages"], json!([said]));
    for person in [&mut ada_hears, &mut ben_hears] {
        let present = person.receive_action("present").await;
        assert_eq!(present["names"], json!(["ada", "ben"]));
    }
    let empty = json!({ "action": "say", "payload": { "text": "" } });
    ben_hears.send(&empty).await;
    let fault = ben_hears.receive_action("error").await;
    assert_eq!(fault[0]["type"], "string_too_short");
    assert_eq!(ben.get(&messages).await.text, json!([said]).to_string());

    // Out of the room is out of its socket, and the others see it.
    let path = format!("/api/rooms/{room}/members/ben/");
    let put_out = ada.request(Method::DELETE, &path).send().await;
    assert_eq!(put_out.status, 204, "{}", put_out.text);
    ben_hears.assert_refused(403, 4403).await;
    let present = ada_hears.receive_action("present").await;
    assert_eq!(present["names"], json!(["ada"]));
    assert_eq!(ben.get(&messages).await.status, 403);
}

#[tokio::test]
async fn rooms_that_are_not_there_and_people_who_are_nobody() {
    let (app, _router, _folder) = app().await;
    let ada = app.as_user("ada").await;
    let room = room(&ada).await;
    let mut nowhere = ada.socket("/ws/rooms/99/").connect().await.unwrap();
    nowhere.assert_refused(404, 4404).await;
    let nobody = app.with_authorization("Token unknown");
    let path = format!("/ws/rooms/{room}/");
    let mut refused = nobody.socket(&path).connect().await.unwrap();
    refused.assert_refused(401, 4401).await;
    let path = format!("/api/rooms/{room}/members/");
    let answer = ada.post(&path, &json!({ "username": "whoever" })).await;
    assert_eq!(answer.status, 400);
    let mut left = ada.socket(&format!("/ws/rooms/{room}/")).enter().await;
    left.receive_until("present").await;
    left.close().await;
    let mut again = ada.socket(&format!("/ws/rooms/{room}/")).enter().await;
    again.receive_action("history").await;
    let present = again.receive_action("present").await;
    assert_eq!(
        present["names"],
        json!(["ada"]),
        "once, though she was here before"
    );
}
