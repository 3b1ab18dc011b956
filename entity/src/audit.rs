//! A decision about somebody or something said. Written once, never changed.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub row_no: i64,
    #[sea_orm(unique)]
    pub id: Uuid,
    /// None: the whole house.
    pub event_id: Option<Uuid>,
    pub at_ms: i64,
    pub action: String,
    /// None: the house itself, by a rule.
    pub by_id: Option<String>,
    pub user_id: Option<String>,
    pub message_id: Option<Uuid>,
    pub sanction_id: Option<Uuid>,
    #[sea_orm(column_type = "Text", nullable)]
    pub reason: Option<String>,
    /// The rule that was broken.
    pub code: Option<String>,
    pub rule_version: Option<i64>,
    pub until_ms: Option<i64>,
    /// JSON of `domain::screening::ModelVerdict`; null where no model was asked.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub model: Option<Json>,
}

impl ActiveModelBehavior for ActiveModel {}
