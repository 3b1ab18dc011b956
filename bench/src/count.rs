//! What a crowd of watchers saw, all told. Bounded by the number of watchers, not by what they read.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{
    frames::{Frame, Kind},
    histogram::Histogram,
};

/// Arrivals are counted by the tenth of a second, for ten minutes; scenarios are shorter, all of them may not be.
const TENTHS_MAX: usize = 6_000;
const TENTH_NS: u64 = 100_000_000;
/// Messages whose totals the witness keeps.
const WITNESSED_MAX: usize = 100_000;

pub(crate) struct Count {
    /// Streams open and live now.
    pub(crate) live: usize,
    pub(crate) last_arrival_ns: u64,
    /// Arrivals in each tenth of a second since `arrivals_from_ns`.
    pub(crate) arrivals: Vec<u64>,
    arrivals_from_ns: u64,
    /// Messages, in all streams together.
    pub(crate) messages: u64,
    pub(crate) last_message_ns: u64,
    /// How often anything was read, in all streams together: about as often as the server wrote.
    pub(crate) reads: u64,
    pub(crate) reactions: u64,
    /// When the first and the last reaction frame was read.
    pub(crate) reactions_ns: Option<(u64, u64)>,
    /// Frames that say history was skipped, and steps of `seq` other than one.
    pub(crate) resets: u64,
    pub(crate) holes: u64,
    pub(crate) byes: u64,
    /// Streams that ended, whoever ended them; some came back.
    pub(crate) ended: u64,
    pub(crate) failures: u64,
    pub(crate) first_failure: Option<String>,
    /// From due to read, of messages due at `from_ns` or later.
    pub(crate) latency: Histogram,
    pub(crate) from_ns: u64,
    /// The last `seq` each watcher read.
    pub(crate) places: Vec<u64>,
    /// Reactions to each message as the stream last told the witness.
    pub(crate) witnessed: BTreeMap<String, u64>,
    /// What each watcher was told of who is here.
    pub(crate) presence: Vec<Presence>,
    /// Viewers and users as the stream last told the witness.
    pub(crate) here: (u64, u64),
}

/// How often a watcher was told who is here.
#[derive(Clone, Copy, Default)]
pub(crate) struct Presence {
    pub(crate) frames: u32,
    pub(crate) first_ns: u64,
    pub(crate) last_ns: u64,
}

#[derive(Deserialize)]
struct PresenceSignal {
    data: PresenceCounts,
}

#[derive(Deserialize)]
struct PresenceCounts {
    viewers: u64,
    users: u64,
}

#[derive(Deserialize)]
struct ReactionsEntry {
    data: ReactionsData,
}

#[derive(Deserialize)]
struct ReactionsData {
    messages: Vec<MessageTotals>,
}

/// The reactions of one message; also read from the message itself.
#[derive(Deserialize)]
pub(crate) struct MessageTotals {
    #[serde(alias = "id")]
    pub(crate) message_id: String,
    reactions: Vec<Total>,
}

#[derive(Deserialize)]
struct Total {
    count: u64,
}

impl MessageTotals {
    pub(crate) fn sum(&self) -> u64 {
        self.reactions.iter().map(|reaction| reaction.count).sum()
    }
}

impl Count {
    pub(crate) fn new(watchers: usize) -> Self {
        Self {
            live: 0,
            last_arrival_ns: 0,
            arrivals: vec![0; TENTHS_MAX],
            arrivals_from_ns: 0,
            messages: 0,
            last_message_ns: 0,
            reads: 0,
            reactions: 0,
            reactions_ns: None,
            resets: 0,
            holes: 0,
            byes: 0,
            ended: 0,
            failures: 0,
            first_failure: None,
            latency: Histogram::default(),
            from_ns: 0,
            places: vec![0; watchers],
            witnessed: BTreeMap::new(),
            presence: vec![Presence::default(); watchers],
            here: (0, 0),
        }
    }

    /// Counts messages and latencies anew; older messages still under way keep out of the latencies.
    pub(crate) fn begin(&mut self, from_ns: u64) {
        (self.messages, self.reactions, self.reads, self.ended, self.from_ns) = (0, 0, 0, 0, from_ns);
        self.reactions_ns = None;
        self.latency = Histogram::default();
    }

    pub(crate) fn hear(&mut self, watcher: usize, frame: Frame, text: &[u8], now_ns: u64) {
        match frame.kind {
            Kind::Message | Kind::Score | Kind::Unnamed => {
                self.messages += 1;
                self.last_message_ns = now_ns;
                // Points have no room for more than the time since the window began.
                let since_ns = if frame.kind == Kind::Score { self.from_ns } else { 0 };
                if let Some(due_ns) = frame.stamp_ns.map(|stamp_ns| stamp_ns + since_ns)
                    && due_ns >= self.from_ns
                {
                    self.latency.record(now_ns.saturating_sub(due_ns));
                }
            }
            Kind::Reactions => {
                self.reactions += 1;
                let first_ns = self.reactions_ns.map_or(now_ns, |(first_ns, _)| first_ns);
                self.reactions_ns = Some((first_ns, now_ns));
                if !text.is_empty() {
                    self.witness(text);
                }
            }
            Kind::Presence => self.hear_presence(watcher, text, now_ns),
            Kind::Reset => self.resets += 1,
            Kind::Bye => self.byes += 1,
            Kind::Ready | Kind::Snapshot | Kind::Resumed | Kind::Heartbeat | Kind::Other => {}
        }
        if let (Some(seq), Some(place)) = (frame.seq, self.places.get_mut(watcher)) {
            let entry = !matches!(frame.kind, Kind::Snapshot | Kind::Resumed | Kind::Heartbeat);
            if entry && seq != *place + 1 {
                self.holes += 1;
            }
            *place = seq;
        }
    }

