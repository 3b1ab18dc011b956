//! What somebody follows.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "follow")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: String,
    /// `event` or `participant`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    /// The event's id, or the participant's.
    #[sea_orm(primary_key, auto_increment = false)]
    pub target: String,
    pub since_ms: i64,
}

impl ActiveModelBehavior for ActiveModel {}
