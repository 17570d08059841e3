//! Lists of users: by the keys of indexes, without counting.

use portcullis_core::{
    StoreError, User, UserCursor, UserId, UserOrder, UserPage, UserQuery, UserStore,
};

use crate::database::Database;
use crate::row::Cell;
use crate::transaction::Dialect;
use crate::user_row::{COLUMNS, WIDTH, integer, user};
use crate::value::{Value, values};

/// How many names are looked at in one query of a search.
const ROUND: i64 = 300;

/// After how many of them a page is shown, full or not.
const ROUNDS: usize = 10;

/// How texts are compared byte by byte, by an index where there is one.
struct Bytewise {
    from: &'static str,
    below: &'static str,
    above: &'static str,
    ascending: &'static str,
    descending: &'static str,
}

fn bytewise(dialect: Dialect) -> Bytewise {
    match dialect {
        Dialect::Sqlite => Bytewise {
            from: ">=",
            below: "<",
            above: ">",
            ascending: "ASC",
            descending: "DESC",
        },
        // The database's collation may be any; these are of the indexes that Django makes for LIKE.
        Dialect::Postgres => Bytewise {
            from: "~>=~",
            below: "~<~",
            above: "~>~",
            ascending: "USING ~<~",
            descending: "USING ~>~",
        },
    }
}

impl Database {
    /// A list in the order of a column.
    pub(super) async fn listed(&self, query: &UserQuery) -> Result<UserPage, StoreError> {
        let by = bytewise(self.dialect());
        let mut values: Vec<Value> = Vec::new();
        let mut bind = |value: Value| {
            values.push(value);
            format!("?{}", values.len())
        };
        let mut conditions = vec!["TRUE".to_owned()];
        let flags = [
            ("is_active", query.is_active),
            ("is_staff", query.is_staff),
            ("is_superuser", query.is_superuser),
        ];
        for (column, wanted) in flags {
            match wanted {
                Some(true) => conditions.push(format!("u.{column}")),
                Some(false) => conditions.push(format!("NOT u.{column}")),
                None => {}
            }
        }
        if let Some(group) = query.group {
            let key = self.user_table().key();
            let group = bind(group.into());
            conditions.push(format!(
                "u.id IN (SELECT m.{key} FROM auth_user_groups m WHERE m.group_id = {group})"
            ));
        }
        if !query.search.is_empty() {
            let like = match self.dialect() {
                Dialect::Sqlite => "LIKE",
                Dialect::Postgres => "ILIKE",
            };
            let text = bind(format!("%{}%", escaped(&query.search)).into());
            let columns = ["username", "email", "first_name", "last_name"];
            let columns = columns.map(|column| format!("u.{column} {like} {text} ESCAPE '\\'"));
            conditions.push(format!("({})", columns.join(" OR ")));
        }
        if let Some(after) = &query.after {
            conditions.push(match query.order {
                UserOrder::Username => {
                    format!(
                        "u.username {} {}",
                        by.above,
                        bind(after.text.as_str().into())
                    )
                }
                UserOrder::UsernameDescending => {
                    format!(
                        "u.username {} {}",
                        by.below,
                        bind(after.text.as_str().into())
                    )
                }
                UserOrder::Newest => format!("u.id < {}", bind(after.id.into())),
                UserOrder::Oldest => format!("u.id > {}", bind(after.id.into())),
            });
        }
        let order = match query.order {
            UserOrder::Username => format!("u.username {}", by.ascending),
            UserOrder::UsernameDescending => format!("u.username {}", by.descending),
            UserOrder::Newest => "u.id DESC".to_owned(),
            UserOrder::Oldest => "u.id".to_owned(),
        };
        let limit = bind((i64::from(query.limit) + 1).into());
        let conditions = conditions.join(" AND ");
        let sql = format!(
            "SELECT {COLUMNS} FROM auth_user u WHERE {conditions} ORDER BY {order} LIMIT {limit}"
        );
        let rows = self.rows_now(&sql, &values).await?;
        let mut users = rows.iter().map(user).collect::<Result<Vec<_>, _>>()?;
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        let goes_on = users.len() > limit;
        users.truncate(limit);
        let next = users.last().filter(|_| goes_on).map(|last| UserCursor {
            text: match query.order {
                UserOrder::Username | UserOrder::UsernameDescending => last.username.clone(),
                UserOrder::Newest | UserOrder::Oldest => String::new(),
            },
            id: integer(&last.id).unwrap_or_default(),
        });
        Ok(UserPage { users, next })
    }

