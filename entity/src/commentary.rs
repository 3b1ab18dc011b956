//! How far the log of an event was looked at for what the house says by itself.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "commentary")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_id: Uuid,
    /// The last entry of the public log that was looked at.
    pub seq: i64,
    /// The versions of contest and event at that time; what has others since is looked at again.
    pub contest_version: i64,
    pub event_version: i64,
    /// JSON of `domain::commentary::Notes`.
    #[sea_orm(column_type = "Text")]
    pub notes: String,
}

impl ActiveModelBehavior for ActiveModel {}
