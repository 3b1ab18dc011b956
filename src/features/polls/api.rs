//! Endpoints of polls.

use std::sync::Arc;

use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
};
use serde::{Deserialize, Serialize};

use super::{Polls, rows::Eyes};
use crate::{
    domain::{
        PollId, Refusal, Stamp,
        poll::{Choices, Closing, NewPoll, Poll, PollResults, PollStatus},
        shift::Delay,
        text,
        user::Role,
    },
    http::{
        Answer, Caller, Created, Json, Limit, Mark, NoContent, Page, Place, Problem, Tag,
        gate::{Admission, Gate},
    },
};

/// Longest reason for taking a poll back, in characters as people count them.
const REASON_MAX: usize = 200;

pub struct PollsApi {
    pub polls: Polls,
    pub gate: Arc<dyn Gate>,
}

/// A poll to open.
#[derive(Debug, Object)]
struct PollIn {
    /// One line of at most 300 characters.
    #[oai(validator(min_length = 1, max_length = 4800))]
    question: String,
    /// What may be chosen: lines of at most 120 characters, none twice.
    #[oai(validator(min_items = 2, max_items = 20))]
    options: Vec<String>,
    /// How many options one may choose.
    #[oai(default = "one", validator(minimum(value = "1"), maximum(value = "20")))]
    max_choices: u32,
    /// When everybody sees the votes.
    #[oai(default = "live")]
    results: PollResults,
    /// Whether a vote may be changed or taken back.
    #[oai(default)]
    change_allowed: bool,
    /// Whether people who only gave a name may vote. They can come back under another one.
    #[oai(default = "yes")]
    guests: bool,
    /// It closes by itself then, within thirty days.
    closes_at: Option<Stamp>,
    /// It closes by itself after so long; in place of `closes_at`.
    #[oai(validator(minimum(value = "1"), maximum(value = "2592000")))]
    open_for_seconds: Option<u32>,
}

fn one() -> u32 {
    1
}

fn live() -> PollResults {
    PollResults::Live
}

fn yes() -> bool {
    true
}

impl PollIn {
    fn check(self) -> Result<NewPoll, Refusal> {
        let closing = match (self.closes_at, self.open_for_seconds) {
            (None, None) => Closing::ByHand,
            (Some(at), None) => Closing::At(at),
            (None, Some(seconds)) => Closing::After(seconds),
            (Some(_), Some(_)) => {
                let detail = "Give `closes_at` or `open_for_seconds`, not both.";
                return Err(Refusal::field("/open_for_seconds", "conflict", detail));
            }
        };
        let new = NewPoll {
            question: self.question,
            options: self.options,
            max_choices: self.max_choices,
            results: self.results,
            change_allowed: self.change_allowed,
            guests: self.guests,
            closing,
        };
        new.check()
    }
}

#[derive(Debug, Object)]
struct VoteIn {
    /// Ids of the options chosen.
    #[oai(validator(min_items = 1, max_items = 20))]
    options: Vec<u32>,
}

/// The caller's vote.
#[derive(Debug, Serialize, Object)]
#[oai(rename = "Vote")]
struct VoteOut {
    poll_id: PollId,
    /// In the order of the poll.
    options: Vec<u32>,
}

#[derive(Debug, Object)]
struct RetractionIn {
    /// Why, for everybody to read: one line of at most 200 characters.
    #[oai(validator(min_length = 1, max_length = 3200))]
    reason: Option<String>,
}

/// A place in a list of polls ordered by `seq`.
#[derive(Debug, Serialize, Deserialize)]
pub struct BySeq(u64);

impl Mark for BySeq {
    const NAME: &'static str = "polls1";
}

impl PollsApi {
    async fn staff(&self, event: &str, caller: &Caller, role: Role) -> Result<Admission, Problem> {
        let attendee = self.gate.admit(event, caller).await?;
        attendee.require(role)?;
        caller.limit(|limits| limits.write).await?;
        Ok(attendee)
    }

    /// Who wants to vote, or wants not to have: a user, in an open room.
    async fn voter(&self, event: &str, caller: &Caller) -> Result<Admission, Problem> {
        let attendee = self.gate.admit(event, caller).await?;
        attendee.require_user()?;
        attendee.require_open_room()?;
        caller.limit(|limits| limits.react).await?;
        Ok(attendee)
    }
}

fn eyes(attendee: &Admission) -> Eyes {
    if attendee.role.is_staff() {
        Eyes::Staff
    } else {
        Eyes::Everybody
    }
}

#[OpenApi(prefix_path = "/v1", tag = "Tag::Polls")]
impl PollsApi {
    /// Open a poll
    ///
    /// For hosts and moderators. It is closed by hand or, if it was given a time, by itself: once, and no vote is taken from
    /// that moment on. The stream tells `poll.opened`, exact totals in `poll.changed` a few times a second, and
    /// `poll.closed` with the results.
    #[oai(path = "/events/:event/polls", method = "post", operation_id = "open_poll")]
    async fn open(&self, caller: Caller, event: Path<String>, body: Json<PollIn>) -> Result<Created<Poll>, Problem> {
        let attendee = self.staff(&event, &caller, Role::Moderator).await?;
        let new = body.0.check()?;
        let by = attendee.user.as_ref().map(|user| user.id.clone());
        let poll = self.polls.open(attendee.event.id, new, by).await?;
        let location = format!("/v1/events/{}/polls/{}", attendee.event.id, poll.id);
        Ok(Created::new(poll).at(location))
    }

