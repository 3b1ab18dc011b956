//! Looking for bans that other instances gave: a word of the bus may be lost, the database is not.
//!
//! Twice a second, and only where somebody sits: one look at an index. So a ban ends streams everywhere within a second
//! whatever the bus does.

use std::{collections::VecDeque, time::Duration};

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::{Moderation, rows};
use crate::{
    clock,
    domain::{SanctionId, entry::ByeReason, moderation::Sanction},
    store::Error,
};

const EVERY: Duration = Duration::from_millis(500);
/// How far back a look goes: beyond what clocks of instances may differ and a commit may take.
const BACK_MS: i64 = 15_000;
/// Bans seen in one look. If there were more, the next looks see the rest only if they come within that time.
const MOST: u64 = 1_000;

impl Moderation {
    /// Ends streams of those whom another instance banned, until told to stop.
    pub async fn watch(self, halt: CancellationToken) {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut done = VecDeque::new();
        while halt.run_until_cancelled(ticks.tick()).await.is_some() {
            if let Err(error) = self.count_arrivals().await {
                tracing::debug!(error = %error, "cannot look for raids");
            }
            if self.stream.open_seats() == 0 {
                continue;
            }
            if let Err(error) = self.look(&mut done).await {
                // The next look finds what this one missed.
                tracing::debug!(error = %error, "cannot look for bans");
            }
        }
    }

    async fn look(&self, done: &mut VecDeque<SanctionId>) -> Result<(), Error> {
        let since = clock::now().plus_ms(-BACK_MS);
        for ban in rows::bans_since(self.store.reader(), since, MOST).await? {
            if done.contains(&ban.id) {
                continue;
            }
            self.books.forget(ban.event_id);
            self.stream
                .close_seats_here(ban.event_id, &ban.user_id, ByeReason::Banned);
            done.push_back(ban.id);
            if done.len() > usize::try_from(2 * MOST).unwrap_or(usize::MAX) {
                done.pop_front();
            }
            self.remember(ban);
        }
        Ok(())
    }

    /// Adds how a banned guest was seen here to what is kept of the ban.
    fn remember(&self, ban: Sanction) {
        let Some(seen) = self.seen.get(&ban.user_id).filter(|seen| !seen.marks.is_empty()) else {
            return;
        };
        let moderation = self.clone();
        self.tasks.spawn(async move {
            let scope = ban.event_id;
            let write = moderation
                .store
                .write(move |txn| Box::pin(async move { rows::mark(txn, &ban, &seen.marks, clock::now()).await }));
            match write.await {
                Ok(()) => moderation.changed(scope),
                Err(error) => tracing::debug!(error = %error, "what is known of a banned guest could not be kept"),
            }
        });
    }
}
