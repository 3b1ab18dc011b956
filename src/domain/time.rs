//! A moment: milliseconds since 1970 UTC in the database, RFC 3339 with milliseconds on the wire.
//!
//! Milliseconds everywhere, because databases cut time at different digits and a value must read back as written.

use std::{fmt, str::FromStr};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

/// A moment in UTC, exact to the millisecond. Only years 0 to 9999 can be written, see [`Stamp::from_ms`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Stamp(i64);

/// 0000-01-01T00:00:00.000Z and 9999-12-31T23:59:59.999Z: what RFC 3339 can say.
const RANGE_MS: (i64, i64) = (-62_167_219_200_000, 253_402_300_799_999);

/// The text is not a moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a time like 2026-06-11T19:00:00Z (RFC 3339)")]
pub struct StampError;

impl Stamp {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);

    /// Milliseconds since 1970; what RFC 3339 cannot say becomes its nearest end.
    #[must_use]
    pub fn from_ms(ms: i64) -> Self {
        Self(ms.clamp(RANGE_MS.0, RANGE_MS.1))
    }

    #[must_use]
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// Later (or earlier) by so many milliseconds.
    #[must_use]
    pub fn plus_ms(self, ms: i64) -> Self {
        Self::from_ms(self.0.saturating_add(ms))
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = DateTime::<Utc>::from_timestamp_millis(self.0).unwrap_or_default();
        f.write_str(&time.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl fmt::Debug for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Stamp {
    type Err = StampError;

    fn from_str(text: &str) -> Result<Self, StampError> {
        let time = DateTime::parse_from_rfc3339(text).map_err(|_| StampError)?;
        let ms = time.timestamp_millis();
        if (RANGE_MS.0..=RANGE_MS.1).contains(&ms) {
            Ok(Self(ms))
        } else {
            Err(StampError)
        }
    }
}

super::id::text_on_the_wire!(Stamp, "date-time", None);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_reads_back_as_written() {
        let stamp = Stamp::from_ms(1_781_204_400_123);
        assert_eq!(stamp.to_string(), "2026-06-11T19:00:00.123Z");
        assert_eq!(stamp.to_string().parse(), Ok(stamp));
        assert_eq!("2026-06-11T21:00:00.1239+02:00".parse(), Ok(stamp));
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in ["", "now", "2026-06-11", "2026-06-11T19:00:00", "2026-13-11T19:00:00Z"] {
            assert!(text.parse::<Stamp>().is_err(), "{text}");
        }
        assert_eq!(Stamp::from_ms(i64::MAX).to_string(), "9999-12-31T23:59:59.999Z");
    }
}
