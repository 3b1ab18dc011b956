//! Tokens that were used up, or are set aside, in one window of one budget. The name of an account says whose it is and
//! which window, so that the next window begins with nothing.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "llm_account")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub account: String,
    pub tokens: i64,
    pub ends_ms: i64,
}

impl ActiveModelBehavior for ActiveModel {}
