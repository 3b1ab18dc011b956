//! Endpoints that read an event as a whole.

use std::sync::Arc;

use poem::Request;
use poem_openapi::{
    Enum, Object, OpenApi,
    param::{Header, Path, Query},
};
use serde::Serialize;

use super::{
    log_page::{as_json, as_lines, place},
    shift::Asked,
};
use crate::{
    domain::{
        Audience, Cursor, EventId, Reason, Refusal, Stamp,
        entry::ByeReason,
        event::EventStatus,
        reaction::Applause,
        room::{Room, RoomSettings},
        shift::{Delay, Speed},
        snapshot::Snapshot,
    },
    http::{
        Answer, Caller, Json, Limit, Problem, StreamCaller, Tag, Tagged,
        auth::Admitted,
        etag,
        gate::{Admission, Gate},
        sse::{LogResponse, NDJSON, StreamResponse, content_type, sent_id},
    },
    store::{Head, LogEntry, Store, log},
    stream::{Format, Opened, SeatRequest, Shot, Stream, TypeFilter},
};

pub struct LiveApi {
    pub store: Store,
    pub stream: Stream,
    pub gate: Arc<dyn Gate>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
enum LogFormat {
    Json,
    Ndjson,
}

/// An event's state in a few numbers.
#[derive(Debug, Serialize, Object)]
#[oai(rename = "EventStatusReport", skip_serializing_if_is_none)]
struct StatusOut {
    event_id: EventId,
    status: EventStatus,
    room: Room,
    /// How the room behaves.
    room_settings: RoomSettings,
    /// Open streams; absent where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    viewers: Option<u64>,
    /// Signed-in people among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    users: Option<u64>,
    applause: Applause,
    /// Messages people can see.
    messages: u64,
    /// The end of the log.
    cursor: Cursor,
}

fn audience(attendee: &Admission) -> Audience {
    if attendee.role.is_staff() {
        Audience::Staff
    } else {
        Audience::Public
    }
}

impl LiveApi {
    /// Opens a stream with the role that holds once it listens. Whoever lost a right between the door and the seat would
    /// otherwise sit on unnoticed.
    async fn seat(&self, mut wanted: SeatRequest, event: &str, caller: &Caller) -> Result<Opened, Problem> {
        loop {
            let opened = self.stream.open(wanted.clone()).await;
            let role = self.gate.admit(event, caller).await?.role;
            if role == wanted.role {
                return Ok(opened);
            }
            wanted.role = role;
        }
    }

