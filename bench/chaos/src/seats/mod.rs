//! Those who read: each behaves as a browser's `EventSource` would, and writes down what it heard.

mod ear;
mod heard;
mod seat;

pub(crate) use heard::{Cause, Heard, Record};
pub(crate) use seat::Seat;

#[derive(Debug, Clone)]
pub(crate) enum Credential {
    Nobody,
    Guest(String),
    /// A guest whose page cannot send headers: it opens its stream with a ticket and comes back with a cookie.
    Ticket(String),
    /// A moderator.
    Staff(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Habit {
    /// Disconnects whenever it likes, also in the middle of a frame.
    Restless,
    /// Never leaves by itself.
    Faithful,
    /// Stops reading until its socket is full and stays so, then reads on.
    Stuffed,
}

#[derive(Debug, Clone)]
pub(crate) struct SeatPlan {
    pub(crate) number: usize,
    pub(crate) event: usize,
    pub(crate) credential: Credential,
    pub(crate) habit: Habit,
}
