//! Where a returning reader goes on, or why they have to start afresh. Never silently somewhere else.

use sea_orm::ConnectionTrait;

use crate::{
    domain::{Audience, EventId, cursor::ResumePoint, entry::ResetReason},
    store::{Error, Head, log},
};

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Resume {
    Fresh,
    From(Head),
    Reset(ResetReason),
}

impl Resume {
    /// For the metrics.
    pub(super) const fn outcome(&self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::From(_) => "resumed",
            Self::Reset(ResetReason::Malformed) => "reset_malformed",
            Self::Reset(ResetReason::Future) => "reset_future",
            Self::Reset(ResetReason::Epoch) => "reset_epoch",
            Self::Reset(ResetReason::Gone) => "reset_gone",
            Self::Reset(ResetReason::Audience) => "reset_audience",
        }
    }

    /// Checks what a client asked for against the log. `head` is what the stand has passed on; the log may be ahead.
    pub(super) async fn check(
        db: &impl ConnectionTrait,
        event: EventId,
        audience: Audience,
        head: Head,
        asked: Option<&str>,
    ) -> Result<Self, Error> {
        let Some(asked) = asked else { return Ok(Self::Fresh) };
        let Ok(point) = asked.parse::<ResumePoint>() else {
            return Ok(Self::Reset(ResetReason::Malformed));
        };
        let (epoch, public, staff) = match point {
            ResumePoint::Seq(seq) => (head.epoch, seq, None),
            ResumePoint::Cursor(cursor) => (cursor.epoch, cursor.seq, cursor.staff),
        };
        if epoch != head.epoch {
            return Ok(Self::Reset(ResetReason::Epoch));
        }
        let beyond = |head: Head| {
            public > head.public || audience == Audience::Staff && staff.is_some_and(|seq| seq > head.staff)
        };
        if beyond(head) && beyond(log::head(db, event).await?.unwrap_or(Head::EMPTY)) {
            return Ok(Self::Reset(ResetReason::Future));
        }
        let staff = match (audience, staff) {
            // Viewers' places are told apart by the public number alone.
            (Audience::Public, _) => 0,
            (Audience::Staff, Some(staff)) => staff,
            (Audience::Staff, None) => log::staff_seq_at(db, event, public).await?,
        };
        let at = Head { epoch, public, staff };
        if audience == Audience::Staff && !log::was_head(db, event, at).await? {
            return Ok(Self::Reset(ResetReason::Malformed));
        }
        Ok(Self::From(at))
    }
}
