//! When a reader wants to be told: as it happens, so much later, or all over again.

use super::log_page::place;
use crate::{
    clock,
    domain::{
        Audience, Fault, Reason, Refusal, Stamp,
        event::Event,
        shift::{Delay, Pace, Speed},
    },
    http::Problem,
    store::{Head, Reader, log, moment},
    stream::{Replay, Telling},
};

/// What a request says of it.
pub(super) struct Asked {
    pub(super) delay: Option<Delay>,
    pub(super) from: Option<String>,
    pub(super) at: Option<Stamp>,
    pub(super) speed: Option<Speed>,
}

impl Asked {
    pub(super) async fn telling(self, db: &Reader, event: &Event) -> Result<Telling, Problem> {
        let replays = self.from.is_some() || self.at.is_some() || self.speed.is_some();
        match Delay::any(self.delay) {
            Some(_) if replays => Err(wrong("/delay", "conflict", "Give `delay` or a replay, not both.").into()),
            Some(delay) => Ok(Telling::Behind(delay)),
            None if replays => Ok(Telling::Again(self.replay(db, event).await?)),
            None => Ok(Telling::AsItHappens),
        }
    }

    async fn replay(self, db: &Reader, event: &Event) -> Result<Replay, Problem> {
        if self.from.is_some() && self.at.is_some() {
            return Err(wrong("/at", "conflict", "Give `from` or `at`, not both.").into());
        }
        if (self.from.is_some() || self.speed.is_some()) && !event.status.is_over() {
            let detail =
                "It can be replayed once it is over. Until then, `at` goes back in it and `delay` stays behind.";
            return Err(Refusal::new(Reason::EventNotOver, detail).into());
        }
        if self.at.is_some_and(|at| at > clock::now()) {
            return Err(wrong("/at", "out-of-range", "This moment has not come yet.").into());
        }
        let end = log::head(db, event.id).await?.unwrap_or(Head::EMPTY);
        let begin = match (self.from.as_deref(), self.at) {
            (None | Some("start"), None) => event.started_at.map_or(Begin::First, Begin::At),
            (Some(from), None) => Begin::After(place(db, event.id, Audience::Public, end, ("from", from)).await?),
            (_, Some(at)) => Begin::At(at),
        };
        let (head, at) = match begin {
            // What happened at the moment itself is still to come.
            Begin::At(at) => (moment::head_at(db, event.id, end, at.plus_ms(-1)).await?, Some(at)),
            Begin::After(head) => (head, None),
            Begin::First => (Head { public: 0, ..end }, None),
        };
        // Before the event was made there is nothing to show.
        let public = head.public.max(1);
        let made = moment::of(db, event.id, public).await?.unwrap_or(event.created_at);
        let from = Head {
            public,
            staff: log::staff_seq_at(db, event.id, public).await?,
            ..head
        };
        let at = at.map_or(made, |at| at.max(made));
        let speed = self.speed.unwrap_or(Speed::AS_IT_WAS);
        Ok(Replay {
            from,
            pace: Pace { at, speed },
        })
    }
}

enum Begin {
    /// With what happened then.
    At(Stamp),
    /// Right after that place.
    After(Head),
    First,
}

fn wrong(pointer: &str, code: &'static str, detail: &str) -> Refusal {
    Refusal {
        faults: vec![Fault::new(pointer, code, detail)],
        ..Refusal::new(Reason::InvalidRequest, detail)
    }
}
