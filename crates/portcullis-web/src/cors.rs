//! Which other origins' pages may read answers: `django-cors-headers`, on the wire.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use regex::Regex;

/// The origins that are allowed.
#[derive(Clone, Debug)]
pub enum Origins {
    /// These, such as `https://app.example.com`, and those that match one of the expressions whole.
    Listed {
        /// Scheme, host and port, compared by what they mean.
        exact: Vec<String>,
        /// Expressions for whole origins.
        patterns: Vec<Regex>,
    },
    /// Every one; never together with credentials.
    Any,
}

/// Settings of [`Cors`], with django-cors-headers' names and defaults.
#[derive(Clone, Debug)]
pub struct CorsSettings {
    /// Which origins are allowed. Default: none.
    #[doc(alias = "CORS_ALLOWED_ORIGINS")]
    #[doc(alias = "CORS_ALLOWED_ORIGIN_REGEXES")]
    #[doc(alias = "CORS_ALLOW_ALL_ORIGINS")]
    pub origins: Origins,
    /// Whether cookies may come along; without effect where every origin is allowed.
    #[doc(alias = "CORS_ALLOW_CREDENTIALS")]
    pub allow_credentials: bool,
    /// Which methods a preflight is told.
    #[doc(alias = "CORS_ALLOW_METHODS")]
    pub methods: Vec<String>,
    /// Which headers a preflight is told.
    #[doc(alias = "CORS_ALLOW_HEADERS")]
    pub headers: Vec<String>,
    /// Which headers of the answer scripts may read.
    #[doc(alias = "CORS_EXPOSE_HEADERS")]
    pub expose_headers: Vec<String>,
    /// How long browsers remember a preflight, in seconds.
    #[doc(alias = "CORS_PREFLIGHT_MAX_AGE")]
    pub preflight_max_age_seconds: u32,
    /// Paths that start like this get nothing of it, such as `/admin/`.
    #[doc(alias = "CORS_URLS_REGEX")]
    pub except_below: Vec<String>,
}

impl Default for CorsSettings {
    fn default() -> Self {
        let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Self {
            origins: Origins::Listed {
                exact: Vec::new(),
                patterns: Vec::new(),
            },
            allow_credentials: false,
            methods: list(&["DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT"]),
            headers: list(&[
                "accept",
                "authorization",
                "content-type",
                "user-agent",
                "x-csrftoken",
                "x-requested-with",
            ]),
            expose_headers: Vec::new(),
            preflight_max_age_seconds: 86_400,
            except_below: Vec::new(),
        }
    }
}

impl CorsSettings {
    /// Whether no origin is allowed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match &self.origins {
            Origins::Any => false,
            Origins::Listed { exact, patterns } => exact.is_empty() && patterns.is_empty(),
        }
    }
}

/// Answers preflights and marks answers that other origins' pages may read.
///
/// `null` is never allowed but with every origin, and `Vary: origin` is on every answer.
#[doc(alias = "CorsMiddleware")]
#[derive(Clone, Debug)]
pub struct Cors(Arc<CorsSettings>);

impl Cors {
    /// By these settings.
    #[must_use]
    pub fn new(settings: CorsSettings) -> Self {
        Self(Arc::new(settings))
    }

    /// The layer itself, for `axum::middleware::from_fn_with_state`.
    pub async fn handle(State(cors): State<Self>, request: Request, next: Next) -> Response {
        let path = request.uri().path();
        if cors
            .0
            .except_below
            .iter()
            .any(|prefix| path.starts_with(prefix.as_str()))
        {
            return next.run(request).await;
        }
        let is_options = request.method() == Method::OPTIONS;
        let asks = request
            .headers()
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        let origin = request.headers().get(header::ORIGIN).cloned();
        let mut response = if is_options && asks {
            let html = HeaderValue::from_static("text/html; charset=utf-8");
            (StatusCode::OK, [(header::CONTENT_TYPE, html)], "").into_response()
        } else {
            next.run(request).await
        };
        response
            .headers_mut()
            .append(header::VARY, HeaderValue::from_static("origin"));
        if let Some(origin) = origin {
            cors.mark(response.headers_mut(), origin, is_options);
        }
        response
    }

    fn mark(&self, headers: &mut HeaderMap, origin: HeaderValue, is_options: bool) {
        let settings = &self.0;
        match &settings.origins {
            Origins::Any => {
                let every = HeaderValue::from_static("*");
                headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, every);
            }
            Origins::Listed { exact, patterns } => {
                let text = origin.to_str().unwrap_or_default();
                // What anybody can make: a sandboxed frame, a file. No pattern means it.
                let is_allowed = text != "null"
                    && (exact.iter().any(|entry| is_same_origin(entry, text))
                        || patterns.iter().any(|pattern| matches_whole(pattern, text)));
                if !is_allowed {
                    return;
                }
                headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
                if settings.allow_credentials {
                    let yes = HeaderValue::from_static("true");
                    headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, yes);
                }
            }
        }
        insert_list(
            headers,
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            &settings.expose_headers,
        );
        if is_options {
            insert_list(
                headers,
                header::ACCESS_CONTROL_ALLOW_METHODS,
                &settings.methods,
            );
            insert_list(
                headers,
                header::ACCESS_CONTROL_ALLOW_HEADERS,
                &settings.headers,
            );
            if settings.preflight_max_age_seconds > 0 {
                let age = settings.preflight_max_age_seconds.into();
                headers.insert(header::ACCESS_CONTROL_MAX_AGE, age);
            }
        }
    }
}

fn insert_list(headers: &mut HeaderMap, name: HeaderName, list: &[String]) {
    if let Ok(value) = HeaderValue::from_str(&list.join(", "))
        && !list.is_empty()
    {
        headers.insert(name, value);
    }
}

/// Whether two origins have the same scheme, host and port, however they are written.
fn is_same_origin(entry: &str, origin: &str) -> bool {
    let parts = |text: &str| {
        let uri: Uri = text.parse().ok()?;
        Some((
            uri.scheme_str()?.to_lowercase(),
            uri.authority()?.as_str().to_lowercase(),
        ))
    };
    entry == origin || parts(origin).is_some_and(|parts_of| Some(parts_of) == parts(entry))
}

/// Whether an expression matches from the first character to the last.
fn matches_whole(pattern: &Regex, text: &str) -> bool {
    pattern
        .find(text)
        .is_some_and(|found| found.start() == 0 && found.end() == text.len())
}
