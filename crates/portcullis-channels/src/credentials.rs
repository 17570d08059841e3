//! Bare tokens of a handshake: in a sub-protocol, which a browser can set, or in the query.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
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
}

impl Offered {
    pub(crate) fn of(request: &Parts, settings: &SocketSettings) -> Self {
        let offers = || {
            let lines = request.headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter();
            lines
                .filter_map(|line| line.to_str().ok())
                .flat_map(|line| line.split(','))
                .map(str::trim)
                .filter(|_| settings.sub_protocol)
        };
        let has_header = request.headers.contains_key(AUTHORIZATION);
        let in_protocol = || offers().find_map(bearer);
        let in_query = || {
            let query = request.uri.query().filter(|_| settings.query_token)?;
            let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).ok()?;
            let token = pairs.into_iter().find(|(name, _)| name == "token")?.1;
            (!token.is_empty()).then_some(token)
        };
        Self {
            protocol: offers().any(|offer| offer == PROTOCOL).then_some(PROTOCOL),
            token: match has_header {
                true => None,
                false => in_protocol().or_else(in_query),
            },
        }
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
        Offered::of(&request.body(()).unwrap().into_parts().0, &settings)
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
