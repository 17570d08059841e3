//! What sockets say about themselves.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use portcullis_channels::{AsyncApi, Channels, SocketSettings};
use portcullis_web::About;
use serde_json::json;

use crate::service::{Keys, doors};

fn about() -> About {
    About {
        title: "Lobby".to_owned(),
        version: "1.0".to_owned(),
        description: String::new(),
    }
}

#[test]
fn messages_of_both_ways_are_in_the_document() {
    let keys = Keys(Arc::new(AtomicBool::new(true)));
    let doors = doors(&Channels::memory(), &keys, SocketSettings::default());
    let document = doors.asyncapi(&about());
    let messages = &document["components"]["messages"];
    let flood = &messages["ws_received_flood"];
    assert_eq!(flood["summary"], "Sends so many messages to everybody.");
    assert_eq!(flood["payload"]["required"], json!(["action", "payload"]));
    let pong = &messages["ws_sent_pong"]["payload"];
    assert_eq!(pong["properties"]["payload"]["type"], "null");
    assert_eq!(document["operations"]["ws_send"]["action"], "send");
    let channel = &document["channels"]["ws"];
    assert_eq!(channel["address"], "/ws/");
    assert_eq!(channel["description"], "Who may open it: IsAuthenticated.");
    assert_eq!(document["info"]["title"], "Lobby");
}

#[test]
fn fields_are_called_as_on_the_wire() {
    let keys = Keys(Arc::new(AtomicBool::new(true)));
    let settings = SocketSettings {
        camelize: true,
        ..SocketSettings::default()
    };
    let document = doors(&Channels::memory(), &keys, settings).asyncapi(&about());
    let told = &document["components"]["messages"]["ws_sent_authentication"]["payload"];
    let payload = &told["properties"]["payload"];
    assert_eq!(
        payload["required"],
        json!(["statusCode", "statusText", "data"])
    );
    assert_eq!(payload["properties"]["statusCode"]["type"], "integer");
}
