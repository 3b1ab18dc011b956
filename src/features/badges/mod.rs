//! Badges: what hosts award, and the card everybody has in an event.
//!
//! Awards are rows, said in the log when they change. The card is put together at the door ([`Carded`]), so whatever is
//! written, opened or told afterwards carries it; cards in older messages stay as they were.

pub mod api;
mod rows;

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use sea_orm::DatabaseTransaction;

use crate::{
    domain::{
        Audience, EventId, Reason, Refusal, UserId,
        badge::{self, AWARDS_PER_EVENT, AWARDS_PER_USER, Award, Awards},
        entry::{BadgesChanged, Entry, EntryKind},
        user::Role,
    },
    http::{
        Caller, Problem,
        gate::{Admission, Gate},
    },
    store::{Error, LogEntry, Recent, Scribe, Store},
    stream::{Draft, EventListener, SnapshotPart, Stream},
};

/// How long an event's awards are believed; what changes them here or is heard of is known at once.
const BELIEVED_FOR: Duration = Duration::from_secs(1);
const REMEMBERED: usize = 1_000;

type ByUser = Arc<HashMap<UserId, Vec<String>>>;

/// The feature.
#[derive(Clone)]
pub struct Badges {
    store: Store,
    stream: Stream,
    known: Arc<Recent<EventId, ByUser>>,
}

impl Badges {
    #[must_use]
    pub fn new(store: Store, stream: Stream) -> Self {
        Self {
            store,
            stream,
            known: Arc::new(Recent::new(BELIEVED_FOR, REMEMBERED)),
        }
    }

    /// Awards a badge; gives what its bearer has now. Twice is once.
    pub async fn award(&self, event: EventId, user: UserId, badge: Award, by: String) -> Result<Awards, Error> {
        let awarded = self
            .stream
            .record(event, move |scribe| Box::pin(award(scribe, user, badge, by)))
            .await?;
        self.forget(event);
        Ok(awarded.value)
    }

    /// Takes a badge back; gives what is left.
    pub async fn withdraw(&self, event: EventId, user: UserId, badge: Award) -> Result<Awards, Error> {
        let left = self
            .stream
            .record(event, move |scribe| Box::pin(withdraw(scribe, user, badge)))
            .await?;
        self.forget(event);
        Ok(left.value)
    }

    async fn of(&self, event: EventId) -> Result<ByUser, Error> {
        if let Some(known) = self.known.get(&event) {
            return Ok(known);
        }
        let looked_up = self.known.now();
        let awards = rows::all(self.store.reader(), event).await?;
        let by_user: ByUser = Arc::new(
            awards
                .into_iter()
                .map(|awards| (awards.user_id, awards.badges))
                .collect(),
        );
        self.known.put(event, Arc::clone(&by_user), looked_up);
        Ok(by_user)
    }

    fn forget(&self, event: EventId) {
        self.known.forget(|known, _| *known == event);
    }
}

async fn award(scribe: &mut Scribe<'_>, user: UserId, badge: Award, by: String) -> Result<Awards, Error> {
    let (txn, event) = (scribe.txn(), scribe.event());
    let has = rows::of(txn, event, &user).await?;
    if has.iter().any(|has| has == badge.as_str()) {
        return Ok(Awards {
            user_id: user,
            badges: has,
        });
    }
    let too_many = |most| Err(Refusal::field("/badge", "too-many", format!("At most {most} of them.")).into());
    if has.len() >= AWARDS_PER_USER {
        return too_many(AWARDS_PER_USER);
    }
    if rows::count(txn, event).await? >= AWARDS_PER_EVENT as u64 {
        return too_many(AWARDS_PER_EVENT);
    }
    rows::insert(txn, event, &user, badge.as_str(), &by, scribe.now()).await?;
    say(scribe, user, badge, true).await
}

async fn withdraw(scribe: &mut Scribe<'_>, user: UserId, badge: Award) -> Result<Awards, Error> {
    if !rows::remove(scribe.txn(), scribe.event(), &user, badge.as_str()).await? {
        return Err(Refusal::new(Reason::NotFound, "They were not awarded that badge here.").into());
    }
    say(scribe, user, badge, false).await
}

async fn say(scribe: &mut Scribe<'_>, user: UserId, badge: Award, given: bool) -> Result<Awards, Error> {
    let badges = rows::of(scribe.txn(), scribe.event(), &user).await?;
    let awards = Awards { user_id: user, badges };
    scribe.say(&Entry::BadgesChanged(BadgesChanged {
        awards: awards.clone(),
        badge: badge.as_str().to_owned(),
        given,
    }));
    Ok(awards)
}

impl EventListener for Badges {
    fn said(&self, event: EventId, entries: &[LogEntry]) {
        if entries.iter().any(|entry| entry.kind == EntryKind::BadgesChanged) {
            self.forget(event);
        }
    }
}

impl SnapshotPart for Badges {
    fn add<'a>(
        &'a self,
        read: &'a DatabaseTransaction,
        event: EventId,
        _audience: Audience,
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            draft.badges = rows::all(read, event).await?;
            Ok(())
        })
    }
}

/// The door of an event, at which everybody gets their card.
pub struct Carded {
    pub door: Arc<dyn Gate>,
    pub badges: Badges,
}

impl Gate for Carded {
    fn admit<'a>(&'a self, event: &'a str, caller: &'a Caller) -> BoxFuture<'a, Result<Admission, Problem>> {
        Box::pin(async move {
            let mut admission = self.door.admit(event, caller).await?;
            if let Some(user) = &admission.user {
                let awards = self.badges.of(admission.event.id).await?;
                let own = awards.get(&user.id).map_or(&[][..], Vec::as_slice);
                admission.user = Some(badge::card(user, admission.role, own));
            }
            Ok(admission)
        })
    }

    fn role_of<'a>(&'a self, event: EventId, user: &'a UserId) -> BoxFuture<'a, Result<Option<Role>, Problem>> {
        self.door.role_of(event, user)
    }
}
