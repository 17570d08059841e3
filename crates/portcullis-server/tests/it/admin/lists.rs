//! The list of users: search, filters, pages, and nothing that comes from outside as markup.

use super::tables::database;
use super::visitor::{Visitor, account, staff, superuser};
use crate::client::Client;

/// The log-in names that a page lists, in order.
fn names(page: &str) -> Vec<String> {
    let rows = page.split("<th scope=\"row\">").skip(1);
    let name = |row: &str| {
        let (_, rest) = row.split_once("/\">").unwrap();
        rest.split_once("</a>").unwrap().0.to_owned()
    };
    rows.map(name).collect()
}

async fn listed(visitor: &Visitor<'_>, query: &str) -> Vec<String> {
    let answer = visitor.get(&format!("/admin/users/?{query}")).await;
    assert_eq!(answer.status, 200, "{query}");
    names(answer.body.as_str().unwrap())
}

#[tokio::test]
async fn users_are_found_by_how_names_and_addresses_begin() {
    let client = Client::new().await;
    staff(&client, "ada@example.com", &["view_user"]).await;
    account(&client, "bob@example.com", "username = 'Robert'").await;
    account(&client, "eve@example.com", "is_active = 0").await;
    account(&client, "odd%name@example.com", "last_name = 'Lovelace'").await;
    let ada = Visitor::logged_in(&client, "ada@example.com").await;
    for (query, wanted) in [
        ("q=ada", vec!["ada@example.com"]),
        ("q=ADA@", vec!["ada@example.com"]),
        ("q=bob", vec!["Robert"]),
        ("q=Robert", vec!["Robert"]),
        ("q=example", vec![]),
        ("q=example&anywhere=1&staff=1", vec!["ada@example.com"]),
        ("q=LOVE&anywhere=1", vec!["odd%name@example.com"]),
        ("q=%25&anywhere=1", vec!["odd%name@example.com"]),
        ("q=_&anywhere=1", vec![]),
        ("active=0", vec!["eve@example.com"]),
        ("staff=1&superuser=0", vec!["ada@example.com"]),
        ("superuser=1", vec![]),
        (
            "o=-id&active=1",
            vec!["odd%name@example.com", "Robert", "ada@example.com"],
        ),
        ("q=e&active=1", vec![]),
        ("q=e&active=0", vec!["eve@example.com"]),
        ("q=%27%22%3B--", vec![]),
        (
            "group=x&o=nonsense&after_id=y&active=7&q=ada",
            vec!["ada@example.com"],
        ),
        ("group=1", vec![]),
    ] {
        assert_eq!(listed(&ada, query).await, wanted, "{query}");
    }
    let nul = ada.get("/admin/users/?q=%00").await;
    assert_eq!(nul.status, 400);
}

#[tokio::test]
async fn pages_of_users_follow_each_other_in_every_order() {
    let client = Client::new().await;
    staff(&client, "ada@example.com", &["view_user"]).await;
    let ada = Visitor::logged_in(&client, "ada@example.com").await;
    let mut database = database(&client);
    let rows = database.transaction().unwrap();
    for number in 0..250 {
        let sql = "INSERT INTO auth_user (password, is_superuser, username, last_name, email, is_staff, \
                   is_active, date_joined, first_name) \
                   VALUES ('!', 0, ?1, '', ?2, 0, 1, '2026-01-01 00:00:00', '')";
        let name = format!("user{number:03}");
        rows.execute(sql, (&name, format!("{name}@example.com")))
            .unwrap();
    }
    rows.commit().unwrap();
    for start in [
        "",
        "o=-username",
        "o=-id",
        "o=id",
        "q=user",
        "anywhere=1&q=user",
        "active=1",
    ] {
        let mut seen = Vec::new();
        let mut query = start.to_owned();
        loop {
            let answer = ada.get(&format!("/admin/users/?{query}")).await;
            let page = answer.body.as_str().unwrap();
            seen.extend(names(page));
            let Some((_, rest)) = page.split_once("rel=\"next\" href=\"/admin/users/?") else {
                break;
            };
            query = rest.split_once('"').unwrap().0.replace("&amp;", "&");
        }
        let total = if start.contains("user") && !start.starts_with('o') {
            250
        } else {
            251
        };
        assert_eq!(seen.len(), total, "{start}");
        let mut unique = seen.clone();
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), total, "{start}");
        if !start.starts_with("o=-") {
            assert!(seen[seen.len() - 250..].is_sorted(), "{start}");
        }
    }
}

#[tokio::test]
async fn nothing_that_people_type_becomes_markup_of_an_admin_page() {
    let client = Client::new().await;
    staff(&client, "ada@example.com", &["view_user"]).await;
    let markup = "first_name = '<img src=x>', last_name = '\"><script>'";
    let id = account(&client, "eve@example.com", markup).await;
    let ada = Visitor::logged_in(&client, "ada@example.com").await;
    let paths = [
        "/admin/users/".to_owned(),
        format!("/admin/users/{id}/"),
        "/admin/users/?q=%3Cscript%3Ealert(1)%3C/script%3E".to_owned(),
        "/admin/users/?q=%22%3E%3Cscript%3E&o=%22%3E%3Cscript%3E&active=%22%3E%3Cscript%3E"
            .to_owned(),
    ];
    for path in paths {
        let answer = ada.get(&path).await;
        let page = answer.body.as_str().unwrap();
        assert!(
            !page.contains("<script>") && !page.contains("<img"),
            "{path}: {page}"
        );
    }
    let login = Visitor::new(&client)
        .get("/admin/login/?next=%22%3E%3Cscript%3E")
        .await;
    assert!(!login.body.as_str().unwrap().contains("<script>"));
}

#[tokio::test]
async fn users_are_shown_to_those_who_may_see_them_and_hashes_to_nobody() {
    let client = Client::new().await;
    let id = staff(&client, "ada@example.com", &["view_user"]).await;
    staff(&client, "eve@example.com", &["view_group"]).await;
    staff(&client, "bob@example.com", &["change_user"]).await;
    for (name, status) in [("ada", 200), ("eve", 403), ("bob", 200)] {
        let visitor = Visitor::logged_in(&client, &format!("{name}@example.com")).await;
        for path in ["/admin/users/", &format!("/admin/users/{id}/")] {
            let answer = visitor.get(path).await;
            assert_eq!(answer.status, status, "{name} {path}");
            assert!(!answer.body.as_str().unwrap().contains("pbkdf2_"), "{name}");
        }
    }
}

#[tokio::test]
async fn superusers_read_the_audit_log() {
    let client = Client::new().await;
    staff(&client, "ada@example.com", &["view_user"]).await;
    let ada = Visitor::logged_in(&client, "ada@example.com").await;
    assert_eq!(ada.get("/admin/audit/").await.status, 403);
    let root = superuser(&client).await;
    let shown = async |query: &str| {
        let answer = root.get(&format!("/admin/audit/?{query}")).await;
        assert_eq!(answer.status, 200, "{query}");
        answer.body.as_str().unwrap().to_owned()
    };
    let lines = |page: &str| page.matches("data-label=\"Event\"").count();
    assert_eq!(lines(&shown("").await), 4, "two sign-ups and two log-ins");
    assert_eq!(lines(&shown("event=login").await), 2);
    assert_eq!(lines(&shown("user=ADA@example.com&event=login").await), 1);
    assert!(shown("user=nobody").await.contains("Nobody has that name."));
    assert_eq!(lines(&shown("before=2&event=nonsense").await), 1);
    assert!(shown("before=0").await.contains("There are no such lines."));
}
