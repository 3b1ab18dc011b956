//! Raids: while one is on, newcomers' messages wait, or only members write. Called out by moderators, or noticed.

use entity::raid;
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, sea_query::OnConflict};

use super::{Decider, Moderation};
use crate::{
    clock,
    domain::{
        EventId, Stamp, UserId,
        moderation::{Action, Deciding},
    },
    store::Error,
    stream::{SeatInfo, SeatListener},
};

/// Whoever came in as a guest this recently counts.
const FRESH_MS: i64 = 600_000;

/// Until when a raid lasts that is on or was.
pub(super) async fn until(db: &impl ConnectionTrait, event: EventId) -> Result<Option<Stamp>, Error> {
    let row = raid::Entity::find_by_id(event.uuid()).one(db).await?;
    Ok(row.map(|row| Stamp::from_ms(row.until_ms)))
}

async fn put(
    db: &impl ConnectionTrait,
    event: EventId,
    now: Stamp,
    until: Stamp,
    by: Option<&UserId>,
) -> Result<(), Error> {
    use raid::Column as C;
    let row = raid::ActiveModel {
        event_id: Set(event.uuid()),
        since_ms: Set(now.ms()),
        until_ms: Set(until.ms()),
        by_id: Set(by.map(|by| by.as_str().to_owned())),
    };
    let mut again = OnConflict::column(C::EventId);
    again.update_columns([C::SinceMs, C::UntilMs, C::ById]);
    raid::Entity::insert(row)
        .on_conflict(again)
        .exec_without_returning(db)
        .await?;
    Ok(())
}

impl Moderation {
    /// A raid begins. Whoever decides may do so again and change its end; what is noticed while one is on changes nothing, so
    /// of several instances that notice it one says so.
    pub(super) async fn start_raid(&self, event: EventId, seconds: u32, by: Option<UserId>) -> Result<Stamp, Error> {
        let starting = self.decide(Some(event), move |txn, now| {
            Box::pin(async move {
                let on = until(txn, event).await?.filter(|until| *until > now);
                if let (Some(until), None) = (on, &by) {
                    return Ok((until, None));
                }
                let until = now.plus_ms(i64::from(seconds) * 1_000);
                put(txn, event, now, until, by.as_ref()).await?;
                let deciding = Deciding {
                    until: Some(until),
                    ..Deciding::new(Action::RaidStarted, by)
                };
                Ok((until, Some(deciding)))
            })
        });
        let until = starting.await?;
        self.changed(Some(event));
        Ok(until)
    }

    /// A raid is over. Nothing happens if none is on.
    pub async fn end_raid(&self, event: EventId, by: Decider) -> Result<(), Error> {
        let ending = self.decide(Some(event), move |txn, now| {
            Box::pin(async move {
                let is_on = until(txn, event).await?.is_some_and(|until| until > now);
                if is_on {
                    put(txn, event, now, now, by.id.as_ref()).await?;
                }
                let deciding = is_on.then(|| Deciding::new(Action::RaidEnded, by.id));
                Ok(((), deciding))
            })
        });
        ending.await?;
        self.changed(Some(event));
        Ok(())
    }

    /// Calls a raid out, for that long or as long as the rules say.
    pub async fn call_raid(&self, event: EventId, seconds: Option<u32>, by: Decider) -> Result<Stamp, Error> {
        let seconds = match seconds {
            Some(seconds) => seconds,
            None => self.rulebooks.in_use(Some(event)).await?.raid.seconds,
        };
        self.start_raid(event, seconds, by.id).await
    }

    /// Whether a raid is on, and until when.
    pub async fn raid(&self, event: EventId) -> Result<Option<Stamp>, Error> {
        let until = self.rulebooks.in_use(Some(event)).await?.raid_until;
        Ok(until.filter(|until| *until > clock::now()))
    }

    /// Looks whether too many newcomers came in somewhere.
    pub(super) async fn count_arrivals(&self) -> Result<(), Error> {
        let now = clock::now();
        for (event, count) in self.past.arrivals(now) {
            let in_use = self.rulebooks.in_use(Some(event)).await?;
            let most = usize::try_from(in_use.raid.joins_per_minute).unwrap_or(usize::MAX);
            let is_on = in_use.raid_until.is_some_and(|until| until > now);
            if !is_on && most > 0 && count >= most {
                self.start_raid(event, in_use.raid.seconds, None).await?;
            }
        }
        Ok(())
    }
}

impl SeatListener for Moderation {
    fn opened(&self, seat: &SeatInfo) {
        let now = clock::now();
        let since = seat.user.as_ref().and_then(|user| super::marks::made_at(&user.id));
        if since.is_some_and(|since| now.ms() - since.ms() < FRESH_MS) {
            self.past.joined(seat.event, now);
        }
    }

    fn closed(&self, _seat: &SeatInfo) {}
}
