//! What a client asks for: the body of the AST view, read with caps.

mod arithmetic;
pub(crate) mod caps;
mod node;
mod options;
mod request;

pub(crate) use arithmetic::{Arithmetic, Operator};
pub(crate) use node::Node;
pub(crate) use request::{Operation, Query};
