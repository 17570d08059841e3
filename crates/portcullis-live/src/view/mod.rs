//! The routes.

mod actions;
mod ast;
mod doors;
mod forms;
mod me;
mod python_json;
mod schema;
mod schema_gate;

pub(crate) use ast::body;
pub(crate) use doors::Shared;
pub(crate) use schema_gate::sync_token;
