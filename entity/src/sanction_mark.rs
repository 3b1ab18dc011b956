//! By what a banned guest is known again: a keyed hash, never what it was made from.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sanction_mark")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub sanction_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub mark: String,
    pub event_id: Option<Uuid>,
    pub since_ms: i64,
    pub expires_ms: i64,
}

impl ActiveModelBehavior for ActiveModel {}
