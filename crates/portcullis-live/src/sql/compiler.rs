//! A query's conditions and order as one statement, under the rules of whoever asks.

use serde_json::Value as Json;

use super::condition::{Lookup, Subject, condition, subject};
use super::relation::{Link, joined_exists, pairs};
use super::scope::{End, Scope, Step, no_field};
use super::statement::{Statement, quoted};
use crate::error::LiveError;
use crate::model::{Kind, Model};
use crate::permission::Rights;
use crate::query::Node;
use crate::rule::{Rule, rule_sql};

/// The alias of the model that is asked about.
pub(crate) const ROOT: &str = "t0";

struct Join {
    parent: String,
    name: String,
    alias: String,
    /// Several rows may match: only conditions of one filter mean the same one.
    layer: Option<usize>,
    sql: String,
}

/// Puts one statement together.
///
/// Every join has the rule of the model that it leads to: a row that is hidden is not there, for
/// conditions, orders and counts alike.
pub(crate) struct Compiler<'r, 'a> {
    pub(crate) statement: Statement,
    pub(crate) rights: &'r Rights<'a>,
    pub(crate) model: &'a Model,
    joins: Vec<Join>,
    conditions: Vec<String>,
    order: Vec<String>,
    layers: usize,
}

impl<'r, 'a> Compiler<'r, 'a> {
    /// A statement about the rows of a model that can be seen.
    pub(crate) fn new(statement: Statement, rights: &'r Rights<'a>, model: &'a Model) -> Self {
        let mut compiler = Self {
            statement,
            rights,
            model,
            joins: Vec::new(),
            conditions: Vec::new(),
            order: Vec::new(),
            layers: 0,
        };
        let rule = &rights.of(model).rule;
        if *rule != Rule::Everything {
            let sql = compiler.rule(model, ROOT, rule);
            compiler.conditions.push(sql);
        }
        compiler
    }

    fn rule(&mut self, model: &Model, alias: &str, rule: &Rule) -> String {
        rule_sql(
            &mut self.statement,
            self.rights.registry,
            model,
            alias,
            rule,
        )
    }

    /// One more filter; over relations to many, each filter may match another row.
    pub(crate) fn filter(&mut self, node: &Node) -> Result<(), LiveError> {
        self.layers += 1;
        let sql = self.node(node, self.layers, false)?;
        self.conditions.push(sql);
        Ok(())
    }

    /// One more filter whose rows are left out.
    pub(crate) fn exclude(&mut self, node: &Node) -> Result<(), LiveError> {
        self.layers += 1;
        let sql = self.node(node, self.layers, true)?;
        self.conditions.push(format!("({sql} IS NOT TRUE)"));
        Ok(())
    }

    fn node(&mut self, node: &Node, layer: usize, negated: bool) -> Result<String, LiveError> {
        let joined = |parts: Vec<String>, word: &str, empty: &str| match parts.is_empty() {
            true => empty.to_owned(),
            false => format!("({})", parts.join(word)),
        };
        Ok(match node {
            Node::Everything => "(1=1)".to_owned(),
            Node::Condition(path, value) => self.condition(path, value, layer, negated)?,
            Node::And(nodes) => {
                let parts: Result<Vec<String>, LiveError> = nodes
                    .iter()
                    .map(|node| self.node(node, layer, negated))
                    .collect();
                joined(parts?, " AND ", "(1=1)")
            }
            Node::Or(nodes) => {
                let parts: Result<Vec<String>, LiveError> = nodes
                    .iter()
                    .map(|node| self.node(node, layer, negated))
                    .collect();
                joined(parts?, " OR ", "(1=1)")
            }
            Node::Not(node) => format!("({} IS NOT TRUE)", self.node(node, layer, true)?),
        })
    }

