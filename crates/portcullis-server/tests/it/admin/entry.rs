//! Who comes in, and to what.

use super::tables::database;
use super::visitor::{PASSWORD, Visitor, account, staff};
use crate::client::Client;

const PAGES: [&str; 3] = ["/admin/", "/admin/users/", "/admin/users/1/"];

#[tokio::test]
async fn only_active_staff_get_into_the_admin_site() {
    let client = Client::new().await;
    account(&client, "eve@example.com", "").await;
    account(&client, "old@example.com", "is_staff = 1, is_active = 0").await;
    staff(&client, "ada@example.com", &["view_user"]).await;
    let stranger = Visitor::new(&client);
    for path in PAGES {
        let answer = stranger.get(path).await;
        let to = format!("/admin/login/?next={path}");
        assert_eq!(
            (answer.status.as_u16(), answer.header("location")),
            (302, &*to)
        );
    }
    for (name, password) in [
        ("eve@example.com", PASSWORD),
        ("old@example.com", PASSWORD),
        ("ada@example.com", "wrong"),
        ("nobody@example.com", PASSWORD),
        ("", ""),
    ] {
        let visitor = Visitor::new(&client);
        let answer = visitor.log_in(name, password, "/admin/").await;
        let page = answer.body.as_str().unwrap();
        assert_eq!(answer.status, 200, "{name}");
        assert!(page.contains("for a staff account"), "{page}");
        assert!(!answer.header("set-cookie").contains("sessionid"));
        assert_eq!(visitor.get("/admin/").await.status, 302);
    }
    let ada = Visitor::logged_in(&client, "ada@example.com").await;
    for path in PAGES {
        assert_eq!(ada.get(path).await.status, 200, "{path}");
        assert_eq!(ada.send("HEAD", path, None).await.status, 200, "{path}");
    }
    assert_eq!(ada.get("/admin/nothing/").await.status, 404);
    assert_eq!(ada.get("/admin/users/x/").await.status, 404);
    assert_eq!(ada.get("/admin/users/99/").await.status, 404);
    assert_eq!(ada.get("/admin/logout/").await.status, 405);
    assert_eq!(ada.post("/admin/logout/", &[]).await.status, 200);
    assert_eq!(ada.get("/admin/").await.status, 302);
}

#[tokio::test]
async fn demotion_acts_at_the_next_page_of_the_admin_site() {
    let client = Client::new().await;
    let id = staff(&client, "ada@example.com", &["view_user"]).await;
    let ada = Visitor::logged_in(&client, "ada@example.com").await;
    assert_eq!(ada.get("/admin/users/").await.status, 200);
    let sql = "DELETE FROM auth_user_user_permissions WHERE user_id = ?1";
    database(&client).execute(sql, [id]).unwrap();
    assert_eq!(ada.get("/admin/users/").await.status, 403);
    assert_eq!(ada.get("/admin/").await.status, 200);
    let sql = "UPDATE auth_user SET is_staff = 0 WHERE id = ?1";
    database(&client).execute(sql, [id]).unwrap();
    let answer = ada.get("/admin/").await;
    assert_eq!(answer.status, 302);
    let login = ada.get("/admin/login/?next=/admin/").await;
    let page = login.body.as_str().unwrap();
    assert!(
        page.contains("You are logged in as ada@example.com"),
        "{page}"
    );
}

#[tokio::test]
async fn admin_log_in_wants_a_csrf_token_and_leads_to_this_host_alone() {
    let client = Client::new().await;
    staff(&client, "ada@example.com", &[]).await;
    let form = format!("username=ada%40example.com&password={PASSWORD}");
    let forged = Visitor::new(&client);
    let answer = forged.send("POST", "/admin/login/", Some(form)).await;
    assert_eq!(answer.status, 403);
    for (next, to) in [
        ("/admin/users/?q=a", "/admin/users/?q=a"),
        ("https://evil.example/", "/admin/"),
        ("//evil.example/", "/admin/"),
        ("/\\evil.example/", "/admin/"),
        ("/\t/evil.example/", "/admin/"),
    ] {
        let visitor = Visitor::new(&client);
        let answer = visitor.log_in("ada@example.com", PASSWORD, next).await;
        assert_eq!(answer.header("location"), to, "{next}");
    }
}

