//! What people are notified of, and for how long it is kept.

use serde::{Deserialize, Serialize};

/// `[notices]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NoticesConfig {
    /// Notifications are kept for so many days.
    pub keep_days: u32,
    /// Of one person so many are kept, the latest.
    pub keep_most: u32,
    /// Open streams compare what they have told with the database this often, to find a lost hint; once a second while the bus
    /// is in trouble.
    pub sweep_ms: u64,
    /// What is too old or too many is thrown away in small steps, one this often over all instances.
    pub tidy_ms: u64,
}

impl Default for NoticesConfig {
    fn default() -> Self {
        Self {
            keep_days: 90,
            keep_most: 500,
            sweep_ms: 5_000,
            tidy_ms: 10_000,
        }
    }
}

impl NoticesConfig {
    pub(super) fn check(&self) -> Result<(), super::Wrong> {
        if !(1..=3_650).contains(&self.keep_days) || !(20..=10_000).contains(&self.keep_most) {
            return Err((
                "notices",
                "`keep_days` lies between 1 and 3650, `keep_most` between 20 and 10000",
            ));
        }
        if [self.sweep_ms, self.tidy_ms]
            .iter()
            .any(|ms| !(200..=600_000).contains(ms))
        {
            return Err(("notices", "`sweep_ms` and `tidy_ms` lie between 200 and 600000"));
        }
        Ok(())
    }
}