    /// List polls
    ///
    /// Latest first, exact as of now, with the caller's votes. Staff see votes that are secret still.
    #[oai(path = "/events/:event/polls", method = "get", operation_id = "list_polls")]
    async fn list(
        &self,
        caller: Caller,
        event: Path<String>,
        /// Only polls of this status.
        status: Query<Option<PollStatus>>,
        after: Place<BySeq>,
        limit: Limit,
        /// As everybody could see them so much earlier.
        delay: Query<Option<Delay>>,
    ) -> Answer<Page<Poll>> {
        let attendee = self.gate.admit(&event, &caller).await?;
        caller.limit(|limits| limits.read).await?;
        let before = after.0.map_or(u64::MAX, |BySeq(seq)| seq);
        let user = attendee.user.as_ref().map(|user| &user.id);
        let (id, eyes) = (attendee.event.id, eyes(&attendee));
        let (status, rows) = (status.0, limit.with_peek());
        let polls = match Delay::any(delay.0) {
            Some(delay) => self.polls.page_behind(id, status, before, rows, user, delay).await?,
            None => self.polls.page(id, status, before, rows, user, eyes).await?,
        };
        Ok(Json(Page::of(polls, limit, |poll| BySeq(poll.seq))))
    }

    /// Read a poll
    ///
    /// Exact as of now, with the caller's vote. Staff see votes that are secret still.
    #[oai(path = "/events/:event/polls/:poll", method = "get", operation_id = "get_poll")]
    async fn get(
        &self,
        caller: Caller,
        event: Path<String>,
        poll: Path<PollId>,
        /// As everybody could see it so much earlier.
        delay: Query<Option<Delay>>,
    ) -> Answer<Poll> {
        let attendee = self.gate.admit(&event, &caller).await?;
        caller.limit(|limits| limits.read).await?;
        let user = attendee.user.as_ref().map(|user| &user.id);
        let (id, eyes) = (attendee.event.id, eyes(&attendee));
        Ok(Json(match Delay::any(delay.0) {
            Some(delay) => self.polls.find_behind(id, poll.0, user, delay).await?,
            None => self.polls.find(id, poll.0, user, eyes).await?,
        }))
    }

    /// Vote
    ///
    /// Once for each user. The same vote again changes nothing, another one only where the poll allows it.
    #[oai(path = "/events/:event/polls/:poll/vote", method = "put", operation_id = "vote")]
    async fn vote(
        &self,
        caller: Caller,
        event: Path<String>,
        poll: Path<PollId>,
        body: Json<VoteIn>,
    ) -> Answer<VoteOut> {
        let attendee = self.voter(&event, &caller).await?;
        let choices = Choices::parse(&body.0.options)?;
        let voter = attendee.require_user()?;
        self.polls.vote(attendee.event.id, poll.0, voter, Some(choices)).await?;
        Ok(Json(VoteOut {
            poll_id: poll.0,
            options: choices.ids(),
        }))
    }

    /// Take a vote back
    ///
    /// Where the poll allows it. Doing it again is fine.
    #[oai(
        path = "/events/:event/polls/:poll/vote",
        method = "delete",
        operation_id = "take_vote_back"
    )]
    async fn take_back(&self, caller: Caller, event: Path<String>, poll: Path<PollId>) -> Result<NoContent, Problem> {
        let attendee = self.voter(&event, &caller).await?;
        let voter = attendee.require_user()?;
        self.polls.vote(attendee.event.id, poll.0, voter, None).await?;
        Ok(NoContent)
    }

    /// Close a poll
    ///
    /// Before its time, if it has one. Doing it again is fine.
    #[oai(
        path = "/events/:event/polls/:poll/close",
        method = "post",
        operation_id = "close_poll"
    )]
    async fn close(&self, caller: Caller, event: Path<String>, poll: Path<PollId>) -> Answer<Poll> {
        let attendee = self.staff(&event, &caller, Role::Moderator).await?;
        Ok(Json(self.polls.close(attendee.event.id, poll.0).await?))
    }

    /// Retract a poll
    ///
    /// For hosts: a poll that was wrong, open or closed, does not count, and its votes are not shown any more. Doing it again
    /// is fine.
    #[oai(
        path = "/events/:event/polls/:poll/retract",
        method = "post",
        operation_id = "retract_poll"
    )]
    async fn retract(
        &self,
        caller: Caller,
        event: Path<String>,
        poll: Path<PollId>,
        body: Json<RetractionIn>,
    ) -> Answer<Poll> {
        let attendee = self.staff(&event, &caller, Role::Host).await?;
        let reason = body.0.reason.map(|reason| text::line(&reason, REASON_MAX));
        let reason = reason
            .transpose()
            .map_err(|error| Refusal::content(vec![error.at("/reason")]))?;
        Ok(Json(self.polls.retract(attendee.event.id, poll.0, reason).await?))
    }
}
