//! Endpoints of the contest.

use std::sync::Arc;

use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
};
use serde::Serialize;

use super::{Batch, Contests, UpdateResult};
use crate::{
    domain::{
        Cursor, Reason, Refusal,
        contest::{ContestIn, Scoreboard, UpdateIn},
        shift::Delay,
    },
    http::{
        Answer, Caller, Json, Problem, Tag,
        gate::{Admission, Gate},
    },
};

pub struct ContestApi {
    pub contests: Contests,
    pub gate: Arc<dyn Gate>,
}

/// What a feed reports, taken in as a whole or not at all.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
struct UpdatesIn {
    /// Who reports: a name of the feed's choice, 1 to 64 visible ASCII characters. Ids of updates are its own.
    source: String,
    #[oai(validator(min_items = 1, max_items = 100))]
    updates: Vec<UpdateIn>,
}

/// What became of each report, in the order of the batch.
#[derive(Debug, Serialize, Object)]
#[oai(rename = "UpdatesTaken")]
struct UpdatesOut {
    results: Vec<UpdateResult>,
    /// A place in the event's log after everything that was told.
    cursor: Cursor,
}

impl ContestApi {
    /// The event, for those who may report: its hosts, and keys with the scope `ingest`.
    async fn reporter(&self, event: &str, caller: &Caller) -> Result<Admission, Problem> {
        let attendee = self.gate.admit(event, caller).await?;
        caller.require_ingest(attendee.role)?;
        caller.limit(|limits| limits.ingest).await?;
        Ok(attendee)
    }
}

#[OpenApi(prefix_path = "/v1", tag = "Tag::Contest")]
impl ContestApi {
    /// Read the scoreboard
    #[oai(path = "/events/:event/contest", method = "get", operation_id = "get_contest")]
    async fn get(
        &self,
        caller: Caller,
        event: Path<String>,
        /// As it stood so much earlier.
        delay: Query<Option<Delay>>,
    ) -> Answer<Scoreboard> {
        let attendee = self.gate.admit(&event, &caller).await?;
        caller.limit(|limits| limits.read).await?;
        let scoreboard = self.contests.find_behind(attendee.event.id, delay.0).await?;
        let none = || Refusal::new(Reason::NotFound, "This event has no contest.");
        Ok(Json(scoreboard.ok_or_else(none)?))
    }

    /// Set the contest up
    ///
    /// What is absent stays as it is; at first it comes from the event. Once something was reported, the sport is fixed and
    /// no participant can be taken out.
    #[oai(path = "/events/:event/contest", method = "put", operation_id = "set_up_contest")]
    async fn set_up(&self, caller: Caller, event: Path<String>, body: Json<ContestIn>) -> Answer<Scoreboard> {
        let attendee = self.reporter(&event, &caller).await?;
        Ok(Json(self.contests.set_up(&attendee.event, body.0).await?))
    }

    /// Report what happened
    ///
    /// All or nothing: if one update breaks a rule, none is taken in, and `errors` names the fields. An update sent again
    /// under its `source_id` is a `duplicate` and changes nothing; to change what was reported, send an `amend` or a
    /// `retract`. A goal adds a point; `score` sets the points, and what was scored before it is settled unless it said the
    /// same. The score follows every amendment and retraction.
    #[oai(
        path = "/events/:event/contest/updates",
        method = "post",
        operation_id = "report_contest_updates"
    )]
    async fn report(&self, caller: Caller, event: Path<String>, body: Json<UpdatesIn>) -> Answer<UpdatesOut> {
        let attendee = self.reporter(&event, &caller).await?;
        let batch = Batch::read(body.0.source, body.0.updates)?;
        let (results, cursor) = self.contests.report(attendee.event.id, batch).await?;
        Ok(Json(UpdatesOut { results, cursor }))
    }
}
