//! Section 6: opaque tokens. Damaged headers have their test in the test kit, at a door of each scheme.

use std::sync::Arc;

use portcullis::accounts::Tokens;
use serde_json::json;

use super::{LogIn, PASSWORD, surroundings, user};
use crate::client::Client;

// 6.6: nobody is refused, and everything that was handed out works.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn first_log_ins_at_once_all_get_tokens_that_work() {
    for tokens in [Tokens::Authtoken, surroundings().accounts.tokens] {
        let mut surroundings = surroundings();
        surroundings.accounts.tokens = tokens;
        if matches!(surroundings.accounts.tokens, Tokens::Authtoken) {
            surroundings.authentication_classes =
                vec![portcullis_server::AuthenticationClass::Token];
        }
        surroundings.login_limits.of_account.tries = 100;
        let client = Arc::new(Client::with(&surroundings).await);
        user(&client, "ada").await;
        let log_ins: Vec<_> = (0..20)
            .map(|_| {
                let client = Arc::clone(&client);
                tokio::spawn(async move {
                    let answer = LogIn::Token.send(&client, "ada", PASSWORD).await;
                    assert_eq!(answer.status, 200, "{answer:?}");
                    answer.body["token"].as_str().unwrap().to_owned()
                })
            })
            .collect();
        for log_in in log_ins {
            let header = format!("Token {}", log_in.await.unwrap());
            let answer = client.get("/api/user/", &header).await;
            assert_eq!(answer.body, json!({ "email": "ada@example.com" }));
        }
    }
}
