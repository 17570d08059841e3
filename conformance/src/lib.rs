//! Runs recorded REST cases against a server over real HTTP and compares its answers.
//!
//! A case file says which requests to send ([`case`], [`load`]); the file of the same name that ends
//! in `.golden.json` holds the normalised answers of Django and its packages. A case flows like this:
//!
//! 1. [`Suite::load`] reads the folder and makes one case of each row under `each`.
//! 2. [`Runner::run`] gives each case fresh variables ([`variables`]), cookie jars ([`cookie`]) and
//!    random names, and sends its steps ([`exchange`], [`http`]) or reads the mail they caused.
//! 3. Whatever differs at each run is replaced in the answers ([`normalise`]), and the rest is
//!    compared with the recording ([`compare`]).
//! 4. A [`Report`] counts per area.
//!
//! The recorded WebSocket cases are played by [`socket`], those of live data by [`live_cases`].
#![forbid(unsafe_code)]

pub mod answer;
pub mod body;
pub mod case;
pub mod compare;
pub mod cookie;
pub mod error;
pub mod exchange;
pub mod fixture;
pub mod forge;
pub mod http;
pub mod live_cases;
pub mod load;
pub mod mail;
pub mod moment;
pub mod normalise;
pub mod providers;
pub mod report;
pub mod run;
pub mod sink;
pub mod socket;
pub mod values;
pub mod variables;

pub use error::{Blocked, LoadError};
pub use load::{Choice, Suite};
pub use report::{Outcome, Report, Verdict};
pub use run::Runner;
