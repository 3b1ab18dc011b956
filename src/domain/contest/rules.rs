//! What each sport allows. Numbers only; how they are applied is in `state`.

use crate::domain::event::EventKind;

/// No sport has more periods: a boxing match twelve rounds, a long basketball game ten.
pub const MAX_PERIODS: u32 = 50;
/// Incidents kept of one contest. The busiest football match has about a hundred.
pub const MAX_INCIDENTS: usize = 2_000;
pub const MAX_PARTICIPANTS: usize = 64;
pub const MAX_POINTS: i64 = 1_000_000;
pub const MAX_MINUTE: u32 = 130;
pub const MAX_STOPPAGE: u32 = 30;
pub const MAX_PERIOD_LENGTH_SECONDS: u32 = 86_400;
/// Whatever the sport, a clock that shows more than two days is a fault of the feed.
const MAX_ELAPSED_MS: u64 = 48 * 3_600_000;

/// What a sport allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a table of what a sport has; each is a column of its own"
)]
pub struct Rules {
    pub goals: bool,
    pub cards: bool,
    pub substitutions: bool,
    /// Periods as planned, without extra time.
    pub periods: u32,
    pub max_periods: u32,
    pub period_length_seconds: u32,
    /// One clock counts through all periods (football), or it starts anew in each.
    pub clock_goes_on: bool,
    /// A clock runs in periods only.
    pub clock_needs_period: bool,
}

impl Rules {
    #[must_use]
    pub const fn of(kind: EventKind) -> Self {
        let none = Self {
            goals: false,
            cards: false,
            substitutions: false,
            periods: 1,
            max_periods: MAX_PERIODS,
            period_length_seconds: 0,
            clock_goes_on: false,
            clock_needs_period: true,
        };
        match kind {
            EventKind::Football => Self {
                goals: true,
                cards: true,
                substitutions: true,
                periods: 2,
                // Two halves, two of extra time, the shoot-out.
                max_periods: 5,
                period_length_seconds: 45 * 60,
                clock_goes_on: true,
                ..none
            },
            EventKind::Mma => Self {
                periods: 3,
                max_periods: 15,
                period_length_seconds: 5 * 60,
                ..none
            },
            EventKind::Basketball => Self {
                substitutions: true,
                periods: 4,
                period_length_seconds: 10 * 60,
                ..none
            },
            EventKind::Cricket => Self {
                substitutions: true,
                periods: 2,
                max_periods: 8,
                ..none
            },
            EventKind::Tennis => Self {
                periods: 3,
                max_periods: 5,
                ..none
            },
            EventKind::Draw | EventKind::Session => Self {
                clock_needs_period: false,
                ..none
            },
            EventKind::Other => Self {
                goals: true,
                cards: true,
                substitutions: true,
                clock_needs_period: false,
                ..none
            },
        }
    }
}

/// How a period is called if the feed does not say.
#[must_use]
pub fn period_name(kind: EventKind, number: u32, regular: u32) -> String {
    match kind {
        EventKind::Football => match number {
            1 => "First half".into(),
            2 => "Second half".into(),
            3 => "Extra time, first half".into(),
            4 => "Extra time, second half".into(),
            _ => "Penalty shoot-out".into(),
        },
        EventKind::Basketball if number > regular => format!("Overtime {}", number - regular),
        EventKind::Basketball => format!("Quarter {number}"),
        EventKind::Mma => format!("Round {number}"),
        EventKind::Tennis => format!("Set {number}"),
        EventKind::Cricket => format!("Innings {number}"),
        EventKind::Draw => format!("Draw {number}"),
        EventKind::Session | EventKind::Other => format!("Part {number}"),
    }
}

/// Where the clock stands when a period begins. In football the second half begins at 45:00, whenever the first ended.
#[must_use]
pub fn clock_start_ms(kind: EventKind, number: u32, length_seconds: u32) -> u64 {
    if !Rules::of(kind).clock_goes_on {
        return 0;
    }
    let length_ms = u64::from(length_seconds) * 1_000;
    let regular = u64::from(number.saturating_sub(1).min(2));
    let extra = u64::from(number.saturating_sub(3).min(2));
    regular * length_ms + extra * (length_ms / 3)
}

/// The latest time the clock may show.
#[must_use]
pub fn max_elapsed_ms(kind: EventKind, length_seconds: u32) -> u64 {
    if Rules::of(kind).clock_goes_on {
        clock_start_ms(kind, 5, length_seconds) + u64::from(MAX_STOPPAGE) * 60_000
    } else {
        MAX_ELAPSED_MS
    }
}

/// The period of a minute, where the sport counts minutes through: 1 to 45 is the first half, 46 to 90 the second. Added
/// time (`45+2`) says the minute it was added to, so it needs no case of its own.
#[must_use]
pub fn period_of_minute(kind: EventKind, minute: u32, length_seconds: u32) -> Option<u32> {
    if !Rules::of(kind).clock_goes_on {
        return None;
    }
    let minute_ms = u64::from(minute.max(1)) * 60_000;
    (1..=4)
        .rev()
        .find(|&number| minute_ms > clock_start_ms(kind, number, length_seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn football_minutes_fall_in_their_halves() {
        for (minute, period) in [
            (0, 1),
            (1, 1),
            (45, 1),
            (46, 2),
            (90, 2),
            (91, 3),
            (105, 3),
            (106, 4),
            (120, 4),
            (130, 4),
        ] {
            assert_eq!(
                period_of_minute(EventKind::Football, minute, 2_700),
                Some(period),
                "minute {minute}"
            );
        }
        assert_eq!(period_of_minute(EventKind::Other, 5, 2_700), None);
        // Youth football plays shorter halves.
        assert_eq!(period_of_minute(EventKind::Football, 36, 35 * 60), Some(2));
    }

    #[test]
    fn the_football_clock_counts_through() {
        for (number, minutes) in [(1, 0), (2, 45), (3, 90), (4, 105), (5, 120)] {
            assert_eq!(clock_start_ms(EventKind::Football, number, 2_700), minutes * 60_000);
        }
        assert_eq!(clock_start_ms(EventKind::Mma, 3, 300), 0);
        assert_eq!(max_elapsed_ms(EventKind::Football, 2_700), 150 * 60_000);
    }
}
