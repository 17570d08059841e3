//! Tickets of sockets: kept by a digest, taken once.

use async_trait::async_trait;
use portcullis_core::{LoginId, StoreError, Ticket, TicketHolder, TicketStore, UserId};
use time::OffsetDateTime;

use crate::database::Database;
use crate::transaction::Dialect;
use crate::user_row::{COLUMNS, WIDTH, integer, user};
use crate::value::values;

/// How many tickets that are over are removed with each new one: the table cannot grow for ever.
const SWEEP: i64 = 16;

#[async_trait]
impl TicketStore for Database {
    async fn keep_ticket(
        &self,
        digest: &str,
        ticket: &Ticket,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let Some(user) = integer(&ticket.user) else {
            return Err(StoreError::Unavailable(
                "a ticket's user has no number".to_owned(),
            ));
        };
        let mut transaction = self.begin().await?;
        // Two that sweep at once must not wait for each other's rows.
        let lock = match transaction.dialect() {
            Dialect::Sqlite => "",
            Dialect::Postgres => "FOR UPDATE SKIP LOCKED",
        };
        let sweep = format!(
            "DELETE FROM portcullis_ticket WHERE digest IN \
             (SELECT digest FROM portcullis_ticket WHERE expires <= ?1 LIMIT ?2 {lock})"
        );
        transaction.execute(&sweep, values![now, SWEEP]).await?;
        let sql = "INSERT INTO portcullis_ticket \
                   (digest, user_id, login_id, authenticator, path, session_key, seal, expires) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let (session, seal) = (ticket.session_key.clone(), ticket.seal.clone());
        let (authenticator, path) = (&ticket.authenticator, &ticket.path);
        let login = ticket.login.0;
        let values = values![
            digest,
            user,
            login,
            authenticator,
            path,
            session,
            seal,
            ticket.expires
        ];
        transaction.execute(sql, values).await?;
        transaction.commit().await
    }

    async fn take_ticket(
        &self,
        digest: &str,
        now: OffsetDateTime,
    ) -> Result<Option<Ticket>, StoreError> {
        let mut transaction = self.begin().await?;
        let sql = "DELETE FROM portcullis_ticket WHERE digest = ?1 \
                   RETURNING user_id, login_id, authenticator, path, session_key, seal, expires";
        let row = transaction.optional_row(sql, values![digest]).await?;
        transaction.commit().await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let ticket = Ticket {
            user: UserId::Integer(row.get(0)?),
            login: LoginId(row.get(1)?),
            authenticator: row.get(2)?,
            path: row.get(3)?,
            session_key: row.get(4)?,
            seal: row.get(5)?,
            // A time that cannot be read is one that has passed: fail closed.
            expires: row.get(6).unwrap_or(OffsetDateTime::UNIX_EPOCH),
        };
        Ok(Some(ticket).filter(|ticket| ticket.expires > now))
    }

    async fn ticket_holder(
        &self,
        ticket: &Ticket,
        now: OffsetDateTime,
    ) -> Result<Option<TicketHolder>, StoreError> {
        let Some(id) = integer(&ticket.user) else {
            return Ok(None);
        };
        let knox = match self.tables().await?.knox {
            true => "knox_authtoken",
            // Device tokens are then in the list of logins alone.
            false => "(SELECT digest, expires AS expiry FROM portcullis_login)",
        };
        // Of tokens and sessions their own tables know best whether they are there, and until when.
        let sql = format!(
            "SELECT {COLUMNS}, CASE l.scheme WHEN 'device' THEN k.expiry \
             WHEN 'session' THEN s.expire_date ELSE l.expires END FROM portcullis_login l \
             JOIN auth_user u ON u.id = l.user_id \
             LEFT JOIN {knox} k ON k.digest = l.digest \
             LEFT JOIN django_session s ON s.session_key = ?3 \
             WHERE l.id = ?1 AND l.user_id = ?2 \
             AND (l.scheme <> 'device' OR k.digest IS NOT NULL) \
             AND (l.scheme <> 'session' OR s.session_key IS NOT NULL)"
        );
        let session = ticket.session_key.clone();
        let values = values![ticket.login.0, id, session];
        let Some(row) = self.optional_row(&sql, values).await? else {
            return Ok(None);
        };
        let expires = row.get(WIDTH).unwrap_or(Some(OffsetDateTime::UNIX_EPOCH));
        let holder = TicketHolder {
            user: user(&row)?,
            expires,
        };
        Ok(Some(holder).filter(|holder| holder.expires.is_none_or(|expires| expires > now)))
    }
}
