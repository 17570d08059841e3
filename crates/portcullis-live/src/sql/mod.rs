//! Statements, put together of pieces: names come from registered models, values are bound.

mod aggregate;
mod compiler;
mod condition;
mod json_path;
mod moments;
mod relation;
mod scope;
mod statement;

pub(crate) use aggregate::{Aggregate, Function};
pub(crate) use compiler::{Compiler, ROOT, direction};
pub(crate) use relation::{Link, pairs, relation_exists};
pub(crate) use scope::Scope;
pub(crate) use statement::{Statement, quoted};
