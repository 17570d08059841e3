//! The routes.

mod actions;
mod ast;
mod doors;
mod forms;
mod me;
mod python_json;
mod schema;
mod schema_gate;
