//! Every setting: its name, what it means, and its default. The example file is made of this list.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use portcullis::accounts::mail::{LinkPattern, SmtpSecurity};
use portcullis::accounts::{EmailVerification, LoginNames, ResetLinks, SignUpMode, Zone};
use portcullis::django::jwt::Algorithm;
use portcullis::django::session::MODEL_BACKEND;

use super::channels::LayerUrl;
use super::classes::{AuthenticationClass, PermissionClass};
use super::database_url::DatabaseUrl;
use super::field::settings;
use super::jwt::{JwtSecret, Moment};
use super::kind::{AtLeastOne, Kind, Whole};
use super::mail::{
    ConfirmEmailLink, InvitationLink, Line, MailFrom, MailVia, Password, Port, ResetPasswordLink,
};
use super::name::{BackendPath, CookieName, TableName, ZoneName};
use super::seconds::Seconds;
use super::social::{ProviderName, SafeUrl};
use super::token_prefix::TokenPrefix;
use super::web::{CookieDomain, Host, Origin, OriginRegex, PublicUrl};
use crate::secret_key::SecretKey;

settings! {
    /// Where everything is kept: "sqlite:FILE", made when it is not there, or
    /// "postgres://USER:PASSWORD@HOST/NAME". DATABASE_URL says it too.
    "database_url" database_url: DatabaseUrl = DatabaseUrl::of_file("portcullis.db");

    /// The table of users: Django's own, or that of a project's model with the same columns.
    "user_table" user_table: TableName = TableName("auth_user".to_owned());

    /// What carries messages to groups of sockets, and news of revocations to other nodes: "memory" for one
    /// node, "redis://HOST:PORT/NUMBER" for many.
    "channel_layer" channel_layer: LayerUrl = LayerUrl::MEMORY;

    /// Address and port to listen on.
    "listen" listen: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8000);

    /// How browsers reach the server. Allows its host; on https, makes cookies Secure and `__Host-`.
    "public_url" public_url: Option<PublicUrl> = None;

    /// Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed.
    "trusted_proxies" trusted_proxies: Vec<IpAddr> = Vec::new();

    /// Hosts that requests may name, besides the loopback's and that of public_url. With neither,
    /// every one.
    "allowed_hosts" allowed_hosts: Vec<Host> = Vec::new();

    /// The secret that sessions are signed with, Django's SECRET_KEY. From the environment only.
    "secret_key" secret_key: Option<SecretKey> = None;

    /// The file with the secret key, for when PORTCULLIS_SECRET_KEY is not set. With SQLite it is
    /// made when it is not there.
    "secret_key_file" secret_key_file: PathBuf = PathBuf::from("portcullis.secret");

    /// Older secret keys, whose sessions are still good.
    "secret_key_fallbacks" secret_key_fallbacks: Vec<SecretKey> = Vec::new();

    /// Origins whose pages may send what changes something with a cookie, besides one's own.
    /// "https://*.example.com" is every host below.
    "csrf_trusted_origins" csrf_trusted_origins: Vec<Origin> = Vec::new();

    /// A domain whose hosts share the cookies, for pages of another one of them: "example.com". Not set,
    /// they are this host's alone, which is safer.
    "cookie_domain" cookie_domain: Option<CookieDomain> = None;
    /// What the cookie of sessions is called. When neither this nor csrf_cookie_name is said, both have
    /// "__Host-" before them with an https public_url.
    "session_cookie_name" session_cookie_name: CookieName = CookieName::new("sessionid");

    /// The same for CSRF tokens.
    "csrf_cookie_name" csrf_cookie_name: CookieName = CookieName::new("csrftoken");

    /// Django's backends whose sessions are good; ours name the first.
    "authentication_backends" authentication_backends: AtLeastOne<BackendPath> =
        AtLeastOne(vec![BackendPath(MODEL_BACKEND.to_owned())]);

    /// How long a session is good, in seconds.
    "session_cookie_age" session_cookie_age: Whole<60, 315_360_000> = Whole::new(1_209_600);

    /// How long a session is good that nobody uses, in seconds, to the minute; 0 is
    /// session_cookie_age.
    "session_idle_seconds" session_idle_seconds: Whole<0, 315_360_000> = Whole::new(0);

    /// How long a session is good from its log-in, however it is used, in seconds; 0 is 90 days, or
    /// session_cookie_age where that is longer.
    "session_absolute_seconds" session_absolute_seconds: Whole<0, 315_360_000> = Whole::new(0);

    /// Whether browsers forget the session when they are closed.
    "session_expire_at_browser_close" session_expire_at_browser_close: bool = false;

    /// Who is asked who is asking, in this order: DeviceTokenAuthentication, JWTAuthentication,
    /// SessionAuthentication, BasicAuthentication, TokenAuthentication, or their paths in Django's
    /// packages.
    "default_authentication_classes" default_authentication_classes: AtLeastOne<AuthenticationClass> =
        AtLeastOne(vec![
            AuthenticationClass::DeviceToken,
            AuthenticationClass::Jwt,
            AuthenticationClass::Session,
        ]);

    /// What must be allowed at doors that name nothing, all of it: IsAuthenticated, IsAdminUser,
    /// IsAuthenticatedOrReadOnly, AllowAny, or their paths in rest_framework.permissions.
    "default_permission_classes" default_permission_classes: AtLeastOne<PermissionClass> =
        AtLeastOne(vec![PermissionClass::IsAuthenticated]);

    /// The cost of new password hashes. Must be that of a Django project on the same database.
    "pbkdf2_iterations" pbkdf2_iterations: Whole<1000, 100_000_000> = Whole::new(1_000_000);

    /// Leave CSRF tokens of requests that a proxy asks about at /api/forward-auth/ to the server behind it, such
    /// as a Django with forms. That another site sent them is refused here all the same.
    "forward_auth.leaves_csrf_tokens" forward_auth_leaves_csrf_tokens: bool = false;

    /// So many log-ins of one account may fail, by whichever of its names …
    "login_limit.tries" login_limit_tries: Whole<1, 100> = Whole::new(10);

    /// … and so many of it in a day, for guesses that are made slowly …
    "login_limit.tries_per_day" login_limit_tries_per_day: Whole<1, 100_000> = Whole::new(100);

    /// … and so many from one address, IPv6 by its /64, whatever the names …
    "login_limit.tries_per_address" login_limit_tries_per_address: Whole<1, 1_000_000> =
        Whole::new(100);

    /// … in so many seconds, but for the day.
    "login_limit.window_seconds" login_limit_window_seconds: Whole<1, 86_400> = Whole::new(600);

    /// So many accounts may be asked for from one address, IPv6 by its /64 …
    "signup_limit.tries" signup_limit_tries: Whole<1, 1_000_000> = Whole::new(20);

    /// … in so many seconds.
    "signup_limit.window_seconds" signup_limit_window_seconds: Whole<1, 86_400> = Whole::new(3_600);

    /// So many mails may be asked for to one address, from everywhere; ten times as many from one place …
    "mail_limit.tries" mail_limit_tries: Whole<1, 1_000_000> = Whole::new(5);

    /// … in so many seconds.
    "mail_limit.window_seconds" mail_limit_window_seconds: Whole<1, 86_400> = Whole::new(3_600);

    /// So many refreshes of one log-in by JWTs …
    "refresh_limit.tries" refresh_limit_tries: Whole<1, 1_000_000> = Whole::new(200);

    /// … and so many from one address, IPv6 by its /64 …
    "refresh_limit.tries_per_address" refresh_limit_tries_per_address: Whole<1, 1_000_000> =
        Whole::new(2_000);

    /// … in so many seconds.
    "refresh_limit.window_seconds" refresh_limit_window_seconds: Whole<1, 86_400> = Whole::new(300);

    /// So many wrong device tokens, tokens of DRF and JWTs from one address, IPv6 by its /64, are told to be
    /// wrong; then they are 429. A good one is good in any case …
    "token_limit.tries" token_limit_tries: Whole<1, 1_000_000> = Whole::new(100);

    /// … in so many seconds.
    "token_limit.window_seconds" token_limit_window_seconds: Whole<1, 86_400> = Whole::new(600);

    /// Who may sign up: "open" is everybody, "invitation" whom `portcullis invite` made an invitation for,
    /// "closed" nobody. Administrators may make others in any case.
    "accounts.signup" accounts_signup: SignUpMode = SignUpMode::Open;

    /// By what people log in: "either", "email" or "username". With "email" nobody is asked for a username,
    /// and none is shown.
    "accounts.login_names" accounts_login_names: LoginNames = LoginNames::Either;

    /// Whether people must show that an address is theirs: "mandatory" before they log in, on every way;
    /// "optional" asks them to; "none" does not.
    "accounts.email_verification" accounts_email_verification: EmailVerification =
        EmailVerification::Optional;

    /// How long a link that confirms an address is good, in seconds.
    "accounts.confirmation_seconds" accounts_confirmation_seconds: Whole<60, 31_536_000> =
        Whole::new(259_200);

    /// How long a link for a new password is good, in seconds. Django's is 259200.
    "accounts.reset_seconds" accounts_reset_seconds: Whole<60, 31_536_000> = Whole::new(3_600);

    /// Whose links for a new password are made and taken: "allauth" or "django".
    "accounts.reset_links" accounts_reset_links: ResetLinks = ResetLinks::Allauth;

    /// By whose clocks the age of those links is counted: the TIME_ZONE of a Django project on the same
    /// database.
    "accounts.time_zone" accounts_time_zone: ZoneName = ZoneName(Zone::default());

    /// Whether people are told by mail that their password was changed.
    "accounts.email_notifications" accounts_email_notifications: bool = true;

    /// For how long a login that was opened or confirmed may do what a stolen one must not, such as to change
    /// second factors, in seconds.
    "accounts.reauthentication_seconds" accounts_reauthentication_seconds: Whole<30, 86_400> = Whole::new(600);

    /// What authenticator apps call the service. Empty: the host of public_url, or else "Portcullis".
    "accounts.issuer" accounts_issuer: Line = Line(String::new());

    /// For how many days lines of the audit log are kept; older ones go at each start, and by
    /// `portcullis clearsessions`.
    "audit.keep_days" audit_keep_days: Whole<1, 36_500> = Whole::new(365);

    /// Whether /rest-auth/login/ opens a session besides its token.
    "rest_auth.session_login" rest_auth_session_login: bool = true;

    /// Whether /rest-auth/password/change/ asks for the old password.
    "rest_auth.old_password" rest_auth_old_password: bool = true;

    /// Whether a change of password ends the session that it is made in.
    "rest_auth.log_out_on_password_change" rest_auth_log_out_on_password_change: bool = false;

    /// Whether /rest-auth/registration/ wants a username where people log in by either.
    "rest_auth.username_required" rest_auth_username_required: bool = false;

    /// Where people come to after a log-in by a provider that says nothing else: a path.
    "social.next" social_next: Line = Line("/".to_owned());

    /// Other origins that such a log-in may say to go to.
    "social.next_origins" social_next_origins: Vec<Origin> = Vec::new();

    /// Whether an address that the provider vouches for links to the account here that has it. A password
    /// of an account whose address was never confirmed ends then. Not for administrators.
    "social.link_verified_email" social_link_verified_email: bool = false;

    /// So many log-ins by providers may be tried from one address …
    "social.limit_tries" social_limit_tries: Whole<1, 1_000_000> = Whole::new(100);

    /// … in this many seconds from the first.
    "social.limit_window_seconds" social_limit_window_seconds: Whole<1, 31_536_000> =
        Whole::new(600);

    /// A file with certificates, in PEM, that providers may have besides those of public authorities.
    "social.ca_file" social_ca_file: Option<PathBuf> = None;

    /// Who we are at GitHub; its callback there is <public_url>/api/social/github/callback/.
    "social.github_client_id" social_github_client_id: Option<Line> = None;

    /// What it gave us; better from PORTCULLIS_SOCIAL_GITHUB_CLIENT_SECRET than from this file.
    "social.github_client_secret" social_github_client_secret: Option<Password> = None;

    /// Where an app of one's own wants people to come back from GitHub, if it begins log-ins itself.
    "social.github_callback_url" social_github_callback_url: Option<SafeUrl> = None;

    /// GitHub Enterprise, where it is not github.com.
    "social.github_url" social_github_url: Option<SafeUrl> = None;

    /// Who we are at Google; its callback there is <public_url>/api/social/google/callback/.
    "social.google_client_id" social_google_client_id: Option<Line> = None;

    /// What it gave us; better from PORTCULLIS_SOCIAL_GOOGLE_CLIENT_SECRET than from this file.
    "social.google_client_secret" social_google_client_secret: Option<Password> = None;

    /// Where an app of one's own wants people to come back from Google, if it begins log-ins itself.
    "social.google_callback_url" social_google_callback_url: Option<SafeUrl> = None;

    /// Our other names in ID tokens of Google, of apps on phones.
    "social.google_other_client_ids" social_google_other_client_ids: Vec<Line> = Vec::new();

    /// Who we are at Facebook; its callback there is <public_url>/api/social/facebook/callback/.
    "social.facebook_client_id" social_facebook_client_id: Option<Line> = None;

    /// What it gave us; better from PORTCULLIS_SOCIAL_FACEBOOK_CLIENT_SECRET than from this file.
    "social.facebook_client_secret" social_facebook_client_secret: Option<Password> = None;

    /// Where an app of one's own wants people to come back from Facebook, if it begins log-ins itself.
    "social.facebook_callback_url" social_facebook_callback_url: Option<SafeUrl> = None;

    /// Who we are at Microsoft; its callback there is <public_url>/api/social/microsoft/callback/.
    "social.microsoft_client_id" social_microsoft_client_id: Option<Line> = None;

    /// What it gave us; better from PORTCULLIS_SOCIAL_MICROSOFT_CLIENT_SECRET than from this file.
    "social.microsoft_client_secret" social_microsoft_client_secret: Option<Password> = None;

    /// Where an app of one's own wants people to come back from Microsoft, if it begins log-ins itself.
    "social.microsoft_callback_url" social_microsoft_callback_url: Option<SafeUrl> = None;

    /// Whose people may log in: a tenant's id, or "common" or "organizations" for those of every tenant.
    "social.microsoft_tenant" social_microsoft_tenant: Line = Line("common".to_owned());

    /// Who we are at GitLab; its callback there is <public_url>/api/social/gitlab/callback/.
    "social.gitlab_client_id" social_gitlab_client_id: Option<Line> = None;

    /// What it gave us; better from PORTCULLIS_SOCIAL_GITLAB_CLIENT_SECRET than from this file.
    "social.gitlab_client_secret" social_gitlab_client_secret: Option<Password> = None;

    /// Where an app of one's own wants people to come back from GitLab, if it begins log-ins itself.
    "social.gitlab_callback_url" social_gitlab_callback_url: Option<SafeUrl> = None;

    /// A GitLab of one's own, where it is not gitlab.com.
    "social.gitlab_url" social_gitlab_url: Option<SafeUrl> = None;

    /// Who we are at Apple; its callback there is <public_url>/api/social/apple/callback/.
    "social.apple_client_id" social_apple_client_id: Option<Line> = None;

    /// Where an app of one's own wants people to come back from Apple, if it begins log-ins itself.
    "social.apple_callback_url" social_apple_callback_url: Option<SafeUrl> = None;

    /// Our other names in ID tokens of Apple, of apps on phones.
    "social.apple_other_client_ids" social_apple_other_client_ids: Vec<Line> = Vec::new();

    /// The team's id at Apple.
    "social.apple_team_id" social_apple_team_id: Option<Line> = None;

    /// The id of the key that Apple gave.
    "social.apple_key_id" social_apple_key_id: Option<Line> = None;

    /// The file with that key, AuthKey_….p8.
    "social.apple_key_file" social_apple_key_file: Option<PathBuf> = None;

    /// A provider of OpenID Connect of one's own: what it calls itself, and where it is found.
    "social.openid_issuer" social_openid_issuer: Option<SafeUrl> = None;

    /// Its name in paths and tables.
    "social.openid_name" social_openid_name: ProviderName = ProviderName("openid".to_owned());

    /// What people are shown.
    "social.openid_label" social_openid_label: Line = Line("OpenID".to_owned());

    /// Who we are at it; its callback there is <public_url>/api/social/openid/callback/.
    "social.openid_client_id" social_openid_client_id: Option<Line> = None;

    /// What it gave us; better from PORTCULLIS_SOCIAL_OPENID_CLIENT_SECRET than from this file.
    "social.openid_client_secret" social_openid_client_secret: Option<Password> = None;

    /// Where an app of one's own wants people to come back from it, if it begins log-ins itself.
    "social.openid_callback_url" social_openid_callback_url: Option<SafeUrl> = None;

    /// How long a device token is good, in seconds.
    "device.token_ttl_seconds" device_token_ttl_seconds: Whole<60, 315_360_000> =
        Whole::new(2_592_000);

    /// How many device tokens a user may have at once; one more is 403.
    "device.token_limit_per_user" device_token_limit_per_user: Whole<1, 1_000_000> =
        Whole::new(1000);

    /// Whether a device token that is used is good for token_ttl_seconds from then on.
    "device.auto_refresh" device_auto_refresh: bool = false;

    /// How long it is then good altogether, in seconds; 0 is without an end.
    "device.auto_refresh_max_ttl_seconds" device_auto_refresh_max_ttl_seconds: Whole<0, 315_360_000> =
        Whole::new(0);

    /// It gets no more time than once in so many seconds, which is how often it costs a write.
    "device.min_refresh_interval_seconds" device_min_refresh_interval_seconds: Whole<1, 86_400> =
        Whole::new(60);

    /// What new device tokens begin with, so that they are recognised where they leak.
    "device.token_prefix" device_token_prefix: TokenPrefix = TokenPrefix::default();

    /// Whether new device tokens end in a checksum, for the same.
    "device.token_checksum" device_token_checksum: bool = false;

    /// Whether the answer of /knox/login/ says whose the token is.
    "device.login_shows_user" device_login_shows_user: bool = false;

    /// How JWTs are signed: HS256, HS384 or HS512 with a secret; RS256, RS384, RS512, ES256, ES384 or
    /// EdDSA with a key pair.
    "jwt.algorithm" jwt_algorithm: Algorithm = Algorithm::Hs256;

    /// The secret of HS256 and its like; without one, the secret key, as in Django. Better by the
    /// environment than here.
    "jwt.signing_key" jwt_signing_key: Option<JwtSecret> = None;

    /// The private key of the others, a PEM file.
    "jwt.private_key_file" jwt_private_key_file: Option<PathBuf> = None;

    /// Its public key, a PEM file. Services that verify JWTs find it at /.well-known/jwks.json.
    "jwt.public_key_file" jwt_public_key_file: Option<PathBuf> = None;

    /// The key's name, the kid of JWTs. Not set: none for a secret, a pair's thumbprint.
    "jwt.key_id" jwt_key_id: Option<Line> = None;

    /// Secrets that JWTs were signed with before; they still verify.
    "jwt.older_signing_keys" jwt_older_signing_keys: Vec<JwtSecret> = Vec::new();

    /// The same for key pairs: PEM files of public keys.
    "jwt.older_public_key_files" jwt_older_public_key_files: Vec<PathBuf> = Vec::new();

    /// Until when older keys verify.
    "jwt.older_keys_until" jwt_older_keys_until: Option<Moment> = None;

    /// Who issues JWTs, their iss. Not set: public_url, or else "portcullis".
    "jwt.issuer" jwt_issuer: Option<Line> = None;

    /// Whom JWTs are for, their aud. Not set: public_url, or else "portcullis".
    "jwt.audience" jwt_audience: Option<Line> = None;

    /// How long an access token is good, in seconds.
    "jwt.access_token_lifetime" jwt_access_token_lifetime: Whole<1, 86_400> = Whole::new(300);

    /// How long a refresh token is good, in seconds.
    "jwt.refresh_token_lifetime" jwt_refresh_token_lifetime: Whole<1, 315_360_000> =
        Whole::new(86_400);

    /// How long a log-in can be refreshed altogether, in seconds.
    "jwt.family_lifetime" jwt_family_lifetime: Whole<1, 315_360_000> = Whole::new(2_592_000);

    /// For how many seconds the same refresh token gets the same successor again, while nobody used
    /// that. Whoever comes later ends the log-in.
    "jwt.refresh_grace" jwt_refresh_grace: Whole<0, 300> = Whole::new(10);

    /// How many seconds clocks may differ.
    "jwt.leeway" jwt_leeway: Whole<0, 30> = Whole::new(0);

    /// Whether a refresh gives a new refresh token, too; only compat.refresh_without_families can do
    /// without.
    "jwt.rotate_refresh_tokens" jwt_rotate_refresh_tokens: bool = true;

    /// Whether the old one is dead then; the same.
    "jwt.blacklist_after_rotation" jwt_blacklist_after_rotation: bool = true;

    /// Whether JWTs carry a hash of the password's hash and end with it. They end with it anyway; for a
    /// Django project on the same database that wants it.
    "jwt.check_revoke_token" jwt_check_revoke_token: bool = false;

    /// How many sockets there may be, at a time …
    "channels.sockets" channels_sockets: Whole<1, 10_000_000> = Whole::new(20_000);

    /// … from one address, IPv6 by its /64 …
    "channels.sockets_per_address" channels_sockets_per_address: Whole<1, 1_000_000> = Whole::new(512);

    /// … and of one user.
    "channels.sockets_per_user" channels_sockets_per_user: Whole<1, 1_000_000> = Whole::new(50);

    /// How many messages a socket may send in ten seconds; 0 is any number.
    "channels.messages" channels_messages: Whole<0, 1_000_000> = Whole::new(100);

    /// The largest message, in bytes, its fragments together.
    "channels.message_bytes" channels_message_bytes: Whole<125, 1_073_741_824> =
        Whole::new(1_048_576);

    /// Whether a token may stand in a socket's URL, as ?token=. Others see URLs: a ticket of
    /// POST /api/ws-ticket/ is safer, and always taken.
    "channels.query_token" channels_query_token: bool = false;

    /// How long a socket without credentials may wait before its first message, in seconds.
    "channels.first_message_time" channels_first_message_time: Seconds = Seconds::new(10);

    /// How often a silent socket is pinged, in seconds …
    "channels.ping_interval" channels_ping_interval: Seconds = Seconds::new(20);

    /// … and how long nothing may come after that.
    "channels.pong_timeout" channels_pong_timeout: Seconds = Seconds::new(30);

    /// How often it is looked whether those on sockets may still be there, in seconds. What happens here is
    /// noticed at once; this is for what others change.
    "channels.revalidate_interval" channels_revalidate_interval: Seconds = Seconds::new(60);

    /// How long they are kept while the database does not answer, in seconds.
    "channels.revalidate_grace" channels_revalidate_grace: Seconds = Seconds::new(120);

    /// What tells this service from others that share a Redis.
    "channels.namespace" channels_namespace: Line = Line(String::new());

    /// Origins whose pages may read answers; ["*"] is every one, and then without cookies.
    "cors.origins" cors_origins: Vec<Origin> = Vec::new();

    /// The same as regular expressions, for whole origins.
    "cors.origin_regexes" cors_origin_regexes: Vec<OriginRegex> = Vec::new();

    /// Whether cookies may come along.
    "cors.credentials" cors_credentials: bool = false;

    /// Through what mail is sent: "none", "console" which prints it, "file" which writes each into a
    /// file of its own, or "smtp".
    "mail.transport" mail_transport: MailVia = MailVia::None;

    /// The sender, with or without a name. With "smtp" it must be said.
    "mail.from" mail_from: Option<MailFrom> = None;

    /// What every subject starts with, such as "Example: ".
    "mail.subject_prefix" mail_subject_prefix: Line = Line(String::new());

    /// The mail server's name, which its certificate must have.
    "mail.host" mail_host: Line = Line("localhost".to_owned());

    /// Its port; when nothing is said, 587 for "starttls", 465 for "tls", 25 for "danger-plain".
    "mail.port" mail_port: Option<Port> = None;

    /// How the connection to it is kept from others: "starttls", without which nothing is sent, "tls"
    /// from the first byte, or "danger-plain", which everybody on the way can read.
    "mail.security" mail_security: SmtpSecurity = SmtpSecurity::Starttls;

    /// Who we are there, when it wants to know.
    "mail.user" mail_user: Option<Line> = None;

    /// The password there; better from PORTCULLIS_MAIL_PASSWORD than from this file.
    "mail.password" mail_password: Option<Password> = None;

    /// A file with certificates, in PEM, that are believed besides those of the public authorities.
    "mail.ca_file" mail_ca_file: Option<PathBuf> = None;

    /// How long one attempt to send a mail may take, in seconds. There are 20 in three days.
    "mail.timeout_seconds" mail_timeout_seconds: Whole<1, 50> = Whole::new(10);

    /// The folder of "file".
    "mail.folder" mail_folder: PathBuf = PathBuf::from("mail");

    /// A folder with templates of one's own, such as reset_password.txt, .html and _subject.txt.
    "mail.templates" mail_templates: Option<PathBuf> = None;

    /// Where links in mails lead: a path below public_url, or the URL of a page of one's own. To
    /// confirm an address, with {key}.
    "links.confirm_email" links_confirm_email: ConfirmEmailLink =
        ConfirmEmailLink(LinkPattern::confirm_email());

    /// To set a new password, with {uid} and {token}.
    "links.reset_password" links_reset_password: ResetPasswordLink =
        ResetPasswordLink(LinkPattern::reset_password());

    /// To sign up with an invitation, with {invitation}.
    "links.invitation" links_invitation: InvitationLink =
        InvitationLink(LinkPattern::invitation());

    /// Whether every door is documented at /docs/, and in OpenAPI at /docs/openapi.json.
    "docs.enabled" docs_enabled: bool = true;

    /// Bytes of all header lines together; more is 431.
    "http.header_bytes" http_header_bytes: Whole<1024, 1_048_576> = Whole::new(32_768);

    /// Header lines; more is 431.
    "http.headers" http_headers: Whole<1, 10_000> = Whole::new(100);

    /// Bytes of the request's target; more is 414.
    "http.uri_bytes" http_uri_bytes: Whole<1, 65_536> = Whole::new(8_192);

    /// Seconds from a request's first byte to the end of its header lines; longer is 408.
    "http.header_time" http_header_time: Seconds = Seconds::new(10);

    /// For how many seconds a body may be slower than body_rate.
    "http.body_grace" http_body_grace: Seconds = Seconds::new(10);

    /// Bytes a second that a body must bring on average; less is 408.
    "http.body_rate" http_body_rate: Whole<0, 1_000_000_000> = Whole::new(500);

    /// Seconds for which a connection is kept between two requests.
    "http.idle_time" http_idle_time: Seconds = Seconds::new(75);

    /// Seconds from the end of the header lines to the answer; longer is 408 or 503.
    "http.request_time" http_request_time: Seconds = Seconds::new(60);

    /// Seconds for which a client may take none of an answer's bytes.
    "http.write_time" http_write_time: Seconds = Seconds::new(60);

    /// Seconds that requests under way may still take when the server is told to stop.
    "http.stop_time" http_stop_time: Seconds = Seconds::new(30);

    /// Connections from one address; one more is answered 429.
    "http.connections_per_address" http_connections_per_address: Whole<1, 1_000_000> =
        Whole::new(512);

    /// Connections altogether; one more is answered 503.
    "http.connections" http_connections: Whole<1, 1_000_000> = Whole::new(10_000);

    /// Everything below at once, but what is set to false.
    "compat.all" compat_all: bool = false;

    /// DRF's rule: only the first authenticator's challenge counts; without one, 403 and not 401.
    "compat.first_class_challenge" compat_first_class_challenge: bool = false;

    /// No Cache-Control: no-store on answers that depend on credentials.
    "compat.no_cache_headers" compat_no_cache_headers: bool = false;

    /// A log-in by session is not asked where it comes from, nor for a CSRF token, while nobody is logged in.
    "compat.login_without_origin_check" compat_login_without_origin_check: bool = false;

    /// Cookies of https are called sessionid and csrftoken, without __Host- or __Secure-.
    "compat.plain_cookie_names" compat_plain_cookie_names: bool = false;

    /// DRF's tokens instead of device tokens: one per user, in clear text, without an end.
    "compat.authtoken" compat_authtoken: bool = false;

    /// Blanks around passwords are cut off at simplejwt's and dj-rest-auth's doors.
    "compat.trim_passwords" compat_trim_passwords: bool = false;

    /// A changed password ends sessions only; tokens and JWTs stay.
    "compat.keep_credentials_on_change" compat_keep_credentials_on_change: bool = false;

    /// A log-in says that the address is not confirmed.
    "compat.distinct_login_errors" compat_distinct_login_errors: bool = false;

    /// A reset says whether the user or the token of a link is wrong.
    "compat.distinct_reset_errors" compat_distinct_reset_errors: bool = false;

    /// Sign-up says that an address is taken, also where addresses must be confirmed.
    "compat.reveal_addresses" compat_reveal_addresses: bool = false;

    /// Whoever sends their own username to /rest-auth/user/ hears that it is taken.
    "compat.refuse_own_username" compat_refuse_own_username: bool = false;

    /// A sign-up whose address must be confirmed opens a session in which nobody is logged in.
    "compat.session_on_registration" compat_session_on_registration: bool = false;

    /// Accounts at providers are linked and unlinked by any login, however long ago it was opened or confirmed.
    "compat.social_link_unconfirmed" compat_social_link_unconfirmed: bool = false;

    /// A log-in by a provider takes a code alone by GET: anybody can then make somebody's browser log in
    /// as themselves.
    "compat.social_get_code" compat_social_get_code: bool = false;

    /// At /api/social/ an address links to the account that has it, whoever vouches for it.
    "compat.social_link_by_email" compat_social_link_by_email: bool = false;

    /// dj-rest-auth's doors take any access token, whoever it was made for, or a code without a state.
    "compat.social_access_token" compat_social_access_token: bool = false;

    /// A log-in by a provider at dj-rest-auth's doors opens a session, whatever else it opens.
    "compat.social_opens_session" compat_social_opens_session: bool = false;

    /// An address that is stored with capital letters logs in only as it is stored, as with allauth.
    "compat.exact_email_case" compat_exact_email_case: bool = false;

    /// JWTs have no iss and aud, unless they are set, and those of others are taken.
    "compat.jwt_plain_claims" compat_jwt_plain_claims: bool = false;

    /// Refresh tokens as simplejwt has them: no list of logins, no end of a family, and nobody notices that
    /// an old one is used again.
    "compat.refresh_without_families" compat_refresh_without_families: bool = false;
}
