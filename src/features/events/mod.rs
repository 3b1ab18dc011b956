//! Events: making them, changing them, passing them from state to state, and who has which role in them.
//!
//! Every change is said in the event's own log. The start of a contest row is laid here too, because an event of a
//! sport is born with one. Endpoints in `api.rs`, queries in `rows.rs`, who may come in in `gate.rs`.

pub mod api;
mod body;
mod gate;
mod roles;
pub mod room;
mod rows;
mod stage;
mod timetable;

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use sea_orm::{ActiveValue::Set, DatabaseTransaction, EntityTrait, SqlErr, prelude::Uuid};
use tokio::sync::Notify;

use crate::{
    bus::Stale,
    domain::{
        Audience, EventId, Reason, Refusal, Stamp, UserId,
        contest::ContestState,
        entry::{ByeReason, Entry, EventChanged},
        event::{Event, EventKind, EventSettings, EventStatus, Participant, Transition, Visibility},
        notice::{Notice, NoticeKind},
        text::Slug,
        timetable::Told,
        user::Role,
    },
    store::{self, Error, Recent, Scribe, Store},
    stream::{Draft, Forgetter, SnapshotPart, Stream},
};
use roles::Roles;
use timetable::settle;

/// How long an event just read is believed; see [`Recent`].
const BELIEVED_FOR: Duration = Duration::from_secs(1);
const REMEMBERED: usize = 10_000;
/// How many numbered slugs are tried for a title before giving up.
const SLUG_TRIES: u32 = 50;

/// What a host says of a new event, checked.
#[derive(Debug, Clone)]
pub struct NewEvent {
    pub slug: Option<Slug>,
    pub title: String,
    pub kind: EventKind,
    pub participants: Vec<Participant>,
    pub venue: Option<String>,
    pub scheduled_at: Stamp,
    pub featured: bool,
    pub visibility: Visibility,
    pub cover_url: Option<String>,
    pub stream_url: Option<String>,
    pub settings: EventSettings,
    pub demo: bool,
}

/// Changes an event in place, after it was read under the log's lock.
pub type Edit = Box<dyn FnOnce(&mut Event) -> Result<(), Refusal> + Send>;

/// An event after an edit.
struct Edited {
    event: Event,
    was_public: bool,
}

/// The feature.
#[derive(Clone)]
pub struct Events {
    store: Store,
    stream: Stream,
    by_name: Arc<Recent<String, Arc<Event>>>,
    roles: Arc<Roles>,
    /// An event was changed here: something may be due sooner than thought.
    changed: Arc<Notify>,
}

impl Events {
    #[must_use]
    pub fn new(store: Store, stream: Stream) -> Self {
        let by_name = Arc::new(Recent::new(BELIEVED_FOR, REMEMBERED));
        Self {
            store,
            stream,
            by_name,
            roles: Arc::new(Roles::new(BELIEVED_FOR, REMEMBERED)),
            changed: Arc::default(),
        }
    }

    /// Makes an event; whoever makes it is its host.
    pub async fn create(&self, new: NewEvent, host: Option<UserId>) -> Result<Event, Error> {
        let id = EventId::generate();
        let recorded = self
            .stream
            .record(id, move |scribe| Box::pin(create(scribe, new, host)))
            .await?;
        self.changed.notify_one();
        Ok(recorded.value)
    }

    /// Changes an event, if it is still at `version` (when one is given).
    pub async fn edit(&self, id: EventId, version: Option<u64>, edit: Edit) -> Result<Event, Error> {
        let recorded = self
            .stream
            .record(id, move |scribe| Box::pin(change(scribe, version, edit)))
            .await?;
        self.forget(id);
        let Edited { event, was_public } = recorded.value;
        if was_public && event.visibility == Visibility::Private {
            // Everybody comes back; the door knows who may still come in.
            self.stream.close_seats(id, None, ByeReason::RoleChanged);
        }
        Ok(event)
    }

    /// Passes an event to its next state.
    pub async fn pass(&self, id: EventId, transition: Transition) -> Result<Event, Error> {
        let recorded = self
            .stream
            .record(id, move |scribe| Box::pin(pass(scribe, transition)))
            .await?;
        self.forget(id);
        Ok(recorded.value)
    }

    /// The event of that id or slug.
    pub async fn find(&self, name: &str) -> Result<Option<Arc<Event>>, Error> {
        if let Some(event) = self.by_name.get(name) {
            return Ok(Some(event));
        }
        let (db, looked_up) = (self.store.reader(), self.by_name.now());
        let found = match name.parse::<EventId>() {
            Ok(id) => rows::find(db, id).await?,
            Err(_) => rows::find_by_slug(db, name).await?,
        };
        let found = found.map(Arc::new);
        if let Some(event) = &found {
            self.by_name.put(name.to_owned(), Arc::clone(event), looked_up);
        }
        Ok(found)
    }

