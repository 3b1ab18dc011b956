//! Small randomness for choosing a phrase or a pause. Not for secrets.

use std::ops::Range;

/// A xorshift generator with its own state; nothing process-wide.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Different throws for different seeds.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        // Zero would stay zero for ever; the constant spreads small seeds.
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Different throws each time.
    #[must_use]
    pub fn fresh() -> Self {
        let (high, low) = uuid::Uuid::now_v7().as_u64_pair();
        Self::new(high ^ low)
    }

    /// A number in the range; its start if the range is empty.
    pub fn throw(&mut self, range: Range<u64>) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let width = range.end.saturating_sub(range.start).max(1);
        range.start + (self.0 >> 11) % width
    }

    /// True once in `n` throws, on average.
    pub fn one_in(&mut self, n: u64) -> bool {
        self.throw(0..n) == 0
    }

    /// One of them; `None` if there are none.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let index = self.throw(0..from.len() as u64);
        from.get(usize::try_from(index).unwrap_or(0))
    }
}
