//! Rooms, their members, and what was said in them: tables of the service's own.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use portcullis::core::StoreError;
use portcullis::{Ask, Permission, User, UserId, Verdict};
use rusqlite::{Connection, OptionalExtension, params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS room (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS member (
        room INTEGER NOT NULL, user TEXT NOT NULL, PRIMARY KEY (room, user)
    );
    CREATE TABLE IF NOT EXISTS message (
        id INTEGER PRIMARY KEY, room INTEGER NOT NULL, author TEXT NOT NULL, text TEXT NOT NULL
    );
    CREATE INDEX IF NOT EXISTS message_room ON message (room, id);
";

/// How much of what was said is shown to who comes in.
const HISTORY: u32 = 50;

/// A room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Room {
    /// Its number.
    pub id: i64,
    /// What it is called.
    pub name: String,
}

/// Something that was said.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Eq, Serialize)]
pub struct Message {
    /// Its number, higher than those before.
    pub id: i64,
    /// By whom.
    pub by: String,
    /// What.
    pub text: String,
}

/// All rooms; clones share them.
#[derive(Clone, Debug)]
pub struct Rooms(Arc<Mutex<Connection>>);

impl Rooms {
    /// Opens the file, or makes it.
    ///
    /// # Errors
    /// When it is no database.
    pub fn open(file: &Path) -> anyhow::Result<Self> {
        let connection = Connection::open(file)?;
        connection.execute_batch(TABLES)?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// Makes a room, with its first member.
    ///
    /// # Errors
    /// When the database fails, as everywhere here.
    pub async fn create(&self, name: String, owner: &User) -> Result<Room, StoreError> {
        let owner = owner.id.to_string();
        self.run(move |c| {
            let transaction = c.transaction()?;
            transaction.execute("INSERT INTO room (name) VALUES (?1)", [&name])?;
            let id = transaction.last_insert_rowid();
            let sql = "INSERT INTO member (room, user) VALUES (?1, ?2)";
            transaction.execute(sql, params![id, owner])?;
            transaction.commit()?;
            Ok(Room { id, name })
        })
        .await
    }

    /// The rooms that somebody is a member of.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn of(&self, user: &UserId) -> Result<Vec<Room>, StoreError> {
        let user = user.to_string();
        self.run(move |c| {
            let sql =
                "SELECT id, name FROM room JOIN member ON room = id WHERE user = ?1 ORDER BY id";
            let mut statement = c.prepare_cached(sql)?;
            statement.query_map([user], room)?.collect()
        })
        .await
    }

    /// A room.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn room(&self, id: i64) -> Result<Option<Room>, StoreError> {
        self.run(move |c| {
            let sql = "SELECT id, name FROM room WHERE id = ?1";
            c.query_row(sql, [id], room).optional()
        })
        .await
    }

    /// Whether somebody is a member of a room.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_member(&self, id: i64, user: &UserId) -> Result<bool, StoreError> {
        let user = user.to_string();
        self.run(move |c| {
            let sql = "SELECT EXISTS (SELECT 1 FROM member WHERE room = ?1 AND user = ?2)";
            c.query_row(sql, params![id, user], |row| row.get(0))
        })
        .await
    }

    /// Takes somebody in, or puts them out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_member(
        &self,
        id: i64,
        user: &UserId,
        is_member: bool,
    ) -> Result<(), StoreError> {
        let user = user.to_string();
        let sql = match is_member {
            true => "INSERT INTO member (room, user) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            false => "DELETE FROM member WHERE room = ?1 AND user = ?2",
        };
        self.run(move |c| c.execute(sql, params![id, user]).map(|_| ()))
            .await
    }

    /// Keeps what somebody says.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn say(&self, room: i64, by: String, text: String) -> Result<Message, StoreError> {
        self.run(move |c| {
            let sql = "INSERT INTO message (room, author, text) VALUES (?1, ?2, ?3)";
            c.execute(sql, params![room, by, text])?;
            let id = c.last_insert_rowid();
            Ok(Message { id, by, text })
        })
        .await
    }

    /// What was said last, the oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn history(&self, room: i64) -> Result<Vec<Message>, StoreError> {
        self.run(move |c| {
            let sql = "SELECT id, author, text FROM (SELECT * FROM message WHERE room = ?1 \
                       ORDER BY id DESC LIMIT ?2) ORDER BY id";
            let mut statement = c.prepare_cached(sql)?;
            let message = |row: &rusqlite::Row<'_>| {
                Ok(Message {
                    id: row.get(0)?,
                    by: row.get(1)?,
                    text: row.get(2)?,
                })
            };
            statement
                .query_map(params![room, HISTORY], message)?
                .collect()
        })
        .await
    }

    /// Runs something on the connection, where it holds up no one else's task.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let connection = Arc::clone(&self.0);
        let done = tokio::task::spawn_blocking(move || {
            work(&mut connection.lock().unwrap_or_else(PoisonError::into_inner))
        });
        let done = done
            .await
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        done.map_err(|error| StoreError::Unavailable(error.to_string()))
    }
}

fn room(row: &rusqlite::Row<'_>) -> rusqlite::Result<Room> {
    Ok(Room {
        id: row.get(0)?,
        name: row.get(1)?,
    })
}

/// Members of the room alone.
#[derive(Clone, Debug)]
pub struct IsMember(pub Rooms);

#[async_trait]
impl Permission for IsMember {
    async fn check(&self, ask: &Ask<'_>) -> Verdict {
        if !ask.has_object() {
            return Verdict::NeedsObject;
        }
        let (Some(user), Some(room)) = (ask.who().user(), ask.object::<Room>()) else {
            return Verdict::from_bool(false);
        };
        // Where the database does not answer, nobody is a member.
        Verdict::from_bool(self.0.has_member(room.id, &user.id).await.unwrap_or(false))
    }

    fn name(&self) -> String {
        "IsMember".to_owned()
    }
}
