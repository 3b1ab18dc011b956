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
                key.iter().for_each(|key| moved(*key, row));
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
