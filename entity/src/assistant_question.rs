//! A question to the assistant that is at its end.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "assistant_question")]
pub struct Model {
    /// The id of the message that asks it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub event_id: Uuid,
    pub asker_id: String,
    /// How it ended.
    pub status: String,
    /// Why not, if it was not answered.
    pub reason: Option<String>,
    /// The message that answers it.
    pub answer_id: Option<Uuid>,
    pub asked_ms: i64,
    pub ended_ms: i64,
}

impl ActiveModelBehavior for ActiveModel {}
