//! A row of `auth_user` as a [`User`].

use portcullis_core::{PasswordHash, User, UserId};
use rusqlite::Row;
use time::OffsetDateTime;

use crate::timestamp;

/// The columns that [`user`] reads, in its order; the table is called `u`.
pub(crate) const COLUMNS: &str = "u.id, u.username, u.email, u.password, u.is_active, u.is_staff, \
                                  u.is_superuser, u.date_joined";

/// Reads a user from the first columns of a row.
pub(crate) fn user(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User {
        id: UserId::Integer(row.get(0)?),
        username: row.get(1)?,
        email: row.get(2)?,
        password: PasswordHash::new(row.get::<_, String>(3)?),
        is_active: row.get(4)?,
        is_staff: row.get(5)?,
        is_superuser: row.get(6)?,
        date_joined: timestamp::read(&row.get::<_, String>(7)?)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH),
    })
}

/// The key of a user as our tables have it: the embedded database's user table has integers.
pub(crate) fn integer(id: &UserId) -> Option<i64> {
    match id {
        UserId::Integer(id) => Some(*id),
        _ => None,
    }
}
