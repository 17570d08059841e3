//! Names of channels, and what they are about.

/// The longest name of a channel, and of an event.
const MAX_CHANNEL: usize = 164;
const MAX_EVENT: usize = 200;

/// The channel of changes of many rows, of whichever model.
pub(super) const GLOBAL: &str = "private-global";

/// Which signature a channel needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// None.
    Public,
    /// That of the socket and the name.
    Private,
    /// The same; what is sent there only its members can read.
    Encrypted,
    /// That of the socket, the name and who the member is.
    Presence,
}

impl Kind {
    /// The kind of a channel; `None` for what is no channel's name.
    pub(super) fn of(name: &str) -> Option<Self> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_-=@,.;".contains(&byte);
        if name.is_empty() || name.len() > MAX_CHANNEL || !name.bytes().all(fits) {
            return None;
        }
        Some(if name.starts_with("private-encrypted-") {
            Self::Encrypted
        } else if name.starts_with("private-") {
            Self::Private
        } else if name.starts_with("presence-") {
            Self::Presence
        } else {
            Self::Public
        })
    }

    /// Whether a signature is needed.
    pub(super) fn is_signed(self) -> bool {
        self != Self::Public
    }
}

/// Whether an event can have this name, and is none of the protocol's own.
pub(super) fn is_event_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= MAX_EVENT
        && !name.starts_with("pusher:")
        && !name.starts_with("pusher_internal:")
}

/// Whether a text is the name of a connection: two integers and a dot.
pub(super) fn is_socket_id(text: &str) -> bool {
    let digits = |part: &str| {
        !part.is_empty() && part.len() <= 20 && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    text.split_once('.')
        .is_some_and(|(left, right)| digits(left) && digits(right))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_they_need() {
        for (name, kind) in [
            ("chat", Some(Kind::Public)),
            ("private-depot.crate", Some(Kind::Private)),
            ("private-encrypted-x", Some(Kind::Encrypted)),
            ("presence-room", Some(Kind::Presence)),
            ("private-depot crate!", None),
            ("", None),
            ("#server", None),
        ] {
            assert_eq!(Kind::of(name), kind, "{name}");
        }
        assert_eq!(Kind::of(&"x".repeat(165)), None);
        for (text, fits) in [
            ("1.2", true),
            ("12", false),
            ("1.", false),
            ("a.b", false),
            ("1.2.3", false),
        ] {
            assert_eq!(is_socket_id(text), fits, "{text}");
        }
        assert!(!is_event_name("pusher:pong") && !is_event_name("") && is_event_name("client-x"));
    }
}
