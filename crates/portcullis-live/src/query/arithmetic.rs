//! F expressions: arithmetic with fields of the row, as math.js writes it.

use serde_json::Value as Json;

use super::caps;
use crate::error::LiveError;

/// A sum, a product, or a function of fields and constants.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Arithmetic {
    Field(String),
    Constant(Json),
    Binary(Operator, Box<Arithmetic>, Box<Arithmetic>),
    Call(String, Vec<Arithmetic>),
}

/// `+ - * / % ^`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Plus,
    Minus,
    Times,
    Divide,
    Remainder,
    Power,
}

impl Arithmetic {
    /// The expression of `{"__f_expr": true, "ast": …}`; `None` for any other value.
    ///
    /// # Errors
    /// 400 for what is no expression.
    pub(crate) fn of_value(field: &str, value: &Json) -> Result<Option<Self>, LiveError> {
        if !value.get("__f_expr").is_some_and(is_true) {
            return Ok(None);
        }
        let ast = value.get("ast").unwrap_or(&Json::Null);
        let mut nodes = 0;
        read(ast, 0, &mut nodes).map(Some).map_err(|why| {
            LiveError::Invalid(format!(
                "Invalid F expression for field {field}: Error in F expression: {why}"
            ))
        })
    }

    /// Whether a value says to be an expression.
    pub(crate) fn is_claimed(value: &Json) -> bool {
        value.get("__f_expr").is_some_and(is_true)
    }

    /// The fields that are named anywhere in a value that says to be an expression, also in one that is none:
    /// whether they can be seen is asked first.
    pub(crate) fn names(value: &Json) -> Vec<String> {
        let mut names = Vec::new();
        collect(value.get("ast").unwrap_or(&Json::Null), false, &mut names);
        names
    }
}

fn is_true(value: &Json) -> bool {
    match value {
        Json::Null => false,
        Json::Bool(truth) => *truth,
        Json::Number(number) => number.as_f64() != Some(0.0),
        Json::String(text) => !text.is_empty(),
        Json::Array(items) => !items.is_empty(),
        Json::Object(map) => !map.is_empty(),
    }
}

fn collect(node: &Json, is_function: bool, names: &mut Vec<String>) {
    match node {
        Json::Object(map) => {
            let is_symbol = map.get("mathjs").and_then(Json::as_str) == Some("SymbolNode");
            if let Some(name) = map.get("name").and_then(Json::as_str)
                && is_symbol
                && !is_function
            {
                names.push(name.to_owned());
            }
            for (key, inner) in map {
                collect(inner, key == "fn", names);
            }
        }
        Json::Array(items) => items.iter().for_each(|item| collect(item, false, names)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

fn read(node: &Json, depth: usize, nodes: &mut usize) -> Result<Arithmetic, String> {
    *nodes += 1;
    if depth > caps::DEPTH || *nodes > caps::CONDITIONS {
        return Err("it is too long".to_owned());
    }
    let kind = node
        .get("mathjs")
        .and_then(Json::as_str)
        .ok_or("Missing node type")?;
    match kind {
        "SymbolNode" => match node.get("name").and_then(Json::as_str) {
            Some(name) if !name.is_empty() => Ok(Arithmetic::Field(name.to_owned())),
            _ => Err("A SymbolNode has a name".to_owned()),
        },
        "ConstantNode" => match node.get("value") {
            Some(value @ (Json::Number(_) | Json::String(_) | Json::Bool(_) | Json::Null)) => {
                Ok(Arithmetic::Constant(value.clone()))
            }
            _ => Err("A ConstantNode has a value".to_owned()),
        },
        "ParenthesisNode" => {
            let content = node.get("content").ok_or("A ParenthesisNode has content")?;
            read(content, depth + 1, nodes)
        }
        "OperatorNode" => binary(node, depth, nodes),
        "FunctionNode" => call(node, depth, nodes),
        other => {
            let other: String = other.chars().take(50).collect();
            Err(format!("Unsupported node type: {other}"))
        }
    }
}

fn binary(node: &Json, depth: usize, nodes: &mut usize) -> Result<Arithmetic, String> {
    let sign = node.get("op").and_then(Json::as_str).unwrap_or_default();
    let operator = match sign {
        "+" => Operator::Plus,
        "-" => Operator::Minus,
        "*" => Operator::Times,
        "/" => Operator::Divide,
        "%" => Operator::Remainder,
        "^" => Operator::Power,
        other => {
            let other: String = other.chars().take(20).collect();
            return Err(format!("Unsupported operator: {other}"));
        }
    };
    let args = arguments(node)?;
    let [left, right] = args else {
        return Err(format!(
            "Expected 2 arguments for operator {sign}, got {}",
            args.len()
        ));
    };
    let left = read(left, depth + 1, nodes)?;
    let right = read(right, depth + 1, nodes)?;
    if operator == Operator::Power && !matches!(right, Arithmetic::Constant(_)) {
        return Err("Power operations require a constant right operand".to_owned());
    }
    Ok(Arithmetic::Binary(
        operator,
        Box::new(left),
        Box::new(right),
    ))
}

fn call(node: &Json, depth: usize, nodes: &mut usize) -> Result<Arithmetic, String> {
    let function = node.get("fn");
    let name = function
        .and_then(|function| function.get("name").or(Some(function)))
        .and_then(Json::as_str)
        .ok_or("A FunctionNode has a name")?;
    let args = arguments(node)?;
    let fits = match name {
        "abs" | "round" | "floor" | "ceil" => args.len() == 1,
        "min" | "max" => args.len() >= 2,
        other => {
            let other: String = other.chars().take(50).collect();
            return Err(format!("Unsupported function: {other}"));
        }
    };
    if !fits {
        return Err(match name {
            "min" | "max" => format!("Function {name} requires at least 2 arguments"),
            _ => format!("Function {name} takes exactly 1 argument"),
        });
    }
    let args: Result<Vec<Arithmetic>, String> =
        args.iter().map(|arg| read(arg, depth + 1, nodes)).collect();
    Ok(Arithmetic::Call(name.to_owned(), args?))
}

fn arguments(node: &Json) -> Result<&[Json], String> {
    match node.get("args") {
        None => Ok(&[]),
        Some(Json::Array(args)) => Ok(args),
        Some(_) => Err("The arguments are a list".to_owned()),
    }
}