    fn condition(
        &mut self,
        path: &str,
        value: &Json,
        layer: usize,
        negated: bool,
    ) -> Result<String, LiveError> {
        let scope = Scope::filterable(self.rights, self.model, path)?;
        let test = |compiler: &mut Self, expression: String| {
            let found = subject(
                &mut compiler.statement,
                expression,
                scope.kind(),
                &scope.words,
            )?;
            let (subject, lookup) = found.ok_or_else(|| no_field(compiler.model, path))?;
            compiler.test(&subject, lookup, value)
        };
        if !negated {
            let expression = self.place(&scope, ROOT, &scope.steps, Some(layer));
            return test(self, expression);
        }
        // Under a negation each condition over a relation to many is a question of its own.
        let many = scope
            .steps
            .iter()
            .position(|step| step.member.is_multiple());
        let Some(many) = many else {
            let expression = self.place(&scope, ROOT, &scope.steps, Some(layer));
            return test(self, expression);
        };
        let (before, rest) = scope.steps.split_at(many);
        let mut parent = ROOT.to_owned();
        for step in before {
            parent = self.join(&parent, step, None);
        }
        let Some((step, behind)) = rest.split_first() else {
            return Err(no_field(self.model, path));
        };
        let inner = self.statement.alias();
        let outer = std::mem::take(&mut self.joins);
        let is_null = scope.words.last().is_some_and(|word| word == "isnull")
            && behind.is_empty()
            && matches!(scope.end, End::Key);
        let tested = match is_null {
            true => Ok("(1=1)".to_owned()),
            false => {
                let expression = match (behind.is_empty(), scope.end) {
                    (true, End::Key) => format!("{inner}.{}", quoted(&step.to.pk().column)),
                    _ => self.place(&scope, &inner, behind, Some(layer)),
                };
                test(self, expression)
            }
        };
        let joins: String = self.joins.iter().map(|join| join.sql.as_str()).collect();
        self.joins = outer;
        let mut tested = tested?;
        let rule = self.rights.of(step.to);
        if rule.rule != Rule::Everything {
            tested = format!("({tested} AND {})", self.rule(step.to, &inner, &rule.rule));
        }
        let exists = joined_exists(
            &mut self.statement,
            step.from,
            &parent,
            step.member,
            step.to,
            &inner,
            &joins,
            &tested,
        );
        match (is_null, value.as_bool()) {
            (true, Some(true)) => Ok(format!("(NOT {exists})")),
            (true, None) => Err(LiveError::invalid("isnull is compared with true or false.")),
            _ => Ok(exists),
        }
    }

    fn test(
        &mut self,
        subject: &Subject,
        lookup: Lookup,
        value: &Json,
    ) -> Result<String, LiveError> {
        condition(&mut self.statement, subject, lookup, value)
    }

