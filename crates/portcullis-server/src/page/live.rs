//! The page's live list, where there are live models.

use axum::response::IntoResponse;
use http::header;
use portcullis::live::Live;

/// Where the page has a place for it.
const PLACE: &str = "<!-- live -->\n";

/// The page with a list of rows that follows them, if there are models; it hears of changes if there is a hub.
pub(super) fn with_list(page: &str, live: Option<&Live>) -> String {
    let Some(live) = live else {
        return page.replace(PLACE, "");
    };
    let settings = live.settings();
    let section = include_str!("live.html").replace("{mount}", &escape(&settings.mount));
    let key = settings.events.as_ref().map_or("", |events| &events.key);
    page.replace(PLACE, &section.replace("{key}", &escape(key)))
}

/// A text inside an attribute.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
}

pub(super) async fn script() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
    (headers, include_str!("live.js"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_without_models_has_no_list() {
        let page = with_list(include_str!("page.html"), None);
        assert!(!page.contains("live.js") && !page.contains(PLACE), "{page}");
    }

    #[test]
    fn what_is_configured_stays_an_attribute() {
        assert_eq!(escape("a\"><b&"), "a&quot;>&lt;b&amp;");
    }
}
