//! Portcullis on axum: doors, built-in authenticators, and refusals in DRF's words.
//!
//! Reading order: [`Doors`] declares routes with their permission, [`Gate`] holds what every door
//! needs, `way` is the way of one request through a door, [`Refusal`] is how it ends early.
//! [`Sessions`], [`Csrf`] and [`Passwords`] are what the authenticators and the log-in flows share.
#![forbid(unsafe_code)]

mod authenticators;
mod authorization_header;
mod batch;
mod client;
mod cookie;
mod cors;
mod csrf;
mod current_user;
mod decoded_path;
mod description;
mod device;
mod doors;
mod effects;
mod explain;
mod face;
mod fields;
mod forward_auth;
mod gate;
mod hashing;
mod headers;
mod hosts;
mod knock;
mod last_seen;
mod login_limits;
mod methods;
mod openapi;
mod passwords;
mod proxies;
mod refusal;
mod remembered;
mod second_factor;
mod session_settings;
mod sessions;
mod throttle;
mod token_limit;
mod way;

pub use authenticators::{
    BasicAuthentication, DeviceRenewal, DeviceTokenAuthentication, JwtAuthentication,
    JwtCookieAuthentication, JwtCookies, LOGIN_CLAIM, SessionAuthentication, TokenAuthentication,
};
pub use client::{ClientInfo, PeerAddress};
pub use cookie::{CookieSettings, SameSite};
pub use cors::{Cors, CorsSettings, Origins};
pub use csrf::Csrf;
pub use current_user::{Access, CurrentUser};
pub use description::{Answer, Content, Description, Field};
pub use device::device_of;
pub use doors::{DoorRow, Doors, SocketRow};
pub use effects::Effects;
pub use explain::Explanation;
pub use face::{Api, Renderer};
pub use fields::{Body, FieldErrors, Fields, MAX_BODY_BYTES, MAX_JSON_DEPTH, TextRule};
pub use forward_auth::ForwardAuth;
pub use gate::{Authenticators, Compat, Gate};
pub use hashing::{Busy, HashingPool};
pub use headers::security_headers;
pub use hosts::AllowedHosts;
pub use knock::{Admitted, Knock};
pub use login_limits::{Counted, LoginLimits};
pub use methods::{Methods, delete, get, head, patch, post, put};
pub use openapi::About;
pub use passwords::{CheckError, Checked, MAX_PASSWORD_BYTES, Passwords};
pub use proxies::TrustedProxies;
pub use refusal::Refusal;
pub use second_factor::{
    FactorEvent, FactorLetters, NextFactor, PENDING_AGE, RECOVERY_CODES, SecondFactors, TotpSetup,
    totp_code,
};
pub use session_settings::{CookieDoorSettings, CsrfSettings, SessionSettings};
pub use sessions::{Renewal, SessionOwner, Sessions};
pub use throttle::Throttle;
pub use token_limit::TokenLimit;
pub use way::RefusalLogged;
