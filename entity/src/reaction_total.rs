//! How many users put one emoji on one message, and how many of them the log has told.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reaction_total")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub message_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub emoji: String,
    pub event_id: Uuid,
    pub count: i64,
    pub told_count: i64,
}

impl ActiveModelBehavior for ActiveModel {}
