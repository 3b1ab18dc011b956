//! A mute, timeout, ban or shadow ban.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sanction")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub row_no: i64,
    #[sea_orm(unique)]
    pub id: Uuid,
    /// None: everywhere.
    pub event_id: Option<Uuid>,
    pub user_id: String,
    pub kind: String,
    #[sea_orm(column_type = "Text")]
    pub reason: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub note: Option<String>,
    /// What gave cause.
    pub message_id: Option<Uuid>,
    /// None: the house itself, by a rule.
    pub by_id: Option<String>,
    /// It does not hold against staff of this role or a higher one.
    pub by_role: String,
    pub created_ms: i64,
    pub until_ms: Option<i64>,
    pub lifted_ms: Option<i64>,
    pub lifted_by: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
