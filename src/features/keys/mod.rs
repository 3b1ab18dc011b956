//! Keys for machines: making, listing and revoking them. The command line and the endpoints do the same things here.

pub mod api;
mod rows;

use futures_util::future::BoxFuture;

use crate::{
    clock,
    domain::{
        ApiKeyId, Fault, Reason, Refusal,
        key::{ApiKey, Scope},
        text::DisplayName,
    },
    http::auth::{KeyBook, KeyIdentity, keyring},
    store::{self, Store},
};

/// The keys of this house. A cheap clone.
#[derive(Clone)]
pub struct Keys {
    store: Store,
}

/// A key just made. The secret is nowhere else and never shown again.
pub struct NewKey {
    pub key: ApiKey,
    pub secret: String,
}

impl Keys {
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Makes a key.
    pub async fn create(&self, name: &str, scopes: &[Scope]) -> Result<NewKey, store::Error> {
        let name = DisplayName::parse(name)?.into_string();
        let mut scopes = scopes.to_vec();
        scopes.sort_unstable();
        scopes.dedup();
        if scopes.is_empty() {
            let fault = Fault::new("/scopes", "empty", "A key without a scope is good for nothing.");
            return Err(Refusal::content(vec![fault]).into());
        }
        let key = ApiKey {
            id: ApiKeyId::generate(),
            name,
            scopes,
            created_at: clock::now(),
        };
        let (secret, hash) = keyring::new_secret();
        let row = key.clone();
        self.store
            .write(move |txn| Box::pin(async move { rows::insert(txn, &row, hash).await }))
            .await?;
        tracing::info!(key.id = %key.id, "an API key was made");
        Ok(NewKey { key, secret })
    }

    /// The keys that work, newest first.
    pub async fn list(&self) -> Result<Vec<ApiKey>, store::Error> {
        rows::list(self.store.reader()).await
    }

    /// Ends a key. Instances that used it lately notice within `auth.key_cache_ms`.
    pub async fn revoke(&self, id: ApiKeyId) -> Result<(), store::Error> {
        let now = clock::now();
        let revoked = self
            .store
            .write(move |txn| Box::pin(async move { rows::revoke(txn, id, now).await }))
            .await?;
        if revoked {
            tracing::info!(key.id = %id, "an API key was revoked");
            Ok(())
        } else {
            Err(Refusal::new(Reason::NotFound, "There is no such key, or it was revoked already.").into())
        }
    }
}

impl KeyBook for Keys {
    fn find<'a>(&'a self, secret_hash: &'a str) -> BoxFuture<'a, Result<Option<KeyIdentity>, store::Error>> {
        Box::pin(async move {
            let found = rows::find_by_hash(self.store.reader(), secret_hash).await?;
            Ok(found.map(|key| KeyIdentity {
                id: key.id,
                name: key.name,
                scopes: key.scopes,
            }))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::StoreConfig, crypto};

    #[tokio::test]
    async fn a_key_is_found_by_its_secret_until_it_is_revoked() {
        let dir = tempfile::tempdir().unwrap();
        let config = StoreConfig {
            data_dir: dir.path().to_owned(),
            ..StoreConfig::default()
        };
        let keys = Keys::new(Store::open_tool(&config).await.unwrap());
        let new = keys
            .create("  Feed  ", &[Scope::Ingest, Scope::Read, Scope::Ingest])
            .await
            .unwrap();
        assert_eq!(
            (new.key.name.as_str(), new.key.scopes.as_slice()),
            ("Feed", &[Scope::Read, Scope::Ingest][..])
        );
        assert!(new.secret.starts_with("gsk_") && new.secret.len() == 47);

        let hash = crypto::sha256_hex(new.secret.as_bytes());
        let found = keys.find(&hash).await.unwrap().unwrap();
        assert_eq!((found.id, found.scopes), (new.key.id, new.key.scopes.clone()));
        assert_eq!(keys.list().await.unwrap(), std::slice::from_ref(&new.key));

        keys.revoke(new.key.id).await.unwrap();
        assert_eq!(keys.find(&hash).await.unwrap(), None);
        assert!(keys.list().await.unwrap().is_empty());
        let again = keys.revoke(new.key.id).await.unwrap_err();
        assert!(matches!(again, store::Error::Refused(refusal) if refusal.reason == Reason::NotFound));
        assert!(keys.create("Nothing", &[]).await.is_err());
    }
}
