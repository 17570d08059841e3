//! Where users are: in Django's stock `auth_user`, or in the table of a project's own model.

use std::borrow::Cow;
use std::sync::Arc;

use portcullis_core::StoreError;

use crate::database::Database;
use crate::row::Row;
use crate::transaction::Dialect;
use crate::value::values;

/// What statements call it.
const STOCK: &str = "auth_user";

/// What may follow that name: the tables of what users belong to, and hold.
const ENDS: [&str; 3] = ["", "_groups", "_user_permissions"];

/// The column of log-in names, which a table may be without: people then log in by their address.
const NAME: &str = "username";

/// The other columns that a user table must have.
const COLUMNS: [&str; 10] = [
    "id",
    "email",
    "password",
    "is_active",
    "is_staff",
    "is_superuser",
    "date_joined",
    "first_name",
    "last_name",
    "last_login",
];

/// The user table. Statements are written for the stock one; for another, its name is put in.
#[derive(Clone, Debug, Default)]
pub(crate) struct UserTable(Option<Arc<Own>>);

#[derive(Debug)]
struct Own {
    name: String,
    /// What the tables of groups and permissions call a user's key.
    key: String,
    /// The texts of the project's own that have no default: `, "a", "b"`.
    empty: String,
    has_username: bool,
}

impl UserTable {
    /// Its name.
    pub(crate) fn name(&self) -> &str {
        self.0.as_ref().map_or(STOCK, |own| &own.name)
    }

    /// The column of a user's key in the tables of groups and permissions.
    pub(crate) fn key(&self) -> &str {
        self.0.as_ref().map_or("user_id", |own| &own.key)
    }

    /// Columns that a new user gets an empty text in, each after a comma: Django's default for texts is none
    /// of the database's.
    pub(crate) fn empty_columns(&self) -> &str {
        self.0.as_ref().map_or("", |own| &own.empty)
    }

    /// Whether users have a log-in name besides their address. Where they have none, what statements read
    /// as `username` is the address; those that write it must not.
    pub(crate) fn has_username(&self) -> bool {
        self.0.as_ref().is_none_or(|own| own.has_username)
    }

    /// A statement about this table.
    pub(crate) fn put_into<'a>(&self, sql: &'a str) -> Cow<'a, str> {
        match &self.0 {
            Some(own) if sql.contains(STOCK) => {
                let sql = renamed(sql, STOCK, &own.name, &ENDS);
                Cow::Owned(match own.has_username {
                    true => sql,
                    false => renamed(&sql, NAME, "email", &[""]),
                })
            }
            _ => Cow::Borrowed(sql),
        }
    }
}

/// The statement with another name wherever one stands as a whole word, or with one of these ends.
fn renamed(sql: &str, old: &str, new: &str, ends: &[&str]) -> String {
    let mut text = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(at) = rest.find(old) {
        let (before, from) = rest.split_at(at);
        text.push_str(before);
        let after = &from[old.len()..];
        let tail: String = after.chars().take_while(|c| is_part(*c)).collect();
        let is_whole = !before.ends_with(is_part) && ends.contains(&tail.as_str());
        text.push_str(if is_whole { new } else { old });
        rest = after;
    }
    text + rest
}

