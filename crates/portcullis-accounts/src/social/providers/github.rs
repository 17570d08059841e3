//! GitHub: who somebody is, and their addresses, in two questions.

use async_trait::async_trait;
use serde_json::{Value, json};
use url::Url;

use super::{below, known};
use crate::social::{
    Call, Identity, OAuth2Provider, OAuthClient, Outgoing, Profile, ProviderError,
};

/// GitHub, or GitHub Enterprise at an address of its own.
#[must_use]
pub fn github(client: OAuthClient, enterprise: Option<&Url>) -> OAuth2Provider {
    let web = enterprise.cloned();
    let web = web.unwrap_or_else(|| known("https://github.com"));
    let api = enterprise.map(|url| below(url, "/api/v3"));
    let api = api.unwrap_or_else(|| known("https://api.github.com"));
    OAuth2Provider::new(
        "github",
        "GitHub",
        client,
        below(&web, "/login/oauth/authorize"),
        below(&web, "/login/oauth/access_token"),
        GitHub {
            user: below(&api, "/user"),
            emails: below(&api, "/user/emails"),
            applications: below(&api, "/applications"),
        },
    )
    .with_scopes(&["user:email"])
    .with_issuer(below(&web, "/login/oauth"))
}

/// How GitHub is asked.
#[derive(Clone, Debug)]
pub struct GitHub {
    user: Url,
    emails: Url,
    applications: Url,
}

#[async_trait]
impl Profile for GitHub {
    async fn identity(
        &self,
        call: Call<'_>,
        access_token: &str,
    ) -> Result<Identity, ProviderError> {
        let asked = |url: &Url| Outgoing::get(url.clone()).bearer(access_token);
        let user = call.http.json(asked(&self.user)).await?;
        let emails = call.http.send(asked(&self.emails)).await?.checked()?;
        let emails = emails.value()?;
        let emails = emails.as_array();
        let emails = emails.ok_or(ProviderError::Answer("no list of addresses"))?;
        let (email, is_verified) = best(emails);
        let id = user.get("id").unwrap_or(&Value::Null);
        let kept = ["id", "login", "name", "avatar_url", "html_url"];
        let kept = kept.iter().filter_map(|name| {
            let value = user.get(*name)?;
            Some(((*name).to_owned(), value.clone()))
        });
        Ok(Identity::of_number(id)?
            .with_email(email, Some(is_verified))
            .with_extra(kept.collect()))
    }

    async fn is_for(
        &self,
        call: Call<'_>,
        client: &OAuthClient,
        access_token: &str,
    ) -> Result<bool, ProviderError> {
        let secret = client.secret_at(call.now)?.unwrap_or_default();
        let mut url = self.applications.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.push(&client.id).push("token");
        }
        let body = json!({ "access_token": access_token });
        let asked = Outgoing::json(url, &body).basic(&client.id, &secret);
        // 404 for a token of another app.
        let answer = call.http.json(asked).await?;
        let app = answer.get("app").unwrap_or(&Value::Null);
        Ok(app["client_id"].as_str() == Some(&client.id))
    }
}

/// The primary address, if it is verified; else a verified one, else any.
fn best(emails: &[Value]) -> (Option<&str>, bool) {
    let is = |row: &Value, name: &str| row[name] == Value::Bool(true);
    let rank = |row: &&Value| (is(row, "verified"), is(row, "primary"));
    // Of equal ones the first.
    let best = emails.iter().rev().max_by_key(rank);
    let email = best.and_then(|row| row["email"].as_str());
    (email, best.is_some_and(|row| is(row, "verified")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verified_primary_address_is_the_best() {
        let row = |email: &str, primary: bool, verified: bool| json!({ "email": email, "primary": primary, "verified": verified });
        let rows = [
            row("a@example.com", false, true),
            row("b@example.com", true, true),
            row("c@example.com", true, false),
        ];
        assert_eq!(best(&rows), (Some("b@example.com"), true));
        let rows = [
            row("c@example.com", true, false),
            row("a@example.com", false, true),
        ];
        assert_eq!(best(&rows), (Some("a@example.com"), true));
        assert_eq!(best(&rows[..1]), (Some("c@example.com"), false));
        assert_eq!(best(&[]), (None, false));
        assert_eq!(
            best(&[json!("odd"), json!({ "verified": "true" })]),
            (None, false)
        );
    }
}
