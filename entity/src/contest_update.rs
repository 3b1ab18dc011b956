//! One update a feed sent, under the feed's own id: the same id twice is one update.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contest_update")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub contest_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub source: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub source_id: String,
    pub incident_id: Option<Uuid>,
    /// The update as JSON, as accepted.
    #[sea_orm(column_type = "Text")]
    pub body: String,
    pub at_ms: i64,
}

impl ActiveModelBehavior for ActiveModel {}