fn is_part(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

impl Database {
    /// With users in another table than `auth_user`: that of a model of the project, such as one made of
    /// Django's `AbstractUser`, with its columns and a whole number as its key. Texts that the project has added
    /// are empty for those who sign up here. It may be without `username` (`USERNAME_FIELD = "email"`) where
    /// addresses are unique: they are the log-in names then, and change where the address does.
    ///
    /// # Errors
    /// When there is no such table, or it is not of that kind, which the error says; and when the database fails.
    #[doc(alias = "AUTH_USER_MODEL")]
    pub async fn with_user_table(self, name: &str) -> Result<Self, StoreError> {
        if name == STOCK {
            return Ok(self);
        }
        let is_plain = !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !is_plain {
            return Err(unfit(
                name,
                "its name is not of small letters, digits and _",
            ));
        }
        let columns = self.columns(name).await?;
        if columns.is_empty() {
            return Err(unfit(name, "there is no such table"));
        }
        let has = |wanted: &str| columns.iter().any(|column| column.name == wanted);
        let missing: Vec<&str> = COLUMNS.into_iter().filter(|column| !has(column)).collect();
        if !missing.is_empty() {
            return Err(unfit(name, &format!("it has no {}", missing.join(", "))));
        }
        let has_username = has(NAME);
        if !has_username && !self.is_unique(name, "email").await? {
            return Err(unfit(name, "it has no username, and email is not unique"));
        }
        let is_number = |kind: &str| kind.to_lowercase().contains("int");
        if !columns
            .iter()
            .any(|column| column.name == "id" && is_number(&column.kind))
        {
            return Err(unfit(name, "its key is no whole number"));
        }
        let mut empty = String::new();
        for column in columns.iter().filter(|column| column.is_wanted) {
            if COLUMNS.contains(&column.name.as_str()) || column.name == NAME {
                continue;
            }
            let kind = column.kind.to_lowercase();
            if !(kind.contains("char") || kind.contains("text"))
                || !column.name.chars().all(is_part)
            {
                let why = format!("only Django can fill {} of a new user", column.name);
                return Err(unfit(name, &why));
            }
            empty.push_str(&format!(", \"{}\"", column.name));
        }
        let groups = self.columns(&format!("{name}_groups")).await?;
        let key = groups
            .into_iter()
            .map(|column| column.name)
            .find(|column| !matches!(column.as_str(), "id" | "group_id"));
        let key = key.ok_or_else(|| unfit(name, "there is no table of its groups"))?;
        if !key.chars().all(is_part) {
            return Err(unfit(name, "the key in its groups has an odd name"));
        }
        let own = Own {
            name: name.to_owned(),
            key,
            empty,
            has_username,
        };
        Ok(self.with_table(UserTable(Some(Arc::new(own)))))
    }

    /// Whether users have log-in names besides their addresses.
    #[must_use]
    pub fn has_usernames(&self) -> bool {
        self.user_table().has_username()
    }

    /// Whether two rows of a table cannot have the same in a column.
    async fn is_unique(&self, table: &str, column: &str) -> Result<bool, StoreError> {
        let sql = match self.dialect() {
            Dialect::Sqlite => {
                "SELECT 1 FROM pragma_index_list(?1) l WHERE l.\"unique\" AND NOT l.partial \
                 AND (SELECT group_concat(i.name) FROM pragma_index_info(l.name) i) = ?2"
            }
            Dialect::Postgres => {
                "SELECT 1::bigint FROM pg_index x JOIN pg_attribute a ON a.attrelid = x.indrelid \
                 AND a.attnum = x.indkey[0] WHERE x.indrelid = to_regclass(quote_ident(?1)) \
                 AND x.indisunique AND x.indnkeyatts = 1 AND x.indpred IS NULL AND a.attname = ?2"
            }
        };
        let rows = self.rows_now(sql, values![table, column]).await?;
        Ok(!rows.is_empty())
    }

    /// The columns of a table; none when there is no such table.
    async fn columns(&self, table: &str) -> Result<Vec<Column>, StoreError> {
        let sql = match self.dialect() {
            Dialect::Sqlite => {
                "SELECT name, type, \"notnull\" <> 0 AND dflt_value IS NULL AND pk = 0 \
                 FROM pragma_table_info(?1)"
            }
            Dialect::Postgres => {
                "SELECT column_name::text, data_type::text, is_nullable = 'NO' AND column_default IS NULL \
                 AND is_identity = 'NO' FROM information_schema.columns \
                 WHERE table_schema = current_schema() AND table_name = ?1"
            }
        };
        let rows = self.rows_now(sql, values![table]).await?;
        let column = |row: &Row| {
            Ok(Column {
                name: row.get(0)?,
                kind: row.get(1)?,
                is_wanted: row.get(2)?,
            })
        };
        rows.iter().map(column).collect()
    }
}

struct Column {
    name: String,
    kind: String,
    /// Whether a new row must say it.
    is_wanted: bool,
}

fn unfit(name: &str, why: &str) -> StoreError {
    StoreError::Unavailable(format!("users cannot be in {name:?}: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stock_table_and_those_that_go_with_it_are_renamed() {
        for (sql, wanted) in [
            (
                "FROM auth_user u JOIN auth_user_groups m",
                "FROM shop_member u JOIN shop_member_groups m",
            ),
            (
                "'auth_user', 'auth_user_user_permissions'",
                "'shop_member', 'shop_member_user_permissions'",
            ),
            (
                "social_auth_usersocialauth, auth_users, auth_user_x",
                "social_auth_usersocialauth, auth_users, auth_user_x",
            ),
            ("UPDATE auth_user", "UPDATE shop_member"),
            ("SELECT 1", "SELECT 1"),
        ] {
            assert_eq!(renamed(sql, STOCK, "shop_member", &ENDS), wanted);
        }
    }

    #[test]
    fn without_a_username_the_address_is_read() {
        let sql = "SELECT u.username, username_x FROM portcullis_username";
        let wanted = "SELECT u.email, username_x FROM portcullis_username";
        assert_eq!(renamed(sql, NAME, "email", &[""]), wanted);
    }
}