#[tokio::test]
async fn admin_pages_load_nothing_from_elsewhere_and_are_kept_by_nobody() {
    let client = Client::new().await;
    staff(&client, "ada@example.com", &["view_user"]).await;
    let ada = Visitor::logged_in(&client, "ada@example.com").await;
    for path in PAGES
        .into_iter()
        .chain(["/admin/login/?next=x", "/admin/users/99/"])
    {
        let visitor = match path.contains("login") {
            true => &Visitor::new(&client),
            false => &ada,
        };
        let answer = visitor.get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'"), "{path}: {policy}");
        assert!(
            policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert!(
            answer.header("cache-control").contains("no-store"),
            "{path}"
        );
        let page = answer.body.as_str().unwrap();
        assert!(!page.contains("style="), "{path}: {page}");
        // No handler in an attribute, such as ` onclick=`.
        let mut words = page.split(" on").skip(1);
        let is_handler = |word: &str| {
            let name = word.trim_start_matches(|letter: char| letter.is_ascii_lowercase());
            name.starts_with('=')
        };
        assert!(!words.any(is_handler), "{path}: {page}");
    }
    for (path, kind) in [("admin.css", "text/css"), ("admin.js", "text/javascript")] {
        let file = Visitor::new(&client)
            .get(&format!("/admin/static/{path}"))
            .await;
        assert!(file.header("content-type").starts_with(kind));
    }
}

#[tokio::test]
async fn first_administrator_is_made_in_the_browser_by_the_key_once() {
    let client = Client::new().await;
    let visitor = Visitor::new(&client);
    let login = visitor.get("/admin/login/").await;
    assert!(login.body.as_str().unwrap().contains("/admin/setup/"));
    let key = client.setup_key.clone();
    let form = |key: &str, email: &str, password: &str| {
        [
            ("setup_key", key.to_owned()),
            ("email", email.to_owned()),
            ("password", password.to_owned()),
        ]
    };
    let post = async |fields: [(&str, String); 3]| {
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| (*name, &**value))
            .collect();
        visitor.post("/admin/setup/", &fields).await
    };
    let email = "ada@example.com";
    for (fields, told) in [
        (form("", email, PASSWORD), "This is not the key"),
        (form(&key[..42], email, PASSWORD), "This is not the key"),
        (
            form(&key, "nonsense", PASSWORD),
            "Enter a valid email address.",
        ),
        (form(&key, email, "123"), "too short"),
    ] {
        let answer = post(fields).await;
        assert_eq!(answer.status, 200);
        assert!(
            answer.body.as_str().unwrap().contains(told),
            "{told}: {answer:?}"
        );
    }
    let made = post(form(&key, email, PASSWORD)).await;
    assert_eq!(made.header("location"), "/admin/", "{made:?}");
    let users = visitor.get("/admin/users/").await;
    assert!(
        users.body.as_str().unwrap().contains("superuser"),
        "{users:?}"
    );
    let other = Visitor::new(&client);
    assert_eq!(
        other.get("/admin/setup/").await.header("location"),
        "/admin/login/"
    );
    let again = other.post("/admin/setup/", &[("setup_key", &key)]).await;
    assert_eq!(again.status, 403, "there is no token without a page");
    let login = other.get("/admin/login/").await;
    assert!(!login.body.as_str().unwrap().contains("/admin/setup/"));
    let again = other.post("/admin/setup/", &[("setup_key", &key)]).await;
    assert_eq!(again.header("location"), "/admin/login/");
}
