//! Portcullis on axum: doors, built-in authenticators, and refusals in DRF's words.
//!
//! Reading order: [`Doors`] declares routes with their permission, [`Gate`] holds what every door
//! needs, `way` is the way of one request through a door, [`Refusal`] is how it ends early.
#![forbid(unsafe_code)]

mod authenticators;
mod authorization_header;
mod current_user;
mod doors;
mod fields;
mod gate;
mod hashing;
mod headers;
mod json_depth;
mod refusal;
mod way;

pub use authenticators::DeviceTokenAuthentication;
pub use current_user::{Access, CurrentUser};
pub use doors::{DoorRow, Doors, Methods, delete, get, patch, post, put};
pub use fields::{FieldErrors, Fields, MAX_BODY_BYTES};
pub use gate::Gate;
pub use hashing::{Busy, HashingPool};
pub use headers::security_headers;
pub use json_depth::MAX_JSON_DEPTH;
pub use refusal::Refusal;
