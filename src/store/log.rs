//! The log as it lies in the database: entries in order, heads, and reading on from a place.
//!
//! Appending is the writer's (`writer.rs`) alone. Both audiences of an event share one order: an entry's *position* is
//! its own `seq` plus the other audience's at that time, so positions are 1, 2, 3, … without holes as well.

use bytes::Bytes;
use entity::{log_entry, log_head};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, Value,
    sea_query::Expr,
};

use super::Error;
use crate::domain::{
    Audience, Cursor, EventId, Stamp,
    entry::{Entry, EntryKind, GoneBy, MessageGone},
};

/// An entry as it stands in the log, with its JSON made once for everybody.
#[derive(Debug, Clone)]
pub struct LogEntry {
    pub event: EventId,
    pub audience: Audience,
    pub seq: u64,
    /// The other audience's head when this was written.
    pub other_seq: u64,
    pub epoch: u32,
    pub kind: EntryKind,
    pub at: Stamp,
    /// `{"seq","type","at","data"}` on one line.
    pub json: Bytes,
    /// Where the data starts in `json`; it ends before the last brace.
    data_from: usize,
}

/// The end of an event's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    pub epoch: u32,
    pub public: u64,
    pub staff: u64,
}

impl Head {
    /// The head of a log in which nothing was said yet.
    pub const EMPTY: Self = Self {
        epoch: 1,
        public: 0,
        staff: 0,
    };

    #[must_use]
    pub const fn position(self) -> u64 {
        self.public + self.staff
    }

    /// The place right after the last entry, as that audience counts.
    #[must_use]
    pub fn cursor(self, audience: Audience) -> Cursor {
        Cursor {
            epoch: self.epoch,
            seq: self.public,
            staff: (audience == Audience::Staff).then_some(self.staff),
        }
    }
}

impl LogEntry {
    pub(super) fn new(event: EventId, audience: Audience, head: Head, entry: &Entry, at: Stamp) -> Result<Self, Error> {
        let data = serde_json::to_string(entry).map_err(|error| Error::unreadable("entry", error))?;
        let (seq, other_seq) = match audience {
            Audience::Public => (head.public, head.staff),
            Audience::Staff => (head.staff, head.public),
        };
        Ok(Self::assemble(
            event,
            audience,
            (seq, other_seq, head.epoch),
            entry.kind(),
            at,
            &data,
        ))
    }

    fn assemble(
        event: EventId,
        audience: Audience,
        (seq, other_seq, epoch): (u64, u64, u32),
        kind: EntryKind,
        at: Stamp,
        data: &str,
    ) -> Self {
        let start = entry_start(seq, kind, at);
        let data_from = start.len();
        let json = [start.as_str(), data, "}"].concat().into();
        Self {
            event,
            audience,
            seq,
            other_seq,
            epoch,
            kind,
            at,
            json,
            data_from,
        }
    }

    pub(super) fn read(row: &log_entry::Model, epoch: u32) -> Result<Self, Error> {
        let kind = EntryKind::parse(&row.kind)
            .ok_or_else(|| Error::unreadable("entry kind", format!("unknown kind `{}`", row.kind)))?;
        let audience = if row.audience == 0 {
            Audience::Public
        } else {
            Audience::Staff
        };
        let numbers = (unsigned(row.seq), unsigned(row.other_seq), epoch);
        let (event, at) = (EventId::from_uuid(row.event_id), Stamp::from_ms(row.at_ms));
        Ok(Self::assemble(event, audience, numbers, kind, at, &row.data))
    }

    /// An entry that another instance made, with its JSON as it is. `None` if the JSON is not of that entry, or not one
    /// line of text: what comes from outside must not break a stream's frames.
    #[must_use]
    pub fn carried(
        event: EventId,
        audience: Audience,
        (seq, other_seq, epoch): (u64, u64, u32),
        kind: EntryKind,
        at: Stamp,
        json: Bytes,
    ) -> Option<Self> {
        let start = entry_start(seq, kind, at);
        let data_from = start.len();
        let is_whole = json.starts_with(start.as_bytes()) && json.ends_with(b"}") && json.len() > data_from + 1;
        let is_line = std::str::from_utf8(&json).is_ok() && json.iter().all(|byte| *byte >= b' ');
        (is_whole && is_line).then_some(Self {
            event,
            audience,
            seq,
            other_seq,
            epoch,
            kind,
            at,
            json,
            data_from,
        })
    }

