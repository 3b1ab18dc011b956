//! How many chose one option of a poll, and how many of them the log has told. Option 0 counts the voters.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "poll_option_total")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub poll_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub option: i32,
    pub event_id: Uuid,
    pub count: i64,
    /// Of an option whose votes are secret still, the same as `count`: nothing of it is owed to anybody.
    pub told_count: i64,
}

impl ActiveModelBehavior for ActiveModel {}
