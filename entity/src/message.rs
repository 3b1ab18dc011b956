//! What somebody said.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "message")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub row_no: i64,
    #[sea_orm(unique)]
    pub id: Uuid,
    #[sea_orm(unique_key = "author_client")]
    pub event_id: Uuid,
    /// Its place in the public log; 0 while it is held.
    pub seq: i64,
    #[sea_orm(unique_key = "author_client")]
    pub author_id: String,
    pub author_name: String,
    pub author_avatar_url: Option<String>,
    /// JSON list of strings.
    #[sea_orm(column_type = "JsonBinary")]
    pub author_badges: Json,
    #[sea_orm(column_type = "Text")]
    pub text: String,
    /// The words to be found by, cut and folded, with blanks between them.
    #[sea_orm(column_type = "Text")]
    pub words: String,
    pub status: String,
    pub parent_id: Option<Uuid>,
    pub reply_count: i32,
    pub pinned: bool,
    #[sea_orm(unique_key = "author_client")]
    pub client_id: Option<String>,
    /// SHA-256 (hex) of what was sent under `client_id`, to tell a repeat from a mistake.
    pub sent_hash: Option<String>,
    pub created_ms: i64,
    pub edited_ms: Option<i64>,
    /// When it appears by itself, if it is held and nobody decides before.
    pub release_ms: Option<i64>,
    /// JSON list of `domain::mention::Mention`; null if nobody is called.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub mentions: Option<Json>,
    /// JSON of `domain::assistant::Remark`; null but for what the house says.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub remark: Option<Json>,
}

impl ActiveModelBehavior for ActiveModel {}
