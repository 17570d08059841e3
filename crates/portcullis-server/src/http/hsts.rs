//! Once on https, always on https.

use axum::response::Response;
use http::{HeaderValue, header};

const A_YEAR: HeaderValue = HeaderValue::from_static("max-age=31536000; includeSubDomains");

/// Tells browsers to use https only, for `axum::middleware::map_response`.
#[doc(alias = "SECURE_HSTS_SECONDS")]
pub(crate) async fn hsts(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers
        .entry(header::STRICT_TRANSPORT_SECURITY)
        .or_insert(A_YEAR);
    response
}
