//! Occasions that several instances might see to, and when one last did.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "claim")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub occasion: String,
    pub claimed_ms: i64,
}

impl ActiveModelBehavior for ActiveModel {}
