//! How pages are written: templates, headers, redirects.

use axum::response::{Html, IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value as Context};
use serde_json::Value;
use time::OffsetDateTime;
use time::macros::format_description;

use crate::site::Admin;
use crate::trouble::Trouble;

/// Nothing but the site's own files, and nothing inline.
const CONTENT_SECURITY_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
);

/// What Django's `never_cache` says.
const NEVER_CACHE: HeaderValue =
    HeaderValue::from_static("max-age=0, no-cache, no-store, must-revalidate, private");

const TEMPLATES: [(&str, &str); 19] = [
    ("layout.html", include_str!("templates/layout.html")),
    ("trouble.html", include_str!("templates/trouble.html")),
    ("login.html", include_str!("templates/login.html")),
    ("logged_out.html", include_str!("templates/logged_out.html")),
    ("index.html", include_str!("templates/index.html")),
    ("users.html", include_str!("templates/users.html")),
    ("user.html", include_str!("templates/user.html")),
    ("user_form.html", include_str!("templates/user_form.html")),
    ("user_add.html", include_str!("templates/user_add.html")),
    (
        "user_password.html",
        include_str!("templates/user_password.html"),
    ),
    (
        "user_logins.html",
        include_str!("templates/user_logins.html"),
    ),
    (
        "password_fields.html",
        include_str!("templates/password_fields.html"),
    ),
    ("groups.html", include_str!("templates/groups.html")),
    ("group.html", include_str!("templates/group.html")),
    ("audit.html", include_str!("templates/audit.html")),
    ("health.html", include_str!("templates/health.html")),
    ("setup.html", include_str!("templates/setup.html")),
    ("confirm.html", include_str!("templates/confirm.html")),
    ("history.html", include_str!("templates/history.html")),
];

/// The templates of the site; what they are given is escaped.
pub(crate) fn templates() -> Environment<'static> {
    let mut environment = Environment::new();
    // A name that is mistyped is a fault, not a gap in a page.
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    for (name, source) in TEMPLATES {
        let added = environment.add_template(name, source);
        added.expect("built-in templates can be read");
    }
    environment
}

impl Admin {
    /// A page.
    pub(crate) fn render(
        &self,
        status: StatusCode,
        template: &str,
        values: Value,
    ) -> Result<Response, Trouble> {
        written(self.templates(), status, template, &values)
    }
}

/// A page without anything about who sees it.
pub(crate) fn plain(status: StatusCode, title: &str, text: &str) -> Response {
    let values = serde_json::json!({ "site": "", "title": title, "text": text });
    match written(&templates(), status, "trouble.html", &values) {
        Ok(page) => page,
        Err(_) => status.into_response(),
    }
}

fn written(
    templates: &Environment<'static>,
    status: StatusCode,
    template: &str,
    values: &Value,
) -> Result<Response, Trouble> {
    let written = templates
        .get_template(template)
        .and_then(|template| template.render(Context::from(Serde(values))));
    match written {
        Ok(text) => Ok(with_headers((status, Html(text)).into_response())),
        Err(error) => {
            tracing::error!(template, %error, "a page of the admin site cannot be written");
            Err(portcullis_web::Refusal::Unavailable.into())
        }
    }
}

fn with_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    headers.insert(header::CACHE_CONTROL, NEVER_CACHE);
    response
}

/// To another page, by `GET`.
pub(crate) fn redirect(location: &str) -> Response {
    let Ok(location) = HeaderValue::from_str(location) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    let headers = [
        (header::LOCATION, location),
        (header::CONTENT_TYPE, html),
        (header::CACHE_CONTROL, NEVER_CACHE),
    ];
    (StatusCode::FOUND, headers).into_response()
}

/// A time as pages show it, such as `2026-01-31 08:15 UTC`.
pub(crate) fn moment(at: OffsetDateTime) -> String {
    let form = format_description!("[year]-[month]-[day] [hour]:[minute] UTC");
    at.to_offset(time::UtcOffset::UTC)
        .format(form)
        .unwrap_or_default()
}
