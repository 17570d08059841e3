//! One request: who asks, about which model, and how statements of it begin.

use portcullis_core::Principal;
use portcullis_sql::Value;
use serde_json::Value as Json;

use crate::error::LiveError;
use crate::events::Notes;
use crate::live::Inner;
use crate::model::{Model, Names};
use crate::permission::Rights;
use crate::query::{Operation, Query, caps};
use crate::sql::{Compiler, Statement, direction};

/// What one request is about.
pub(crate) struct Job<'a> {
    pub(crate) live: &'a Inner,
    pub(crate) rights: Rights<'a>,
    pub(crate) model: &'a Model,
    /// Whether unknown fields are errors.
    pub(crate) refuses_unknown: bool,
    /// The id by which answers are shared.
    pub(crate) canonical_id: Option<String>,
    /// What the client calls this operation; its changes say so.
    pub(crate) operation_id: Option<String>,
    /// What will be told of.
    pub(crate) notes: Notes,
}

impl<'a> Job<'a> {
    pub(crate) fn new(live: &'a Inner, who: &'a Principal, model: &'a Model) -> Self {
        Self {
            live,
            rights: Rights::new(&live.registry, who),
            model,
            refuses_unknown: false,
            canonical_id: None,
            operation_id: None,
            notes: Notes::default(),
        }
    }

    pub(crate) fn who(&self) -> &'a Principal {
        self.rights.who
    }

    pub(crate) fn statement(&self) -> Statement {
        Statement::new(self.live.database.dialect())
    }

    /// The rows that a query is about, of those that can be seen.
    pub(crate) fn compile<'r>(
        &'r self,
        statement: Statement,
        query: &Query,
    ) -> Result<Compiler<'r, 'a>, LiveError> {
        let mut compiler = Compiler::new(statement, &self.rights, self.model);
        for node in &query.filters {
            compiler.filter(node)?;
        }
        if let Some(search) = &query.search {
            let fields: Vec<String> = match &self.model.searchable {
                Names::These(names) => names.iter().cloned().collect(),
                Names::All => {
                    let fields = self.model.fields.iter().filter(|f| f.kind().is_text());
                    fields.map(|field| field.name().to_owned()).collect()
                }
            };
            let wanted = |name: &String| search.fields.as_ref().is_none_or(|f| f.contains(name));
            let fields: Vec<String> = fields.into_iter().filter(wanted).collect();
            compiler.search(&fields, &search.words)?;
        }
        for node in &query.excludes {
            compiler.exclude(node)?;
        }
        Ok(compiler)
    }

    /// The order that was asked for, or the model's own.
    pub(crate) fn order(
        &self,
        compiler: &mut Compiler<'_, 'a>,
        query: &Query,
        reversed: bool,
    ) -> Result<(), LiveError> {
        for name in &query.order {
            let (path, descending) = direction(name);
            let is_ordered = compiler.order_by(path, descending != reversed)?;
            if !is_ordered && self.refuses_unknown && !compiler.has_path(path) {
                let name: String = name.chars().take(200).collect();
                return Err(LiveError::Invalid(format!(
                    "Cannot order by '{name}': field does not exist on model {}.",
                    self.model.class_name
                )));
            }
        }
        if !compiler.has_order() {
            compiler.order_as_declared(reversed);
        }
        let is_paged = query.options.offset > 0
            || matches!(query.options.limit, Some(Some(_)))
            || matches!(query.operation, Operation::First | Operation::Last);
        if compiler.has_order() || is_paged {
            compiler.order_by_key(reversed);
        }
        Ok(())
    }

    /// How many rows, and from which.
    pub(crate) fn page(&self, query: &Query) -> Result<(usize, usize), LiveError> {
        let default = self.live.settings.default_limit.unwrap_or(caps::PAGE);
        let limit = match query.options.limit {
            None => default.min(caps::PAGE),
            Some(None) => caps::PAGE,
            Some(Some(limit)) if limit > caps::PAGE => {
                return Err(LiveError::Invalid(format!(
                    "A page may have {} rows.",
                    caps::PAGE
                )));
            }
            Some(Some(limit)) => limit,
        };
        Ok((limit, query.options.offset))
    }

    /// An answer that is shared by those who name the same canonical id.
    pub(crate) async fn cached(
        &self,
        prepared: &(String, Vec<Value>),
        context: &str,
        build: impl Future<Output = Result<Json, LiveError>>,
    ) -> Result<Json, LiveError> {
        match &self.canonical_id {
            None => build.await,
            Some(id) => {
                let now = self.live.clock.now();
                self.live
                    .cache
                    .share(id, prepared, context, now, build)
                    .await
            }
        }
    }
}
