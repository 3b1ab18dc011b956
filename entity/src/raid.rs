//! An event's raid mode: newcomers' messages are held until it ends.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "raid")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_id: Uuid,
    pub since_ms: i64,
    pub until_ms: i64,
    /// None: found by the house.
    pub by_id: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
