//! Random rows, rules and queries, the same each time.

use portcullis_live::{Rule, Test};
use serde_json::{Value as Json, json};

/// A small generator (xorshift), so that a failure comes again.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % limit.max(1)
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

/// The own fields of a model, and what they hold.
pub(crate) const FIELDS: [(&str, &[(&str, &str)]); 4] = [
    (
        "shop.team",
        &[("id", "key"), ("name", "text"), ("open", "bool")],
    ),
    (
        "shop.item",
        &[
            ("id", "key"),
            ("team", "key"),
            ("parent", "key"),
            ("owner", "int"),
            ("size", "int"),
            ("name", "text"),
            ("fragile", "bool"),
            ("day", "day"),
            ("at", "time"),
            ("code", "uuid"),
            ("secret", "text"),
        ],
    ),
    ("shop.tag", &[("slug", "slug"), ("level", "int")]),
    (
        "shop.note",
        &[
            ("id", "key"),
            ("item", "key"),
            ("size", "int"),
            ("body", "text"),
        ],
    ),
];

/// The relations of a model.
pub(crate) const RELATIONS: [(&str, &[(&str, &str)]); 4] = [
    ("shop.team", &[("items", "shop.item")]),
    (
        "shop.item",
        &[
            ("team", "shop.team"),
            ("parent", "shop.item"),
            ("children", "shop.item"),
            ("tags", "shop.tag"),
            ("notes", "shop.note"),
        ],
    ),
    ("shop.tag", &[("items", "shop.item")]),
    ("shop.note", &[("item", "shop.item")]),
];

pub(crate) fn fields(model: &str) -> &'static [(&'static str, &'static str)] {
    FIELDS.iter().find(|(name, _)| *name == model).unwrap().1
}

pub(crate) fn relations(model: &str) -> &'static [(&'static str, &'static str)] {
    RELATIONS.iter().find(|(name, _)| *name == model).unwrap().1
}

pub(crate) fn is_relation(model: &str, name: &str) -> bool {
    relations(model)
        .iter()
        .any(|(relation, _)| *relation == name)
}

pub(crate) fn target(model: &str, relation: &str) -> &'static str {
    relations(model)
        .iter()
        .find(|(name, _)| *name == relation)
        .unwrap()
        .1
}

pub(crate) fn is_many(model: &str, relation: &str) -> bool {
    !matches!(
        (model, relation),
        ("shop.item", "team" | "parent") | ("shop.note", "item")
    )
}

/// A value of few, so that tests of equality meet.
pub(crate) fn value(random: &mut Random, kind: &str) -> Json {
    let n = random.below(4);
    match kind {
        "key" => json!(n + 1),
        "slug" => json!(["cold", "hot", "old", "new"][n]),
        "text" => json!(["ant", "Ant", "ant hill", "~x"][n]),
        "bool" => json!(n.is_multiple_of(2)),
        "day" => json!(["2024-01-01", "2024-02-29", "2024-12-31", "2023-12-31"][n]),
        "time" => json!(
            [
                "2024-01-01T00:00:00Z",
                "2024-01-01T00:00:00.500000Z",
                "2023-12-31T23:59:59Z",
                "2024-06-01T12:00:00Z",
            ][n]
        ),
        "uuid" => json!(format!("{}1111111-1111-4111-8111-111111111111", n + 1)),
        _ => json!(i64::try_from(n).unwrap() - 1),
    }
}

/// A rule about a model, up to three steps deep.
pub(crate) fn rule(random: &mut Random, model: &str, depth: usize) -> Rule {
    let choice = random.below(if depth == 0 { 6 } else { 10 });
    match choice {
        0 => Rule::Everything,
        6 => Rule::All(vec![
            rule(random, model, depth - 1),
            rule(random, model, depth - 1),
        ]),
        7 => Rule::Any(vec![
            rule(random, model, depth - 1),
            rule(random, model, depth - 1),
        ]),
        8 => Rule::Not(Box::new(rule(random, model, depth - 1))),
        9 => {
            let (name, target) = *random.pick(relations(model));
            Rule::Related(name.to_owned(), Box::new(rule(random, target, depth - 1)))
        }
        _ => {
            let (name, kind) = *random.pick(fields(model));
            let other = value(random, kind);
            let is_ordered = matches!(kind, "key" | "int" | "day" | "time" | "uuid");
            let test = match (random.below(8), is_ordered) {
                (0, _) => Test::IsNull(random.chance(50)),
                (1, _) => Test::In(vec![other, value(random, kind)]),
                (2, true) => Test::Before(other),
                (3, true) => Test::UpTo(other),
                (4, true) => Test::After(other),
                (5, true) => Test::From(other),
                (2 | 3, false) if kind == "text" => {
                    Test::StartsWith((*random.pick(&["a", "ant ", "A", "~"])).to_owned())
                }
                _ => Test::Is(other),
            };
            Rule::Field(name.to_owned(), test)
        }
    }
}
