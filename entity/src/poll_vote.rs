//! One user's vote in one poll.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "poll_vote")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub poll_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: String,
    /// The options chosen, a bit each: option 1 is bit 1.
    pub choices: i64,
    pub voted_ms: i64,
}

impl ActiveModelBehavior for ActiveModel {}
