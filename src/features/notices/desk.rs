//! Who has a stream of their own open here, and having those look for whom there is something.
//!
//! Hints wake whom they name. They may be lost, so that the desk also compares, every few seconds, where all these people
//! stand in the database with where they stood; whoever moved is woken. Waking costs a look and tells nothing twice.

use std::{
    collections::HashMap,
    sync::{MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use super::{Notices, rows};
use crate::{
    domain::{UserId, notice::Noticed},
    store::Error,
    stream::NoticeListener,
};

/// People compared with the database at once.
const AT_ONCE: usize = 500;
/// While the bus is in trouble, comparing is the only way to hear.
const IN_TROUBLE: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(200);

/// Bounded by open streams. A std mutex around it: held for look-ups, never across an await.
#[derive(Default)]
pub(super) struct Desk {
    people: HashMap<UserId, Person>,
    /// Everybody has to be compared at once.
    is_hurried: bool,
}

struct Person {
    streams: usize,
    call: watch::Sender<()>,
    /// Where they stood when they were last compared.
    stood: Option<(i64, i64)>,
}

/// One open stream; gone when dropped.
pub(super) struct Place {
    notices: Notices,
    user: UserId,
    pub(super) call: watch::Receiver<()>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut desk = self.notices.desk();
        if let Some(person) = desk.people.get_mut(&self.user) {
            person.streams -= 1;
            if person.streams == 0 {
                desk.people.remove(&self.user);
            }
        }
    }
}

impl Notices {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another stream of that person. Whatever is hinted from now on calls it.
    pub(super) fn take_place(&self, user: &UserId) -> Place {
        let mut desk = self.desk();
        let person = desk.people.entry(user.clone()).or_insert_with(|| Person {
            streams: 0,
            call: watch::Sender::new(()),
            stood: None,
        });
        person.streams += 1;
        Place {
            notices: self.clone(),
            user: user.clone(),
            call: person.call.subscribe(),
        }
    }

    /// Compares until told to stop.
    pub async fn watch(self, stop: CancellationToken) {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut compared = Instant::now();
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            let usual = Duration::from_millis(self.config.sweep_ms);
            let is_troubled = self.bus.borrow().trouble.is_some();
            let pause = if is_troubled { usual.min(IN_TROUBLE) } else { usual };
            let is_hurried = std::mem::take(&mut self.desk().is_hurried);
            if !is_hurried && compared.elapsed() < pause {
                continue;
            }
            compared = Instant::now();
            match self.compare().await {
                Ok(()) => {}
                Err(Error::Closed) => return,
                Err(error) => {
                    let error: &dyn std::error::Error = &error;
                    tracing::debug!(error, "notifications could not be compared with the database");
                }
            }
        }
    }

    async fn compare(&self) -> Result<(), Error> {
        let users: Vec<UserId> = self.desk().people.keys().cloned().collect();
        for users in users.chunks(AT_ONCE) {
            let mut stand = rows::standings(self.store.reader(), users).await?;
            let mut desk = self.desk();
            for user in users {
                let stands = stand.remove(user.as_str()).unwrap_or_default();
                if let Some(person) = desk.people.get_mut(user)
                    && person.stood.replace(stands) != Some(stands)
                {
                    person.call.send_replace(());
                }
            }
        }
        Ok(())
    }
}

impl NoticeListener for Notices {
    fn noticed(&self, noticed: &Noticed) {
        let mut desk = self.desk();
        match noticed {
            Noticed::Everyone => desk.is_hurried = true,
            Noticed::Users(users) => {
                for user in users {
                    if let Some(person) = desk.people.get(user) {
                        person.call.send_replace(());
                    }
                }
            }
        }
    }
}
