//! A character that a model plays.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "persona")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Who made it; empty for a key.
    pub owner_id: String,
    /// JSON of `domain::persona::Sheet`.
    #[sea_orm(column_type = "Text")]
    pub sheet: String,
    pub created_ms: i64,
}

impl ActiveModelBehavior for ActiveModel {}
