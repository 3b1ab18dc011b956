//! A badge that somebody was awarded in one event.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event_badge")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub badge: String,
    /// Who awarded it: `user:…` or `key:…`.
    pub given_by: String,
    pub given_ms: i64,
}

impl ActiveModelBehavior for ActiveModel {}
