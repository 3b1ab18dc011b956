//! Where a log stood at a moment. Entries carry the time at which they were made, which rises with their number but for
//! what the clocks of instances differ; so it is searched for by halves, with no index but the log's own key.

use entity::log_entry;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};

use super::{
    Error, Head, LogEntry,
    forget::RETOLD,
    log::{audience_code, signed, unsigned},
};
use crate::domain::{Audience, EventId, MessageId, Stamp};

/// So many entries before the place that was found are looked at once more: of instances whose clocks differ, one may have
/// written a later time a little earlier.
const UNEVEN: u64 = 512;

/// When a public entry was made, and what staff had heard by then.
async fn entry(db: &impl ConnectionTrait, event: EventId, seq: u64) -> Result<Option<(i64, u64)>, Error> {
    let key = (event.uuid(), audience_code(Audience::Public), signed(seq));
    let query = log_entry::Entity::find_by_id(key)
        .select_only()
        .columns([log_entry::Column::AtMs, log_entry::Column::OtherSeq]);
    let row: Option<(i64, i64)> = query.into_tuple().one(db).await?;
    Ok(row.map(|(at_ms, other)| (at_ms, unsigned(other))))
}

/// When the public entry of that number was made. `None`: there is no such entry.
pub async fn of(db: &impl ConnectionTrait, event: EventId, seq: u64) -> Result<Option<Stamp>, Error> {
    Ok(entry(db, event, seq).await?.map(|(at_ms, _)| Stamp::from_ms(at_ms)))
}

/// The last public entry up to a place that tells of a message whole, given where it appeared.
pub async fn told_last(
    db: &impl ConnectionTrait,
    event: EventId,
    until: Head,
    message: MessageId,
    seq: u64,
) -> Result<Option<LogEntry>, Error> {
    use log_entry::Column as C;
    let public = || {
        log_entry::Entity::find()
            .filter(C::EventId.eq(event.uuid()))
            .filter(C::Audience.eq(audience_code(Audience::Public)))
    };
    let again = public()
        .filter(Expr::cust(RETOLD))
        .filter(C::Seq.lte(signed(until.public)))
        .filter(C::Data.contains(message.to_string()));
    let mut row = again.order_by_desc(C::Seq).one(db).await?;
    if row.is_none() {
        row = public().filter(C::Seq.eq(signed(seq))).one(db).await?;
    }
    row.map(|row| LogEntry::read(&row, until.epoch)).transpose()
}

/// The place after the last public entry before which nothing was later than `at`, given where the log ends now.
pub async fn head_at(db: &impl ConnectionTrait, event: EventId, end: Head, at: Stamp) -> Result<Head, Error> {
    // Up to `due` entries are not later; from `later` on they are.
    let (mut due, mut later) = (0, end.public + 1);
    while later - due > 1 {
        let middle = due.midpoint(later);
        match entry(db, event, middle).await? {
            Some((at_ms, _)) if at_ms <= at.ms() => due = middle,
            Some(_) | None => later = middle,
        }
    }
    if let Some(first) = first_later(db, event, due, at).await? {
        due = first - 1;
    }
    let staff = match entry(db, event, due).await? {
        Some((_, staff)) => staff,
        None => 0,
    };
    Ok(Head {
        epoch: end.epoch,
        public: due,
        staff,
    })
}

/// The first of the entries shortly before `due` that is later all the same.
async fn first_later(db: &impl ConnectionTrait, event: EventId, due: u64, at: Stamp) -> Result<Option<u64>, Error> {
    use log_entry::Column as C;
    let query = log_entry::Entity::find()
        .select_only()
        .column(C::Seq)
        .filter(C::EventId.eq(event.uuid()))
        .filter(C::Audience.eq(audience_code(Audience::Public)))
        .filter(C::Seq.gt(signed(due.saturating_sub(UNEVEN))))
        .filter(C::Seq.lte(signed(due)))
        .filter(C::AtMs.gt(at.ms()));
    let seq: Option<i64> = query.order_by_asc(C::Seq).into_tuple().one(db).await?;
    Ok(seq.map(unsigned))
}
