//! `/v1/keys`, for admins.

use poem_openapi::{Object, OpenApi, param::Path};
use serde::Serialize;

use super::Keys;
use crate::{
    bus::Stale,
    domain::{
        ApiKeyId,
        key::{ApiKey, Scope},
    },
    http::{Answer, Caller, Created, Json, NoContent, Problem, Tag, auth::Authenticator},
    stream::Stream,
};

/// The endpoints about keys.
pub struct KeysApi {
    pub keys: Keys,
    pub authenticator: Authenticator,
    pub stream: Stream,
}

#[derive(Debug, Object)]
struct KeyIn {
    /// What the key is for, so that you know which one to revoke.
    #[oai(validator(min_length = 1))]
    name: String,
    /// What it may be used for; at least one.
    #[oai(validator(min_items = 1, max_items = 4))]
    scopes: Vec<Scope>,
}

#[derive(Debug, Serialize, Object)]
struct NewKeyOut {
    key: ApiKey,
    /// Keep it: it is not shown again.
    secret: String,
}

#[derive(Debug, Serialize, Object)]
struct KeyListOut {
    items: Vec<ApiKey>,
}

#[OpenApi(prefix_path = "/v1/keys", tag = "Tag::Keys")]
impl KeysApi {
    /// Make a key
    ///
    /// The secret is in this answer only. Needs an admin.
    #[oai(path = "/", method = "post", operation_id = "create_key")]
    async fn create(&self, caller: Caller, body: Json<KeyIn>) -> Result<Created<NewKeyOut>, Problem> {
        caller.require_admin()?;
        caller.limit(|policies| policies.write).await?;
        let new = self.keys.create(&body.0.name, &body.0.scopes).await?;
        Ok(Created::new(NewKeyOut {
            key: new.key,
            secret: new.secret,
        }))
    }

    /// List keys
    ///
    /// All that work, newest first. Needs an admin.
    #[oai(path = "/", method = "get", operation_id = "list_keys")]
    async fn list(&self, caller: Caller) -> Answer<KeyListOut> {
        caller.require_admin()?;
        caller.limit(|policies| policies.read).await?;
        let items = self.keys.list().await?;
        Ok(Json(KeyListOut { items }))
    }

    /// Revoke a key
    ///
    /// It ends at once on all instances that hear each other, and within five seconds on any. Needs an admin.
    #[oai(path = "/:key", method = "delete", operation_id = "revoke_key")]
    async fn revoke(&self, caller: Caller, key: Path<ApiKeyId>) -> Result<NoContent, Problem> {
        caller.require_admin()?;
        caller.limit(|policies| policies.write).await?;
        self.keys.revoke(key.0).await?;
        self.authenticator.forget_keys();
        self.stream.stale(Stale::Keys);
        Ok(NoContent)
    }
}
