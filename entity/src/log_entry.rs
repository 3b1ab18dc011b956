//! One line of an event's log. Written by the log writer alone; changed only to forget a text.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "log_entry")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_id: Uuid,
    /// 0 public, 1 staff; each has its own sequence.
    #[sea_orm(primary_key, auto_increment = false)]
    pub audience: i16,
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// The other audience's last `seq` when this was written; orders the two sequences against each other.
    pub other_seq: i64,
    pub kind: String,
    pub at_ms: i64,
    /// The entry's data as JSON, exactly as it goes out.
    #[sea_orm(column_type = "Text")]
    pub data: String,
}

impl ActiveModelBehavior for ActiveModel {}
