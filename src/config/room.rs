//! How an event's room behaves when its host does not say otherwise.

use serde::{Deserialize, Serialize};

use crate::domain::event::EventSettings;

/// `[room]`: the settings of a new event. Changing them does not change events that exist.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RoomConfig {
    /// The room opens so long before the scheduled start. People arrive early; with 0 they meet a closed door.
    pub opens_before_seconds: u32,
    /// The room closes so long after the end, so that people can still talk about it.
    pub closes_after_seconds: u32,
    /// Viewers' messages wait until a moderator releases them. On without anybody to release, a room stays silent.
    pub hold_messages: bool,
    /// For how long authors may edit. Long windows let people change what others have answered.
    pub edit_window_seconds: u32,
    /// Up to so many users, arrivals and departures are shown one by one; above it only numbers are sent, because every
    /// arrival would go to everybody.
    pub small_room_users: u32,
}

impl Default for RoomConfig {
    fn default() -> Self {
        Self {
            opens_before_seconds: 3_600,
            closes_after_seconds: 3_600,
            hold_messages: false,
            edit_window_seconds: 300,
            small_room_users: 50,
        }
    }
}

impl From<&RoomConfig> for EventSettings {
    fn from(config: &RoomConfig) -> Self {
        Self {
            opens_before_seconds: config.opens_before_seconds,
            closes_after_seconds: config.closes_after_seconds,
            hold_messages: config.hold_messages,
            edit_window_seconds: config.edit_window_seconds,
            small_room_users: config.small_room_users,
        }
    }
}
