//! When the newest link for a new password of each user was sent.

use async_trait::async_trait;
use portcullis_core::{NewResetLink, OutgoingMail, ResetStore, StoreError, UserId};
use time::OffsetDateTime;

use crate::database::Database;
use crate::outbox::insert_mail;
use crate::transaction::Transaction;
use crate::user_row::integer;
use crate::value::values;

/// What no user's primary key is.
const NOBODY: i64 = -1;

#[async_trait]
impl ResetStore for Database {
    async fn send_reset_links(
        &self,
        links: &[NewResetLink],
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        for link in links {
            insert_mail(&mut transaction, &link.mail).await?;
            if let Some(id) = integer(&link.user) {
                end_older(&mut transaction, id, link.made).await?;
            }
        }
        if links.is_empty() {
            insert_mail(&mut transaction, &OutgoingMail::to_nobody(now)).await?;
            // The row of nobody is written as anybody's is: it takes as long.
            end_older(&mut transaction, NOBODY, now).await?;
        }
        transaction.commit().await
    }

    async fn newest_reset_link(&self, user: &UserId) -> Result<Option<OffsetDateTime>, StoreError> {
        let Some(id) = integer(user) else {
            return Ok(None);
        };
        let sql = "SELECT asked FROM portcullis_reset WHERE user_id = ?1";
        let row = self.optional_row(sql, values![id]).await?;
        row.map(|row| row.get(0)).transpose()
    }
}

/// Writes down that links made before are over. Of two at once the later one counts.
async fn end_older(
    transaction: &mut Transaction,
    user_id: i64,
    made: OffsetDateTime,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO portcullis_reset AS r (user_id, asked) VALUES (?1, ?2) \
               ON CONFLICT (user_id) DO UPDATE SET asked = excluded.asked \
               WHERE r.asked < excluded.asked";
    transaction.execute(sql, values![user_id, made]).await?;
    Ok(())
}