    /// The expression that a path ends at, with the joins that lead there.
    fn place(
        &mut self,
        scope: &Scope<'a>,
        root: &str,
        steps: &[Step<'a>],
        layer: Option<usize>,
    ) -> String {
        let mut alias = root.to_owned();
        let (last, before) = match (scope.end, steps.split_last()) {
            (End::Key, Some((last, before))) => (Some(last), before),
            _ => (None, steps),
        };
        for step in before {
            alias = self.join(&alias, step, layer);
        }
        match (scope.end, last) {
            (End::Field(_, field), _) => format!("{alias}.{}", quoted(&field.column)),
            (End::Key, Some(step)) => self.key(&alias, step, layer),
            (End::Key, None) => format!("{alias}.{}", quoted(&self.model.pk().column)),
        }
    }

    /// The key of the row at the other end: NULL when that row is hidden.
    pub(crate) fn key(&mut self, parent: &str, step: &Step<'a>, layer: Option<usize>) -> String {
        match pairs(step.member) {
            Link::Forward(column) if self.rights.of(step.to).rule == Rule::Everything => {
                format!("{parent}.{}", quoted(column))
            }
            _ => {
                let alias = self.join(parent, step, layer);
                format!("{alias}.{}", quoted(&step.to.pk().column))
            }
        }
    }

    fn join(&mut self, parent: &str, step: &Step<'a>, layer: Option<usize>) -> String {
        let is_multiple = step.member.is_multiple();
        let known = self.joins.iter().find(|join| {
            join.parent == parent
                && join.name == step.name
                && (!is_multiple || layer.is_none() || join.layer == layer)
        });
        if let Some(join) = known {
            return join.alias.clone();
        }
        let alias = self.statement.alias();
        let rule = self.rights.of(step.to);
        let rule = match &rule.rule {
            Rule::Everything => String::new(),
            rule => format!(" AND {}", self.rule(step.to, &alias, rule)),
        };
        let table = format!("{} {alias}", quoted(&step.to.table));
        let key = format!("{alias}.{}", quoted(&step.to.pk().column));
        let own = format!("{parent}.{}", quoted(&step.from.pk().column));
        let sql = match pairs(step.member) {
            Link::Forward(column) => format!(
                " LEFT JOIN {table} ON ({key} = {parent}.{}{rule})",
                quoted(column)
            ),
            Link::Backward(column) => {
                format!(
                    " LEFT JOIN {table} ON ({alias}.{} = {own}{rule})",
                    quoted(column)
                )
            }
            Link::Pairs(pairs, from, to) => {
                let link = self.statement.alias();
                format!(
                    " LEFT JOIN ({} {link} INNER JOIN {table} ON ({key} = {link}.{}{rule})) ON {link}.{} = {own}",
                    quoted(pairs),
                    quoted(to),
                    quoted(from)
                )
            }
        };
        self.joins.push(Join {
            parent: parent.to_owned(),
            name: step.name.to_owned(),
            alias: alias.clone(),
            layer: is_multiple.then_some(layer).flatten(),
            sql,
        });
        alias
    }

    /// The expression of a visible path, for orders and searches; with its kind.
    pub(crate) fn expression(&mut self, scope: &Scope<'a>, layer: Option<usize>) -> (String, Kind) {
        let steps = scope.steps.clone();
        let place = self.place(scope, ROOT, &steps, layer);
        (place, scope.kind().clone())
    }

    /// Orders by a path; a relation is ordered as its own model is.
    pub(crate) fn order_by(&mut self, path: &str, descending: bool) -> Result<bool, LiveError> {
        let Some(scope) = Scope::follow(self.rights.registry, self.model, path) else {
            return Ok(false);
        };
        if !scope.is_visible(self.model, self.rights) {
            return Ok(false);
        }
        let target = match (scope.end, scope.steps.last()) {
            (End::Key, Some(step)) if scope.words.is_empty() => Some(step.to),
            _ => None,
        };
        if let Some(target) = target.filter(|target| !target.ordering.is_empty()) {
            for name in target.ordering.clone() {
                let (name, reversed) = direction(&name);
                let path = format!("{path}__{name}");
                let inner = Scope::follow(self.rights.registry, self.model, &path);
                let Some(inner) = inner.filter(|s| s.is_visible(self.model, self.rights)) else {
                    continue;
                };
                let (expression, _) = self.expression(&inner, None);
                self.push_order(&expression, descending != reversed);
            }
            return Ok(true);
        }
        let (expression, kind) = self.expression(&scope, None);
        let found = subject(&mut self.statement, expression, &kind, &scope.words)?;
        let expression = match found {
            Some((Subject::Plain(expression, _), Lookup::Exact)) => expression,
            Some((Subject::Json(place, false), Lookup::Exact)) => place.value,
            Some((Subject::Json(place, true), Lookup::Exact)) => place.text,
            _ => return Ok(false),
        };
        self.push_order(&expression, descending);
        Ok(true)
    }

    /// Whether a path leads anywhere, to what is hidden, too.
    pub(crate) fn has_path(&self, path: &str) -> bool {
        let scope = Scope::follow(self.rights.registry, self.model, path);
        scope.is_some_and(|scope| scope.words.is_empty())
    }

    fn push_order(&mut self, expression: &str, descending: bool) {
        let direction = if descending { " DESC" } else { " ASC" };
        self.order.push(format!("{expression}{direction}"));
    }

    /// Orders by the model's own order, as far as its fields can be seen.
    pub(crate) fn order_as_declared(&mut self, reversed: bool) {
        for name in &self.model.ordering {
            let (name, descending) = direction(name);
            let scope = Scope::follow(self.rights.registry, self.model, name);
            let Some(scope) = scope.filter(|scope| scope.is_visible(self.model, self.rights))
            else {
                continue;
            };
            let (expression, _) = self.expression(&scope, None);
            self.push_order(&expression, descending != reversed);
        }
    }

    /// Orders by the key, so that the order is one and the same each time.
    pub(crate) fn order_by_key(&mut self, descending: bool) {
        let key = format!("{ROOT}.{}", quoted(&self.model.pk().column));
        self.push_order(&key, descending);
    }

    pub(crate) fn has_order(&self) -> bool {
        !self.order.is_empty()
    }

    /// A search: any word in any of the fields.
    pub(crate) fn search(&mut self, fields: &[String], words: &[String]) -> Result<(), LiveError> {
        self.layers += 1;
        let mut parts = Vec::new();
        for field in fields {
            let Some(scope) = Scope::follow(self.rights.registry, self.model, field) else {
                continue;
            };
            if !scope.is_visible(self.model, self.rights) {
                continue;
            }
            let (expression, kind) = self.expression(&scope, Some(self.layers));
            for word in words {
                let subject = Subject::Plain(expression.clone(), kind.clone());
                let word = Json::String(word.clone());
                parts.push(self.test(&subject, Lookup::CONTAINS, &word)?);
            }
        }
        if !parts.is_empty() {
            self.conditions.push(format!("({})", parts.join(" OR ")));
        }
        Ok(())
    }

    /// ` FROM … WHERE …`.
    pub(crate) fn source(&self) -> String {
        let joins: String = self.joins.iter().map(|join| join.sql.as_str()).collect();
        let condition = match self.conditions.is_empty() {
            true => String::new(),
            false => format!(" WHERE {}", self.conditions.join(" AND ")),
        };
        format!(
            " FROM {} {ROOT}{joins}{condition}",
            quoted(&self.model.table)
        )
    }

    /// ` ORDER BY …`, or nothing.
    pub(crate) fn order(&self) -> String {
        match self.order.is_empty() {
            true => String::new(),
            false => format!(" ORDER BY {}", self.order.join(", ")),
        }
    }
}

/// The name of `-name`, and whether it is descending.
pub(crate) fn direction(name: &str) -> (&str, bool) {
    match name.strip_prefix('-') {
        Some(name) => (name, true),
        None => (name, false),
    }
}
