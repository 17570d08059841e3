//! The page at `/`, in a real browser.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Map, Value, json};

use crate::process::Server;

/// Chromium's driver, which ends with this.
struct Driver {
    child: Child,
    url: String,
}

impl Driver {
    /// `None` when the person who runs the tests wants none.
    ///
    /// # Panics
    /// When there is none, or it does not start.
    fn start() -> Option<Self> {
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
    async fn browser(&self) -> Client {
        let arguments = [
            "--headless",
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
async fn wait_for(browser: &Client, id: &str, text: &str) {
    for _ in 0..200 {
        let shown = browser
            .find(Locator::Id(id))
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        if shown.contains(text) {
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

async fn click(browser: &Client, selector: &str) {
    browser
        .find(Locator::Css(selector))
        .await
        .unwrap()
        .click()
        .await
        .unwrap();
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
