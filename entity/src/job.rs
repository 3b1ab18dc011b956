//! What is still to be done, and who is at it.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "job")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub row_no: i64,
    #[sea_orm(unique_key = "kind_subject")]
    pub kind: String,
    pub event_id: Uuid,
    /// What it is about, such as a message.
    #[sea_orm(unique_key = "kind_subject")]
    pub subject: Uuid,
    /// Rises when the same is asked for again: what was found out before does not hold any more.
    pub version: i64,
    pub created_ms: i64,
    /// Not before this time.
    pub due_ms: i64,
    /// Somebody is at it until then; 0: nobody.
    pub leased_ms: i64,
    /// How often somebody began.
    pub attempts: i32,
}

impl ActiveModelBehavior for ActiveModel {}
