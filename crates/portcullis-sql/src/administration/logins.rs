//! Logins of users, as administrators end and open them.

use portcullis_core::{
    AdministrationError, Administrator, AuditEvent, Issued, LoginId, NewDeviceLogin, UserId,
};

use super::act::{Act, Flag};
use crate::database::Database;
use crate::devices::insert_device;
use crate::user_row::integer;

impl Database {
    pub(super) async fn logins_ended(
        &self,
        by: &Administrator,
        user: &UserId,
        login: Option<LoginId>,
    ) -> Result<u64, AdministrationError> {
        let id = integer(user).ok_or(AdministrationError::Gone)?;
        let ended = match login {
            Some(login) => u64::from(self.end_one_login(login, Some(id), None, Some(by)).await?),
            None => self.end_every_login(id, -1, true, None, Some(by)).await?,
        };
        Ok(ended)
    }

    pub(super) async fn device_token_issued(
        &self,
        by: &Administrator,
        user: &UserId,
        login: NewDeviceLogin,
    ) -> Result<(), AdministrationError> {
        let id = integer(user).ok_or(AdministrationError::Gone)?;
        let mut act = Act::begin(self, by).await?;
        let sheet = act.user("change", id).await?;
        if !sheet.user.is_active {
            return Err(AdministrationError::Forbidden);
        }
        if insert_device(&mut act.transaction, id, &login).await? == Issued::TooMany {
            return Err(AdministrationError::TooMany);
        }
        let name = &sheet.user.username;
        let message = "Issued a device token.";
        act.tell_user(AuditEvent::TokenIssued, Flag::Changed, (id, name), message)
            .await?;
        act.commit().await?;
        Ok(())
    }
}