    /// What takes a message away, if this entry does.
    #[must_use]
    pub fn takes_away(&self) -> Option<MessageGone> {
        match self.kind {
            EntryKind::MessageDeleted | EntryKind::MessageHidden => serde_json::from_str(self.data()).ok(),
            _ => None,
        }
    }

    /// The same entry without the text of a message that is gone; `None` if it does not tell of it. What staff hid they
    /// have among themselves still, for an appeal.
    #[must_use]
    pub fn forgetting(&self, gone: &MessageGone) -> Option<Self> {
        let kept = self.audience == Audience::Staff && gone.by == GoneBy::Staff;
        if kept || !self.data().contains(&gone.message_id.to_string()) {
            return None;
        }
        let mut entry = self.kind.read(self.data()).ok()?;
        if !entry.forget(gone) {
            return None;
        }
        let data = serde_json::to_string(&entry).ok()?;
        let numbers = (self.seq, self.other_seq, self.epoch);
        Some(Self::assemble(
            self.event,
            self.audience,
            numbers,
            self.kind,
            self.at,
            &data,
        ))
    }

    /// The entry's data as JSON.
    #[must_use]
    pub fn data(&self) -> &str {
        // The slice was cut at ASCII braces of a string we made; it is UTF-8.
        std::str::from_utf8(&self.json[self.data_from..self.json.len() - 1]).unwrap_or("null")
    }

    /// Where it stands among all entries of the event, counted from 1.
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.seq + self.other_seq
    }

    /// The head of the log right after this entry.
    #[must_use]
    pub const fn head(&self) -> Head {
        match self.audience {
            Audience::Public => Head {
                epoch: self.epoch,
                public: self.seq,
                staff: self.other_seq,
            },
            Audience::Staff => Head {
                epoch: self.epoch,
                public: self.other_seq,
                staff: self.seq,
            },
        }
    }

    /// Whether another entry stands at the same place: not only its text was taken away since.
    #[must_use]
    pub fn is_other_than(&self, there: &Self) -> bool {
        self.position() == there.position()
            && (self.audience, self.seq, self.kind, self.at) != (there.audience, there.seq, there.kind, there.at)
    }

    /// As a row, in the order of [`COLUMNS`].
    pub(super) fn values(&self) -> [Value; COLUMNS.len()] {
        [
            self.event.uuid().into(),
            audience_code(self.audience).into(),
            signed(self.seq).into(),
            signed(self.other_seq).into(),
            self.kind.name().into(),
            self.at.ms().into(),
            self.data().into(),
        ]
    }
}

/// The columns of a log's entry.
pub(super) const COLUMNS: [&str; 7] = ["event_id", "audience", "seq", "other_seq", "kind", "at_ms", "data"];

