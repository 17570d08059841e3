//! Second factors on the page of all doors, in a real browser over the real binary.

use fantoccini::{Client, Locator};
use portcullis::core::{Clock, SystemClock};
use portcullis::web::totp_code;

use crate::browser::{Driver, click, picture, wait_for};
use crate::process::Server;
use crate::second_factors::unbase32;

async fn write(browser: &Client, selector: &str, text: &str) {
    let field = browser.find(Locator::Css(selector)).await.unwrap();
    field.clear().await.unwrap();
    field.send_keys(text).await.unwrap();
}

async fn read(browser: &Client, selector: &str) -> String {
    let element = browser.find(Locator::Css(selector)).await.unwrap();
    element.text().await.unwrap()
}

async fn log_in(browser: &Client, code: &str, by: &str) {
    write(browser, "[name=email]", "ada@example.com").await;
    write(browser, "[name=password]", "correct horse 9").await;
    click(browser, "[value=login]").await;
    wait_for(browser, "answer", "\"state\": \"second_factor\"").await;
    picture(browser, "second-factor-wanted.png").await;
    write(browser, "#code input", code).await;
    click(browser, "[value=login]").await;
    wait_for(
        browser,
        "who",
        &format!("Logged in as ada@example.com by {by}."),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn person_adds_an_app_and_logs_in_with_a_code() {
    let Some(driver) = Driver::start() else {
        println!("skipped: no browser is wanted");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let browser = driver.browser().await;
    let page = format!("http://{}/", server.address);
    browser.goto(&page).await.unwrap();
    write(&browser, "[name=email]", "ada@example.com").await;
    write(&browser, "[name=password]", "correct horse 9").await;
    click(&browser, "[value=signup]").await;
    wait_for(&browser, "factor-state", "None").await;
    click(&browser, "#factor-add").await;
    wait_for(&browser, "answer", "otpauth://totp/").await;
    let secret = unbase32(&read(&browser, "#factor-secret").await);
    picture(&browser, "second-factor-setup.png").await;
    let code = totp_code(&secret, SystemClock.now().unix_timestamp());
    write(&browser, "#factor-setup [name=code]", &code).await;
    click(&browser, "#factor-setup button").await;
    wait_for(&browser, "factor-state", "10 recovery codes are left").await;
    picture(&browser, "second-factor-codes.png").await;
    let codes = read(&browser, "#factor-codes pre").await;
    let codes: Vec<&str> = codes.lines().collect();
    assert_eq!(codes.len(), 10);

    click(&browser, "#logout").await;
    wait_for(&browser, "who", "Nobody").await;
    log_in(&browser, codes[0], "token").await;
    wait_for(&browser, "factor-state", "9 recovery codes are left").await;
    click(&browser, "#logout").await;
    wait_for(&browser, "who", "Nobody").await;
    click(&browser, "[value=session]").await;
    log_in(&browser, codes[1], "session").await;
    write(&browser, "[name=proof]", codes[2]).await;
    click(&browser, "#factor-confirm button").await;
    wait_for(&browser, "answer", "Confirmed.").await;
    click(&browser, "#factor-remove").await;
    wait_for(&browser, "factor-state", "None").await;
    browser.close().await.unwrap();
}