    /// The role that the event's hosts gave a user.
    pub async fn role_of(&self, id: EventId, user: &UserId) -> Result<Option<Role>, Error> {
        self.roles.of(self.store.reader(), id, user).await
    }

    async fn list(
        &self,
        wanted: &rows::Wanted,
        after: Option<(Stamp, EventId)>,
        limit: u64,
    ) -> Result<Vec<Event>, Error> {
        rows::list(self.store.reader(), wanted, after, limit).await
    }

    /// Members by user id, with their role and since when.
    pub async fn members(
        &self,
        id: EventId,
        after: Option<&UserId>,
        limit: u64,
    ) -> Result<Vec<(UserId, Role, Stamp)>, Error> {
        rows::members(self.store.reader(), id, after, limit).await
    }

    /// Gives a user a role in the event. Open streams end, so that they come back with what the role may see.
    pub async fn set_role(&self, id: EventId, user: UserId, role: Role) -> Result<(), Error> {
        let (name, now) = (user.clone(), crate::clock::now());
        self.store
            .write_beside(id, move |txn| {
                Box::pin(async move { rows::set_role(txn, id, &name, role, now).await })
            })
            .await?;
        self.role_changed(id, user);
        Ok(())
    }

    /// Takes a user's role in the event away. Ok(false): there was none.
    pub async fn remove_role(&self, id: EventId, user: UserId) -> Result<bool, Error> {
        let name = user.clone();
        let removed = self
            .store
            .write_beside(id, move |txn| {
                Box::pin(async move { rows::remove_role(txn, id, &name).await })
            })
            .await?;
        if removed {
            self.role_changed(id, user);
        }
        Ok(removed)
    }

    fn role_changed(&self, id: EventId, user: UserId) {
        let stale = Stale::Role(id, user.clone());
        Forgetter::forget(self, &stale);
        // Before they are sent away, or they could be let in by the old role.
        self.stream.stale(stale);
        self.stream.close_seats(id, Some(user), ByeReason::RoleChanged);
    }

    fn forget(&self, id: EventId) {
        Forgetter::forget(self, &Stale::Event(id));
        self.stream.stale(Stale::Event(id));
        self.changed.notify_one();
    }
}

impl Forgetter for Events {
    fn forget(&self, stale: &Stale) {
        match stale {
            Stale::Event(id) => self.by_name.forget(|_, event| event.id == *id),
            Stale::Role(id, user) => self.roles.forget(*id, user),
            Stale::Keys | Stale::Order(_) => {}
        }
    }
}

async fn create(scribe: &mut Scribe<'_>, new: NewEvent, host: Option<UserId>) -> Result<Event, Error> {
    let (txn, now) = (scribe.txn(), scribe.now());
    let mut event = Event {
        id: scribe.event(),
        slug: free_slug(txn, scribe.event(), &new).await?,
        title: new.title.clone(),
        kind: new.kind,
        status: EventStatus::Scheduled,
        participants: new.participants.clone(),
        venue: new.venue.clone(),
        scheduled_at: new.scheduled_at,
        started_at: None,
        ended_at: None,
        featured: new.featured,
        visibility: new.visibility,
        cover_url: new.cover_url.clone(),
        stream_url: new.stream_url.clone(),
        settings: new.settings.clone(),
        version: 1,
        created_at: now,
        demo: new.demo,
    };
    // Another instance may take the slug between our look and our insert; then we look again.
    while !rows::insert(txn, &event, host.as_ref().map_or("", UserId::as_str)).await? {
        event.slug = free_slug(txn, event.id, &new).await?;
    }
    if let Some(host) = host {
        rows::set_role(txn, event.id, &host, Role::Host, now).await?;
    }
    if event.kind.has_contest() {
        let state = ContestState::new(event.kind, &event.participants, now);
        lay_contest(txn, event.id, &state, now).await?;
    }
    scribe.say(&Entry::EventCreated(EventChanged { event: event.clone() }));
    settle(scribe, &mut event, Told::Nothing).await?;
    Ok(event)
}

/// The wished-for slug, or one made from the title, with a number if need be.
async fn free_slug(txn: &DatabaseTransaction, id: EventId, new: &NewEvent) -> Result<String, Error> {
    if let Some(slug) = &new.slug {
        require_free(txn, id, slug.as_str()).await?;
        return Ok(slug.as_str().to_owned());
    }
    let plain = Slug::from_title(&new.title);
    for number in 1..=SLUG_TRIES {
        let slug = if number == 1 {
            plain.clone()
        } else {
            plain.numbered(number)
        };
        if !rows::slug_is_taken(txn, slug.as_str(), id).await? {
            return Ok(slug.into_string());
        }
    }
    // Many events of one title: the id's random tail makes a slug that nobody has.
    let tail: String = id.to_string().chars().rev().take(8).collect();
    Ok(format!("{plain}-{tail}"))
}

