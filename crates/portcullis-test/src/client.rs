//! A client of the application: it keeps cookies, and needs no network.

use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Body;
use http::{HeaderName, HeaderValue, Method, header};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use crate::answer::Answer;
use crate::knocking::Knocking;

/// Somebody who sends requests.
#[derive(Debug)]
pub struct Client {
    router: Router,
    authorization: Option<String>,
    cookies: Mutex<Vec<(String, String)>>,
}

impl Client {
    /// A client of an application, without cookies yet; it sends that `Authorization` header.
    #[must_use]
    pub fn new(router: Router, authorization: Option<String>) -> Self {
        Self {
            router,
            authorization,
            cookies: Mutex::default(),
        }
    }

    /// Sends a `GET` request.
    pub async fn get(&self, path: &str) -> Answer {
        self.request(Method::GET, path).send().await
    }

    /// Sends a `POST` request with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.request(Method::POST, path).json(body).send().await
    }

    /// Starts a request of any kind.
    ///
    /// # Panics
    /// When the path is no URI.
    #[must_use]
    pub fn request(&self, method: Method, path: &str) -> Request<'_> {
        let mut request = http::Request::new(Body::empty());
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().expect("the path of a test is a URI");
        let headers = request.headers_mut();
        headers.insert(header::HOST, HeaderValue::from_static("localhost"));
        Request {
            client: self,
            request,
            sends_csrf: false,
        }
    }

    /// Starts the handshake of a socket, with this client's credentials and cookies.
    ///
    /// # Panics
    /// When the path is no URI.
    #[doc(alias = "WebsocketCommunicator")]
    #[must_use]
    pub fn socket(&self, path: &str) -> Knocking<'_> {
        Knocking::new(self, path)
    }

    pub(crate) fn router(&self) -> Router {
        self.router.clone()
    }

    pub(crate) fn authorization(&self) -> Option<&str> {
        self.authorization.as_deref()
    }

    /// The `Cookie` header of what is in the jar.
    pub(crate) fn cookie_header(&self) -> Option<HeaderValue> {
        let pairs: Vec<String> = self
            .jar()
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let value = HeaderValue::from_str(&pairs.join("; ")).ok();
        value.filter(|_| !pairs.is_empty())
    }

    /// The value of a cookie in the jar.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<String> {
        let jar = self.jar();
        let found = jar.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.clone())
    }

    /// Puts a cookie into the jar, beside others of its name.
    pub fn add_cookie(&self, name: &str, value: &str) {
        self.jar().push((name.to_owned(), value.to_owned()));
    }

    fn jar(&self) -> MutexGuard<'_, Vec<(String, String)>> {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, line: &str) {
        let Some((name, rest)) = line.split_once('=') else {
            return;
        };
        let value = rest.split(';').next().unwrap_or_default().trim_matches('"');
        let mut jar = self.jar();
        jar.retain(|(known, _)| known != name);
        if !value.is_empty() {
            jar.push((name.to_owned(), value.to_owned()));
        }
    }
}

/// A request that is being put together.
#[derive(Debug)]
pub struct Request<'c> {
    client: &'c Client,
    request: http::Request<Body>,
    sends_csrf: bool,
}

impl Request<'_> {
    /// Adds a header, beside others of its name.
    ///
    /// # Panics
    /// When name or value can be no header's.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a header's name");
        let value = HeaderValue::from_bytes(value.as_ref()).expect("a header's value");
        self.request.headers_mut().append(name, value);
        self
    }

    /// A JSON body.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// Any body.
    #[must_use]
    pub fn body(mut self, content_type: &str, body: impl Into<Body>) -> Self {
        *self.request.body_mut() = body.into();
        self.header("content-type", content_type)
    }

    /// Copies the CSRF cookie into its header, as a page of one's own does.
    #[must_use]
    pub fn csrf(mut self) -> Self {
        self.sends_csrf = true;
        self
    }

    /// Sends it, with the cookies of the jar, and keeps those that come back.
    ///
    /// # Panics
    /// When the answer's body breaks off.
    pub async fn send(self) -> Answer {
        let Self {
            client,
            mut request,
            sends_csrf,
        } = self;
        let headers = request.headers_mut();
        if let Some(authorization) = &client.authorization
            && !headers.contains_key(header::AUTHORIZATION)
        {
            let value = HeaderValue::from_str(authorization).expect("a token is a header's value");
            headers.insert(header::AUTHORIZATION, value);
        }
        if let Some(value) = client.cookie_header() {
            headers.insert(header::COOKIE, value);
        }
        if let Some(token) = sends_csrf.then(|| client.cookie("csrftoken")).flatten() {
            let value = HeaderValue::from_str(&token).expect("a CSRF token is a header's value");
            headers.insert("x-csrftoken", value);
        }
        let response = client.router.clone().oneshot(request).await;
        let (parts, body) = response.unwrap_or_else(|never| match never {}).into_parts();
        let bytes = body
            .collect()
            .await
            .expect("the answer's body is whole")
            .to_bytes();
        for line in parts.headers.get_all(header::SET_COOKIE) {
            client.keep(line.to_str().unwrap_or_default());
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text,
        }
    }
}
