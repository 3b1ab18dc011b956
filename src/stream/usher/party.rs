//! A party: the seats of one stand that one usher looks after, and how far the usher has come in going round.

use std::sync::Arc;

use super::{post::Call, slots::Key};
use crate::stream::stand::Stand;

/// Where the next round begins, as a part of the party: the golden section, so that over time everybody is early and late
/// equally often.
const SHIFT_PER_MILLE: usize = 618;

pub(super) struct Party {
    pub(super) stand: Arc<Stand>,
    pub(super) call: Arc<Call>,
    /// Those who left leave a gap until nobody is going round.
    rows: Vec<Option<Key>>,
    gaps: usize,
    start: usize,
    walked: usize,
    /// How many rows there were when the round began. Who came later was served when they came.
    span: usize,
    going: bool,
    again: bool,
}

impl Party {
    pub(super) fn new(stand: &Arc<Stand>, call: Arc<Call>) -> Self {
        Self {
            stand: Arc::clone(stand),
            call,
            rows: Vec::new(),
            gaps: 0,
            start: 0,
            walked: 0,
            span: 0,
            going: false,
            again: false,
        }
    }

    /// Adds a seat and gives its row.
    pub(super) fn add(&mut self, key: Key) -> usize {
        self.rows.push(Some(key));
        self.rows.len() - 1
    }

    /// Frees a row. True: it was the last one.
    pub(super) fn remove(&mut self, row: usize) -> bool {
        if let Some(row) = self.rows.get_mut(row)
            && row.take().is_some()
        {
            self.gaps += 1;
        }
        self.gaps == self.rows.len()
    }

    /// The stand has called. True: a round has to begin; otherwise the one under way is followed by another.
    pub(super) fn is_called(&mut self) -> bool {
        self.again = self.going;
        !std::mem::replace(&mut self.going, true)
    }

    /// Begins a round. `moved` is told who now sits in which row.
    pub(super) fn begin(&mut self, mut moved: impl FnMut(Key, usize)) {
        self.call.heard();
        if self.gaps > 0 {
            self.rows.retain(Option::is_some);
            self.gaps = 0;
            for (row, key) in self.rows.iter().enumerate() {
                if let Some(key) = key {
                    moved(*key, row);
                }
            }
        }
        self.span = self.rows.len();
        self.walked = 0;
        self.start = (self.start + self.span * SHIFT_PER_MILLE / 1_000 + 1) % self.span.max(1);
    }

    /// The next seat of the round. `None`: it is over.
    pub(super) fn next(&mut self) -> Option<Key> {
        while self.walked < self.span {
            let row = (self.start + self.walked) % self.span;
            self.walked += 1;
            if let Some(key) = self.rows[row] {
                return Some(key);
            }
        }
        None
    }

    /// Whether another round has to begin after this one.
    pub(super) fn ends(&mut self) -> bool {
        self.going = std::mem::take(&mut self.again);
        self.going
    }

    /// Whether there is more to forget than to keep, and nobody going round.
    pub(super) fn is_gappy(&self) -> bool {
        !self.going && self.gaps > 16 && self.gaps * 2 > self.rows.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::StreamConfig,
        domain::EventId,
        stream::usher::{post::Post, slots::Slots},
    };

    /// A party of so many, and their keys by row.
    fn party(size: usize) -> (Party, Vec<Key>) {
        let mut slots = Slots::default();
        let host = slots.insert(|_| ());
        let stand = Arc::new(Stand::new(EventId::generate(), &StreamConfig::default()));
        let mut party = Party::new(&stand, Call::new(&Arc::new(Post::default()), host));
        let keys: Vec<Key> = (0..size).map(|_| slots.insert(|_| ())).collect();
        for (row, key) in keys.iter().enumerate() {
            assert_eq!(party.add(*key), row);
        }
        (party, keys)
    }

    fn round(party: &mut Party) -> Vec<Key> {
        std::iter::from_fn(|| party.next()).collect()
    }

    #[test]
    fn a_round_meets_everybody_once_and_begins_somewhere_else() {
        let (mut party, keys) = party(7);
        let mut firsts = Vec::new();
        for _ in 0..7 {
            assert!(party.is_called(), "nobody was going round");
            party.begin(|_, _| {});
            let met = round(&mut party);
            assert_eq!(met.len(), 7);
            assert!(keys.iter().all(|key| met.contains(key)));
            firsts.push(met[0]);
            assert!(!party.ends());
        }
        assert!(keys.iter().all(|key| firsts.contains(key)), "everybody was first once");
    }

    #[test]
    fn who_leaves_is_passed_over_and_the_next_round_closes_the_gaps() {
        let (mut party, keys) = party(6);
        assert!(party.is_called());
        party.begin(|_, _| {});
        let first = party.next();
        let rest: Vec<usize> = (0..6).filter(|row| Some(keys[*row]) != first).collect();
        assert!(!party.remove(rest[0]) && !party.remove(rest[1]));
        assert!(!party.is_called(), "one is under way; another follows");
        assert_eq!(round(&mut party).len(), 3);
        assert!(party.ends(), "the other");
        let mut moved = Vec::new();
        party.begin(|key, row| moved.push((key, row)));
        assert_eq!(moved.iter().map(|(_, row)| *row).collect::<Vec<_>>(), [0, 1, 2, 3]);
        assert_eq!(round(&mut party).len(), 4);
        assert!(!party.remove(0) && !party.remove(1) && !party.remove(2));
        assert!(party.remove(3), "the last one");
    }
}
