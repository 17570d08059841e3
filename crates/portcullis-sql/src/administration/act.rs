//! A command of an administrator: what they may is looked up inside of its transaction, and its lines in both logs are
//! written there.

use portcullis_core::{
    AdministrationError, Administrator, AuditEntry, AuditEvent, Rights, StoreError, UserSheet,
};

use super::reader::Reader;
use super::rights::{Counts, rights_of};
use super::sheet::sheet_of;
use crate::audit::write_audit;
use crate::database::Database;
use crate::migrations::has_table;
use crate::transaction::Transaction;
use crate::user_row::integer;
use crate::value::values;

/// The longest name of an object in Django's log, in characters.
const MAX_REPR: usize = 200;

/// What a row of `django_admin_log` says was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flag {
    Added = 1,
    Changed = 2,
    Deleted = 3,
}

/// A command that has begun.
pub(crate) struct Act<'a> {
    pub(crate) transaction: Transaction,
    /// What the administrator may do.
    pub(crate) rights: Rights,
    by: &'a Administrator,
    by_id: i64,
    /// What permissions about users are called.
    model: (String, String),
}

impl<'a> Act<'a> {
    /// Begins one; whoever is no active staff any more may nothing.
    pub(crate) async fn begin(
        database: &Database,
        by: &'a Administrator,
    ) -> Result<Self, AdministrationError> {
        let model = database.model_of_users().await?;
        let by_id = integer(&by.user).ok_or(AdministrationError::Forbidden)?;
        let mut transaction = database.begin().await?;
        let reader = &mut Reader::Transaction(&mut transaction);
        let rights = rights_of(reader, by_id, Counts::Active).await?;
        if !rights.is_staff {
            return Err(AdministrationError::Forbidden);
        }
        Ok(Self {
            transaction,
            rights,
            by,
            by_id,
            model,
        })
    }

    /// Whether it is about the administrator themselves.
    pub(crate) fn is_about_themselves(&self, user_id: i64) -> bool {
        self.by_id == user_id
    }

    /// Refuses those who may not `add`, `change` or `delete` users.
    pub(crate) fn want_users(&self, word: &str) -> Result<(), AdministrationError> {
        let (app, model) = &self.model;
        self.want(&format!("{app}.{word}_{model}"))
    }

    /// Refuses those who do not hold a permission.
    pub(crate) fn want(&self, permission: &str) -> Result<(), AdministrationError> {
        match self.rights.hold(permission) {
            true => Ok(()),
            false => Err(AdministrationError::Forbidden),
        }
    }

    /// A user whom the administrator may `change` or `delete`: nobody who may do more than they.
    pub(crate) async fn user(
        &mut self,
        word: &str,
        user_id: i64,
    ) -> Result<UserSheet, AdministrationError> {
        self.want_users(word)?;
        let sheet = sheet_of(&mut Reader::Transaction(&mut self.transaction), user_id).await?;
        let sheet = sheet.ok_or(AdministrationError::Gone)?;
        match self.rights.cover(&sheet.rights) {
            true => Ok(sheet),
            false => Err(AdministrationError::Forbidden),
        }
    }

    /// Writes what was done to a user.
    pub(crate) async fn tell_user(
        &mut self,
        event: AuditEvent,
        flag: Flag,
        (id, name): (i64, &str),
        message: &str,
    ) -> Result<(), StoreError> {
        let (app, model) = self.model.clone();
        self.tell(event, flag, (&app, &model), (id, name), message, Some(id))
            .await
    }

    /// Writes what was done to a group.
    pub(crate) async fn tell_group(
        &mut self,
        flag: Flag,
        group: (i64, &str),
        message: &str,
    ) -> Result<(), StoreError> {
        let event = AuditEvent::GroupChanged;
        self.tell(event, flag, ("auth", "group"), group, message, None)
            .await
    }

    async fn tell(
        &mut self,
        event: AuditEvent,
        flag: Flag,
        (app, model): (&str, &str),
        (id, name): (i64, &str),
        message: &str,
        about: Option<i64>,
    ) -> Result<(), StoreError> {
        let entry = AuditEntry::new(event, self.by.device.clone(), self.by.now);
        write_audit(&mut self.transaction, Some(&entry), about).await?;
        // A project without Django's admin site has no table for it.
        if !has_table(&mut self.transaction, "django_admin_log").await? {
            return Ok(());
        }
        let sql = "INSERT INTO django_admin_log \
                   (action_time, object_id, object_repr, action_flag, change_message, content_type_id, user_id) \
                   VALUES (?1, ?2, ?3, ?4, ?5, \
                   (SELECT id FROM django_content_type WHERE app_label = ?6 AND model = ?7), ?8)";
        let repr: String = name.chars().take(MAX_REPR).collect();
        let values = values![
            self.by.now,
            id.to_string(),
            repr,
            flag as i32,
            message,
            app,
            model,
            self.by_id,
        ];
        self.transaction.execute(sql, values).await?;
        Ok(())
    }

    /// Makes it durable.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        self.transaction.commit().await
    }
}

/// Django's message about fields that were changed; they have no quotes in them.
pub(crate) fn changed(fields: &[&str]) -> String {
    let fields: Vec<String> = fields.iter().map(|field| format!("\"{field}\"")).collect();
    format!("[{{\"changed\": {{\"fields\": [{}]}}}}]", fields.join(", "))
}
