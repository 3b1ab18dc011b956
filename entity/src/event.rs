//! One live event.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    #[sea_orm(unique)]
    pub slug: String,
    pub title: String,
    pub kind: String,
    pub status: String,
    /// JSON list of `domain::event::Participant`.
    #[sea_orm(column_type = "JsonBinary")]
    pub participants: Json,
    pub venue: Option<String>,
    pub scheduled_ms: i64,
    pub started_ms: Option<i64>,
    pub ended_ms: Option<i64>,
    pub featured: bool,
    pub visibility: String,
    pub cover_url: Option<String>,
    pub stream_url: Option<String>,
    /// JSON of `domain::event::EventSettings`.
    #[sea_orm(column_type = "JsonBinary")]
    pub settings: Json,
    pub version: i64,
    pub demo: bool,
    pub created_by: String,
    pub created_ms: i64,
    /// Title, participants and venue in lower case, for the list's text filter.
    #[sea_orm(column_type = "Text")]
    pub search_text: String,
    /// Whether the log said last that the room opened; null if it said nothing yet.
    pub room_open: Option<bool>,
    /// For which opening or closing time it said so.
    pub room_told_ms: Option<i64>,
    /// When something happens to the event by itself; null if nothing will.
    pub due_ms: Option<i64>,
    /// When the event was changed last; null if that was before this was written down.
    pub changed_ms: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
