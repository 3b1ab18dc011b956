//! One clock for everything that is compared afterwards: milliseconds since the program began.

use std::time::{Duration, Instant};

/// A moment of the run, in milliseconds. An evening has fewer than 2³² of them.
pub(crate) type Ms = u32;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    began: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { began: Instant::now() }
    }

    pub(crate) fn now(self) -> Ms {
        millis(self.began.elapsed())
    }
}

pub(crate) fn millis(time: Duration) -> Ms {
    Ms::try_from(time.as_millis()).unwrap_or(Ms::MAX)
}
