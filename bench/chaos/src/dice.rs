//! Chance that is the same every time for the same seed.

use std::{ops::Range, time::Duration};

/// `SplitMix64`.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Dice of one's own, so that what others roll changes nothing for this one.
    pub(crate) fn of(seed: u64, whose: &str, number: usize) -> Self {
        let mut dice = Self(seed ^ number as u64);
        for byte in whose.bytes() {
            dice.0 = dice.roll() ^ u64::from(byte);
        }
        dice
    }

    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number of the range, which is not empty.
    pub(crate) fn within(&mut self, range: Range<u64>) -> u64 {
        range.start + self.roll() % (range.end - range.start).max(1)
    }

    /// An index below `len`, which is not 0.
    pub(crate) fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.roll() % len.max(1) as u64).unwrap_or(0)
    }

    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.index(items.len()))
    }

    pub(crate) fn percent(&mut self, chance: u64) -> bool {
        self.roll() % 100 < chance
    }

    pub(crate) fn millis(&mut self, range: Range<u64>) -> Duration {
        Duration::from_millis(self.within(range))
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.index(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_evening() {
        let rolls = |seed, whose| {
            let mut dice = Dice::of(seed, whose, 3);
            let mut order: Vec<u32> = (0..20).collect();
            dice.shuffle(&mut order);
            (order, dice.within(5..9), dice.percent(50))
        };
        assert_eq!(rolls(7, "seat"), rolls(7, "seat"));
        assert_ne!(rolls(7, "seat").0, rolls(8, "seat").0);
        assert_ne!(rolls(7, "seat").0, rolls(7, "author").0);
        let mut dice = Dice::new(1);
        assert!((0..1000).all(|_| (5..9).contains(&dice.within(5..9))));
    }
}
