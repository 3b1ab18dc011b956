//! What somebody who opens a stream has put on the latest messages.
//!
//! Thousands may come in at once. In an event without reactions nobody has any, which is known for a moment; and where
//! there are some, those who come in together are looked up together.

use std::{collections::HashMap, time::Duration};

use sea_orm::ConnectionTrait;

use super::rows;
use crate::{
    domain::{EventId, UserId},
    store::{Error, Gather, Recent},
    stream::MyReactions,
};

/// How long it is believed that nobody has reacted, if it was not done here.
const BELIEVED_FOR: Duration = Duration::from_secs(1);
const REMEMBERED: usize = 10_000;

pub(super) struct Mine {
    any: Recent<EventId, bool>,
    asked: Gather<MyReactions>,
}

impl Default for Mine {
    fn default() -> Self {
        Self {
            any: Recent::new(BELIEVED_FOR, REMEMBERED),
            asked: Gather::default(),
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
        self.asked
            .ask(event, user, |users| async move {
                let mut by_user: HashMap<String, MyReactions> = HashMap::new();
                for (user, message, emoji) in rows::of_users(db, event, &users).await? {
                    let mine = by_user.entry(user).or_default();
                    mine.entry(message.to_string()).or_default().push(emoji);
                }
                Ok(by_user)
            })
            .await
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
}
