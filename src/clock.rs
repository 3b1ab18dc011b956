//! The one place that reads the time of day. Rules get the moment handed in; nobody else asks the system.

use crate::domain::Stamp;

/// This moment, cut to the millisecond.
#[must_use]
pub fn now() -> Stamp {
    Stamp::from_ms(chrono::Utc::now().timestamp_millis())
}
