//! Who has which role in which event, as asked at every door.
//!
//! Most events have a handful of members and thousands of people who are none. So the members of an event are read all at
//! once and kept for a moment: whoever comes in costs a look at a map, member or not. Events with many members are asked
//! about one person at a time.

use std::{collections::HashMap, sync::Arc, time::Duration};

use sea_orm::ConnectionTrait;

use super::rows;
use crate::{
    domain::{EventId, UserId, user::Role},
    store::{Error, Recent},
};

/// Members read and kept at once.
const FEW: usize = 128;

/// `None`: there are too many members to keep.
type Few = Option<Arc<HashMap<UserId, Role>>>;

pub(super) struct Roles {
    few: Recent<EventId, Few>,
    single: Recent<(EventId, UserId), Option<Role>>,
}

impl Roles {
    pub(super) fn new(believed_for: Duration, remembered: usize) -> Self {
        Self {
            // Each of these may hold `FEW` members.
            few: Recent::new(believed_for, remembered / 10),
            single: Recent::new(believed_for, remembered),
        }
    }

    pub(super) async fn of(
        &self,
        db: &impl ConnectionTrait,
        event: EventId,
        user: &UserId,
    ) -> Result<Option<Role>, Error> {
        let few = if let Some(few) = self.few.get(&event) {
            few
        } else {
            let looked_up = self.few.now();
            let few = rows::few_roles(db, event, FEW).await?.map(Arc::new);
            self.few.put(event, few.clone(), looked_up);
            few
        };
        match few {
            Some(few) => Ok(few.get(user).copied()),
            None => self.alone(db, event, user).await,
        }
    }

    async fn alone(&self, db: &impl ConnectionTrait, event: EventId, user: &UserId) -> Result<Option<Role>, Error> {
        let key = (event, user.clone());
        if let Some(role) = self.single.get(&key) {
            return Ok(role);
        }
        let looked_up = self.single.now();
        let role = rows::role_of(db, event, user).await?;
        self.single.put(key, role, looked_up);
        Ok(role)
    }

    /// That user's role has changed.
    pub(super) fn forget(&self, event: EventId, user: &UserId) {
        self.few.forget(|known, _| *known == event);
        self.single
            .forget(|(known, member), _| *known == event && member == user);
    }
}
