//! How a model is put together.

use std::sync::Arc;

use serde_json::Value as Json;

use super::Model;
use super::computed::Computed;
use super::field::Field;
use super::kind::Kind;
use super::names::Names;
use super::record::Record;
use super::relation::ManyToMany;
use crate::hook::Hook;
use crate::permission::ModelPermission;

impl Model {
    /// A model of an app, by its class name: `Model::new("depot", "Crate")` is `depot.crate`, in the
    /// table `depot_crate`, with the key `id`.
    ///
    /// Nobody may do anything with it until it is given permissions.
    #[must_use]
    pub fn new(app: &str, class_name: &str) -> Self {
        let lower = class_name.to_lowercase();
        Self {
            name: format!("{app}.{lower}"),
            class_name: class_name.to_owned(),
            table: format!("{app}_{lower}"),
            title: None,
            plural: None,
            fields: vec![Field::new("id", Kind::Auto)],
            primary_key: 0,
            many_to_many: Vec::new(),
            reverse: Vec::new(),
            computed: Vec::new(),
            exposed: Names::All,
            filterable: Names::none(),
            searchable: Names::none(),
            ordering_fields: Names::none(),
            ordering: Vec::new(),
            text: None,
            image: None,
            display: None,
            permissions: Vec::new(),
            pre_hooks: Vec::new(),
            post_hooks: Vec::new(),
        }
    }

    /// In another table.
    #[doc(alias = "db_table")]
    #[must_use]
    pub fn in_table(mut self, table: impl Into<String>) -> Self {
        self.table = table.into();
        self
    }

    /// With another key than `id`.
    #[must_use]
    pub fn key(mut self, field: Field) -> Self {
        self.fields[self.primary_key] = field.unique();
        self
    }

    /// With one more field; one of the same name is replaced.
    #[must_use]
    pub fn field_of(mut self, field: Field) -> Self {
        match self.fields.iter_mut().find(|own| own.name == field.name) {
            Some(own) => *own = field,
            None => self.fields.push(field),
        }
        self
    }

    /// With a many-to-many relation.
    #[must_use]
    pub fn many_to_many(mut self, relation: ManyToMany) -> Self {
        self.many_to_many.retain(|own| own.name != relation.name);
        self.many_to_many.push(relation);
        self
    }

    /// With a computed field.
    #[must_use]
    pub fn computed(mut self, computed: Computed) -> Self {
        self.computed.push(computed);
        self
    }

    /// Shows these fields and no others; reverse relations only when they are named here. Computed fields
    /// are always among them.
    #[doc(alias = "fields")]
    #[must_use]
    pub fn exposing<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.exposed = Names::of(names);
        self
    }

    /// Says in the schema by what it may be filtered. What is enforced is what the requester can see.
    #[must_use]
    pub fn filterable(mut self, names: Names) -> Self {
        self.filterable = names;
        self
    }

    /// What a search looks through; paths as `site__name`, too.
    #[must_use]
    pub fn searchable(mut self, names: &[&str]) -> Self {
        self.searchable = Names::of(names.iter().copied());
        self
    }

    /// Says in the schema by what it may be ordered.
    #[must_use]
    pub fn ordering_fields(mut self, names: Names) -> Self {
        self.ordering_fields = names;
        self
    }

    /// The order when none is asked for; `-name` is descending.
    #[must_use]
    pub fn ordering(mut self, names: &[&str]) -> Self {
        self.ordering = names.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// What people call one of them, in small letters.
    #[doc(alias = "verbose_name")]
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// What people call many of them.
    #[doc(alias = "verbose_name_plural")]
    #[must_use]
    pub fn plural(mut self, plural: impl Into<String>) -> Self {
        self.plural = Some(plural.into());
        self
    }

    /// What a row is called, made of these fields. Everybody who sees the row sees it, so that nothing
    /// hidden belongs into it.
    #[doc(alias = "__str__")]
    #[must_use]
    pub fn text(
        mut self,
        needs: &[&str],
        text: impl Fn(&Record) -> String + Send + Sync + 'static,
    ) -> Self {
        let needs = needs.iter().map(|name| (*name).to_owned()).collect();
        self.text = Some((needs, Arc::new(text)));
        self
    }

    /// The picture of a row, a URL made of these fields.
    #[doc(alias = "__img__")]
    #[must_use]
    pub fn image(
        mut self,
        needs: &[&str],
        image: impl Fn(&Record) -> String + Send + Sync + 'static,
    ) -> Self {
        let needs = needs.iter().map(|name| (*name).to_owned()).collect();
        self.image = Some((needs, Arc::new(image)));
        self
    }

    /// What the schema tells about how to show it.
    #[must_use]
    pub fn display(mut self, display: Json) -> Self {
        self.display = Some(display);
        self
    }

    /// With one more permission class.
    #[must_use]
    pub fn permission(mut self, permission: impl ModelPermission + 'static) -> Self {
        self.permissions.push(Arc::new(permission));
        self
    }

    /// Runs a hook on the client's data before it is validated; it may add any field.
    #[must_use]
    pub fn pre_hook(mut self, hook: Hook) -> Self {
        self.pre_hooks.push(hook);
        self
    }

    /// Runs a hook on validated data; it may refuse it.
    #[must_use]
    pub fn post_hook(mut self, hook: Hook) -> Self {
        self.post_hooks.push(hook);
        self
    }
}
