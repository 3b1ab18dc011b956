//! An author's appeal against what became of a message, one per message.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "appeal")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub row_no: i64,
    #[sea_orm(unique)]
    pub id: Uuid,
    pub event_id: Uuid,
    #[sea_orm(unique)]
    pub message_id: Uuid,
    pub user_id: String,
    #[sea_orm(column_type = "Text")]
    pub text: String,
    pub created_ms: i64,
    pub decision: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub reason: Option<String>,
    pub decided_by: Option<String>,
    pub decided_ms: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
