//! Reading with a delay: polls as everybody could see them a while ago.
//!
//! Open ones and those that ended last are known from the state of that moment. Older ones stay as they are, and those of
//! them that were taken back since are left out: how they looked before is not known any more.

use super::{Polls, change, rows::Eyes};
use crate::{
    domain::{
        EventId, PollId, UserId,
        poll::{Poll, PollStatus},
        shift::Delay,
    },
    store::Error,
    stream::Earlier,
};

impl Polls {
    /// As [`Polls::find`], so much earlier.
    pub async fn find_behind(
        &self,
        event: EventId,
        poll: PollId,
        caller: Option<&UserId>,
        delay: Delay,
    ) -> Result<Poll, Error> {
        let now = self.find(event, poll, caller, Eyes::Everybody).await?;
        let then = self.stream.earlier(event, delay).await?;
        as_of_then(&then, now).ok_or_else(|| change::no_such_poll().into())
    }

    /// As [`Polls::page`], so much earlier.
    pub async fn page_behind(
        &self,
        event: EventId,
        status: Option<PollStatus>,
        before: u64,
        limit: u64,
        caller: Option<&UserId>,
        delay: Delay,
    ) -> Result<Vec<Poll>, Error> {
        let then = self.stream.earlier(event, delay).await?;
        if status == Some(PollStatus::Open) {
            // All that were open are known, whatever has become of them.
            let open = then.snapshot.polls.iter().rev();
            let open = open.filter(|poll| poll.status == PollStatus::Open && poll.seq < before);
            let mut open: Vec<Poll> = open
                .take(usize::try_from(limit).unwrap_or(usize::MAX))
                .cloned()
                .collect();
            self.add_mine(&mut open, caller).await?;
            return Ok(open);
        }
        let before = before.min(then.head.public + 1);
        let now = self.page(event, status, before, limit, caller, Eyes::Everybody).await?;
        let then = self.stream.earlier(event, delay).await?;
        let polls = now.into_iter().filter_map(|poll| as_of_then(&then, poll));
        Ok(polls
            .filter(|poll| status.is_none_or(|status| poll.status == status))
            .collect())
    }
}

fn as_of_then(then: &Earlier, now: Poll) -> Option<Poll> {
    if !then.has(now.seq) {
        return None;
    }
    let known = then.snapshot.polls.iter().find(|poll| poll.id == now.id);
    match known {
        Some(known) => Some(Poll {
            mine: now.mine,
            ..known.clone()
        }),
        None => (!then.since.has_told_of(now.id)).then_some(now),
    }
}
