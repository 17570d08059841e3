//! Two people, two browsers.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Map, json};

use crate::app;

/// Chromium's driver, which ends with this.
struct Driver {
    child: Child,
    url: String,
}

impl Driver {
    /// `None` when the person who runs the tests wants none.
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

    async fn window(&self) -> Window {
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
        ];
        let mut capabilities = Map::new();
        let options = json!({ "args": arguments });
        capabilities.insert("goog:chromeOptions".to_owned(), options);
        let connector = hyper_util::client::legacy::connect::HttpConnector::new();
        let mut builder = ClientBuilder::new(connector);
        let browser = builder.capabilities(capabilities).connect(&self.url);
        Window(browser.await.unwrap())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Somebody's window.
struct Window(Client);

impl Window {
    async fn fill(&self, selector: &str, text: &str) {
        let field = self.0.find(Locator::Css(selector)).await.unwrap();
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    async fn click(&self, selector: &str) {
        let button = self.0.find(Locator::Css(selector)).await.unwrap();
        button.click().await.unwrap();
    }

    async fn sign_up(&self, address: &SocketAddr, email: &str) {
        self.0.goto(&format!("http://{address}/")).await.unwrap();
        self.fill("[name=email]", email).await;
        self.fill("[name=password]", "correct horse 9").await;
        self.click("[value=signup]").await;
        self.sees("who", email).await;
    }

    /// Waits until an element holds a text.
    async fn sees(&self, id: &str, text: &str) {
        let mut shown = String::new();
        for _ in 0..200 {
            let element = self.0.find(Locator::Id(id)).await.unwrap();
            shown = element.text().await.unwrap();
            if shown.contains(text) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("#{id} does not hold {text:?} but {shown:?}");
    }

    async fn enters(&self, room: &str) {
        self.sees("rooms", room).await;
        self.click("#rooms button").await;
        self.sees("title", room).await;
    }

    async fn says(&self, text: &str) {
        self.fill("#say [name=text]", text).await;
        self.click("#say button").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_talk_in_two_windows_until_one_is_put_out() {
    let Some(driver) = Driver::start() else {
        println!("skipped: no browser");
        return;
    };
    let (_app, router, _folder) = app().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let (ada, ben) = (driver.window().await, driver.window().await);
    ada.sign_up(&address, "ada@example.com").await;
    ben.sign_up(&address, "ben@example.com").await;
    ada.fill("#new-room [name=name]", "Attic").await;
    ada.click("#new-room button").await;
    ada.enters("Attic").await;
    ada.says("anybody here?").await;
    ada.sees("messages", "anybody here?").await;
    ada.fill("#members [name=username]", "ben@example.com")
        .await;
    ada.click("#members [value=add]").await;
    // Her answer is there when his list is.
    for _ in 0..100 {
        ben.0.refresh().await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        if ben.0.find(Locator::Css("#rooms button")).await.is_ok() {
            break;
        }
    }
    ben.enters("Attic").await;
    ben.sees("messages", "anybody here?").await;
    ada.sees("present", "ben@example.com").await;
    ben.says("I am").await;
    ada.sees("messages", "I am").await;
    ada.click("#members [value=remove]").await;
    ben.sees("state", "4403").await;
    ada.0.clone().close().await.unwrap();
    ben.0.clone().close().await.unwrap();
}
