//! The admin site as doors.

use std::fmt;
use std::sync::Arc;

use minijinja::Environment;
use portcullis_accounts::Accounts;
use portcullis_core::{Authenticator, Clock, IsAdminUser, Store};
use portcullis_web::{Doors, Gate, Methods, Passwords, SessionAuthentication, get};
use time::OffsetDateTime;

use crate::settings::AdminSettings;
use crate::{audit, files, groups, health, index, login, page, setup, users};

/// Where people log in.
pub(crate) const LOGIN: &str = "/admin/login/";

/// The admin site.
///
/// People log in at `/admin/login/`, with the sessions of the whole service; tokens open nothing here. Whoever is not
/// active staff is sent there from every other page.
#[doc(alias = "AdminSite")]
#[derive(Clone)]
pub struct Admin(Arc<Parts>);

struct Parts {
    accounts: Accounts,
    passwords: Passwords,
    clock: Arc<dyn Clock>,
    settings: AdminSettings,
    templates: Environment<'static>,
}

impl Admin {
    /// The site over these account flows, whose `passwords` and `clock` it shares.
    #[must_use]
    pub fn new(
        accounts: Accounts,
        passwords: Passwords,
        clock: Arc<dyn Clock>,
        settings: AdminSettings,
    ) -> Self {
        Self(Arc::new(Parts {
            accounts,
            passwords,
            clock,
            settings,
            templates: page::templates(),
        }))
    }

    /// The doors of the site, under `/admin/`.
    #[must_use]
    pub fn doors(&self, gate: &Gate) -> Doors {
        let sessions = SessionAuthentication(self.accounts().sessions().clone());
        let session: Arc<dyn Authenticator> = Arc::new(sessions);
        let page = |doors: Doors, path: &str, methods: Methods| {
            doors
                .route(path, methods)
                .authenticated_by(vec![Arc::clone(&session)])
                .require(IsAdminUser)
                .site(LOGIN)
        };
        let mut doors = gate.doors().merge(files::doors(gate));
        let open = [
            (LOGIN, login::methods(self)),
            ("/admin/logout/", login::out(self)),
            ("/admin/setup/", setup::methods(self)),
        ];
        for (path, methods) in open {
            doors = doors
                .route(path, methods)
                .authenticated_by(vec![Arc::clone(&session)])
                .open()
                .site(LOGIN);
        }
        let pages = [
            ("/admin/".to_owned(), index::methods(self)),
            ("/admin/audit/".to_owned(), audit::methods(self)),
            ("/admin/health/".to_owned(), health::methods(self)),
            (
                "/admin/{*path}".to_owned(),
                get(|| async { crate::trouble::Trouble::from(portcullis_web::Refusal::NotFound) }),
            ),
        ];
        for (path, methods) in pages
            .into_iter()
            .chain(users::pages(self))
            .chain(groups::pages(self))
        {
            doors = page(doors, &path, methods);
        }
        doors.grouped("Admin site")
    }

    pub(crate) fn accounts(&self) -> &Accounts {
        &self.0.accounts
    }

    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        self.0.passwords.store()
    }

    pub(crate) fn passwords(&self) -> &Passwords {
        &self.0.passwords
    }

    pub(crate) fn now(&self) -> OffsetDateTime {
        self.0.clock.now()
    }

    pub(crate) fn settings(&self) -> &AdminSettings {
        &self.0.settings
    }

    pub(crate) fn templates(&self) -> &Environment<'static> {
        &self.0.templates
    }
}

impl fmt::Debug for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admin")
            .field("settings", &self.0.settings)
            .finish_non_exhaustive()
    }
}
