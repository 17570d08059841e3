//! A row of `auth_user` as a [`User`].

use portcullis_core::{PasswordHash, StoreError, User, UserId};
use time::OffsetDateTime;

use crate::row::Row;

/// The columns that [`user`] reads, in its order; the table is called `u`.
pub(crate) const COLUMNS: &str = "u.id, u.username, u.email, u.password, u.is_active, u.is_staff, \
                                  u.is_superuser, u.date_joined, u.first_name, u.last_name, \
                                  u.last_login";

/// How many [`COLUMNS`] there are: the next column's index.
pub(crate) const WIDTH: usize = 11;

/// Reads a user from the first columns of a row.
pub(crate) fn user(row: &Row) -> Result<User, StoreError> {
    Ok(User {
        id: UserId::Integer(row.get(0)?),
        username: row.get(1)?,
        email: row.get(2)?,
        password: PasswordHash::new(row.get::<String>(3)?),
        is_active: row.get(4)?,
        is_staff: row.get(5)?,
        is_superuser: row.get(6)?,
        // Nothing is decided by it: a text that is no time locks nobody out.
        date_joined: row.get(7).unwrap_or(OffsetDateTime::UNIX_EPOCH),
        first_name: row.get(8)?,
        last_name: row.get(9)?,
        last_login: row.get(10).unwrap_or(None),
    })
}

/// The key of a user as our tables have it: Django's stock user table has integers.
pub(crate) fn integer(id: &UserId) -> Option<i64> {
    match id {
        UserId::Integer(id) => Some(*id),
        _ => None,
    }
}
