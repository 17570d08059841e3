//! What a request says of the client, for the list of logins.

use http::header;
use http::request::Parts;
use portcullis_core::Device;

use crate::client::ClientInfo;

/// The client of a request: its `User-Agent`, and where it is.
#[must_use]
pub fn device_of(request: &Parts) -> Device {
    let agent = request.headers.get(header::USER_AGENT);
    let agent = agent.and_then(|value| value.to_str().ok());
    let address = ClientInfo::of(&request.extensions).address;
    Device::named(agent.unwrap_or_default()).at(address)
}
