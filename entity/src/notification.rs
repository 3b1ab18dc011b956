//! What one person is notified of.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notification")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: String,
    /// Its place among those of its owner, in the order in which they were committed.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    #[sea_orm(unique)]
    pub id: Uuid,
    pub kind: String,
    pub event_id: Option<Uuid>,
    pub message_id: Option<Uuid>,
    #[sea_orm(column_type = "Text", nullable)]
    pub text: Option<String>,
    pub created_ms: i64,
    pub read_ms: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
