//! A new password: by a link, and by the old one.

use super::*;

#[tokio::test]
async fn reset_link_works_once_and_ends_everything() {
    let client = Client::new().await;
    let token = client.signup("ada@example.com", PASSWORD).await;
    client.mails().await;
    let mail = reset_mail(&client, "ADA@example.com").await;
    assert_eq!(mail.recipient, "ada@example.com");
    let (uid, key) = link(&mail);
    // A try that fails leaves the link good.
    assert_eq!(
        confirm_reset(&client, &uid, &key, "12345678").await.status,
        400
    );
    let app = client.app.clone();
    let tries: Vec<_> = (0..8)
        .map(|number| {
            let password = format!("battery staple {number}");
            let body = json!({
                "uid": uid, "token": key, "new_password1": password, "new_password2": password,
            });
            let request = http::Request::builder()
                .method("POST")
                .uri("/rest-auth/password/reset/confirm/")
                .header("Host", "localhost")
                .header("Content-Type", "application/json")
                .body(axum::body::Body::from(body.to_string()))
                .unwrap();
            tokio::spawn(tower::ServiceExt::oneshot(app.clone(), request))
        })
        .collect();
    let mut done = 0;
    for answer in tries {
        done += u32::from(answer.await.unwrap().unwrap().status() == 200);
    }
    assert_eq!(done, 1);
    let bad = confirm_reset(&client, &uid, &key, OTHER).await;
    assert_eq!(bad.body, json!({ "token": ["Invalid value"] }));
    assert_eq!(
        log_in(&client, "ada@example.com", PASSWORD).await.status,
        400
    );
    assert_eq!(
        client
            .get("/api/user/", &format!("Token {token}"))
            .await
            .status,
        401
    );
    let kinds: Vec<_> = client
        .mails()
        .await
        .into_iter()
        .map(|mail| mail.kind)
        .collect();
    assert_eq!(kinds, ["password_changed"]);
}

#[tokio::test]
async fn reset_link_dies_with_a_log_in_a_change_and_an_hour() {
    let client = Client::new().await;
    client.signup("ada@example.com", PASSWORD).await;
    for is_by_log_in in [true, false] {
        client.clock.advance(Duration::hours(2));
        client.mails().await;
        let (uid, key) = link(&reset_mail(&client, "ada@example.com").await);
        if is_by_log_in {
            let opened = log_in(&client, "ada@example.com", PASSWORD).await;
            assert_eq!(opened.status, 200);
        } else {
            client
                .clock
                .advance(Duration::hours(1) + Duration::seconds(1));
        }
        let bad = confirm_reset(&client, &uid, &key, OTHER).await;
        assert_eq!(bad.body, json!({ "token": ["Invalid value"] }));
    }
}

// Security: who finds an old mail cannot use it.
#[tokio::test]
async fn reset_link_dies_with_a_newer_one_but_not_the_newer_one() {
    let client = Client::new().await;
    client.signup("ada@example.com", PASSWORD).await;
    client.mails().await;
    let (uid, older) = link(&reset_mail(&client, "ada@example.com").await);
    client.clock.advance(Duration::seconds(1));
    let (_, newer) = link(&reset_mail(&client, "ada@example.com").await);
    let bad = confirm_reset(&client, &uid, &older, OTHER).await;
    assert_eq!(bad.body, json!({ "token": ["Invalid value"] }));
    // Asked for again, without a mail: the link that arrived stays good.
    for _ in 0..6 {
        client.clock.advance(Duration::seconds(1));
        let body = json!({ "email": "ada@example.com" });
        client.post("/rest-auth/password/reset/", body).await;
    }
    let kept = client.mails().await.pop().unwrap();
    let (_, last) = link(&kept);
    assert_ne!(last, newer);
    let good = confirm_reset(&client, &uid, &last, OTHER).await;
    assert_eq!(good.status, 200, "{good:?}");
}

// Security: a bad user and a bad token are told apart only on request.
#[tokio::test]
async fn bad_links_look_the_same() {
    for (surroundings, field) in [
        (Surroundings::default(), "token"),
        (compat(|compat| compat.distinct_reset_errors = true), "uid"),
    ] {
        let client = Client::with(&surroundings).await;
        client.signup("ada@example.com", PASSWORD).await;
        for uid in ["zzz", "0", "-1", "!!", "zzzzzzzzzzzzzzzzzzzzzzzzzzz"] {
            let bad = confirm_reset(&client, uid, "x-y", OTHER).await;
            assert_eq!(bad.status, 400);
            assert_eq!(bad.body, json!({ field: ["Invalid value"] }), "{uid}");
        }
        let bad = confirm_reset(&client, "1", "x-y", OTHER).await;
        assert_eq!(bad.body, json!({ "token": ["Invalid value"] }));
    }
}

