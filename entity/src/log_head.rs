//! The end of an event's log: the last `seq` given out for each audience.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "log_head")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_id: Uuid,
    pub epoch: i32,
    pub public_seq: i64,
    pub staff_seq: i64,
}

impl ActiveModelBehavior for ActiveModel {}
