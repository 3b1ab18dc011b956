//! What happens to an event by itself, and when: its room opens and closes, it starts and ends as its settings say.
//!
//! Everything here is about instants, so clocks that are put forward or back in some country move nothing. What has been
//! told is kept by what it was told of (the opening time, the closing time) rather than by when: two instances whose
//! clocks differ by some seconds then agree on what is left to tell.

use super::{
    Stamp,
    event::{Event, EventStatus},
    room::RoomWindow,
};

/// What the log has said of the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// Nothing: the event has just been made, or is from a time when rooms were not told of.
    Nothing,
    /// That it opened, for that opening time.
    Open(Stamp),
    /// That it closed, for that closing time; none if it has yet to open.
    Closed(Option<Stamp>),
}

/// In the order in which they happen when several are due at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Open,
    Start,
    End,
    Close,
}

/// A step and when it is to be taken. Ordered by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    pub at: Stamp,
    pub step: Step,
}

impl Told {
    /// What there is no need to tell: the room as everybody found it.
    #[must_use]
    pub fn found(event: &Event, now: Stamp) -> Self {
        let window = RoomWindow::of(event);
        if window.at(now).open {
            return Self::Open(window.opens_at);
        }
        Self::Closed(window.closes_at.filter(|closes| *closes <= now))
    }

    /// What has been told once the step was.
    #[must_use]
    pub fn after(self, step: Step, event: &Event) -> Self {
        let window = RoomWindow::of(event);
        match step {
            Step::Open => Self::Open(window.opens_at),
            Step::Close => Self::Closed(window.closes_at),
            Step::Start | Step::End => self,
        }
    }
}

/// What happens next by itself, if anything. What is overdue is due at its time, however long ago that was.
#[must_use]
pub fn next(event: &Event, told: Told, now: Stamp) -> Option<Due> {
    let room = of_room(event, told, now);
    let status = of_status(event);
    room.into_iter().chain(status).min()
}

fn of_room(event: &Event, told: Told, now: Stamp) -> Option<Due> {
    let window = RoomWindow::of(event);
    let due = |at, step| Some(Due { at, step });
    match (told, window.closes_at) {
        (Told::Open(_), Some(closes)) => due(closes, Step::Close),
        (Told::Open(since), None) => {
            // The kick-off was moved away, and with it the opening.
            let moved = event.status == EventStatus::Scheduled && window.opens_at > since && now < window.opens_at;
            moved.then_some(Due {
                at: now,
                step: Step::Close,
            })
        }
        (Told::Closed(None), closes) => {
            let opens = closes.is_none_or(|closes| window.opens_at < closes);
            opens.then_some(Due {
                at: window.opens_at,
                step: Step::Open,
            })
        }
        // It was to close at another time by now, and that has not come.
        (Told::Closed(Some(last)), Some(closes)) if last < closes && now < closes => due(now, Step::Open),
        (Told::Nothing | Told::Closed(Some(_)), _) => None,
    }
}

fn of_status(event: &Event) -> Option<Due> {
    match event.status {
        EventStatus::Scheduled if event.settings.starts_by_itself => Some(Due {
            at: event.scheduled_at,
            step: Step::Start,
        }),
        // A pause moves nothing: who pauses for long says anew when it ends.
        EventStatus::Live | EventStatus::Paused if event.settings.ends_after_seconds > 0 => Some(Due {
            at: event
                .started_at?
                .plus_ms(i64::from(event.settings.ends_after_seconds) * 1_000),
            step: Step::End,
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
