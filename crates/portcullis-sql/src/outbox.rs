//! The outbox of mail.

use async_trait::async_trait;
use portcullis_core::{DueMail, FailedAttempt, MailClaim, OutboxStore, OutgoingMail, StoreError};
use time::OffsetDateTime;

use crate::database::Database;
use crate::failure::refused;
use crate::row::Row;
use crate::transaction::{Dialect, Transaction};
use crate::value::values;

/// The width of `last_error`, in characters.
const MAX_ERROR_CHARACTERS: usize = 500;

/// Which mail is due: one that nobody has taken, and that was not given up.
const DUE: &str = "sent IS NULL AND given_up IS NULL AND not_before <= ?1 AND claims < ?2";

#[async_trait]
impl OutboxStore for Database {
    async fn enqueue_mails(&self, mails: &[OutgoingMail]) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        insert_mails(&mut transaction, mails).await?;
        transaction.commit().await
    }

    async fn due_mail(&self, now: OffsetDateTime, limit: u32) -> Result<Vec<DueMail>, StoreError> {
        // Mostly there is none, and asking for it should not make anybody wait.
        let sql = format!("SELECT 1 FROM portcullis_outbox WHERE {DUE} LIMIT 1");
        let most = OutgoingMail::MAX_CLAIMS;
        if self.optional_row(&sql, values![now, most]).await?.is_none() {
            return Ok(Vec::new());
        }
        let mut transaction = self.begin().await?;
        // Another node that asks now gets the next ones, and does not wait for these.
        let lock = match transaction.dialect() {
            Dialect::Sqlite => "",
            Dialect::Postgres => "FOR UPDATE SKIP LOCKED",
        };
        let sql = format!(
            "WITH due AS MATERIALIZED (SELECT id FROM portcullis_outbox WHERE {DUE} \
             ORDER BY not_before, id LIMIT ?3 {lock}) \
             UPDATE portcullis_outbox SET claims = claims + 1, not_before = ?4 \
             WHERE id IN (SELECT id FROM due) RETURNING id, claims, attempts, kind, recipient, \
             subject, text, html, created, not_before"
        );
        let values = values![now, most, limit, now + OutgoingMail::LEASE];
        let rows = transaction.rows(&sql, values).await?;
        let taken: Result<Vec<_>, _> = rows.iter().map(due_mail).collect();
        let mut taken = taken?;
        transaction.commit().await?;
        // Rows come back in any order.
        taken.sort_unstable_by_key(|due| due.claim.id);
        Ok(taken)
    }

    async fn mark_sent(&self, claim: MailClaim, now: OffsetDateTime) -> Result<(), StoreError> {
        // Whoever's the claim is by now: it was sent. What is in the text may still open an account.
        let sql = "UPDATE portcullis_outbox SET attempts = ?1, sent = ?2, text = '', html = NULL, last_error = NULL \
                   WHERE id = ?3 AND sent IS NULL";
        self.execute(sql, values![claim.attempt, now, claim.id])
            .await
            .map(|_| ())
    }

    async fn mark_failed(
        &self,
        claim: MailClaim,
        failed: FailedAttempt,
        error: &str,
        now: OffsetDateTime,
    ) -> Result<Option<OffsetDateTime>, StoreError> {
        let error: String = error
            .chars()
            .filter(|character| !character.is_control())
            .take(MAX_ERROR_CHARACTERS)
            .collect();
        let wait = OutgoingMail::wait_after(claim.attempt, failed);
        let next = now + wait.unwrap_or_default();
        let given_up = wait.is_none().then_some(now);
        let forget = if given_up.is_some() {
            ", text = '', html = NULL"
        } else {
            ""
        };
        let sql = format!(
            "UPDATE portcullis_outbox SET attempts = ?1, not_before = ?2, last_error = ?3, \
             given_up = ?4{forget} WHERE id = ?5 AND claims = ?6 AND sent IS NULL"
        );
        let values = values![claim.attempt, next, error, given_up, claim.id, claim.number];
        let is_ours = self.execute(&sql, values).await? > 0;
        Ok(wait.filter(|_| is_ours).map(|_| next))
    }

    async fn clear_sent(&self, before: OffsetDateTime) -> Result<u64, StoreError> {
        let sql = "DELETE FROM portcullis_outbox WHERE sent < ?1 OR given_up < ?1 \
                   OR (sent IS NULL AND claims >= ?2 AND not_before < ?1)";
        self.execute(sql, values![before, OutgoingMail::MAX_CLAIMS])
            .await
    }
}

/// Puts mails into the outbox with whatever else a command does: all of it happens, or nothing.
pub(crate) async fn insert_mails(
    transaction: &mut Transaction,
    mails: &[OutgoingMail],
) -> Result<(), StoreError> {
    for mail in mails {
        insert_mail(transaction, mail).await?;
    }
    Ok(())
}

pub(crate) async fn insert_mail(
    transaction: &mut Transaction,
    mail: &OutgoingMail,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO portcullis_outbox (kind, recipient, subject, text, html, created, \
               not_before, claims, attempts, last_error, sent, given_up) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, 0, NULL, ?8, NULL)";
    let values = values![
        &mail.kind,
        &mail.recipient,
        &mail.subject,
        &mail.text,
        mail.html.as_deref(),
        mail.created,
        mail.not_before,
        mail.is_to_nobody().then_some(mail.created),
    ];
    transaction.execute(sql, values).await.map(|_| ())
}

fn due_mail(row: &Row) -> Result<DueMail, StoreError> {
    let count = |place| {
        let count: i64 = row.get(place)?;
        u32::try_from(count).map_err(|error| refused(&error))
    };
    Ok(DueMail {
        claim: MailClaim {
            id: row.get(0)?,
            number: count(1)?,
            attempt: count(2)? + 1,
        },
        mail: OutgoingMail {
            kind: row.get(3)?,
            recipient: row.get(4)?,
            subject: row.get(5)?,
            text: row.get(6)?,
            html: row.get(7)?,
            created: row.get(8)?,
            not_before: row.get(9)?,
        },
    })
}
