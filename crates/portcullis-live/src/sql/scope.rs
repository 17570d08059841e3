//! Where a path such as `site__name__icontains` leads, and whether somebody may go there.

use crate::error::LiveError;
use crate::model::{Field, Kind, Member, Model, Registry};
use crate::permission::{Actions, Rights};

/// One step over a relation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step<'a> {
    pub(crate) from: &'a Model,
    pub(crate) member: Member<'a>,
    pub(crate) name: &'a str,
    pub(crate) to: &'a Model,
}

/// What a path ends at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End<'a> {
    /// A field of the model that the steps lead to.
    Field(&'a Model, &'a Field),
    /// The last step itself: the key of the row at its other end.
    Key,
}

/// A path that exists: steps, an end, and the words behind it.
#[derive(Clone, Debug)]
pub(crate) struct Scope<'a> {
    pub(crate) steps: Vec<Step<'a>>,
    pub(crate) end: End<'a>,
    pub(crate) words: Vec<String>,
}

impl<'a> Scope<'a> {
    /// Follows a path from a model; `None` when it leads nowhere. Computed fields are no places.
    pub(crate) fn follow(registry: &'a Registry, root: &'a Model, path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.split("__").collect();
        let mut steps: Vec<Step<'a>> = Vec::new();
        let mut model = root;
        let mut index = 0;
        loop {
            let part = *parts.get(index)?;
            let rest = || {
                let words = parts.iter().skip(index + 1);
                words.map(|word| (*word).to_owned()).collect()
            };
            if part == "pk" {
                let end = End::Field(model, model.pk());
                return Some(Self {
                    steps,
                    end,
                    words: rest(),
                });
            }
            let member = model.member(part).or_else(|| {
                let field = model.field_of_column(part)?;
                field.reference.as_ref().map(|_| Member::Field(field))
            })?;
            let Some(target) = member.target() else {
                let Member::Field(field) = member else {
                    return None;
                };
                let end = End::Field(model, field);
                return Some(Self {
                    steps,
                    end,
                    words: rest(),
                });
            };
            let to = registry.model(target)?;
            let name = match member {
                Member::Field(field) => field.name.as_str(),
                Member::ManyToMany(many) => many.name.as_str(),
                Member::Reverse(reverse) => reverse.name.as_str(),
            };
            steps.push(Step {
                from: model,
                member,
                name,
                to,
            });
            let next = parts.get(index + 1);
            let goes_on = next.is_some_and(|next| {
                *next == "pk" || to.member(next).is_some() || to.field_of_column(next).is_some()
            });
            if !goes_on {
                return Some(Self {
                    steps,
                    end: End::Key,
                    words: rest(),
                });
            }
            model = to;
            index += 1;
        }
    }

    /// The kind of what it ends at.
    pub(crate) fn kind(&self) -> &'a Kind {
        match (self.end, self.steps.last()) {
            (End::Field(_, field), _) => &field.kind,
            (End::Key, Some(step)) => &step.to.pk().kind,
            // A key is always that of a step.
            (End::Key, None) => &Kind::Integer,
        }
    }

    /// Whether every model on the way may be read, and every field on it seen. A key can be seen by whoever
    /// sees its row.
    pub(crate) fn is_visible(&self, root: &Model, rights: &Rights<'_>) -> bool {
        if !rights.of(root).actions.has(Actions::READ) {
            return false;
        }
        let steps = self.steps.iter().all(|step| {
            rights.of(step.from).visible.contains(step.name)
                && rights.of(step.to).actions.has(Actions::READ)
        });
        steps
            && match self.end {
                End::Key => true,
                End::Field(model, field) => {
                    field.name == model.pk().name || rights.of(model).visible.contains(&field.name)
                }
            }
    }

    /// Follows a path that a client filters by.
    ///
    /// # Errors
    /// 400 for what is computed or not there, 403 for what is hidden.
    pub(crate) fn filterable(
        rights: &Rights<'a>,
        root: &'a Model,
        path: &str,
    ) -> Result<Self, LiveError> {
        let first = path.split("__").next().unwrap_or_default();
        if root.is_computed(first) {
            return Err(LiveError::Invalid(format!(
                "Cannot filter on computed field '{first}'. Computed fields are read-only and cannot be used in filters."
            )));
        }
        let scope =
            Self::follow(rights.registry, root, path).ok_or_else(|| no_field(root, path))?;
        if !scope.is_visible(root, rights) {
            return Err(LiveError::denied(format!(
                "Permission denied: You do not have access to filter on field '{path}'"
            )));
        }
        Ok(scope)
    }
}

/// 400 for a path that leads nowhere.
pub(crate) fn no_field(model: &Model, path: &str) -> LiveError {
    let path: String = path.chars().take(200).collect();
    LiveError::Invalid(format!(
        "Field '{path}' does not exist on model {}. Please check the field name and ensure it's a valid Django model field.",
        model.class_name
    ))
}
