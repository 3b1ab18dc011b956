//! Endpoints of the lobby.

use poem::Request;
use poem_openapi::{Object, OpenApi, param::Query};
use serde::Serialize;

use super::{Closed, Lobby, PERIOD};
use crate::{
    domain::{
        entry::ByeReason,
        event::{EventKind, EventStatus},
        lobby::{LobbyEvent, LobbyFilter},
    },
    http::{Answer, Caller, Json, Limit, Problem, StreamCaller, Tag, schema::AnyLobbyFrame, sse::PerchResponse},
    stream::{Format, PerchRequest},
};

pub struct LobbyApi {
    pub lobby: Lobby,
}

#[derive(Debug, Serialize, Object)]
#[oai(rename = "Lobby")]
struct LobbyOut {
    /// What is live, then what is soon, then what is just over.
    items: Vec<LobbyEvent>,
}

#[OpenApi(prefix_path = "/v1", tag = "Tag::Lobby")]
impl LobbyApi {
    /// Read the lobby
    ///
    /// Public events that are live, scheduled within a day, or ended within two hours: status, score line and how many are
    /// there. At most a second old. Private events are not listed, whoever asks.
    #[oai(path = "/lobby", method = "get", operation_id = "read_lobby")]
    async fn read(
        &self,
        caller: Caller,
        /// Several are separated by commas; none means any.
        #[oai(explode = false, default)]
        status: Query<Vec<EventStatus>>,
        kind: Query<Option<EventKind>>,
        /// A participant's id, or part of their name.
        #[oai(validator(max_length = 100))]
        participant: Query<Option<String>>,
        /// Part of the title, the venue or a participant's name.
        #[oai(validator(max_length = 100))]
        q: Query<Option<String>>,
        limit: Limit,
    ) -> Answer<LobbyOut> {
        caller.require_reader()?;
        caller.limit(|limits| limits.read).await?;
        let filter = LobbyFilter::new(status.0, kind.0, participant.0.as_deref(), q.0.as_deref());
        let book = self.lobby.0.book(PERIOD).await?;
        let most = usize::try_from(limit.rows()).unwrap_or(usize::MAX);
        let items = book.pick(&filter, most).iter().map(|line| line.event.clone()).collect();
        Ok(Json(LobbyOut { items }))
    }

    /// Follow the lobby
    ///
    /// Begins with `stream.ready` and `lobby.snapshot`; then `lobby.changed` with every event that changed, whole, and the ids
    /// of those that went: at most once a second. A reader who falls behind gets `lobby.snapshot` again, which takes the place of
    /// everything before. There is nothing to resume: whoever reconnects begins anew.
    #[oai(path = "/lobby/stream", method = "get", operation_id = "stream_lobby")]
    #[expect(
        clippy::too_many_arguments,
        reason = "each is a parameter of its own in the document"
    )]
    async fn stream(
        &self,
        request: &Request,
        caller: StreamCaller,
        /// Several are separated by commas; none means any.
        #[oai(explode = false, default)]
        status: Query<Vec<EventStatus>>,
        kind: Query<Option<EventKind>>,
        /// A participant's id, or part of their name.
        #[oai(validator(max_length = 100))]
        participant: Query<Option<String>>,
        /// Part of the title, the venue or a participant's name.
        #[oai(validator(max_length = 100))]
        q: Query<Option<String>>,
        format: Query<Option<Format>>,
    ) -> Result<PerchResponse<AnyLobbyFrame>, Problem> {
        let caller = caller.beside_events()?;
        caller.require_reader()?;
        caller.limit(|limits| limits.read).await?;
        let format = format.0.unwrap_or(Format::Sse);
        let filter = LobbyFilter::new(status.0, kind.0, participant.0.as_deref(), q.0.as_deref());
        let wanted = PerchRequest {
            user: caller.user().cloned(),
            address: caller.address,
            expires_at: caller.identity.expires_at(),
            format,
        };
        let stream = &self.lobby.0.stream;
        let opened = match self.lobby.watch(filter).await {
            Ok(watcher) => stream.perch(wanted, watcher).await,
            Err(Closed::Full) => stream.turn_away(format, ByeReason::Overloaded),
            // A status would end a browser's stream for good; it comes back when told so inside one.
            Err(Closed::Broken(error)) => {
                if !error.is_outage() {
                    return Err(error.into());
                }
                stream.turn_away(format, ByeReason::Internal)
            }
        };
        Ok(PerchResponse::of(request, format, opened))
    }
}
