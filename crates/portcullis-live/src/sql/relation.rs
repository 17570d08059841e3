//! How rows of two models hang together.

use super::statement::{Statement, quoted};
use crate::model::{Member, Model, Through};

/// Whether a row is related to a row of `target` under the alias `inner` that the condition lets through.
pub(crate) fn relation_exists(
    statement: &mut Statement,
    model: &Model,
    alias: &str,
    member: Member<'_>,
    target: &Model,
    inner: &str,
    condition: &str,
) -> String {
    joined_exists(
        statement, model, alias, member, target, inner, "", condition,
    )
}

/// The same, where the condition looks at tables that are joined to `inner`.
#[expect(
    clippy::too_many_arguments,
    reason = "both ends of a relation, and what lies behind it"
)]
pub(crate) fn joined_exists(
    statement: &mut Statement,
    model: &Model,
    alias: &str,
    member: Member<'_>,
    target: &Model,
    inner: &str,
    joins: &str,
    condition: &str,
) -> String {
    let table = format!("{} {inner}", quoted(&target.table));
    let key = format!("{inner}.{}", quoted(&target.pk().column));
    let own_key = format!("{alias}.{}", quoted(&model.pk().column));
    match pairs(member) {
        Link::Forward(column) => format!(
            "EXISTS (SELECT 1 FROM {table}{joins} WHERE {key} = {alias}.{} AND {condition})",
            quoted(column)
        ),
        Link::Backward(column) => format!(
            "EXISTS (SELECT 1 FROM {table}{joins} WHERE {inner}.{} = {own_key} AND {condition})",
            quoted(column)
        ),
        Link::Pairs(pairs_table, own, other) => {
            let link = statement.alias();
            format!(
                "EXISTS (SELECT 1 FROM {} {link} INNER JOIN {table} ON {key} = {link}.{}{joins} \
                 WHERE {link}.{} = {own_key} AND {condition})",
                quoted(pairs_table),
                quoted(other),
                quoted(own),
            )
        }
    }
}

/// What connects the two tables.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Link<'a> {
    /// A column of the model's own table.
    Forward(&'a str),
    /// A column of the other's.
    Backward(&'a str),
    /// A table of pairs, the column of the model's key, that of the other's.
    Pairs(&'a str, &'a str, &'a str),
}

pub(crate) fn pairs(member: Member<'_>) -> Link<'_> {
    match member {
        Member::Field(field) => Link::Forward(&field.column),
        Member::ManyToMany(many) => Link::Pairs(&many.table, &many.from_column, &many.to_column),
        Member::Reverse(reverse) => match &reverse.through {
            Through::Column(column) => Link::Backward(column),
            Through::Pairs(table, own, other) => Link::Pairs(table, own, other),
        },
    }
}
