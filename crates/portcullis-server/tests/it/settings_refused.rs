//! Settings that are refused: with what, and that nothing was made.

use crate::command::Folder;
use crate::settings::KEY;

#[test]
fn wrong_file_is_refused_with_its_line_and_nothing_is_made() {
    let line_1 = [
        (
            "sesion_cookie_age = 1",
            "unknown setting \"sesion_cookie_age\"; did you mean \"session_cookie_age\"?",
        ),
        (
            "SESSION_COOKIE_AGE = 1",
            "unknown setting \"SESSION_COOKIE_AGE\"; did you mean \"session_cookie_age\"?",
        ),
        (
            "colour = 1",
            "unknown setting \"colour\"; `portcullis settings` lists those that there are",
        ),
        (
            "cors_allowed_origins = []",
            "unknown setting \"cors_allowed_origins\"; did you mean \"cors.origins\"?",
        ),
        (
            "authtoken = true",
            "unknown setting \"authtoken\"; did you mean \"compat.authtoken\"?",
        ),
        (
            "cors = true",
            "cors is true, but is a table: write [cors] and its settings below",
        ),
        (
            "listen = 8000",
            "listen is 8000; it wants an address and a port, such as",
        ),
        (
            "listen = \"localhost\"",
            "listen is \"localhost\"; it wants an address and a port, such as",
        ),
        (
            "session_cookie_age = \"two weeks\"",
            "session_cookie_age is \"two weeks\"; it wants a whole number from 60 to 315360000",
        ),
        (
            "session_cookie_age = -1",
            "session_cookie_age is -1; it wants a whole number",
        ),
        (
            "session_cookie_age = 1.5",
            "session_cookie_age is 1.5; it wants a whole number",
        ),
        (
            "session_expire_at_browser_close = \"yes\"",
            "session_expire_at_browser_close is \"yes\"; it wants true or false",
        ),
        (
            "trusted_proxies = \"10.0.0.1\"",
            "trusted_proxies is \"10.0.0.1\"; it wants a list of addresses",
        ),
        (
            "trusted_proxies = [\"10.0.0\"]",
            "trusted_proxies is [\"10.0.0\"]; it wants a list of addresses",
        ),
        (
            "public_url = \"example.com\"",
            "public_url is \"example.com\"; it wants a scheme and a host",
        ),
        (
            "allowed_hosts = [\"https://a.b\"]",
            "allowed_hosts is [\"https://a.b\"]; it wants a list of hosts without scheme or port",
        ),
        (
            "database_url = \"app.db\"",
            "database_url: a file is written with its kind: \"sqlite:app.db\"",
        ),
        (
            "database_url = \"mysql://u:hunter2@h/d\"",
            "database_url is not understood; it wants \"sqlite:FILE\" or \"postgres://",
        ),
        (
            "secret_key = \"x\"",
            "the secret key does not belong in this file: set PORTCULLIS_SECRET_KEY",
        ),
        (
            "secret_key_fallbacks = [\"hunter2\"]",
            "secret_key_fallbacks: the secret key has fewer than 50 characters",
        ),
        (
            "default_permission_classes = []",
            "default_permission_classes is []; it wants a list of names of permissions",
        ),
        (
            "default_permission_classes = [\"IsAuthentcated\"]",
            "unknown class \"IsAuthentcated\"; did you mean \"IsAuthenticated\"?",
        ),
        (
            "default_permission_classes = [\"rest_framework.permissions.DjangoModelPermissions\"]",
            "it needs a model, which a default has not",
        ),
        (
            "default_authentication_classes = [\"dj_rest_auth.jwt_auth.JWTCookieAuthentication\"]",
            "JWTs are read in the header, and their users looked up",
        ),
        (
            "default_authentication_classes = [\"shop.auth.Magic\"]",
            "write one of DeviceTokenAuthentication, JWTAuthentication, SessionAuthentication",
        ),
        (
            "default_authentication_classes = [\"TokenAuthentication\"]",
            "set compat.authtoken = true",
        ),
        (
            "device_token_ttl_seconds = 60",
            "did you mean \"device.token_ttl_seconds\"?",
        ),
        (
            "device = { token_prefix = \"much_too_long_\" }",
            "device.token_prefix is \"much_too_long_\"; it wants up to 10 letters, digits, _ and -",
        ),
        (
            "jwt = { algorithm = \"none\" }",
            "jwt.algorithm is \"none\"; it wants one of HS256, HS384",
        ),
        (
            "jwt = { algorithm = \"RS256\" }",
            "jwt.algorithm is RS256: set jwt.private_key_file",
        ),
        (
            "jwt = { public_key_file = \"public.pem\" }",
            "jwt.public_key_file is of no use to HS256: set jwt.algorithm",
        ),
        (
            "jwt = { signing_key = \"hunter2\" }",
            "jwt.signing_key is not understood; it wants a secret of 32 bytes or more",
        ),
        (
            "jwt = { older_public_key_files = [\"old.pem\"] }",
            "set jwt.older_keys_until",
        ),
        (
            "jwt = { access_token_lifetime = 3600 }",
            "jwt.access_token_lifetime is more than 900 seconds",
        ),
        (
            "jwt = { rotate_refresh_tokens = false }",
            "can only be turned off with compat.refresh_without_families",
        ),
        (
            "csrf_trusted_origins = [\"*\"]",
            "csrf_trusted_origins holds \"*\", which turns the protection off",
        ),
        (
            "cors.origin_regexes = ['(']",
            "\"(\" is no regular expression: ",
        ),
        (
            "cors = { origins = [\"*\"], credentials = true }",
            "every origin may read answers, and cors.credentials is on",
        ),
        (
            "login_limit = { tries = 0 }",
            "login_limit.tries is 0; it wants a whole number from 1 to 100",
        ),
        ("listen = ", ""),
        (
            "compat = { all = 1 }",
            "compat.all is 1; it wants true or false",
        ),
    ];
    for (text, sentence) in line_1 {
        let folder = Folder::new();
        folder.write("portcullis.toml", text);
        for words in [&[][..], &["migrate"], &["routes"]] {
            let said = folder.run(words);
            assert_eq!(
                (said.status, said.out.as_str()),
                (2, ""),
                "{text}: {said:?}"
            );
            let start = format!("portcullis.toml line 1: {sentence}");
            let start = start.trim_end();
            let is_told = said.err.starts_with(start)
                || (said.err.starts_with("portcullis.toml line 1") && said.err.contains(sentence));
            assert!(is_told, "{text}: {said:?}");
            assert!(!said.err.contains("hunter2"), "{said:?}");
            assert_eq!(folder.files(), ["portcullis.toml"], "{text}");
        }
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let folder = Folder::new();
    folder.write("portcullis.toml", "listen = 1\n\n[compat]\nal = true\n");
    let variables = [
        ("PORTCULLIS_PUBLIC_URL", "x"),
        ("PORTCULLIS_LISTNE", "127.0.0.1:1"),
    ];
    let said = folder.run_with(&["--pbkdf2-iterations", "many"], "", &variables);
    assert_eq!(said.status, 2, "{said:?}");
    for start in [
        "portcullis.toml line 1: listen is 1; ",
        "portcullis.toml line 4: unknown setting \"compat.al\"; did you mean \"compat.all\"?",
        "PORTCULLIS_PUBLIC_URL is \"x\"; it wants ",
        "PORTCULLIS_LISTNE: unknown setting; did you mean PORTCULLIS_LISTEN?",
        "--pbkdf2-iterations is \"many\"; it wants a whole number",
    ] {
        assert!(
            said.err.lines().any(|line| line.starts_with(start)),
            "{start}: {said:?}"
        );
    }
    assert_eq!(said.err.lines().count(), 5, "{said:?}");
}

#[test]
fn file_that_was_named_must_be_there() {
    let folder = Folder::new();
    let said = folder.run(&["--config", "missing.toml"]);
    assert_eq!(said.status, 2, "{said:?}");
    assert!(
        said.err.starts_with("missing.toml cannot be read: "),
        "{said:?}"
    );
    assert!(folder.files().is_empty());
}

#[test]
fn postgresql_wants_a_key_that_all_nodes_have() {
    let folder = Folder::new();
    let url = [("DATABASE_URL", "postgres://ada:hunter2@127.0.0.1:1/app")];
    let said = folder.run_with(&[], "", &url);
    assert_eq!(said.status, 2, "{said:?}");
    assert!(
        said.err
            .starts_with("with PostgreSQL the secret key must be given: "),
        "{said:?}"
    );
    // With a key it goes on, to a server that is not there.
    folder.write("portcullis.secret", KEY);
    let said = folder.run_with(&["migrate"], "", &url);
    assert_eq!(said.status, 1, "{said:?}");
    assert!(
        said.err
            .contains("\ncannot open postgres://ada:…@127.0.0.1:1/app"),
        "{said:?}"
    );
    assert!(!said.err.contains("hunter2"), "{said:?}");
    assert_eq!(folder.files(), ["portcullis.secret"]);
}

#[test]
fn weak_and_empty_secrets_are_refused_and_not_repeated() {
    let folder = Folder::new();
    for key in [
        "",
        "hunter2",
        "django-insecure-0123456789abcdefghijklmnopqrstuvwxyz0123456789",
    ] {
        let said = folder.run_with(&[], "", &[("PORTCULLIS_SECRET_KEY", key)]);
        assert_eq!(said.status, 2, "{said:?}");
        assert!(
            said.err
                .starts_with("PORTCULLIS_SECRET_KEY: the secret key "),
            "{said:?}"
        );
        assert!(!said.err.contains("hunter2"), "{said:?}");
    }
    assert!(folder.files().is_empty());
}

#[test]
fn addresses_that_must_be_confirmed_want_mail() {
    let folder = Folder::new();
    folder.write(
        "portcullis.toml",
        "[accounts]\nemail_verification = \"mandatory\"\n",
    );
    let refused = folder.run(&["settings"]);
    assert!(
        refused
            .err
            .contains("portcullis.toml line 2: nobody could log in"),
        "{}",
        refused.err
    );
}
