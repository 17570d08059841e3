//! What is at the other end, as the list of logins and the audit log name it.

use std::net::IpAddr;

/// The most characters of a device's name that are kept: the width of the columns.
const MAX_CHARACTERS: usize = 200;

/// A client, by what it calls itself and where it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// What it calls itself (its `User-Agent`), cut to 200 characters; empty where it does not say.
    pub name: String,
    /// Where it is; `None` where that is not known.
    pub address: Option<IpAddr>,
}

impl Device {
    /// A device of that name, without control characters, cut to 200 characters.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let shown = name.chars().filter(|character| !character.is_control());
        Self {
            name: shown.take(MAX_CHARACTERS).collect(),
            address: None,
        }
    }

    /// The same at that address.
    #[must_use]
    pub fn at(self, address: Option<IpAddr>) -> Self {
        Self { address, ..self }
    }

    /// The address as the tables have it: IPv4 that came as IPv6 is IPv4.
    #[must_use]
    pub fn address_text(&self) -> Option<String> {
        let address = self.address?.to_canonical();
        Some(address.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_is_short_and_without_control_characters() {
        let device = Device::named(&format!("curl\r\n\u{7}{}", "x".repeat(300)));
        assert_eq!(device.name.len(), 200);
        assert!(device.name.starts_with("curlx"));
    }

    #[test]
    fn one_address_has_one_text() {
        let mapped = "::ffff:192.0.2.1".parse().ok();
        let text = Device::default().at(mapped).address_text();
        assert_eq!(text.as_deref(), Some("192.0.2.1"));
    }
}