/// What stands before an entry's data.
fn entry_start(seq: u64, kind: EntryKind, at: Stamp) -> String {
    format!(r#"{{"seq":{seq},"type":"{}","at":"{at}","data":"#, kind.name())
}

pub(super) const fn audience_code(audience: Audience) -> i16 {
    match audience {
        Audience::Public => 0,
        Audience::Staff => 1,
    }
}

/// Sequence numbers are never negative; a database that says so is read as "nothing yet".
pub(super) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn read_head(row: &log_head::Model) -> Head {
    Head {
        epoch: u32::try_from(row.epoch).unwrap_or(0),
        public: unsigned(row.public_seq),
        staff: unsigned(row.staff_seq),
    }
}

/// The head of one event's log; `None` if nothing was ever said there.
pub async fn head(db: &impl ConnectionTrait, event: EventId) -> Result<Option<Head>, Error> {
    Ok(log_head::Entity::find_by_id(event.uuid())
        .one(db)
        .await?
        .as_ref()
        .map(read_head))
}

/// The heads of many events; those without a log are absent.
pub async fn heads(db: &impl ConnectionTrait, events: &[EventId]) -> Result<Vec<(EventId, Head)>, Error> {
    let mut found = Vec::with_capacity(events.len());
    // Chunks, because databases bound the number of parameters of a statement.
    for chunk in events.chunks(500) {
        let ids = chunk.iter().map(|event| event.uuid());
        let rows = log_head::Entity::find()
            .filter(log_head::Column::EventId.is_in(ids))
            .all(db)
            .await?;
        found.extend(
            rows.iter()
                .map(|row| (EventId::from_uuid(row.event_id), read_head(row))),
        );
    }
    Ok(found)
}

/// Whether the log still has the entry that we know at its place; without it, it has another past.
pub async fn has(db: &impl ConnectionTrait, entry: &LogEntry) -> Result<bool, sea_orm::DbErr> {
    let key = (entry.event.uuid(), audience_code(entry.audience), signed(entry.seq));
    let there = log_entry::Entity::find_by_id(key).one(db).await?;
    // Not the text, which may have been taken away since.
    let told = (entry.kind.name(), entry.at.ms(), signed(entry.other_seq));
    Ok(there.is_some_and(|row| (row.kind.as_str(), row.at_ms, row.other_seq) == told))
}

/// Up to `limit` entries after a place, in the one order, as far as the audience may read: viewers the public ones,
/// staff both.
pub async fn read_after(
    db: &impl ConnectionTrait,
    event: EventId,
    audience: Audience,
    after: Head,
    limit: u64,
) -> Result<Vec<LogEntry>, Error> {
    use log_entry::Column as C;
    let beyond = |code: i16, seq: u64| Condition::all().add(C::Audience.eq(code)).add(C::Seq.gt(signed(seq)));
    let mut wanted = Condition::any().add(beyond(0, after.public));
    if audience == Audience::Staff {
        wanted = wanted.add(beyond(1, after.staff));
    }
    let mut query = log_entry::Entity::find()
        .filter(C::EventId.eq(event.uuid()))
        .filter(wanted)
        .limit(limit);
    query = match audience {
        Audience::Public => query.order_by_asc(C::Seq),
        Audience::Staff => query.order_by_asc(Expr::col(C::Seq).add(Expr::col(C::OtherSeq))),
    };
    query
        .all(db)
        .await?
        .iter()
        .map(|row| LogEntry::read(row, after.epoch))
        .collect()
}

/// Where staff stood when the public log was at `seq`: makes a public cursor into a staff one.
pub async fn staff_seq_at(db: &impl ConnectionTrait, event: EventId, seq: u64) -> Result<u64, Error> {
    let row = log_entry::Entity::find_by_id((event.uuid(), audience_code(Audience::Public), signed(seq)))
        .one(db)
        .await?;
    Ok(row.map_or(0, |row| unsigned(row.other_seq)))
}

/// Whether the log ever ended there. Two numbers that were never true together are no place to go on from.
pub async fn was_head(db: &impl ConnectionTrait, event: EventId, at: Head) -> Result<bool, Error> {
    use log_entry::Column as C;
    if at.position() == 0 {
        return Ok(true);
    }
    let last = |audience, seq, other_seq| {
        Condition::all()
            .add(C::Audience.eq(audience_code(audience)))
            .add(C::Seq.eq(signed(seq)))
            .add(C::OtherSeq.eq(signed(other_seq)))
    };
    let either = Condition::any()
        .add(last(Audience::Public, at.public, at.staff))
        .add(last(Audience::Staff, at.staff, at.public));
    let query = log_entry::Entity::find()
        .filter(C::EventId.eq(event.uuid()))
        .filter(either);
    Ok(query.one(db).await?.is_some())
}
