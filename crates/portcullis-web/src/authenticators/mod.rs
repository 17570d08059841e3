//! The built-in authenticators, one file each.

mod device_token;

pub use device_token::DeviceTokenAuthentication;