    /// Those whose log-in name or address begins with a text, in any letter case: three indexes, merged.
    pub(super) async fn found_by_prefix(&self, query: &UserQuery) -> Result<UserPage, StoreError> {
        self.adopt_newcomers().await?;
        let prefix = query.search.to_lowercase();
        let sql = self.prefix_query();
        // No text that begins with it is larger.
        let end = format!("{prefix}\u{10FFFF}");
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        let mut page = UserPage::default();
        let mut after = query.after.clone();
        if after.is_none() && query.group.is_none() {
            // Also by a name that Django gave them in other letters.
            let exact = self.user_by_login_name(&query.search).await?;
            page.users.extend(exact.filter(|user| fits(query, user)));
        }
        for _ in 0..ROUNDS {
            let (from, from_id) = match &after {
                Some(after) => (after.text.as_str(), after.id),
                None => (prefix.as_str(), i64::MIN),
            };
            let values = values![from, &end, from_id, ROUND, query.group];
            let rows = self.rows_now(&sql, values).await?;
            for row in &rows {
                if page.users.len() == limit {
                    page.next = after;
                    return Ok(page);
                }
                after = Some(UserCursor {
                    text: row.get(WIDTH)?,
                    id: row.get(WIDTH + 1)?,
                });
                // Of users who are gone our tables may still have names.
                if matches!(row.cells().first(), Some(Cell::Null)) || !row.get::<bool>(WIDTH + 2)? {
                    continue;
                }
                let found = user(row)?;
                // Each under one name, so that nobody is shown twice; former names are nobody's.
                let username = found.username.to_lowercase();
                let own = match username.starts_with(&prefix) {
                    true => username,
                    false => found.email.to_lowercase(),
                };
                let is_first = page.users.first().is_some_and(|first| first.id == found.id);
                if own == row.get::<String>(WIDTH)? && !is_first && fits(query, &found) {
                    page.users.push(found);
                }
            }
            if rows.len() < usize::try_from(ROUND).unwrap_or(usize::MAX) {
                return Ok(page);
            }
        }
        page.next = after;
        Ok(page)
    }

    fn prefix_query(&self) -> String {
        let Bytewise {
            from,
            below,
            above,
            ascending,
            ..
        } = bytewise(self.dialect());
        let key = self.user_table().key();
        let part = |text: &str, id: &str, table: &str| {
            format!(
                "SELECT * FROM (SELECT t.{text} AS folded, t.{id} AS user_id FROM {table} t \
                 WHERE t.{text} {from} ?1 AND t.{text} {below} ?2 \
                 AND (t.{text} {above} ?1 OR t.{id} > ?3) \
                 ORDER BY t.{text} {ascending}, t.{id} LIMIT ?4) AS part"
            )
        };
        let parts = [
            part("folded", "user_id", "portcullis_username"),
            part("folded", "user_id", "portcullis_email"),
            // Names that Django has changed since.
            part("username", "id", "auth_user"),
        ];
        format!(
            "SELECT {COLUMNS}, h.folded, h.user_id, (?5 IS NULL OR EXISTS (\
             SELECT 1 FROM auth_user_groups m WHERE m.group_id = ?5 AND m.{key} = u.id)) \
             FROM (SELECT * FROM ({}) AS parts ORDER BY folded {ascending}, user_id LIMIT ?4) AS h \
             LEFT JOIN auth_user u ON u.id = h.user_id ORDER BY h.folded {ascending}, h.user_id",
            parts.join(" UNION ")
        )
    }
}

/// Whether a user is one of those that a list is about.
fn fits(query: &UserQuery, user: &User) -> bool {
    let is = |wanted: Option<bool>, is: bool| wanted.is_none_or(|wanted| wanted == is);
    is(query.is_active, user.is_active)
        && is(query.is_staff, user.is_staff)
        && is(query.is_superuser, user.is_superuser)
        && matches!(user.id, UserId::Integer(_))
}

/// The text as a pattern that fits it alone.
fn escaped(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}
