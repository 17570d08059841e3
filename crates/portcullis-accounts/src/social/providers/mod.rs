//! The providers that are known by name, each a file.

mod apple;
mod facebook;
mod github;
mod gitlab;
mod google;
mod microsoft;

pub use apple::{AppleKey, AppleKeyError, apple};
pub use facebook::{Facebook, facebook};
pub use github::{GitHub, github};
pub use gitlab::gitlab;
pub use google::google;
pub use microsoft::microsoft;

use url::Url;

/// An address that is written in this program.
fn known(url: &'static str) -> Url {
    Url::parse(url).expect("the address is a URL")
}

/// An address below another.
fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    let joined = format!("{}{path}", base.path().trim_end_matches('/'));
    url.set_path(&joined);
    url
}
