//! Mail: through a real mail server, and through what may go wrong on the way.

mod delivery;
mod kill;
mod server;
mod settings;
mod stripped;
