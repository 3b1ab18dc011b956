//! The one place that reads the time of day.

use crate::domain::Stamp;

/// Now, to the millisecond.
#[must_use]
pub fn now() -> Stamp {
    Stamp::from_ms(chrono::Utc::now().timestamp_millis())
}
