//! The rows that a server under test holds before a run, and the variables that name them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Map;

use crate::http::Base;
use crate::moment::random_letters;
use crate::variables::Variables;

/// `fixtures/rest.json`.
#[derive(Debug, Deserialize)]
pub struct Fixture {
    password: String,
    users: Vec<User>,
    authtokens: Vec<ClearToken>,
    knox_tokens: Vec<KnoxToken>,
    sessions: Vec<Session>,
    jwt_signing_key: String,
    profiles: BTreeMap<String, Profile>,
}

#[derive(Debug, Deserialize)]
struct User {
    key: String,
    username: String,
    email: String,
    password: Option<String>,
}

#[derive(Debug, Deserialize)]
struct ClearToken {
    user: String,
    key: String,
}

#[derive(Debug, Deserialize)]
struct KnoxToken {
    user: String,
    token: String,
}

#[derive(Debug, Deserialize)]
struct Session {
    name: String,
    key: String,
}

#[derive(Debug, Deserialize)]
struct Profile {
    login_name: LoginName,
    csrf_cookie: String,
    csrf_header: String,
    session_cookie: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum LoginName {
    Email,
    Username,
}

impl LoginName {
    fn word(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Username => "username",
        }
    }
}

impl Fixture {
    /// The names of the profiles.
    pub fn profiles(&self) -> impl Iterator<Item = &str> {
        self.profiles.keys().map(String::as_str)
    }

    /// The variables that each case starts with; nothing for an unknown profile.
    #[must_use]
    pub fn variables(&self, profile: &str, base: &Base) -> Option<Variables> {
        let settings = self.profiles.get(profile)?;
        let mut vars = Variables::new(Map::new());
        vars.set("uid", random_letters(12));
        vars.set("password", self.password.as_str());
        vars.set("jwt_key", self.jwt_signing_key.as_str());
        vars.set("base", base.url());
        vars.set("host", base.host());
        vars.set("profile", profile);
        vars.set("login_name", settings.login_name.word());
        vars.set("csrf_cookie", settings.csrf_cookie.as_str());
        vars.set("csrf_header", settings.csrf_header.as_str());
        vars.set("session_cookie", settings.session_cookie.as_str());
        for user in &self.users {
            let login = match settings.login_name {
                LoginName::Email => &user.email,
                LoginName::Username => &user.username,
            };
            let password = user.password.as_ref().unwrap_or(&self.password);
            vars.set(user.key.as_str(), login.as_str());
            vars.set(format!("{}_email", user.key), user.email.as_str());
            vars.set(format!("{}_password", user.key), password.as_str());
        }
        for token in &self.authtokens {
            vars.set(format!("token_{}", token.user), token.key.as_str());
        }
        for token in &self.knox_tokens {
            vars.set(format!("knox_{}", token.user), token.token.as_str());
        }
        for session in &self.sessions {
            vars.set(format!("session_{}", session.name), session.key.as_str());
        }
        Some(vars)
    }
}

#[cfg(test)]
mod tests {
    use super::Fixture;
    use crate::http::Base;

    fn fixture() -> Fixture {
        serde_json::from_str(include_str!("../rest/fixtures/rest.json")).unwrap()
    }

    #[test]
    fn users_log_in_by_what_the_profile_says() {
        let base = Base::parse("http://localhost:9").unwrap();
        let email = fixture().variables("email", &base).unwrap();
        assert_eq!(email.text("alice"), "alice@example.com");
        let stock = fixture().variables("stock", &base).unwrap();
        assert_eq!(stock.text("alice"), "alice");
        assert_eq!(stock.text("csrf_cookie"), "XSRF-TOKEN");
        assert_eq!(stock.text("heidi_password"), "  spaced pw 9  ");
        assert!(fixture().variables("other", &base).is_none());
    }

    #[test]
    fn each_case_has_names_of_its_own() {
        let base = Base::parse("http://localhost:9").unwrap();
        let uid = || {
            fixture()
                .variables("email", &base)
                .unwrap()
                .text("uid")
                .to_owned()
        };
        assert_eq!(uid().len(), 12);
        assert_ne!(uid(), uid());
    }
}
