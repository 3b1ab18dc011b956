//! A key for machines. The secret itself is never stored.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_key")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    /// SHA-256 (hex) of the secret: it has 256 random bits, so a plain digest is enough.
    #[sea_orm(unique)]
    pub secret_hash: String,
    /// JSON list of scope names.
    #[sea_orm(column_type = "JsonBinary")]
    pub scopes: Json,
    pub created_ms: i64,
    pub revoked_ms: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
