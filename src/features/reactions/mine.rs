//! What somebody who opens a stream has put on the latest messages.
//!
//! Thousands may come in at once. In an event without reactions nobody has any, which is known for a moment; and where
//! there are some, whoever asks while others are being looked up is looked up together with all who wait by then.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use sea_orm::ConnectionTrait;

use super::rows;
use crate::{
    domain::{EventId, UserId},
    store::{Error, Recent},
    stream::MyReactions,
};

/// How long it is believed that nobody has reacted, if it was not done here.
const BELIEVED_FOR: Duration = Duration::from_secs(1);
const REMEMBERED: usize = 10_000;
/// People looked up at once.
const TOGETHER: usize = 200;

type Answer = Arc<OnceLock<MyReactions>>;
type Waiting = Vec<(UserId, Answer)>;

pub(super) struct Mine {
    any: Recent<EventId, bool>,
    // A std mutex: held for map operations. Bounded by the streams being opened.
    waiting: Mutex<HashMap<EventId, Waiting>>,
    /// Held while some are looked up, so that the others gather.
    turn: tokio::sync::Mutex<()>,
}

impl Default for Mine {
    fn default() -> Self {
        Self {
            any: Recent::new(BELIEVED_FOR, REMEMBERED),
            waiting: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        }
    }
}

impl Mine {
    /// Somebody has reacted here.
    pub(super) fn reacted(&self, event: EventId) {
        self.any.forget(|known, any| *known == event && !any);
    }

    pub(super) async fn of(
        &self,
        db: &impl ConnectionTrait,
        event: EventId,
        user: &UserId,
    ) -> Result<MyReactions, Error> {
        if !self.is_any(db, event).await? {
            return Ok(MyReactions::new());
        }
        let answer = Answer::default();
        self.waiting()
            .entry(event)
            .or_default()
            .push((user.clone(), Arc::clone(&answer)));
        let turn = self.turn.lock().await;
        if let Some(mine) = answer.get() {
            return Ok(mine.clone());
        }
        let mut asked = self.take(event);
        if !asked.iter().any(|(_, other)| Arc::ptr_eq(other, &answer)) {
            // Whoever took us along gave up, or failed.
            asked.push((user.clone(), Arc::clone(&answer)));
        }
        let looked_up = look_up(db, event, &asked).await;
        drop(turn);
        looked_up?;
        Ok(answer.get().cloned().unwrap_or_default())
    }

    async fn is_any(&self, db: &impl ConnectionTrait, event: EventId) -> Result<bool, Error> {
        if let Some(any) = self.any.get(&event) {
            return Ok(any);
        }
        let looked_up = self.any.now();
        let any = rows::any(db, event).await?;
        self.any.put(event, any, looked_up);
        Ok(any)
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<EventId, Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, event: EventId) -> Waiting {
        let mut all = self.waiting();
        let Some(waiting) = all.get_mut(&event) else {
            return Waiting::new();
        };
        // Whoever hung up meanwhile has let go of the answer.
        waiting.retain(|(_, answer)| Arc::strong_count(answer) > 1);
        let asked: Waiting = waiting.drain(..waiting.len().min(TOGETHER)).collect();
        if waiting.is_empty() {
            all.remove(&event);
        }
        asked
    }
}

async fn look_up(db: &impl ConnectionTrait, event: EventId, asked: &Waiting) -> Result<(), Error> {
    let users: Vec<UserId> = asked.iter().map(|(user, _)| user.clone()).collect();
    let mut by_user: HashMap<String, MyReactions> = HashMap::new();
    for (user, message, emoji) in rows::of_users(db, event, &users).await? {
        let mine = by_user.entry(user).or_default();
        mine.entry(message.to_string()).or_default().push(emoji);
    }
    for (user, answer) in asked {
        answer.get_or_init(|| by_user.get(user.as_str()).cloned().unwrap_or_default());
    }
    Ok(())
}
