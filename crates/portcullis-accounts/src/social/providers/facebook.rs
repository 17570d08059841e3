//! Facebook: it tells an address, and not whether it is somebody's.

use async_trait::async_trait;
use hmac::{Hmac, Mac};
use portcullis_django::signing::hex;
use serde_json::Value;
use sha2::Sha256;
use url::Url;

use super::{below, known};
use crate::social::{
    Call, Identity, OAuth2Provider, OAuthClient, Outgoing, Profile, ProviderError,
};

/// The version of the interface that is spoken.
const VERSION: &str = "/v19.0";

/// Facebook; at another address for tests.
#[must_use]
pub fn facebook(client: OAuthClient, instead: Option<&Url>) -> OAuth2Provider {
    let web = instead.cloned();
    let web = web.unwrap_or_else(|| known("https://www.facebook.com"));
    let graph = instead.cloned();
    let graph = graph.unwrap_or_else(|| known("https://graph.facebook.com"));
    let at = |base: &Url, path: &str| below(base, &format!("{VERSION}{path}"));
    let profile = Facebook {
        me: at(&graph, "/me"),
        debug_token: at(&graph, "/debug_token"),
        client: client.clone(),
    };
    OAuth2Provider::new(
        "facebook",
        "Facebook",
        client,
        at(&web, "/dialog/oauth"),
        at(&graph, "/oauth/access_token"),
        profile,
    )
    .with_scopes(&["email", "public_profile"])
}

/// How Facebook is asked.
#[derive(Clone, Debug)]
pub struct Facebook {
    me: Url,
    debug_token: Url,
    client: OAuthClient,
}

#[async_trait]
impl Profile for Facebook {
    async fn identity(
        &self,
        call: Call<'_>,
        access_token: &str,
    ) -> Result<Identity, ProviderError> {
        let mut me = self.me.clone();
        {
            let mut query = me.query_pairs_mut();
            query.append_pair("fields", "id,email,name,first_name,last_name");
            // Shows that whoever has the token also has our secret.
            if let Some(secret) = self.client.secret_at(call.now)?
                && let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes())
            {
                mac.update(access_token.as_bytes());
                let proof = hex(&mac.finalize().into_bytes());
                query.append_pair("appsecret_proof", &proof);
            }
        }
        let me = call
            .http
            .json(Outgoing::get(me).bearer(access_token))
            .await?;
        let text = |name: &str| me.get(name).and_then(Value::as_str);
        let id = me.get("id").unwrap_or(&Value::Null);
        let kept = me.iter().filter(|(name, _)| *name != "email");
        let kept = kept.map(|(name, value)| (name.clone(), value.clone()));
        Ok(Identity::of_number(id)?
            .with_email(text("email"), None)
            .with_names(text("first_name"), text("last_name"))
            .with_extra(kept.collect()))
    }

    async fn is_for(
        &self,
        call: Call<'_>,
        client: &OAuthClient,
        access_token: &str,
    ) -> Result<bool, ProviderError> {
        let secret = client.secret_at(call.now)?.unwrap_or_default();
        let mut url = self.debug_token.clone();
        url.query_pairs_mut()
            .append_pair("input_token", access_token);
        let asked = Outgoing::get(url).bearer(&format!("{}|{secret}", client.id));
        let answer = call.http.json(asked).await?;
        let data = answer.get("data").unwrap_or(&Value::Null);
        let is_valid = data["is_valid"] == Value::Bool(true);
        Ok(is_valid && data["app_id"].as_str() == Some(&client.id))
    }
}
