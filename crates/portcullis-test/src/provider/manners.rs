//! How a provider behaves.

use serde_json::{Map, Value};

use super::Person;

/// How it answers at one of its addresses.
#[derive(Clone, Debug, Default)]
pub enum Manner {
    /// As it should.
    #[default]
    Right,
    /// With that status, and JSON.
    Status(u16),
    /// With a page.
    Html,
    /// With a megabyte and more.
    Huge,
    /// Not before the client has gone.
    Silent,
    /// A byte now and then.
    Slow,
    /// With a redirect to there.
    Redirect(String),
    /// With that.
    Json(Value),
    /// With JSON that is nested so deep.
    Deep(usize),
}

/// By what an ID token is signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Signing {
    /// By the key that it publishes.
    #[default]
    Right,
    /// By nothing: `alg` is `none`.
    None,
    /// By HMAC with its public key for a secret.
    PublicKeyAsSecret,
    /// By HMAC with the client's secret.
    ClientSecret,
    /// By a key of somebody else, under the name of its own.
    StolenName,
    /// By a key that it does not publish, under its name.
    UnknownKey,
    /// By the next key, which it publishes since.
    Rotated,
}

/// How a provider behaves; the default is as it should.
#[derive(Clone, Debug, Default)]
pub struct Manners {
    /// At its discovery document.
    pub discovery: Manner,
    /// At its keys.
    pub keys: Manner,
    /// At its token endpoint.
    pub token: Manner,
    /// At its user endpoint.
    pub user: Manner,
    /// By what its ID tokens are signed.
    pub signing: Signing,
    /// Claims of its ID tokens that are another; `null` is left out.
    pub claims: Map<String, Value>,
    /// What it says to be at the callback.
    pub callback_issuer: Option<String>,
    /// Whether it says that it always does.
    pub promises_issuer: bool,
    /// Whether it keeps addresses for its user endpoint.
    pub hides_email: bool,
    /// What it says about somebody at its user endpoint that is another.
    pub user_claims: Map<String, Value>,
    /// Who says yes at its page, as soon as their browser comes there; without anybody it answers 404.
    pub visitor: Option<Person>,
    /// Whether it gives no ID token at all.
    pub keeps_id_token: bool,
}
