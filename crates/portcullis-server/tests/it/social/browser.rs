//! The whole flow in a real browser, over the real binary.

use fantoccini::Locator;
use portcullis::core::{Clock, SystemClock};
use portcullis_test::{FakeProvider, Person};

use super::settings_for;
use crate::browser::{Driver, click, picture, wait_for};
use crate::process::Server;

/// A person logs in by the button, links another account, and finds that the last way in stays.
#[tokio::test(flavor = "multi_thread")]
async fn person_logs_in_by_a_provider_and_links_another_account() {
    let Some(driver) = Driver::start() else {
        println!("skipped: no browser is wanted");
        return;
    };
    let provider = FakeProvider::start(SystemClock.now()).await;
    provider.change(|manners| manners.visitor = Some(Person::named("ada")));
    let folder = tempfile::tempdir().unwrap();
    let listen = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listen.local_addr().unwrap();
    drop(listen);
    let settings = settings_for(&provider);
    std::fs::write(folder.path().join("portcullis.toml"), settings).unwrap();
    let server = Server::start_with(folder.path(), &["--listen", &address.to_string()]);
    let browser = driver.browser().await;
    browser
        .goto(&format!("http://{}/", server.address))
        .await
        .unwrap();
    picture(&browser, "social-button.png").await;
    click(&browser, "#providers a").await;
    wait_for(&browser, "who", "Logged in as ada@example.com by session.").await;
    wait_for(&browser, "links", "club").await;
    picture(&browser, "social-logged-in.png").await;

    provider.change(|manners| {
        let other = Person::named("countess").with_email("other@example.com");
        manners.visitor = Some(other);
    });
    click(&browser, "[data-link=club]").await;
    wait_for(&browser, "who", "Logged in as ada@example.com by session.").await;
    let rows = || async {
        let rows = browser.find_all(Locator::Css("#link-list li")).await;
        rows.unwrap().len()
    };
    for _ in 0..100 {
        if rows().await == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(rows().await, 2);
    picture(&browser, "social-linked.png").await;
    click(&browser, "#link-list button").await;
    wait_for(&browser, "answer", "204").await;
    click(&browser, "#link-list button").await;
    wait_for(&browser, "answer", "This is the only way to log in").await;
    browser.close().await.unwrap();
}
