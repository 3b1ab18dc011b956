//! Signals that wait for their time to come.

use std::collections::VecDeque;

use serde::Deserialize;

use crate::{
    bus::LiveSignal,
    domain::{Stamp, entry::SignalKind, presence::PresenceCounts},
};

/// A lively room gives about seven signals a second; two minutes of them, twice.
const WAITING_MAX: usize = 2_048;
const WAITING_BYTES: usize = 1024 * 1024;

/// Bounded: the oldest are dropped, since all of them are overtaken by later ones sooner or later.
#[derive(Default)]
pub(super) struct Waiting {
    signals: VecDeque<(Stamp, LiveSignal)>,
    bytes: usize,
    /// What was passed on last of who is here.
    presence: Option<PresenceCounts>,
}

#[derive(Deserialize)]
struct PresenceTold {
    data: PresenceCounts,
}

impl Waiting {
    /// A signal given at that time.
    pub(super) fn add(&mut self, at: Stamp, signal: LiveSignal) {
        self.bytes += signal.json.len();
        self.signals.push_back((at, signal));
        while self.signals.len() > WAITING_MAX || self.bytes > WAITING_BYTES {
            if self.take().is_none() {
                break;
            }
        }
    }

    /// The next signal given not later than that.
    pub(super) fn take_due(&mut self, due: Stamp) -> Option<LiveSignal> {
        self.signals.front().filter(|(at, _)| *at <= due)?;
        self.take()
    }

    fn take(&mut self) -> Option<LiveSignal> {
        let (_, signal) = self.signals.pop_front()?;
        self.bytes -= signal.json.len();
        if signal.kind == SignalKind::PresenceChanged {
            let told = serde_json::from_slice::<PresenceTold>(&signal.json);
            self.presence = told.ok().map(|told| told.data).or(self.presence);
        }
        Some(signal)
    }

    pub(super) fn presence(&self) -> Option<PresenceCounts> {
        self.presence
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn presence(viewers: usize) -> LiveSignal {
        LiveSignal {
            kind: SignalKind::PresenceChanged,
            json: format!(r#"{{"type":"presence.changed","data":{{"viewers":{viewers},"users":0}}}}"#).into(),
            only: None,
        }
    }

    #[test]
    fn a_signal_waits_for_its_time_and_of_too_many_the_oldest_are_dropped() {
        let mut waiting = Waiting::default();
        for number in 0..WAITING_MAX + 5 {
            waiting.add(Stamp::from_ms(i64::try_from(number).unwrap()), presence(number));
        }
        assert_eq!(waiting.signals.len(), WAITING_MAX);
        assert_eq!(
            waiting.presence().map(|counts| counts.viewers),
            Some(4),
            "dropped, but known"
        );
        assert!(waiting.take_due(Stamp::from_ms(4)).is_none(), "its time has not come");
        assert!(waiting.take_due(Stamp::from_ms(5)).is_some());
        assert_eq!(waiting.presence().map(|counts| counts.viewers), Some(5));
        while waiting.take_due(Stamp::from_ms(i64::MAX)).is_some() {}
        assert_eq!((waiting.signals.len(), waiting.bytes), (0, 0));
    }
}
