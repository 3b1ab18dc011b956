//! Who takes part in an event: what its `participants` say, for those who ask by participant.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event_participant")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub participant_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_id: Uuid,
}

impl ActiveModelBehavior for ActiveModel {}
