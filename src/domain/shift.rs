//! Telling what happens later than it happens: how far behind a delayed reader is, and how fast a replay goes.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::Stamp;

/// How far a reader may ask to be kept behind. Broadcasts over the net lag by ten seconds to a minute.
const DELAY_MAX_SECONDS: u32 = 120;

/// So many seconds behind what happens: `30s`, or `30`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Delay(u32);

/// The text is no delay.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a delay is 0 to {DELAY_MAX_SECONDS} whole seconds, such as `30s`")]
pub struct DelayError;

impl Delay {
    /// In milliseconds, rounded up to steps of so many seconds: whoever asks for about the same shares it.
    #[must_use]
    pub fn in_steps_ms(self, step_seconds: u32) -> u64 {
        u64::from(self.0.next_multiple_of(step_seconds.max(1))) * 1_000
    }

    /// The delay, if one was asked for that is any.
    #[must_use]
    pub fn any(asked: Option<Self>) -> Option<Self> {
        asked.filter(|delay| delay.0 > 0)
    }
}

impl FromStr for Delay {
    type Err = DelayError;

    fn from_str(text: &str) -> Result<Self, DelayError> {
        let digits = text.strip_suffix('s').unwrap_or(text);
        whole(digits)
            .filter(|seconds| *seconds <= DELAY_MAX_SECONDS)
            .map(Self)
            .ok_or(DelayError)
    }
}

impl fmt::Display for Delay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}s", self.0)
    }
}

super::id::text_on_the_wire!(Delay, "delay", "^([0-9]{1,2}|1[01][0-9]|120)s?$");

/// How fast a replay goes, in thousandths of the pace in which it happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Speed(u32);

/// The text is no speed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a speed is 0.25 to 60, such as `8` or `1.5`")]
pub struct SpeedError;

impl Speed {
    /// As it happened.
    pub const AS_IT_WAS: Self = Self(1_000);
    const RANGE: std::ops::RangeInclusive<u32> = 250..=60_000;

    /// How far an event gets in so many milliseconds of watching.
    #[must_use]
    pub fn covers_ms(self, watched_ms: u64) -> i64 {
        let covered = u128::from(watched_ms) * u128::from(self.0) / 1_000;
        i64::try_from(covered).unwrap_or(i64::MAX)
    }

    /// How long it takes to get so far.
    #[must_use]
    pub fn takes_ms(self, event_ms: u64) -> u64 {
        let taken = (u128::from(event_ms) * 1_000).div_ceil(u128::from(self.0));
        u64::try_from(taken).unwrap_or(u64::MAX)
    }

    #[must_use]
    pub fn factor(self) -> f64 {
        f64::from(self.0) / 1_000.0
    }
}

impl FromStr for Speed {
    type Err = SpeedError;

    fn from_str(text: &str) -> Result<Self, SpeedError> {
        let (units, parts) = text.split_once('.').unwrap_or((text, "0"));
        // Finer than a thousandth is finer than anybody can see.
        let parts = parts.get(..3).unwrap_or(parts);
        let scale = match parts.len() {
            1 => 100,
            2 => 10,
            3 => 1,
            _ => return Err(SpeedError),
        };
        let thousandths = || whole(units)?.checked_mul(1_000)?.checked_add(whole(parts)? * scale);
        thousandths()
            .filter(|speed| Self::RANGE.contains(speed))
            .map(Self)
            .ok_or(SpeedError)
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.factor())
    }
}

super::id::text_on_the_wire!(Speed, "speed", r"^[0-9]{1,2}(\.[0-9]+)?$");

/// Where a replay begins and how fast it goes. `at` is the event's time at the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    pub at: Stamp,
    pub speed: Speed,
}

/// Digits only, and not too many.
fn whole(text: &str) -> Option<u32> {
    let digits = (1..=6).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_is_whole_seconds_up_to_two_minutes_in_steps() {
        for (text, ms) in [
            ("0", Some(0)),
            ("1", Some(5_000)),
            ("5s", Some(5_000)),
            ("30s", Some(30_000)),
            ("31", Some(35_000)),
            ("120", Some(120_000)),
            ("121", None),
            ("-1", None),
            ("", None),
            ("s", None),
            ("1.5", None),
            ("+5", None),
            ("5m", None),
            ("99999999999", None),
        ] {
            let delay = text.parse::<Delay>().ok();
            assert_eq!(delay.map(|delay| delay.in_steps_ms(5)), ms, "{text:?}");
        }
    }

    #[test]
    fn a_speed_is_a_quarter_up_to_sixty_times() {
        for (text, factor) in [
            ("1", Some(1.0)),
            ("0.25", Some(0.25)),
            ("8", Some(8.0)),
            ("1.5", Some(1.5)),
            ("60", Some(60.0)),
            ("60.001", None),
            ("0.2", None),
            ("0", None),
            ("61", None),
            ("-1", None),
            (".5", None),
            ("1.", None),
            ("1e1", None),
            ("fast", None),
            ("NaN", None),
        ] {
            let speed = text.parse::<Speed>().ok();
            assert_eq!(speed.map(Speed::factor), factor, "{text:?}");
        }
    }

    #[test]
    fn a_replay_gets_as_far_as_its_speed_says() {
        let double: Speed = "2".parse().unwrap_or(Speed::AS_IT_WAS);
        assert_eq!((double.covers_ms(1_500), double.takes_ms(3_000)), (3_000, 1_500));
        let slow: Speed = "0.25".parse().unwrap_or(Speed::AS_IT_WAS);
        assert_eq!((slow.covers_ms(1_000), slow.takes_ms(1)), (250, 4));
    }
}
