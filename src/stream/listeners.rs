//! Who wants to hear what goes through the stream, and whom it asks: the seams by which features hang on it.

use futures_util::future::BoxFuture;

use super::seat::SeatInfo;
use crate::{
    bus::{Stale, Topic},
    domain::{EventId, UserId, notice::Noticed, presence::PresenceCounts, user::User},
    store::LogEntry,
};

/// Who remembers what was read and forgets what another instance changed. Must not block.
pub trait Forgetter: Send + Sync {
    fn forget(&self, stale: &Stale);
}

/// Who wants to hear what is said in events, and what it tells itself on other instances. Hints only: what was committed
/// here always comes, what others committed or tell comes for events that have a stand here, and may be lost or doubled.
/// Must not block.
pub trait EventListener: Send + Sync {
    fn said(&self, _event: EventId, _entries: &[LogEntry]) {}

    fn aside(&self, _event: EventId, _topic: Topic, _json: &[u8]) {}
}

/// Who knows how many are in an event. Must not block.
pub trait HeadCount: Send + Sync {
    fn here(&self, event: EventId) -> PresenceCounts;

    /// As [`HeadCount::here`], over all instances also where this one has nobody; that takes a question to the others,
    /// in bounded time.
    fn everywhere(&self, event: EventId) -> BoxFuture<'_, PresenceCounts>;
}

/// Who knows the people in an event by what they are called. Must not block.
pub trait Company: Send + Sync {
    /// Those of them whose folded name is one of these.
    fn called(&self, event: EventId, names: &[String]) -> Vec<User>;

    fn find(&self, event: EventId, user: &UserId) -> Option<User>;
}

/// Who wants to hear whom something was notified of, on whatever instance. A hint: it may be lost or doubled. Must not
/// block.
pub trait NoticeListener: Send + Sync {
    fn noticed(&self, noticed: &Noticed);
}

/// Who wants to know about people coming and going. Must not block.
pub trait SeatListener: Send + Sync {
    fn opened(&self, seat: &SeatInfo);
    fn closed(&self, seat: &SeatInfo);
}
