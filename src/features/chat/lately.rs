//! What was said in an event a moment ago, where nobody may say it again.
//!
//! Asked inside the log's transaction, behind the event's lock: of two who say the same at once, on whatever instances, one
//! is the first.

use std::collections::{HashMap, HashSet, hash_map::Entry};

use entity::message;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, prelude::Uuid};

use super::Saying;
use crate::{
    domain::{EventId, MessageId, Reason, Refusal, Stamp, room::manners::sameness, text::MessageText},
    store::{Asked, Error},
};

/// So far back a message is looked for. More costs more for each that is said, and people forget.
const MESSAGES: u64 = 100;
const MINUTES: i64 = 10;

/// What may not be said again, in the events where that is a rule.
#[derive(Default)]
pub(super) struct Lately(HashMap<EventId, HashSet<String>>);

pub(super) fn not_unique() -> Refusal {
    Refusal::new(
        Reason::NotUnique,
        "Somebody said the same a moment ago. Say it in your own words.",
    )
}

impl Lately {
    /// What was said before these changes.
    pub(super) async fn before(db: &impl ConnectionTrait, all: &[Asked<Saying>], now: Stamp) -> Result<Self, Error> {
        let mut lately = HashMap::new();
        for asked in all.iter().filter(|asked| asked.change.unique) {
            if let Entry::Vacant(place) = lately.entry(asked.event) {
                let said = texts(db, asked.event, None, now).await?;
                place.insert(said.into_iter().collect());
            }
        }
        Ok(Self(lately))
    }

    /// Ok if that is not a repeat, where it matters. From then on it was said.
    pub(super) fn say(&mut self, event: EventId, saying: &Saying) -> Result<(), Refusal> {
        // A message that is held appears when staff say so; one that nobody sees stands in nobody's way.
        let is_seen = !saying.held && !saying.shadowed;
        let Some(said) = self.0.get_mut(&event).filter(|_| is_seen) else {
            return Ok(());
        };
        if said.insert(sameness(saying.text.as_str())) || !saying.unique {
            Ok(())
        } else {
            Err(not_unique())
        }
    }
}

/// Whether that was said lately, by another message than `but`.
pub(super) async fn was_said(
    db: &impl ConnectionTrait,
    event: EventId,
    text: &MessageText,
    but: Option<MessageId>,
    now: Stamp,
) -> Result<bool, Error> {
    let wanted = sameness(text.as_str());
    Ok(texts(db, event, but, now).await?.contains(&wanted))
}

async fn texts(
    db: &impl ConnectionTrait,
    event: EventId,
    but: Option<MessageId>,
    now: Stamp,
) -> Result<Vec<String>, Error> {
    use message::Column as C;
    let query = message::Entity::find()
        .select_only()
        .columns([C::Id, C::Text, C::CreatedMs])
        .filter(C::EventId.eq(event.uuid()))
        .filter(C::Seq.gt(0))
        .order_by_desc(C::Seq)
        .limit(MESSAGES);
    let rows: Vec<(Uuid, String, i64)> = query.into_tuple().all(db).await?;
    let since = now.plus_ms(-MINUTES * 60_000).ms();
    // What its author took back has no text, and may be said again.
    let counts = |(id, text, created_ms): &(Uuid, String, i64)| {
        *created_ms >= since && !text.is_empty() && but.is_none_or(|but| but.uuid() != *id)
    };
    Ok(rows
        .iter()
        .filter(|row| counts(row))
        .map(|(_, text, _)| sameness(text))
        .collect())
}