    fn hear_presence(&mut self, watcher: usize, text: &[u8], now_ns: u64) {
        if let Some(heard) = self.presence.get_mut(watcher) {
            if heard.frames == 0 {
                heard.first_ns = now_ns;
            }
            heard.frames += 1;
            heard.last_ns = now_ns;
        }
        if !text.is_empty() {
            match serde_json::from_slice::<PresenceSignal>(text) {
                Ok(PresenceSignal { data }) => self.here = (data.viewers, data.users),
                Err(error) => self.fail(format!("presence.changed: {error}")),
            }
        }
    }

    fn witness(&mut self, text: &[u8]) {
        match serde_json::from_slice::<ReactionsEntry>(text) {
            Ok(entry) => {
                for totals in entry.data.messages {
                    if self.witnessed.len() < WITNESSED_MAX {
                        let sum = totals.sum();
                        self.witnessed.insert(totals.message_id, sum);
                    }
                }
            }
            Err(error) => self.fail(format!("reactions.changed: {error}")),
        }
    }

    /// Counts arrivals anew.
    pub(crate) fn expect_returns(&mut self, from_ns: u64) {
        self.arrivals.fill(0);
        self.arrivals_from_ns = from_ns;
    }

    pub(crate) fn arrive(&mut self, now_ns: u64) {
        self.live += 1;
        self.last_arrival_ns = now_ns;
        let tenth = usize::try_from(now_ns.saturating_sub(self.arrivals_from_ns) / TENTH_NS).unwrap_or(usize::MAX);
        if let Some(arrivals) = self.arrivals.get_mut(tenth.min(TENTHS_MAX - 1)) {
            *arrivals += 1;
        }
    }

    pub(crate) fn leave(&mut self) {
        self.live -= 1;
    }

    pub(crate) fn fail(&mut self, why: String) {
        self.failures += 1;
        self.first_failure.get_or_insert(why);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: Kind, seq: u64) -> Frame {
        Frame {
            kind,
            seq: Some(seq),
            stamp_ns: None,
            retry_ms: None,
        }
    }

    #[test]
    fn a_missed_or_repeated_entry_is_a_hole_and_a_snapshot_is_a_new_place() {
        let mut count = Count::new(1);
        for (kind, seq, holes) in [
            (Kind::Snapshot, 7, 0),
            (Kind::Message, 8, 0),
            (Kind::Other, 9, 0),
            (Kind::Message, 11, 1),
            (Kind::Message, 11, 2),
            (Kind::Resumed, 11, 2),
            (Kind::Message, 12, 2),
        ] {
            count.hear(0, entry(kind, seq), b"", 1);
            assert_eq!(count.holes, holes, "{kind:?} {seq}");
        }
        assert_eq!((count.messages, count.places), (4, vec![12]));
    }

    #[test]
    fn the_witness_keeps_the_latest_totals() {
        let mut count = Count::new(1);
        for (seq, n) in [(1, 4), (2, 9)] {
            let text = format!(
                r#"{{"seq":{seq},"type":"reactions.changed","data":{{"messages":[{{"message_id":"m","reactions":[{{"emoji":"x","count":{n}}},{{"emoji":"y","count":1}}]}}]}}}}"#
            );
            count.hear(0, entry(Kind::Reactions, seq), text.as_bytes(), 1);
        }
        assert_eq!((count.witnessed["m"], count.failures), (10, 0));
    }

    #[test]
    fn everybody_counts_presence_and_the_witness_reads_it() {
        let mut count = Count::new(2);
        let text = br#"{"type":"presence.changed","data":{"viewers":5,"users":4}}"#;
        let frame = Frame {
            seq: None,
            ..entry(Kind::Presence, 0)
        };
        for (watcher, text, now_ns) in [(0, &text[..], 10), (1, b"", 11), (0, b"", 30)] {
            count.hear(watcher, frame, text, now_ns);
        }
        assert_eq!((count.here, count.failures, count.holes), ((5, 4), 0, 0));
        let heard = count
            .presence
            .iter()
            .map(|heard| (heard.frames, heard.first_ns, heard.last_ns));
        assert_eq!(heard.collect::<Vec<_>>(), [(2, 10, 30), (1, 11, 11)]);
    }

    #[test]
    fn latency_counts_only_what_was_due_in_the_window() {
        let mut count = Count::new(1);
        count.begin(100);
        for (due_ns, now_ns) in [(99, 500), (100, 130)] {
            let frame = Frame {
                stamp_ns: Some(due_ns),
                seq: None,
                ..entry(Kind::Message, 0)
            };
            count.hear(0, frame, b"", now_ns);
        }
        assert_eq!(
            (count.messages, count.latency.count(), count.latency.quantile(500)),
            (2, 1, 30)
        );
    }
}
