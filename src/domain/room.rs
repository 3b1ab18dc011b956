//! When an event's room is open for writing, and how it behaves while it is. Reading works always.

mod links;
pub mod manners;
mod settings;

pub use manners::Writer;
pub use settings::{LinkPolicy, Receipts, RoomSettings};

use serde::{Deserialize, Serialize};

use super::{
    Reason, Refusal, Stamp,
    event::{Event, EventStatus},
};

/// From when to when people may write. No closing time while the end is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(skip_serializing_if_is_none)]
pub struct RoomWindow {
    pub opens_at: Stamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closes_at: Option<Stamp>,
}

/// The window, and whether the moment asked about lies in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Room {
    pub open: bool,
    pub opens_at: Stamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closes_at: Option<Stamp>,
}

impl RoomWindow {
    /// The window of an event: from some time before the scheduled start (or the actual one, if that was earlier) until
    /// some time after the end. A cancelled event's room closes at once.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        let before_ms = i64::from(event.settings.opens_before_seconds) * 1_000;
        let after_ms = i64::from(event.settings.closes_after_seconds) * 1_000;
        let planned = event.scheduled_at.plus_ms(-before_ms);
        let opens_at = event.started_at.map_or(planned, |started| planned.min(started));
        let closes_at = match event.status {
            EventStatus::Completed => event.ended_at.map(|ended| ended.plus_ms(after_ms)),
            EventStatus::Cancelled => event.ended_at,
            EventStatus::Scheduled | EventStatus::Live | EventStatus::Paused => None,
        };
        Self { opens_at, closes_at }
    }

    #[must_use]
    pub fn at(self, now: Stamp) -> Room {
        let open = now >= self.opens_at && self.closes_at.is_none_or(|closes| now < closes);
        Room {
            open,
            opens_at: self.opens_at,
            closes_at: self.closes_at,
        }
    }

    /// Ok while people may write.
    pub fn require_open(self, now: Stamp) -> Result<(), Refusal> {
        if self.at(now).open {
            return Ok(());
        }
        let detail = if now < self.opens_at {
            format!("The room opens at {}.", self.opens_at)
        } else {
            "The room is closed.".to_owned()
        };
        Err(Refusal {
            window: Some((self.opens_at, self.closes_at)),
            ..Refusal::new(Reason::RoomNotOpen, detail)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_open_from_its_first_moment_up_to_its_last() {
        let window = RoomWindow {
            opens_at: Stamp::from_ms(1_000),
            closes_at: Some(Stamp::from_ms(2_000)),
        };
        for (now, open) in [(999, false), (1_000, true), (1_999, true), (2_000, false)] {
            assert_eq!(window.at(Stamp::from_ms(now)).open, open, "at {now}");
        }
        let refusal = window.require_open(Stamp::from_ms(5)).unwrap_err();
        assert_eq!(refusal.window, Some((window.opens_at, window.closes_at)));
    }
}
