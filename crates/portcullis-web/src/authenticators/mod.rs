//! The built-in authenticators, one file each.

mod basic;
mod device_renewal;
mod device_token;
mod jwt;
mod jwt_cookie;
mod session;
mod token;

pub use basic::BasicAuthentication;
pub use device_renewal::DeviceRenewal;
pub use device_token::DeviceTokenAuthentication;
pub use jwt::{JwtAuthentication, LOGIN_CLAIM};
pub use jwt_cookie::{JwtCookieAuthentication, JwtCookies};
pub use session::SessionAuthentication;
pub use token::TokenAuthentication;
