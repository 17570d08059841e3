//! Whether many are still who they were, in few statements.

use std::collections::{BTreeSet, HashMap, HashSet};

use async_trait::async_trait;
use portcullis_core::{Standing, StandingStore, StoreError, User};
use time::OffsetDateTime;

use crate::database::Database;
use crate::row::Row;
use crate::user_row::{COLUMNS, integer, user};
use crate::value::Value;

#[async_trait]
impl StandingStore for Database {
    async fn are_standing(
        &self,
        standings: &[Standing],
        now: OffsetDateTime,
    ) -> Result<Vec<bool>, StoreError> {
        let of_users = standings
            .iter()
            .filter_map(|standing| integer(standing.user_id()));
        let sql = format!("SELECT {COLUMNS} FROM auth_user u WHERE u.id IN");
        let mut users: HashMap<i64, User> = HashMap::new();
        for row in self.rows_in(&sql, of_users).await? {
            users.insert(row.get(0)?, user(&row)?);
        }
        let of_logins = standings.iter().filter_map(|standing| standing.login);
        let sql = "SELECT id, user_id FROM portcullis_login WHERE id IN";
        let mut logins: HashSet<(i64, i64)> = HashSet::new();
        for row in self.rows_in(sql, of_logins.map(|login| login.0)).await? {
            logins.insert((row.get(0)?, row.get(1)?));
        }
        let of_sessions = standings
            .iter()
            .filter_map(|standing| standing.session.clone());
        let sql = "SELECT session_key, expire_date FROM django_session WHERE session_key IN";
        let sessions = good(&self.rows_in(sql, of_sessions).await?, now)?;
        let of_devices = standings
            .iter()
            .filter_map(|standing| standing.device.clone());
        let sql = match self.tables().await?.knox {
            true => "SELECT digest, expiry FROM knox_authtoken WHERE digest IN",
            false => "SELECT digest, expires FROM portcullis_login WHERE digest IN",
        };
        let devices = good(&self.rows_in(sql, of_devices).await?, now)?;
        let of_tokens = standings
            .iter()
            .filter_map(|standing| standing.token.clone());
        let sql = "SELECT key, user_id FROM authtoken_token WHERE key IN";
        let mut tokens: HashSet<(String, i64)> = HashSet::new();
        for row in self.rows_in(sql, of_tokens).await? {
            tokens.insert((row.get(0)?, row.get(1)?));
        }
        let is_standing = |standing: &Standing| {
            let Some(id) = integer(standing.user_id()) else {
                return false;
            };
            let has_session = |key: &String| sessions.contains(key);
            let has_device = |digest: &String| devices.contains(digest);
            let has_token = |token: &String| tokens.contains(&(token.clone(), id));
            users.get(&id).is_some_and(|user| standing.is_of(user))
                && standing
                    .login
                    .is_none_or(|login| logins.contains(&(login.0, id)))
                && standing.session.as_ref().is_none_or(has_session)
                && standing.device.as_ref().is_none_or(has_device)
                && standing.token.as_ref().is_none_or(has_token)
        };
        let found: Vec<bool> = standings.iter().map(is_standing).collect();
        if found.contains(&false) {
            // Another node may have told of it before its write was seen here: whoever looks closer must not
            // look at what was kept.
            self.forget_answers();
        }
        Ok(found)
    }
}

impl Database {
    /// The rows, as they are now, of a query that ends with `IN`, for these values; no query where there are none.
    async fn rows_in<V>(
        &self,
        sql: &str,
        values: impl Iterator<Item = V>,
    ) -> Result<Vec<Row>, StoreError>
    where
        V: Into<Value> + Ord,
    {
        let values: BTreeSet<V> = values.collect();
        let mut values: Vec<Value> = values.into_iter().map(Into::into).collect();
        let Some(last) = values.last().cloned() else {
            return Ok(Vec::new());
        };
        // A few lengths only, since each is a statement to prepare.
        values.resize(values.len().next_power_of_two(), last);
        let marks: Vec<String> = (1..=values.len())
            .map(|number| format!("?{number}"))
            .collect();
        self.rows_now(&format!("{sql} ({})", marks.join(", ")), &values)
            .await
    }
}

/// The texts of rows that are not over by then. An end that cannot be read is one that has passed.
fn good(rows: &[Row], now: OffsetDateTime) -> Result<HashSet<String>, StoreError> {
    let mut good = HashSet::new();
    for row in rows {
        let ends = row.get(1).unwrap_or(Some(OffsetDateTime::UNIX_EPOCH));
        if ends.is_none_or(|ends| ends > now) {
            good.insert(row.get(0)?);
        }
    }
    Ok(good)
}