    async fn snapshot_of(&self, attendee: &Admission, delay: Option<Delay>) -> Result<Arc<Shot>, Problem> {
        let event = attendee.event.id;
        let shot = match Delay::any(delay) {
            Some(delay) => self.stream.snapshot_behind(event, delay).await?,
            None => self.stream.snapshot(event, audience(attendee)).await?,
        };
        Ok(shot.ok_or_else(|| Refusal::new(Reason::EventNotFound, "No such event."))?)
    }
}

#[OpenApi(prefix_path = "/v1", tag = "Tag::Live")]
impl LiveApi {
    /// Follow an event
    ///
    /// One stream carries everything: server-sent events, or one JSON object a line. It begins with `stream.ready`, then
    /// either `stream.snapshot` or, when a resume point is given (`Last-Event-ID` or `after`), the missed entries and
    /// `stream.resumed`. A resume point we cannot go on from is answered by `stream.reset` and a snapshot, never silently.
    /// Entries have an id; signals have none and are not kept. Before the server closes, it says `stream.bye` with a
    /// reason and whether to come back.
    ///
    /// With `delay`, all of it comes so much later: the snapshot is as of then, too. With `from`, `at` or `speed`, what
    /// happened is told again in its own rhythm. Both show what everybody may see, to staff as well.
    #[oai(path = "/events/:event/stream", method = "get", operation_id = "stream_event")]
    #[expect(
        clippy::too_many_arguments,
        reason = "each is a parameter of its own in the document"
    )]
    async fn stream(
        &self,
        request: &Request,
        caller: StreamCaller,
        event: Path<String>,
        /// Only these types, separated by commas; what the stream says of itself (`stream.…`) always passes.
        #[oai(validator(max_length = 1000))]
        types: Query<Option<String>>,
        /// Go on right after this cursor (or plain `seq`). `Last-Event-ID` wins, since a reconnecting browser repeats the URL.
        #[oai(validator(max_length = 100))]
        after: Query<Option<String>>,
        format: Query<Option<Format>>,
        /// 1: give what there is and end.
        #[oai(validator(maximum(value = "1")))]
        poll: Query<Option<u8>>,
        /// A stream ticket, for clients that cannot send headers.
        #[oai(validator(max_length = 200))]
        ticket: Query<Option<String>>,
        /// Tell everything so much later, for people whose broadcast lags: 0 to 120 seconds, rounded up to steps.
        delay: Query<Option<Delay>>,
        /// Replay a finished event: from its `start`, or from after this cursor (or plain `seq`).
        #[oai(validator(max_length = 100))]
        from: Query<Option<String>>,
        /// Go back to this moment, and on from there.
        at: Query<Option<Stamp>>,
        /// Replay a finished event so many times as fast as it happened: 0.25 to 60.
        speed: Query<Option<Speed>>,
        #[oai(name = "Last-Event-ID")] last_event_id: Header<Option<String>>,
    ) -> Result<StreamResponse, Problem> {
        // Named here so that the document has them: one is read by the extractor, the other below as it was sent, because
        // what is not even text must be answered as a place we do not know, not as none.
        drop((ticket, last_event_id));
        let format = format.0.unwrap_or(Format::Sse);
        let content_type = content_type(format);
        // A status would end a browser's stream for good; it comes back when told so inside one.
        let not_now = |problem: Problem| {
            let come_back = || self.stream.turn_away(format, ByeReason::Internal);
            problem
                .is_outage()
                .then(|| StreamResponse::new(content_type, come_back().into_chunks()))
                .ok_or(problem)
        };
        let Admitted {
            event: admitted,
            role,
            user,
            caller,
            set_cookie,
        } = match caller.admit(&*self.gate, &event).await {
            Ok(admitted) => admitted,
            Err(problem) => return not_now(problem),
        };
        caller.limit(|limits| limits.read).await?;
        let filter = match types.0.as_deref() {
            None => TypeFilter::EVERYTHING,
            Some(names) => {
                let names = names.split(',').map(str::trim).filter(|name| !name.is_empty());
                TypeFilter::of(names).map_err(unknown_type)?
            }
        };
        let asked = Asked {
            delay: delay.0,
            from: from.0,
            at: at.0,
            speed: speed.0,
        };
        let telling = match asked.telling(self.store.reader(), &admitted).await {
            Ok(telling) => telling,
            Err(problem) => return not_now(problem),
        };
        let wanted = SeatRequest {
            event: admitted.id,
            small_room_users: admitted.settings.small_room_users,
            receipts: admitted.settings.room.receipts,
            user: user.map(Arc::new),
            role,
            address: caller.address,
            resume: sent_id(request).or(after.0),
            filter,
            format,
            once: poll.0 == Some(1),
            telling,
            expires_at: caller.identity.expires_at(),
        };
        let once = wanted.once;
        match self.seat(wanted, &event, &caller).await {
            Ok(opened) if once => {
                let response = StreamResponse::new(content_type, opened.into_chunks());
                Ok(response.with_cookie(set_cookie.as_deref()))
            }
            Ok(opened) => Ok(StreamResponse::of(request, content_type, opened).with_cookie(set_cookie.as_deref())),
            Err(problem) => not_now(problem),
        }
    }

    /// Read an event's state
    ///
    /// Everything a page needs, as of one place in the log: read on from its `cursor` and you miss nothing.
    #[oai(path = "/events/:event/snapshot", method = "get", operation_id = "get_snapshot")]
    async fn snapshot(
        &self,
        caller: Caller,
        event: Path<String>,
        /// As everybody could see it so much earlier, as on a stream with the same delay.
        delay: Query<Option<Delay>>,
        #[oai(name = "If-None-Match")] if_none_match: Header<Option<String>>,
    ) -> Result<Tagged<Snapshot>, Problem> {
        let attendee = self.gate.admit(&event, &caller).await?;
        caller.limit(|limits| limits.read).await?;
        let shot = self.snapshot_of(&attendee, delay.0).await?;
        // Weak: presence and the open room are of the moment.
        let etag = format!("W/\"{}\"", shot.cursor());
        if etag::is_known(if_none_match.0.as_deref(), &etag) {
            return Ok(Tagged::Unchanged { etag });
        }
        let body =
            serde_json::from_slice(&shot.json).map_err(|error| crate::store::Error::unreadable("snapshot", error))?;
        Ok(Tagged::Document { body, etag })
    }

    /// Read the log
    ///
    /// Entries in order, from the first or from after a cursor (or plain `seq`). As lines with `format=ndjson`.
    #[oai(path = "/events/:event/log", method = "get", operation_id = "read_log")]
    #[expect(
        clippy::too_many_arguments,
        reason = "each is a query parameter of its own in the document"
    )]
    async fn log(
        &self,
        caller: Caller,
        event: Path<String>,
        #[oai(validator(max_length = 100))] after: Query<Option<String>>,
        limit: Limit,
        format: Query<Option<LogFormat>>,
        /// Without what came later than so much earlier.
        delay: Query<Option<Delay>>,
        #[oai(name = "Accept")] accept: Header<Option<String>>,
    ) -> Result<LogResponse, Problem> {
        let attendee = self.gate.admit(&event, &caller).await?;
        caller.limit(|limits| limits.read).await?;
        // What is told later is what everybody may see, whoever asks: staff have to see things as they happen.
        let delay = Delay::any(delay.0);
        let audience = delay.map_or_else(|| audience(&attendee), |_| Audience::Public);
        let (db, event) = (self.store.reader(), attendee.event.id);
        let head = log::head(db, event).await?.unwrap_or(Head::EMPTY);
        let after = match after.0 {
            None => Head {
                public: 0,
                staff: 0,
                ..head
            },
            Some(after) => place(db, event, audience, head, ("after", &after)).await?,
        };
        let mut entries = log::read_after(db, event, audience, after, limit.rows()).await?;
        if let Some(delay) = delay {
            let shown = self.stream.head_behind(event, delay).await?;
            entries.retain(|entry| entry.epoch == shown.epoch && entry.seq <= shown.public);
        }
        let next = entries.last().map_or(after, LogEntry::head).cursor(audience);
        let lines = format.0 == Some(LogFormat::Ndjson)
            || format.0.is_none() && accept.0.is_some_and(|accept| accept.contains(NDJSON));
        Ok(LogResponse(if lines {
            as_lines(&entries)
        } else {
            as_json(&entries, next)
        }))
    }

    /// Read an event's status
    #[oai(path = "/events/:event/status", method = "get", operation_id = "get_event_status")]
    async fn status(
        &self,
        caller: Caller,
        event: Path<String>,
        /// As it was so much earlier.
        delay: Query<Option<Delay>>,
    ) -> Answer<StatusOut> {
        let attendee = self.gate.admit(&event, &caller).await?;
        caller.limit(|limits| limits.read).await?;
        let shot = self.snapshot_of(&attendee, delay.0).await?;
        let now: Snapshot =
            serde_json::from_slice(&shot.json).map_err(|error| crate::store::Error::unreadable("snapshot", error))?;
        Ok(Json(StatusOut {
            event_id: now.event.id,
            status: now.event.status,
            room: now.room,
            room_settings: now.event.settings.room,
            viewers: now.presence.map(|presence| presence.viewers),
            users: now.presence.map(|presence| presence.users),
            applause: now.applause,
            messages: now.message_count,
            cursor: now.cursor,
        }))
    }
}

fn unknown_type(name: &str) -> Refusal {
    Refusal::new(
        Reason::InvalidRequest,
        format!("There is no entry type `{}`.", name.escape_default()),
    )
}
