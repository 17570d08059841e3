//! Bare tokens of a handshake: in a sub-protocol, which a browser can set, or in the query.

use axum::extract::OriginalUri;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Uri;
use http::header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL};
use http::request::Parts;

use crate::settings::SocketSettings;

/// The sub-protocol that is chosen where it is offered. A browser gives up when none of its offers is.
const PROTOCOL: &str = "portcullis.v1";
/// An offer that holds a token; never chosen, so that it is not sent back.
const BEARER: &str = "bearer.";
/// The same for tokens with characters that a protocol's name cannot have.
const ENCODED_BEARER: &str = "base64url.bearer.portcullis.";

/// What a handshake offers besides its headers.
#[derive(Debug, Default)]
pub(crate) struct Offered {
    /// The sub-protocol to choose.
    pub(crate) protocol: Option<&'static str>,
    /// A token without its keyword. There is none where an `Authorization` header is: that counts.
    pub(crate) token: Option<String>,
    /// A ticket, where nothing of the above is.
    pub(crate) ticket: Option<String>,
}

impl Offered {
    /// What a request offers, its tokens taken out of its URL: whoever writes that down later writes no secret.
    pub(crate) fn of(request: &mut Parts, settings: &SocketSettings, has_tickets: bool) -> Self {
        let has_header = request.headers.contains_key(AUTHORIZATION);
        let query = request.uri.query().unwrap_or_default();
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
        let in_query = |wanted: &str| {
            let found = pairs.iter().find(|(name, _)| name == wanted);
            found
                .map(|(_, value)| value.clone())
                .filter(|value| !value.is_empty())
        };
        let offers = || {
            let lines = request.headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter();
            lines
                .filter_map(|line| line.to_str().ok())
                .flat_map(|line| line.split(','))
                .map(str::trim)
                .filter(|_| settings.sub_protocol)
        };
        let protocol = offers().any(|offer| offer == PROTOCOL).then_some(PROTOCOL);
        let in_protocol = offers().find_map(bearer).filter(|_| !has_header);
        let is_free = !has_header && in_protocol.is_none();
        let ticket = in_query("ticket").filter(|_| has_tickets && is_free);
        let token =
            in_query("token").filter(|_| settings.query_token && is_free && ticket.is_none());
        let offered = Self {
            protocol,
            token: in_protocol.or(token),
            ticket,
        };
        if pairs.iter().any(|(name, _)| is_secret(name)) {
            mask(request, pairs);
        }
        offered
    }
}

fn is_secret(name: &str) -> bool {
    matches!(name, "token" | "ticket")
}

/// Puts stars where secrets are in a URL.
fn mask(request: &mut Parts, mut pairs: Vec<(String, String)>) {
    for (name, value) in &mut pairs {
        if is_secret(name) {
            "***".clone_into(value);
        }
    }
    let query = serde_urlencoded::to_string(&pairs).unwrap_or_default();
    let mut uri = request.uri.clone().into_parts();
    let path = format!("{}?{query}", request.uri.path());
    uri.path_and_query = path.parse().ok();
    // What cannot be masked is left out.
    request.uri = Uri::from_parts(uri).unwrap_or_default();
    if let Some(OriginalUri(original)) = request.extensions.get_mut::<OriginalUri>() {
        *original = request.uri.clone();
    }
}

fn bearer(offer: &str) -> Option<String> {
    let token = if let Some(encoded) = offer.strip_prefix(ENCODED_BEARER) {
        String::from_utf8(URL_SAFE_NO_PAD.decode(encoded).ok()?).ok()?
    } else {
        offer.strip_prefix(BEARER)?.to_owned()
    };
    (!token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn offered(uri: &str, protocols: &str, header: bool) -> Offered {
        let mut request = Request::builder()
            .uri(uri)
            .header(SEC_WEBSOCKET_PROTOCOL, protocols);
        if header {
            request = request.header(AUTHORIZATION, "Token a");
        }
        let settings = SocketSettings {
            query_token: true,
            ..SocketSettings::default()
        };
        let mut head = request.body(()).unwrap().into_parts().0;
        Offered::of(&mut head, &settings, true)
    }

    #[test]
    fn ticket_comes_before_a_token_of_the_query_and_neither_stays_in_the_url() {
        let uri = "/ws/?token=q&ticket=t&word=sesame&token=r";
        let mut head = Request::builder().uri(uri).body(()).unwrap().into_parts().0;
        head.extensions.insert(OriginalUri(head.uri.clone()));
        let settings = SocketSettings {
            query_token: true,
            ..SocketSettings::default()
        };
        let offered = Offered::of(&mut head, &settings, true);
        assert_eq!(offered.ticket.as_deref(), Some("t"));
        assert_eq!(offered.token, None);
        let masked = "/ws/?token=***&ticket=***&word=sesame&token=***";
        assert_eq!(head.uri.to_string(), masked);
        let original = head.extensions.get::<OriginalUri>().unwrap();
        assert!(!original.0.to_string().contains("=t"));
    }

    #[test]
    fn protocol_comes_before_query_and_the_secret_is_never_chosen() {
        let both = offered("/?token=q", "bearer.p, portcullis.v1", false);
        assert_eq!(both.protocol, Some(PROTOCOL));
        assert_eq!(both.token.as_deref(), Some("p"));
        let alone = offered("/?token=a%20b&token=c", "chat.v1", false);
        assert_eq!(
            (alone.protocol, alone.token.as_deref()),
            (None, Some("a b"))
        );
        let encoded = offered("/", "base64url.bearer.portcullis.YSBi", false);
        assert_eq!(encoded.token.as_deref(), Some("a b"));
        assert_eq!(offered("/?token=", "bearer.", false).token, None);
        assert_eq!(offered("/?token=q", "bearer.p", true).token, None);
    }
}
