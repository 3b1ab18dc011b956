//! Latencies in logarithmic buckets: 64 to each power of two, so a reading is at most 1.6 % too high.
//!
//! Memory is fixed whatever is recorded; values above the ceiling land in the last bucket and are reported as such.

const SUB_BITS: u32 = 6;
const SUB: u64 = 1 << SUB_BITS;
/// Eighteen minutes in nanoseconds, longer than any scenario may take.
const CEILING: u64 = (1 << 40) - 1;

#[derive(Clone)]
pub(crate) struct Histogram {
    buckets: Vec<u64>,
    count: u64,
    max: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            buckets: vec![0; bucket(CEILING) + 1],
            count: 0,
            max: 0,
        }
    }
}

impl Histogram {
    pub(crate) fn record(&mut self, value: u64) {
        let value = value.min(CEILING);
        if let Some(slot) = self.buckets.get_mut(bucket(value)) {
            *slot += 1;
        }
        self.count += 1;
        self.max = self.max.max(value);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.buckets.iter_mut().zip(&other.buckets) {
            *mine += theirs;
        }
        self.count += other.count;
        self.max = self.max.max(other.max);
    }

    #[cfg(test)]
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// The smallest bucket end that at least `per_mille` of a thousand values do not exceed; 0 when nothing was recorded.
    pub(crate) fn quantile(&self, per_mille: u64) -> u64 {
        let wanted = (self.count * per_mille).div_ceil(1000).max(1);
        let mut seen = 0;
        for (index, count) in self.buckets.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return bucket_end(index).min(self.max);
            }
        }
        self.max
    }
}

fn bucket(value: u64) -> usize {
    let index = if value < SUB {
        value
    } else {
        let shift = u64::from(value.ilog2() - SUB_BITS);
        (shift + 1) * SUB + ((value >> shift) - SUB)
    };
    usize::try_from(index).unwrap_or(usize::MAX)
}

fn bucket_end(index: usize) -> u64 {
    let index = index as u64;
    if index < SUB {
        return index;
    }
    let shift = index / SUB - 1;
    ((index % SUB + SUB + 1) << shift) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_lies_in_a_bucket_at_most_two_percent_wide() {
        let mut value = 1_u64;
        while value < CEILING {
            for probe in [value - 1, value, value + value / 3] {
                let end = bucket_end(bucket(probe));
                assert!(end >= probe && end - probe <= probe / 64, "{probe} -> {end}");
                assert_eq!(bucket(end), bucket(probe));
                assert_eq!(bucket(end + 1), bucket(probe) + 1);
            }
            value = value * 5 / 3 + 1;
        }
    }

    #[test]
    fn quantiles_of_one_to_a_thousand_are_near_their_rank() {
        let mut histogram = Histogram::default();
        for value in 1..=1000 {
            histogram.record(value * 1000);
        }
        for (per_mille, exact) in [(1, 1_000), (500, 500_000), (990, 990_000), (1000, 1_000_000)] {
            let read = histogram.quantile(per_mille);
            assert!(read >= exact && read - exact <= exact / 50, "{per_mille}: {read}");
        }
    }

    #[test]
    fn nothing_recorded_reads_as_zero_and_the_ceiling_holds() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.quantile(990), 0);
        histogram.record(u64::MAX);
        assert_eq!((histogram.quantile(990), histogram.count()), (CEILING, 1));
    }

    #[test]
    fn merging_is_recording_both() {
        let (mut left, mut right, mut both) = (Histogram::default(), Histogram::default(), Histogram::default());
        for value in [3, 77, 1_000_000] {
            left.record(value);
            both.record(value);
        }
        right.record(9_999);
        both.record(9_999);
        left.merge(&right);
        assert_eq!(
            (left.count, left.max, left.buckets),
            (both.count, both.max, both.buckets)
        );
    }
}
