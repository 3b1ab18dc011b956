//! What is being decided in an event. The state is the fold of its updates, kept so that reading is one row.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contest")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    #[sea_orm(unique_key = "event_ordinal")]
    pub event_id: Uuid,
    /// 0 for the event's first (today: only) contest.
    #[sea_orm(unique_key = "event_ordinal")]
    pub ordinal: i32,
    /// JSON of `domain::contest`'s state.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// Moves on with every change.
    pub version: i64,
    pub changed_ms: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