// Security: the same answer and the same work for every address, and no more mail than is allowed.
#[tokio::test]
async fn reset_and_resend_tell_nothing_and_send_five_an_hour() {
    let client = Client::new().await;
    register(&client, "ada@example.com").await;
    let eve = register(&client, "eve@example.com").await;
    assert_eq!(eve.status, 201);
    let user = client.store.user_by_login_name("eve@example.com").await;
    client
        .store
        .set_active(&user.unwrap().unwrap().id, false)
        .await
        .unwrap();
    client.mails().await;
    for path in [
        "/rest-auth/password/reset/",
        "/rest-auth/registration/resend-email/",
    ] {
        let mut answers = Vec::new();
        for email in ["ada@example.com", "nobody@example.com", "eve@example.com"] {
            let answer = client.post(path, json!({ "email": email })).await;
            answers.push((answer.status, answer.bytes));
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{path}");
        assert_eq!(client.mails().await.len(), 1, "{path}");
    }
    for _ in 0..8 {
        let body = json!({ "email": "ada@example.com" });
        assert_eq!(
            client.post("/rest-auth/password/reset/", body).await.status,
            200
        );
    }
    assert_eq!(client.mails().await.len(), 3, "two were sent before");
}

#[tokio::test]
async fn change_of_password_wants_the_old_one_and_keeps_only_its_session() {
    let client = Client::new().await;
    let token = client.signup("ada@example.com", PASSWORD).await;
    let (mut here, mut there) = (Browser::new(&client), Browser::new(&client));
    let body = json!({ "email": "ada@example.com", "password": PASSWORD }).to_string();
    for browser in [&mut here, &mut there] {
        let opened = browser.send("POST", "/rest-auth/login/", &[], &body).await;
        assert_eq!(opened.status, 200, "{opened:?}");
    }
    let csrf = here.cookie("csrftoken").unwrap().to_owned();
    let headers = [("X-CSRFToken", csrf.as_str())];
    let path = "/rest-auth/password/change/";
    let change = |old: &str| {
        json!({ "old_password": old, "new_password1": OTHER, "new_password2": OTHER }).to_string()
    };
    let key = here.cookie("sessionid").unwrap().to_owned();
    let refused = here.send("POST", path, &headers, &change("nope")).await;
    let text = "Your old password was entered incorrectly. Please enter it again.";
    assert_eq!(refused.body, json!({ "old_password": [text] }));
    let changed = here.send("POST", path, &headers, &change(PASSWORD)).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_ne!(here.cookie("sessionid").unwrap(), key);
    assert_eq!(
        here.send("GET", "/rest-auth/user/", &[], "").await.status,
        200
    );
    assert_eq!(
        there.send("GET", "/rest-auth/user/", &[], "").await.status,
        401
    );
    assert_eq!(
        client
            .get("/api/user/", &format!("Token {token}"))
            .await
            .status,
        401
    );
}

// Security: the form for a new password is no place to guess the old one at.
#[tokio::test]
async fn wrong_old_passwords_count_as_log_ins_that_failed() {
    let client = Client::new().await;
    let token = client.signup("ada@example.com", PASSWORD).await;
    let authorization = format!("Token {token}");
    let mut statuses = Vec::new();
    for _ in 0..11 {
        let body =
            json!({ "old_password": "nope", "new_password1": OTHER, "new_password2": OTHER });
        let path = "/rest-auth/password/change/";
        let answer = client.send_json("POST", path, &authorization, &body).await;
        statuses.push(answer.status.as_u16());
    }
    assert_eq!(statuses[..10], [400; 10]);
    assert_eq!(statuses[10], 429);
    assert_eq!(
        log_in(&client, "ada@example.com", PASSWORD).await.status,
        429
    );
}

#[tokio::test]
async fn tokens_stay_after_a_change_where_it_is_asked_for() {
    let client = Client::with(&compat(|compat| compat.keep_credentials_on_change = true)).await;
    let token = client.signup("ada@example.com", PASSWORD).await;
    let (uid, key) = link(&reset_mail(&client, "ada@example.com").await);
    assert_eq!(confirm_reset(&client, &uid, &key, OTHER).await.status, 200);
    assert_eq!(
        client
            .get("/api/user/", &format!("Token {token}"))
            .await
            .status,
        200
    );
}
