//! Up to where somebody has read an event.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "receipt")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: String,
    pub message_id: Uuid,
    /// The message's place in the public log.
    pub seq: i64,
    pub read_ms: i64,
}

impl ActiveModelBehavior for ActiveModel {}
