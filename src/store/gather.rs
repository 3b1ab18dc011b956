//! The same question asked for many people at once, as when thousands come in together: whoever asks while others are being
//! looked up is looked up with all who wait by then, in one query.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use super::Error;
use crate::domain::{EventId, UserId};

/// People looked up at once.
const TOGETHER: usize = 200;

type Answer<A> = Arc<OnceLock<A>>;
type Waiting<A> = Vec<(UserId, Answer<A>)>;

/// One kind of question about a user in an event.
pub struct Gather<A> {
    // A std mutex: held for map operations. Bounded by the requests in flight.
    waiting: Mutex<HashMap<EventId, Waiting<A>>>,
    /// Held while some are looked up, so that the others gather.
    turn: tokio::sync::Mutex<()>,
}

impl<A> Default for Gather<A> {
    fn default() -> Self {
        Self {
            waiting: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        }
    }
}

impl<A: Clone + Default> Gather<A> {
    /// The answer for a user. `look_up` gives the answers for several, by user id; who is not among them gets the default.
    pub async fn ask<F>(
        &self,
        event: EventId,
        user: &UserId,
        look_up: impl FnOnce(Vec<UserId>) -> F,
    ) -> Result<A, Error>
    where
        F: Future<Output = Result<HashMap<String, A>, Error>>,
    {
        let answer = Answer::default();
        self.waiting()
            .entry(event)
            .or_default()
            .push((user.clone(), Arc::clone(&answer)));
        let turn = self.turn.lock().await;
        if let Some(known) = answer.get() {
            return Ok(known.clone());
        }
        let mut asked = self.take(event);
        if !asked.iter().any(|(_, other)| Arc::ptr_eq(other, &answer)) {
            // Whoever took us along gave up, or failed.
            asked.push((user.clone(), Arc::clone(&answer)));
        }
        let by_user = look_up(asked.iter().map(|(user, _)| user.clone()).collect()).await?;
        for (user, answer) in asked {
            answer.get_or_init(|| by_user.get(user.as_str()).cloned().unwrap_or_default());
        }
        // Only now: whoever has the turn next finds their answer.
        drop(turn);
        Ok(answer.get().cloned().unwrap_or_default())
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<EventId, Waiting<A>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, event: EventId) -> Waiting<A> {
        let mut all = self.waiting();
        let Some(waiting) = all.get_mut(&event) else {
            return Waiting::new();
        };
        // Whoever hung up meanwhile has let go of the answer.
        waiting.retain(|(_, answer)| Arc::strong_count(answer) > 1);
        let asked: Waiting<A> = waiting.drain(..waiting.len().min(TOGETHER)).collect();
        if waiting.is_empty() {
            all.remove(&event);
        }
        asked
    }
}
