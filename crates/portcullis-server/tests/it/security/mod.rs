//! Attacks, a file for each section of the checklist; the number of its item stands at each test.

mod cors;
mod csrf;
mod durability;
mod enumeration;
mod invariants;
mod lifetimes;
mod limits;
mod limits_by_address;
mod limits_of_tokens;
mod passwords;
mod sessions;
mod timing;
mod tokens;

use std::net::IpAddr;

use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Request;
use portcullis::User;
use portcullis::core::{AccountStore, Clock, Device, NewAccount, PasswordHash, no_mails};
use portcullis::django::password::{self, Hashers};
use portcullis::web::PeerAddress;
use portcullis_server::{AuthenticationClass, Surroundings};
use serde_json::json;

use crate::client::{Answer, Client};

pub(crate) const PASSWORD: &str = "correct horse 9";

/// A CSRF secret: what is in the cookie is also the token.
const CSRF: &str = "abcdefghijklmnopqrstuvwxyzABCDEF";

/// The ways to log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogIn {
    Token,
    AuthLogin,
    Session,
    Basic,
}

pub(crate) const ALL: [LogIn; 4] = [LogIn::Token, LogIn::AuthLogin, LogIn::Session, LogIn::Basic];

impl LogIn {
    pub(crate) fn request(self, name: &str, password: &str) -> Request<Body> {
        let path = match self {
            Self::Token => "/api/token/",
            Self::AuthLogin => "/api/auth/login/",
            Self::Session => "/api/login/",
            Self::Basic => {
                let pair = STANDARD.encode(format!("{name}:{password}"));
                return Request::get("/api/user/")
                    .header("Authorization", format!("Basic {pair}"))
                    .body(Body::empty())
                    .unwrap();
            }
        };
        let body = json!({ "username": name, "password": password });
        Request::post(path)
            .header("Content-Type", "application/json")
            .header("Cookie", format!("csrftoken={CSRF}"))
            .header("X-CSRFToken", CSRF)
            .body(Body::from(body.to_string()))
            .unwrap()
    }

    /// The answer to a log-in from nowhere.
    pub(crate) async fn send(self, client: &Client, name: &str, password: &str) -> Answer {
        client.send(self.request(name, password)).await
    }

    /// The answer to a log-in from an address.
    pub(crate) async fn send_from(
        self,
        client: &Client,
        address: &str,
        name: &str,
        password: &str,
    ) -> Answer {
        let request = from(address, self.request(name, password));
        client.send(request).await
    }

    /// The status of a log-in that fails for its name or password.
    pub(crate) fn refused(self) -> u16 {
        if self == Self::Basic { 401 } else { 400 }
    }
}

/// The same request as if its connection came from there.
pub(crate) fn from(address: &str, mut request: Request<Body>) -> Request<Body> {
    let address: IpAddr = address.parse().unwrap();
    request.extensions_mut().insert(PeerAddress(address));
    request
}

/// A client of an application that has every authenticator of a fresh install, and Basic.
pub(crate) async fn client() -> Client {
    Client::with(&surroundings()).await
}

pub(crate) fn surroundings() -> Surroundings {
    Surroundings {
        authentication_classes: vec![
            AuthenticationClass::DeviceToken,
            AuthenticationClass::Session,
            AuthenticationClass::Basic,
        ],
        ..Surroundings::default()
    }
}

/// Hashes that cost next to nothing, as the client's application makes them.
pub(crate) fn hashers() -> Hashers {
    Hashers {
        pbkdf2_iterations: 1000,
        ..Hashers::default()
    }
}

/// A user with this password column.
pub(crate) async fn user_with(client: &Client, name: &str, column: &str) -> User {
    let account = NewAccount {
        username: name.to_owned(),
        email: format!("{name}@example.com"),
        password: PasswordHash::new(column.to_owned()),
        is_email_verified: None,
        is_staff: false,
        is_superuser: false,
        device: Device::default(),
        now: client.clock.now(),
    };
    client
        .store
        .create_account(account, None, &no_mails)
        .await
        .unwrap()
}

/// A user with the password of all tests.
pub(crate) async fn user(client: &Client, name: &str) -> User {
    let column = password::hash(PASSWORD, &hashers()).unwrap();
    user_with(client, name, &column).await
}
