//! What stands in the tables of the application.

use rusqlite::Connection;

use crate::client::Client;

/// The database beside the application.
pub(super) fn database(client: &Client) -> Connection {
    Connection::open(client.database()).unwrap()
}

/// The key of the permission with that codename.
pub(super) fn permission(client: &Client, codename: &str) -> String {
    let sql = "SELECT id FROM auth_permission WHERE codename = ?1";
    let id: i64 = database(client)
        .query_row(sql, [codename], |row| row.get(0))
        .unwrap();
    id.to_string()
}

/// The text that a query gives.
pub(super) fn text(client: &Client, sql: &str) -> String {
    database(client)
        .query_row(sql, [], |row| row.get(0))
        .unwrap()
}

/// The number that a query gives.
pub(super) fn number(client: &Client, sql: &str) -> i64 {
    database(client)
        .query_row(sql, [], |row| row.get(0))
        .unwrap()
}
