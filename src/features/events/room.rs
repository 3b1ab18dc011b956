//! How an event's room behaves: what moderators tune while people are in, and its endpoints.

use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path},
    types::MaybeUndefined,
};

use super::{Events, require, rows};
use crate::{
    domain::{
        EventId,
        entry::{Entry, RoomChanged},
        event::Event,
        room::{LinkPolicy, Receipts, RoomSettings},
        user::Role,
    },
    http::{Caller, Json, Problem, Tag, Tagged, etag, gate::Gate},
    store::{Error, Scribe},
};

/// What changes in a room (RFC 7396): what is left out stays as it is, what is sent as null goes back to the house's default.
#[derive(Debug, Clone, Default, Object)]
#[oai(rename = "RoomPatch")]
pub(super) struct RoomPatch {
    #[oai(validator(maximum(value = "21600")))]
    slow_mode_seconds: MaybeUndefined<u32>,
    members_only: MaybeUndefined<bool>,
    emoji_only: MaybeUndefined<bool>,
    unique_messages: MaybeUndefined<bool>,
    links: MaybeUndefined<LinkPolicy>,
    #[oai(validator(maximum(value = "31536000")))]
    min_account_age_seconds: MaybeUndefined<u32>,
    locked: MaybeUndefined<bool>,
    hold_messages: MaybeUndefined<bool>,
    #[oai(validator(maximum(value = "86400")))]
    hold_seconds: MaybeUndefined<u32>,
    receipts: MaybeUndefined<Receipts>,
    typing: MaybeUndefined<bool>,
}

impl RoomPatch {
    /// The room with what changes.
    pub(super) fn apply(&self, room: &mut RoomSettings, defaults: &RoomSettings) {
        let (to, default) = (room, defaults);
        set(
            &mut to.slow_mode_seconds,
            &self.slow_mode_seconds,
            default.slow_mode_seconds,
        );
        set(&mut to.members_only, &self.members_only, default.members_only);
        set(&mut to.emoji_only, &self.emoji_only, default.emoji_only);
        set(&mut to.unique_messages, &self.unique_messages, default.unique_messages);
        set(&mut to.links, &self.links, default.links);
        let age = &self.min_account_age_seconds;
        set(&mut to.min_account_age_seconds, age, default.min_account_age_seconds);
        set(&mut to.locked, &self.locked, default.locked);
        set(&mut to.hold_messages, &self.hold_messages, default.hold_messages);
        set(&mut to.hold_seconds, &self.hold_seconds, default.hold_seconds);
        set(&mut to.receipts, &self.receipts, default.receipts);
        set(&mut to.typing, &self.typing, default.typing);
    }
}

fn set<T: Copy>(setting: &mut T, change: &MaybeUndefined<T>, default: T) {
    match change {
        MaybeUndefined::Undefined => {}
        MaybeUndefined::Null => *setting = default,
        MaybeUndefined::Value(value) => *setting = *value,
    }
}

/// The endpoints of rooms.
pub struct RoomApi {
    pub events: Events,
    /// What a setting sent as null goes back to.
    pub defaults: RoomSettings,
}

#[OpenApi(prefix_path = "/v1", tag = "Tag::Events")]
impl RoomApi {
    /// Read how a room behaves
    ///
    /// The same settings stand in the event's; `room.changed` tells of every change.
    #[oai(path = "/events/:event/room", method = "get", operation_id = "get_room")]
    async fn get(
        &self,
        caller: Caller,
        event: Path<String>,
        #[oai(name = "If-None-Match")] if_none_match: Header<Option<String>>,
    ) -> Result<Tagged<RoomSettings>, Problem> {
        let attendee = self.events.admit(&event, &caller).await?;
        caller.limit(|limits| limits.read).await?;
        let etag = etag::of_version(attendee.event.version);
        if etag::is_known(if_none_match.0.as_deref(), &etag) {
            return Ok(Tagged::Unchanged { etag });
        }
        let body = attendee.event.settings.room;
        Ok(Tagged::Document { body, etag })
    }

    /// Change how a room behaves
    ///
    /// For moderators, while people are in. A JSON merge patch: what is left out stays as it is, null goes back to the
    /// default. With `If-Match`, only if the event is still at that version.
    #[oai(path = "/events/:event/room", method = "patch", operation_id = "change_room")]
    async fn change(
        &self,
        caller: Caller,
        event: Path<String>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        body: Json<RoomPatch>,
    ) -> Result<Tagged<RoomSettings>, Problem> {
        let attendee = self.events.admit(&event, &caller).await?;
        attendee.require(Role::Moderator)?;
        caller.limit(|limits| limits.write).await?;
        let defaults = self.defaults;
        let tune = move |room: &mut RoomSettings| body.0.apply(room, &defaults);
        let event = self.events.tune(attendee.event.id, if_match.0, tune).await?;
        Ok(Tagged::Document {
            body: event.settings.room,
            etag: etag::of_version(event.version),
        })
    }
}

impl Events {
    /// Changes how an event's room behaves, if the event is still at the version that `if_match` names (when it does).
    pub async fn tune(
        &self,
        id: EventId,
        if_match: Option<String>,
        tune: impl FnOnce(&mut RoomSettings) + Send + 'static,
    ) -> Result<Event, Error> {
        let recorded = self
            .stream
            .record(id, move |scribe| Box::pin(change(scribe, if_match, tune)))
            .await?;
        self.forget(id);
        Ok(recorded.value)
    }
}

async fn change(
    scribe: &mut Scribe<'_>,
    if_match: Option<String>,
    tune: impl FnOnce(&mut RoomSettings) + Send,
) -> Result<Event, Error> {
    let (mut event, _) = require(scribe).await?;
    if if_match.is_some() {
        etag::require_version(if_match.as_deref(), event.version)?;
    }
    let before = event.settings.room;
    tune(&mut event.settings.room);
    event.settings.room.check()?;
    if event.settings.room == before {
        return Ok(event);
    }
    event.version += 1;
    rows::update(scribe.txn(), &event).await?;
    tell(scribe, &event);
    Ok(event)
}

/// Says how the room behaves from now on.
pub(super) fn tell(scribe: &mut Scribe<'_>, event: &Event) {
    scribe.say(&Entry::RoomChanged(RoomChanged {
        room: event.settings.room,
        version: event.version,
    }));
}
