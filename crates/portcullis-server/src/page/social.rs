//! The page's buttons for providers of social log-in.

use std::sync::Arc;

use portcullis::accounts::social::Provider;

/// Where the page has places for them.
const LOG_IN: &str = "<!-- providers -->\n";
const LINK: &str = "<!-- links -->\n";

/// The page with a link for each provider, and a button that links an account there. Names of providers are
/// letters, digits, `-` and `_`; labels may be anything.
pub(super) fn with_buttons(page: &str, providers: &[Arc<dyn Provider>]) -> String {
    if providers.is_empty() {
        return page.replace(LOG_IN, "").replace(LINK, "");
    }
    let each = |write: fn(&str, &str) -> String| -> String {
        let written = providers
            .iter()
            .map(|provider| write(provider.name(), &escape(provider.label())));
        written.collect()
    };
    let links = each(|name, label| {
        format!(
            "    <a class=\"button\" href=\"/api/social/{name}/start/?next=/\">Log in with {label}</a>\n"
        )
    });
    let buttons = each(|name, label| {
        format!("      <button type=\"button\" data-link=\"{name}\">Link {label}</button>\n")
    });
    let log_in = format!("  <p class=\"buttons\" id=\"providers\">\n{links}  </p>\n");
    let link = format!(
        "  <section id=\"links\" hidden>\n    <h2>Your providers</h2>\n    <ul id=\"link-list\"></ul>\n    \
         <p class=\"buttons\">\n{buttons}    </p>\n  </section>\n"
    );
    page.replace(LOG_IN, &log_in).replace(LINK, &link)
}

fn escape(text: &str) -> String {
    let entities = [
        ("&", "&amp;"),
        ("<", "&lt;"),
        (">", "&gt;"),
        ("\"", "&quot;"),
        ("'", "&#x27;"),
    ];
    let mut escaped = text.to_owned();
    for (character, entity) in entities {
        escaped = escaped.replace(character, entity);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use portcullis::accounts::social::{OAuthClient, OpenIdProvider};

    use super::*;

    #[test]
    fn labels_are_text_and_a_page_without_providers_says_nothing_of_them() {
        let page = include_str!("page.html");
        let without = with_buttons(page, &[]);
        let has_places = |page: &str| page.contains(LOG_IN) || page.contains(LINK);
        assert!(has_places(page) && !has_places(&without) && !without.contains("/api/social/"));
        let issuer = "https://id.example".parse().unwrap();
        let client = OAuthClient::new("us", "secret");
        let provider = OpenIdProvider::new("club", "<b>\"Club\"&", issuer, client);
        let with = with_buttons(page, &[Arc::new(provider)]);
        assert!(
            with.contains("Log in with &lt;b&gt;&quot;Club&quot;&amp;</a>"),
            "{with}"
        );
        assert!(with.contains("data-link=\"club\"") && !has_places(&with));
    }
}
