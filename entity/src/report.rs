//! A viewer's report of a message, one per viewer and message.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "report")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub row_no: i64,
    pub event_id: Uuid,
    #[sea_orm(unique_key = "once")]
    pub message_id: Uuid,
    #[sea_orm(unique_key = "once")]
    pub user_id: String,
    pub category: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub note: Option<String>,
    pub created_ms: i64,
}

impl ActiveModelBehavior for ActiveModel {}