async fn require_free(txn: &DatabaseTransaction, id: EventId, slug: &str) -> Result<(), Error> {
    if rows::slug_is_taken(txn, slug, id).await? {
        return Err(Refusal::new(Reason::SlugTaken, format!("Another event is called `{slug}`.")).into());
    }
    Ok(())
}

/// Another instance took the slug between our look and our update.
fn slug_lost(error: Error, slug: &str) -> Error {
    match &error {
        Error::Broken(cause) if matches!(cause.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => {
            Refusal::new(Reason::SlugTaken, format!("Another event is called `{slug}`.")).into()
        }
        _ => error,
    }
}

async fn lay_contest(txn: &DatabaseTransaction, event: EventId, state: &ContestState, now: Stamp) -> Result<(), Error> {
    let row = entity::contest::ActiveModel {
        id: Set(Uuid::now_v7()),
        event_id: Set(event.uuid()),
        ordinal: Set(0),
        state: Set(serde_json::to_string(state).map_err(|error| Error::unreadable("contest", error))?),
        version: Set(1),
        changed_ms: Set(Some(now.ms())),
    };
    entity::contest::Entity::insert(row).exec_without_returning(txn).await?;
    Ok(())
}

/// The event under the log's lock, so that what is changed is what is there; with what the log said of its room.
async fn require(scribe: &Scribe<'_>) -> Result<(Event, Told), Error> {
    let found = rows::find_with_told(scribe.txn(), scribe.event()).await?;
    found.ok_or_else(|| Refusal::new(Reason::EventNotFound, "No such event.").into())
}

async fn change(scribe: &mut Scribe<'_>, version: Option<u64>, edit: Edit) -> Result<Edited, Error> {
    let (mut event, told) = require(scribe).await?;
    if version.is_some_and(|version| version != event.version) {
        let detail = format!("The event is at version {} by now.", event.version);
        return Err(Refusal::new(Reason::VersionMismatch, detail).into());
    }
    let before = event.clone();
    edit(&mut event)?;
    let was_public = before.visibility == Visibility::Public;
    if event == before {
        return Ok(Edited { event, was_public });
    }
    if event.slug != before.slug {
        require_free(scribe.txn(), event.id, &event.slug).await?;
    }
    event.version += 1;
    rows::update(scribe.txn(), &event)
        .await
        .map_err(|error| slug_lost(error, &event.slug))?;
    scribe.say(&Entry::EventUpdated(EventChanged { event: event.clone() }));
    if event.participants != before.participants {
        rows::line_up(scribe.txn(), &event).await?;
    }
    if event.settings.room != before.settings.room {
        room::tell(scribe, &event);
    }
    settle(scribe, &mut event, told).await?;
    Ok(Edited { event, was_public })
}

async fn pass(scribe: &mut Scribe<'_>, transition: Transition) -> Result<Event, Error> {
    let (mut event, told) = require(scribe).await?;
    enact(scribe, &mut event, transition).await?;
    settle(scribe, &mut event, told).await?;
    Ok(event)
}

async fn enact(scribe: &mut Scribe<'_>, event: &mut Event, transition: Transition) -> Result<(), Error> {
    event.status = transition.apply(event.status)?;
    event.version += 1;
    match transition {
        Transition::Start => event.started_at = Some(scribe.now()),
        Transition::End | Transition::Cancel => event.ended_at = Some(scribe.now()),
        Transition::Pause | Transition::Resume => {}
    }
    rows::update(scribe.txn(), event).await?;
    let said = EventChanged { event: event.clone() };
    scribe.say(&match transition {
        Transition::Start => Entry::EventStarted(said),
        Transition::Pause => Entry::EventPaused(said),
        Transition::Resume => Entry::EventResumed(said),
        Transition::End => Entry::EventEnded(said),
        Transition::Cancel => Entry::EventCancelled(said),
    });
    match transition {
        Transition::Start => notify(scribe, event, NoticeKind::EventStarted).await,
        Transition::End => notify(scribe, event, NoticeKind::EventEnded).await,
        Transition::Pause | Transition::Resume | Transition::Cancel => Ok(()),
    }
}

/// Has those who follow the event notified.
async fn notify(scribe: &mut Scribe<'_>, event: &Event, kind: NoticeKind) -> Result<(), Error> {
    let to = store::event::followers(scribe.txn(), event).await?;
    if !to.is_empty() {
        scribe.notify(Notice {
            kind,
            to,
            message: None,
            text: None,
        });
    }
    Ok(())
}

impl SnapshotPart for Events {
    fn add<'a>(
        &'a self,
        read: &'a DatabaseTransaction,
        event: EventId,
        _audience: Audience,
        draft: &'a mut Draft,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            draft.event = rows::find(read, event).await?;
            Ok(())
        })
    }
}
