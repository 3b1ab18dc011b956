//! How an event's room behaves when its host does not say otherwise.

use serde::{Deserialize, Serialize};

use crate::domain::{
    event::{AssistantSettings, EventSettings},
    room::{LinkPolicy, Receipts, RoomSettings},
    screening::Screening,
};

/// `[room]`: the settings of a new event. Changing them does not change events that exist.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
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
    /// Each person may say something once in so many seconds; 0 is off. Moderators turn it on when it gets too lively.
    pub slow_mode_seconds: u32,
    /// Only members of an event and staff write.
    pub members_only: bool,
    /// Messages consist of emoji.
    pub emoji_only: bool,
    /// Nobody may say what was said a moment ago.
    pub unique_messages: bool,
    /// Whose messages may carry links: `everybody`, `members` or `staff`.
    pub links: LinkPolicy,
    /// Accounts must be so old to write; 0 is off. Needs tokens that say `created_at`, or nobody but members may write.
    pub min_account_age_seconds: u32,
    /// A message that waits because of `hold_messages` appears by itself after so long; 0: it waits for a moderator.
    pub hold_seconds: u32,
    /// Whether people see who has read up to where: `auto` (in small rooms), `on` or `off`.
    pub receipts: Receipts,
    /// Whether people see who is typing.
    pub typing: bool,
}

impl Default for RoomConfig {
    fn default() -> Self {
        let room = RoomSettings::default();
        Self {
            opens_before_seconds: 3_600,
            closes_after_seconds: 3_600,
            hold_messages: room.hold_messages,
            edit_window_seconds: 300,
            small_room_users: 50,
            slow_mode_seconds: room.slow_mode_seconds,
            members_only: room.members_only,
            emoji_only: room.emoji_only,
            unique_messages: room.unique_messages,
            links: room.links,
            min_account_age_seconds: room.min_account_age_seconds,
            hold_seconds: room.hold_seconds,
            receipts: room.receipts,
            typing: room.typing,
        }
    }
}

impl RoomConfig {
    /// What no type can say.
    pub(super) fn check(&self) -> Result<(), super::Wrong> {
        match RoomSettings::from(self).check() {
            Ok(()) => Ok(()),
            Err(_) => Err(("room", "a number of seconds is too large")),
        }
    }
}

impl From<&RoomConfig> for RoomSettings {
    fn from(config: &RoomConfig) -> Self {
        Self {
            slow_mode_seconds: config.slow_mode_seconds,
            members_only: config.members_only,
            emoji_only: config.emoji_only,
            unique_messages: config.unique_messages,
            links: config.links,
            min_account_age_seconds: config.min_account_age_seconds,
            // Locking is for a room in trouble, not for every new one.
            locked: false,
            hold_messages: config.hold_messages,
            hold_seconds: config.hold_seconds,
            receipts: config.receipts,
            typing: config.typing,
        }
    }
}

impl From<&RoomConfig> for EventSettings {
    fn from(config: &RoomConfig) -> Self {
        Self {
            opens_before_seconds: config.opens_before_seconds,
            closes_after_seconds: config.closes_after_seconds,
            edit_window_seconds: config.edit_window_seconds,
            small_room_users: config.small_room_users,
            room: RoomSettings::from(config),
            starts_by_itself: false,
            ends_after_seconds: 0,
            assistant: AssistantSettings::default(),
            screening: Screening::default(),
        }
    }
}
