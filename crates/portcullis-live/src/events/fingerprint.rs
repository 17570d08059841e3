//! A short name of a rule about a model, equal for equal rules, on every node.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::rule::Rule;

/// The beginning of a digest.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Hash, Serialize)]
#[serde(into = "String", try_from = "String")]
pub(crate) struct Fingerprint(u128);

impl From<Fingerprint> for String {
    fn from(name: Fingerprint) -> Self {
        format!("{:032x}", name.0)
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = std::num::ParseIntError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        u128::from_str_radix(&text, 16).map(Self)
    }
}

impl Fingerprint {
    pub(crate) fn of(model: &str, rule: &Rule) -> Self {
        let digest = Sha256::digest(format!("{model}\n{rule:?}"));
        let mut start = [0; 16];
        start.copy_from_slice(&digest[..16]);
        Self(u128::from_be_bytes(start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differs_by_model_and_by_value() {
        let of = |model, owner: i64| Fingerprint::of(model, &Rule::is("owner", owner));
        assert_eq!(of("a.b", 1), of("a.b", 1));
        assert_ne!(of("a.b", 1), of("a.b", 2));
        assert_ne!(of("a.b", 1), of("a.c", 1));
    }
}
