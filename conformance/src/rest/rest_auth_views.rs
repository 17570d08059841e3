//! dj-rest-auth's endpoints, as each profile sets them.

use std::net::SocketAddr;
use std::sync::Arc;

use portcullis::accounts::mail::{
    LinkPattern, MailSettings, Mailer, SmtpSecurity, SmtpSettings, SmtpTransport,
};
use portcullis::accounts::{
    AccountCompat, EmailVerification, LoginNames, RestAuth, RestAuthSettings, Tokens,
};
use portcullis::core::{Clock, SystemClock};
use portcullis::web::{FieldErrors, JwtCookies, TextRule};
use portcullis::{AccountSettings, Doors, Fields, Refusal, post};
use time::Duration;

use crate::app::App;
use crate::profile::Profile;

const PREFIX: &str = "/rest-auth/";

pub(crate) fn doors(app: &App) -> Doors {
    let settings = RestAuthSettings {
        session_login: app.profile == Profile::Email,
        old_password: app.profile == Profile::Stock,
        log_out_on_change: app.profile == Profile::Stock,
        username_required: true,
    };
    let auth = RestAuth::new(app.rest_accounts.clone(), settings);
    let auth = match app.profile {
        // The seed's own log-out, which looks at the token only.
        Profile::Email => auth.log_out_by(vec![Arc::clone(&app.token)]),
        Profile::Stock => auth,
        Profile::Jwt => auth.with_jwt(app.jwts.clone(), cookies()),
    };
    let auth = auth.with_social(app.rest_social.clone());
    let doors = auth.doors(&app.gate, PREFIX, |name| app.api(name));
    if app.profile != Profile::Jwt {
        return doors;
    }
    // dj-rest-auth's own form asks for a username, also where the user model has none.
    let path = format!("{PREFIX}registration/");
    doors.without(&path).merge(
        app.doors()
            .route(&path, post(register_by_no_username))
            .api(app.api("Register"))
            .open(),
    )
}

async fn register_by_no_username(fields: Fields) -> Refusal {
    let mut errors = FieldErrors::default();
    fields.text(TextRule::new("username").max(0), &mut errors);
    errors.into()
}

/// The cookies of profile `jwt`.
pub(crate) fn cookies() -> JwtCookies {
    JwtCookies {
        says_vary: false,
        ..JwtCookies::new("access-token", "refresh-token", PREFIX)
    }
}

/// What the account flows of dj-rest-auth do in a profile.
pub(crate) fn settings(profile: Profile) -> AccountSettings {
    AccountSettings {
        tokens: Tokens::Authtoken,
        signup_limit: None,
        mail_limit: None,
        email_notifications: false,
        login_names: match profile {
            Profile::Email | Profile::Jwt => LoginNames::Email,
            Profile::Stock => LoginNames::Either,
        },
        email_verification: match profile {
            Profile::Email => EmailVerification::Optional,
            Profile::Stock => EmailVerification::Mandatory,
            Profile::Jwt => EmailVerification::None,
        },
        reset_age: Duration::days(3),
        compat: AccountCompat::all(),
        ..AccountSettings::default()
    }
}

/// Mail to a server on this machine.
pub(crate) fn mailer(server: SocketAddr) -> anyhow::Result<Mailer> {
    let transport = SmtpTransport::new(SmtpSettings {
        host: server.ip().to_string(),
        port: server.port(),
        security: SmtpSecurity::DangerPlain,
        credentials: None,
        ca_file: None,
        hello: None,
    })?;
    let mut settings = MailSettings::new("noreply@peer.example", "http://127.0.0.1");
    settings.reset_password = LinkPattern::new(
        "/rest-auth/password/reset/key/{uid}/{token}/",
        &["uid", "token"],
    )?;
    settings.confirm_email = LinkPattern::new("/accounts/confirm-email/{key}/", &["key"])?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    Ok(Mailer::new(settings, Arc::new(transport), clock)?)
}
