//! A conversation with a persona, and what is still to be done about it.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "persona_session")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_id: Uuid,
    pub persona_id: Uuid,
    pub user_id: String,
    /// The persona as it was when the session began: JSON of `domain::persona::Sheet`.
    #[sea_orm(column_type = "Text")]
    pub sheet: String,
    pub status: String,
    pub turns: i32,
    /// The last message of the learner that was answered; -1 before the greeting.
    pub answered_seq: i64,
    /// Failed tries at what is to be done.
    pub failures: i32,
    /// Somebody is at it until then; 0: nobody.
    pub leased_ms: i64,
    /// Not before this time.
    pub due_ms: i64,
    /// Ends by itself then.
    pub ends_ms: i64,
    /// The last time for that, whatever is written.
    pub last_ms: i64,
    pub started_ms: i64,
    pub ended_ms: Option<i64>,
    /// JSON of `domain::persona::ScoreSheet`.
    #[sea_orm(column_type = "Text", nullable)]
    pub score: Option<String>,
    pub reason: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
