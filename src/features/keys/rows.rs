//! Keys in the database. Only digests of secrets are there.

use entity::api_key::{ActiveModel, Column, Entity, Model};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, sea_query::Expr};

use crate::{
    domain::{
        ApiKeyId, Stamp,
        key::{ApiKey, Scope},
    },
    store::Error,
};

fn read(row: Model) -> Result<ApiKey, Error> {
    let names: Vec<String> = serde_json::from_value(row.scopes).map_err(|error| Error::unreadable("scopes", error))?;
    Ok(ApiKey {
        id: ApiKeyId::from_uuid(row.id),
        name: row.name,
        // A scope that a newer version knew gives nothing here.
        scopes: names.iter().filter_map(|name| Scope::parse(name)).collect(),
        created_at: Stamp::from_ms(row.created_ms),
    })
}

pub(super) async fn insert(db: &impl ConnectionTrait, key: &ApiKey, secret_hash: String) -> Result<(), Error> {
    let names: Vec<&str> = key.scopes.iter().map(|scope| scope.name()).collect();
    let row = ActiveModel {
        id: Set(key.id.uuid()),
        name: Set(key.name.clone()),
        secret_hash: Set(secret_hash),
        scopes: Set(names.into()),
        created_ms: Set(key.created_at.ms()),
        revoked_ms: Set(None),
    };
    Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

pub(super) async fn find_by_hash(db: &impl ConnectionTrait, secret_hash: &str) -> Result<Option<ApiKey>, Error> {
    let found = Entity::find()
        .filter(Column::SecretHash.eq(secret_hash))
        .filter(Column::RevokedMs.is_null())
        .one(db)
        .await?;
    found.map(read).transpose()
}

/// Keys that work, newest first.
pub(super) async fn list(db: &impl ConnectionTrait) -> Result<Vec<ApiKey>, Error> {
    let rows = Entity::find()
        .filter(Column::RevokedMs.is_null())
        .order_by_desc(Column::Id)
        .all(db)
        .await?;
    rows.into_iter().map(read).collect()
}

/// Whether there was such a key that worked.
pub(super) async fn revoke(db: &impl ConnectionTrait, id: ApiKeyId, now: Stamp) -> Result<bool, Error> {
    let outcome = Entity::update_many()
        .col_expr(Column::RevokedMs, Expr::value(now.ms()))
        .filter(Column::Id.eq(id.uuid()))
        .filter(Column::RevokedMs.is_null())
        .exec(db)
        .await?;
    Ok(outcome.rows_affected > 0)
}
