//! The page at `/`, in a real browser.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Map, Value, json};

use crate::process::Server;

/// Chromium's driver, which ends with this.
pub(crate) struct Driver {
    child: Child,
    url: String,
}

impl Driver {
    /// `None` when the person who runs the tests wants none.
    ///
    /// # Panics
    /// When there is none, or it does not start.
    pub(crate) fn start() -> Option<Self> {
        if std::env::var_os("PORTCULLIS_WITHOUT_BROWSER").is_some_and(|value| value == "1") {
            return None;
        }
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let child = Command::new("chromedriver")
            .args([&format!("--port={port}"), "--log-level=OFF"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(child) = child else {
            panic!(
                "Chromium's driver is not installed: `apt-get install chromium chromium-driver`, \
                 or set PORTCULLIS_WITHOUT_BROWSER=1 to skip its tests"
            );
        };
        let driver = Self {
            child,
            url: format!("http://127.0.0.1:{port}"),
        };
        for _ in 0..600 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Some(driver);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("Chromium's driver does not start");
    }

    /// A fresh, headless browser.
    pub(crate) async fn browser(&self) -> Client {
        let arguments = [
            "--headless",
            "--window-size=800,1200",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ];
        let options = json!({ "args": arguments });
        let mut capabilities = Map::new();
        capabilities.insert("goog:chromeOptions".to_owned(), options);
        let mut builder =
            ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new());
        builder
            .capabilities(capabilities)
            .connect(&self.url)
            .await
            .unwrap()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until an element of the page holds a text.
pub(crate) async fn wait_for(browser: &Client, id: &str, text: &str) {
    for _ in 0..200 {
        // Between two pages there is neither.
        if let Ok(element) = browser.find(Locator::Id(id)).await
            && let Ok(shown) = element.text().await
            && shown.contains(text)
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let shown = browser
        .find(Locator::Id(id))
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    panic!("#{id} does not hold {text:?} but {shown:?}");
}

pub(crate) async fn click(browser: &Client, selector: &str) {
    browser
        .find(Locator::Css(selector))
        .await
        .unwrap()
        .click()
        .await
        .unwrap();
}

/// Takes a picture of the page, for a person to look at: into the folder PORTCULLIS_SCREENSHOTS, if there is one.
pub(crate) async fn picture(browser: &Client, name: &str) {
    if let Some(folder) = std::env::var_os("PORTCULLIS_SCREENSHOTS") {
        let png = browser.screenshot().await.unwrap();
        std::fs::write(std::path::Path::new(&folder).join(name), png).unwrap();
    }
}

async fn fill(browser: &Client, email: &str) {
    for (name, text) in [("email", email), ("password", "correct horse 9")] {
        let field = browser
            .find(Locator::Css(&format!("[name={name}]")))
            .await
            .unwrap();
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }
}

/// Both kinds of store of the page, as one JSON value.
async fn stored(browser: &Client) -> Value {
    let script = "return [sessionStorage.length, localStorage.length]";
    browser.execute(script, Vec::new()).await.unwrap()
}

#[test]
fn page_signs_up_logs_in_tests_and_logs_out() {
    let Some(driver) = Driver::start() else {
        println!("skipped: no browser");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let browser = driver.browser().await;
        browser
            .goto(&format!("http://{}/", server.address))
            .await
            .unwrap();

        fill(&browser, "ada@example.com").await;
        click(&browser, "button[value=signup]").await;
        wait_for(&browser, "who", "Logged in as ada@example.com by token.").await;
        assert_eq!(stored(&browser).await, json!([1, 0]));
        click(&browser, "#test-get").await;
        wait_for(&browser, "answer", "Hello ada@example.com!").await;
        click(&browser, "#test-post").await;
        wait_for(&browser, "answer", "Posted!").await;
        click(&browser, "#logout").await;
        wait_for(&browser, "who", "Nobody is logged in.").await;
        assert_eq!(stored(&browser).await, json!([0, 0]));

        // Remembered beyond the tab.
        fill(&browser, "ada@example.com").await;
        click(&browser, "[name=remember]").await;
        click(&browser, "button[value=login]").await;
        wait_for(&browser, "who", "by token.").await;
        assert_eq!(stored(&browser).await, json!([0, 1]));
        browser.refresh().await.unwrap();
        wait_for(&browser, "who", "Logged in as ada@example.com by token.").await;
        click(&browser, "#logout").await;
        wait_for(&browser, "who", "Nobody is logged in.").await;

        // By session: the cookie is out of the script's reach, and survives the page.
        click(&browser, "[value=session]").await;
        fill(&browser, "ada@example.com").await;
        click(&browser, "button[value=login]").await;
        wait_for(&browser, "who", "by session.").await;
        let cookies = browser
            .execute("return document.cookie", Vec::new())
            .await
            .unwrap();
        assert!(!cookies.to_string().contains("sessionid"), "{cookies}");
        browser.refresh().await.unwrap();
        wait_for(&browser, "who", "by session.").await;
        click(&browser, "#test-post").await;
        wait_for(&browser, "answer", "Posted!").await;
        click(&browser, "#logout").await;
        wait_for(&browser, "who", "Nobody is logged in.").await;
        click(&browser, "#test-get").await;
        wait_for(&browser, "answer", "401").await;
        browser.close().await.unwrap();
    });
}

/// The link of the newest mail that has one below `path`.
fn mailed_link(folder: &std::path::Path, path: &str) -> String {
    for _ in 0..200 {
        let mut mails: Vec<_> = std::fs::read_dir(folder)
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|end| end == "eml"))
            .collect();
        mails.sort_by_key(|path| std::fs::metadata(path).unwrap().modified().unwrap());
        for mail in mails.iter().rev() {
            let text = std::fs::read_to_string(mail).unwrap();
            let mut lines = text.lines();
            let link = lines.find(|line| line.starts_with("http") && line.contains(path));
            if let Some(link) = link {
                return link.trim().to_owned();
            }
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("no mail with a link below {path}");
}

#[test]
fn person_confirms_an_address_sees_two_devices_ends_one_and_sets_a_new_password() {
    let Some(driver) = Driver::start() else {
        println!("skipped: no browser");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let mails = folder.path().join("mails");
    let words = [
        "--listen",
        origin.strip_prefix("http://").unwrap(),
        "--public-url",
        &origin,
        "--mail-transport",
        "file",
        "--mail-folder",
        mails.to_str().unwrap(),
        "--mail-from",
        "noreply@example.com",
    ];
    let _server = Server::start_with(folder.path(), &words);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (first, second) = (driver.browser().await, driver.browser().await);
        let page = format!("{origin}/");
        first.goto(&page).await.unwrap();
        fill(&first, "ada@example.com").await;
        click(&first, "button[value=signup]").await;
        wait_for(&first, "who", "Logged in as ada@example.com").await;

        let link = mailed_link(&mails, "/confirm-email/");
        second.goto(&link).await.unwrap();
        click(&second, "#confirm button").await;
        wait_for(&second, "outcome", "Your address is confirmed.").await;
        second.refresh().await.unwrap();
        click(&second, "#confirm button").await;
        wait_for(&second, "outcome", "not good any more").await;

        // Two windows, one of which ends the other.
        second.goto(&page).await.unwrap();
        click(&second, "[value=session]").await;
        fill(&second, "ada@example.com").await;
        click(&second, "button[value=login]").await;
        wait_for(&second, "who", "by session.").await;
        wait_for(&second, "device-list", "(session), this one").await;
        wait_for(&second, "device-list", "(device), seen").await;
        picture(&second, "devices.png").await;
        click(&second, "#logout-others").await;
        wait_for(&second, "answer", "\"ended\": 1").await;
        click(&first, "#test-get").await;
        wait_for(&first, "answer", "401").await;
        click(&second, "#test-get").await;
        wait_for(&second, "answer", "Hello").await;

        // A new password by mail ends this one, too.
        click(&first, "#forgot").await;
        wait_for(&first, "answer", "has been sent").await;
        first
            .goto(&mailed_link(&mails, "/password/reset/key/"))
            .await
            .unwrap();
        for name in ["new_password1", "new_password2"] {
            let field = format!("[name={name}]");
            let field = first.find(Locator::Css(&field)).await.unwrap();
            field.send_keys("battery staple 7").await.unwrap();
        }
        click(&first, "#reset button").await;
        wait_for(&first, "outcome", "Your new password is set.").await;
        click(&second, "#test-get").await;
        wait_for(&second, "answer", "401").await;
        first.close().await.unwrap();
        second.close().await.unwrap();
    });
}
