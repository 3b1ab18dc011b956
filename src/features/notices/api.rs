//! `/v1/me/notifications` and `/v1/me/stream`.

use std::sync::Arc;

use poem::Request;
use poem_openapi::{
    Object, OpenApi,
    param::{Header, Query},
};
use serde::{Deserialize, Serialize};

use super::{Marked, Notices, Owner, rows::Page as Direction};
use crate::{
    domain::{Fault, NotificationId, Refusal, notice::Notification},
    http::{
        Answer, Attendee, Json, Limit, Mark, Page, Place, Problem, StreamCaller, Tag,
        auth::Alone,
        gate::Gate,
        page,
        schema::AnyMeFrame,
        sse::{PerchResponse, sent_id},
    },
    stream::{Format, PerchRequest, Stream},
};

pub struct NoticesApi {
    pub notices: Notices,
    pub stream: Stream,
    pub gate: Arc<dyn Gate>,
}

/// A place among one's notifications.
#[derive(Debug, Serialize, Deserialize)]
struct ByPlace(i64);

impl Mark for ByPlace {
    const NAME: &'static str = "notifications1";
}

/// A page of notifications, and how many are unread in all.
#[derive(Debug, Serialize, Object)]
#[oai(rename = "NotificationPage", skip_serializing_if_is_none)]
struct PageOut {
    items: Vec<Notification>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prev_cursor: Option<String>,
    unread: u64,
}

/// Which notifications are read: all up to one, or these.
#[derive(Debug, Object)]
#[oai(rename = "ReadIn")]
struct ReadIn {
    up_to: Option<NotificationId>,
    #[oai(validator(max_items = 100))]
    ids: Option<Vec<NotificationId>>,
}

#[derive(Debug, Serialize, Object)]
#[oai(rename = "UnreadCount")]
struct UnreadOut {
    unread: u64,
}

impl NoticesApi {
    fn owner(&self, me: Attendee) -> Owner {
        Owner {
            id: me.user.id,
            caller: me.caller,
            gate: Arc::clone(&self.gate),
        }
    }
}

#[OpenApi(prefix_path = "/v1", tag = "Tag::Notifications")]
impl NoticesApi {
    /// Read your notifications
    ///
    /// Without a cursor: the latest, newest first. `before` goes on towards the past, newest first; `after` towards the
    /// present, oldest first. What comes from an event you may not enter (any more), or from a message that is gone, is not
    /// among them, and does not count as unread.
    #[oai(path = "/me/notifications", method = "get", operation_id = "list_my_notifications")]
    async fn list(
        &self,
        me: Attendee,
        before: Place<ByPlace>,
        after: Place<ByPlace>,
        limit: Limit,
        /// Only those you have not read.
        #[oai(default)]
        unread: Query<bool>,
    ) -> Answer<PageOut> {
        me.caller.limit(|limits| limits.read).await?;
        let direction = match (before.0, after.0) {
            (Some(_), Some(_)) => return Err(page::one_way_only().into()),
            (None, Some(ByPlace(place))) => Direction::After(place),
            (before, None) => Direction::Before(before.map_or(i64::MAX, |ByPlace(place)| place)),
        };
        let owner = self.owner(me);
        let found = self
            .notices
            .page(&owner, direction, unread.0, limit.with_peek())
            .await?;
        let prev_cursor = found.first().map(|(place, _)| page::cursor(&ByPlace(*place)));
        let last = found
            .iter()
            .take(usize::try_from(limit.rows()).unwrap_or(usize::MAX))
            .next_back();
        // The present is not an end: who reads towards it may go on later.
        let onwards = last.filter(|_| matches!(direction, Direction::After(_)));
        let onwards = onwards.map(|(place, _)| page::cursor(&ByPlace(*place)));
        let listed = Page::of(found, limit, |(place, _)| ByPlace(*place)).map(|(_, notification)| notification);
        Ok(Json(PageOut {
            items: listed.items,
            next_cursor: listed.next_cursor.or(onwards),
            prev_cursor,
            unread: self.notices.unread(&owner).await?,
        }))
    }

    /// Mark notifications as read
    ///
    /// On all your devices. What is read stays read; doing it again changes nothing.
    #[oai(
        path = "/me/notifications/read",
        method = "post",
        operation_id = "read_my_notifications"
    )]
    async fn read(&self, me: Attendee, body: Json<ReadIn>) -> Answer<UnreadOut> {
        me.caller.limit(|limits| limits.write).await?;
        let marked = match (body.0.up_to, body.0.ids) {
            (Some(up_to), None) => Marked::UpTo(up_to),
            (None, Some(ids)) => Marked::These(ids),
            _ => {
                let detail = "Give `up_to` or `ids`, and not both.";
                return Err(Refusal::content(vec![Fault::new("/up_to", "conflict", detail)]).into());
            }
        };
        let owner = self.owner(me);
        self.notices.read(&owner, marked).await?;
        let unread = self.notices.unread(&owner).await?;
        Ok(Json(UnreadOut { unread }))
    }

    /// Follow what concerns you
    ///
    /// Server-sent events, or one JSON object a line, about you, whichever event you are looking at: `stream.ready`, then `me.snapshot` or, after a
    /// `Last-Event-ID`, what you missed and `stream.resumed`; from then on what is new. A `Last-Event-ID` we cannot go on
    /// from is answered by `stream.reset` and a snapshot. Notifications have an id, and come in the order in which
    /// they were committed; the snapshot has the latest one's.
    #[oai(path = "/me/stream", method = "get", operation_id = "stream_me")]
    async fn stream(
        &self,
        request: &Request,
        caller: StreamCaller,
        /// A ticket for your own stream, for clients that cannot send headers.
        #[oai(validator(max_length = 200))]
        ticket: Query<Option<String>>,
        #[oai(name = "Last-Event-ID")] last_event_id: Header<Option<String>>,
        format: Query<Option<Format>>,
    ) -> Result<PerchResponse<AnyMeFrame>, Problem> {
        // As on an event's stream: named here so that the document has them.
        drop((ticket, last_event_id));
        let Alone {
            user,
            caller,
            set_cookie,
        } = caller.alone()?;
        caller.limit(|limits| limits.read).await?;
        let format = format.0.unwrap_or(Format::Sse);
        let wanted = PerchRequest {
            user: Some(user.clone()),
            address: caller.address,
            expires_at: caller.identity.expires_at(),
            format,
        };
        let owner = Owner {
            id: user.id,
            caller,
            gate: Arc::clone(&self.gate),
        };
        let watcher = self.notices.watched_by(owner, sent_id(request));
        let opened = self.stream.perch(wanted, watcher).await;
        Ok(PerchResponse::of(request, format, opened).with_cookie(set_cookie.as_deref()))
    }
}
