//! Throwing away what is too old, or more than is kept of one person.
//!
//! Old ones are found by an index. Who has too many is found by walking through all people in small steps, for ever. Every
//! instance does so: what one has thrown away, another does not find, and where there is nothing to do, nothing is written.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Notices, rows};
use crate::{clock, store::Error};

/// Rows thrown away in one step, and people looked at.
const AT_ONCE: u64 = 500;
/// One person's that are too many are thrown away when so many have come together.
const SLACK: i64 = 50;
const DAY_MS: i64 = 86_400_000;

impl Notices {
    /// Tidies until told to stop.
    pub async fn tidy(self, stop: CancellationToken) {
        let mut after = String::new();
        let pause = Duration::from_millis(self.config.tidy_ms);
        while stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_some() {
            match self.tidy_on(&after).await {
                Ok(next) => after = next,
                Err(Error::Closed) => return,
                Err(error) => {
                    let error: &dyn std::error::Error = &error;
                    tracing::debug!(error, "old notifications were not thrown away yet");
                }
            }
        }
    }

    /// One step; gives where the next begins.
    async fn tidy_on(&self, after: &str) -> Result<String, Error> {
        let before = clock::now().plus_ms(-i64::from(self.config.keep_days) * DAY_MS);
        if rows::is_any_before(self.store.reader(), before).await? {
            let writing = self
                .store
                .write(move |txn| Box::pin(async move { rows::drop_before(txn, before, AT_ONCE).await }));
            writing.await?;
        }
        let boxes = rows::boxes(self.store.reader(), after, AT_ONCE).await?;
        let most = i64::from(self.config.keep_most);
        for (user, last) in boxes.iter().filter(|(_, last)| *last > most) {
            let up_to = last - most;
            if rows::has_up_to(self.store.reader(), user, up_to - SLACK).await? {
                let user = user.clone();
                let writing = self
                    .store
                    .write(move |txn| Box::pin(async move { rows::drop_up_to(txn, &user, up_to).await }));
                writing.await?;
            }
        }
        let is_end = (boxes.len() as u64) < AT_ONCE;
        Ok(boxes
            .last()
            .filter(|_| !is_end)
            .map_or_else(String::new, |(user, _)| user.clone()))
    }
}
