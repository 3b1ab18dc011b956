//! A question to the crowd of one event.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "poll")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub event_id: Uuid,
    /// Where the public log opens it; the order of polls.
    pub seq: i64,
    #[sea_orm(column_type = "Text")]
    pub question: String,
    /// JSON list of the options' texts, in order.
    #[sea_orm(column_type = "JsonBinary")]
    pub options: Json,
    pub max_choices: i32,
    pub results: String,
    pub change_allowed: bool,
    pub guests: bool,
    pub status: String,
    /// Who opened it; nobody's name if it was a machine.
    pub opened_by: Option<String>,
    pub opened_ms: i64,
    pub closes_ms: Option<i64>,
    /// Since when nobody can vote.
    pub ended_ms: Option<i64>,
    /// Where the public log first said that it was over; the order of those that are.
    pub ended_seq: Option<i64>,
    #[sea_orm(column_type = "Text", nullable)]
    pub reason: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
