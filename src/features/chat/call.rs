//! Who is called in a message, and who is notified of it.
//!
//! People are known in an event by what they said there, and by being there. What was said is read from the messages, on
//! from where it was read last; only when somebody is called, so that everybody else's posts cost nothing more.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::rows;
use crate::{
    domain::{
        EventId, UserId,
        assistant::ASSISTANT_ID,
        chat::Message,
        mention::{self, Mention},
        notice::{Notice, NoticeKind},
    },
    store::{Error, Scribe, Store},
    stream::Company,
};

/// So many of the latest messages are read for who spoke.
const MESSAGES: u64 = 5_000;
/// So many people are known of one event; then it begins again with the latest.
const PEOPLE_MOST: usize = 20_000;
/// So many events are known, those in which somebody was called last.
const EVENTS_MOST: usize = 64;
/// An event in which nobody was called for so long is forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_mins(10);

/// Has people notified of a message that can be seen: its author never, whoever it answers of the answer, those who are
/// called of that, unless they were `before`.
pub(super) fn notify(scribe: &mut Scribe<'_>, message: &Message, answered: Option<&UserId>, before: &[Mention]) {
    let notice = |kind, to| Notice {
        kind,
        to,
        message: Some(message.id),
        text: None,
    };
    let author = &message.author.id;
    // The house reads no notifications.
    let answered = answered.filter(|answered| *answered != author && answered.as_str() != ASSISTANT_ID);
    if let Some(answered) = answered {
        scribe.notify(notice(NoticeKind::Reply, vec![answered.clone()]));
    }
    let is_new = |user: &&UserId| {
        *user != author
            && user.as_str() != ASSISTANT_ID
            && Some(*user) != answered
            && before.iter().all(|mention| mention.user_id != **user)
    };
    let called = message.mentions.iter().map(|mention| &mention.user_id).filter(is_new);
    let called: Vec<UserId> = called.cloned().collect();
    if !called.is_empty() {
        scribe.notify(notice(NoticeKind::Mention, called));
    }
}

/// Who spoke in the events in which people are called.
pub(super) struct Circles {
    store: Store,
    company: Arc<dyn Company>,
    // A std mutex: held for look-ups in a short map, never across an await.
    by_event: Mutex<HashMap<EventId, Kept>>,
}

struct Kept {
    /// Held while it is read on, so that those who wait share one reading.
    circle: Arc<tokio::sync::Mutex<Circle>>,
    used: Instant,
}

/// Who spoke in one event.
#[derive(Default)]
struct Circle {
    /// The last place that was read.
    seq: i64,
    /// When the last reading began.
    read_at: Option<Instant>,
    by_name: BTreeMap<String, Mention>,
    by_id: HashMap<UserId, String>,
}

impl Circles {
    pub(super) fn new(store: Store, company: Arc<dyn Company>) -> Self {
        Self {
            store,
            company,
            by_event: Mutex::default(),
        }
    }

    pub(super) async fn called(&self, event: EventId, text: &str, named: &[UserId]) -> Result<Vec<Mention>, Error> {
        let calls = if text.contains('@') {
            mention::calls(text)
        } else {
            Vec::new()
        };
        if calls.is_empty() && named.is_empty() {
            return Ok(Vec::new());
        }
        let arrived = Instant::now();
        let wanted: Vec<String> = calls.iter().flatten().cloned().collect();
        let mut known = BTreeMap::new();
        for user in self.company.called(event, &wanted) {
            let (user_id, name) = (user.id, user.name);
            know(&mut known, mention::fold(&name), Mention { user_id, name });
        }
        let circle = self.circle(event);
        let mut circle = circle.lock().await;
        if circle.read_at.is_none_or(|read_at| read_at < arrived) {
            circle.read_on(&self.store, event).await?;
        }
        // Those who spoke go before those who only are there: people answer what they have read.
        for name in wanted {
            if let Some(mention) = circle.by_name.get(&name) {
                know(&mut known, name, mention.clone());
            }
        }
        let by_id = named.iter().filter_map(|user| {
            let spoke = circle.by_id.get(user).cloned();
            let name = spoke.or_else(|| self.company.find(event, user).map(|user| user.name))?;
            let user_id = user.clone();
            Some(Mention { user_id, name })
        });
        let by_id: Vec<Mention> = by_id.collect();
        Ok(mention::called(&calls, &by_id, &known))
    }

    fn circle(&self, event: EventId) -> Arc<tokio::sync::Mutex<Circle>> {
        let mut circles = self.by_event.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        circles.retain(|_, kept| now.duration_since(kept.used) < FORGOTTEN_AFTER);
        if circles.len() >= EVENTS_MOST && !circles.contains_key(&event) {
            let oldest = circles
                .iter()
                .min_by_key(|(_, kept)| kept.used)
                .map(|(event, _)| *event);
            oldest.and_then(|oldest| circles.remove(&oldest));
        }
        let kept = circles.entry(event).or_insert_with(|| Kept {
            circle: Arc::default(),
            used: now,
        });
        kept.used = now;
        Arc::clone(&kept.circle)
    }
}

/// From now on that name means this person, unless it means somebody who goes before them.
fn know(known: &mut BTreeMap<String, Mention>, name: String, mention: Mention) {
    if known.get(&name).is_none_or(|other| mention.goes_before(other)) {
        known.insert(name, mention);
    }
}

impl Circle {
    /// Reads who spoke since.
    async fn read_on(&mut self, store: &Store, event: EventId) -> Result<(), Error> {
        let began = Instant::now();
        if self.by_id.len() >= PEOPLE_MOST {
            *self = Self::default();
        }
        let spoke = rows::speakers(store.reader(), event, self.seq, MESSAGES).await?;
        // The latest first; of two of one name, the one who spoke last is meant.
        for (seq, id, name) in spoke.into_iter().rev() {
            let user_id: UserId = id.parse().map_err(|error| Error::unreadable("author id", error))?;
            let folded = mention::fold(&name);
            let before = self.by_id.insert(user_id.clone(), name.clone());
            if let Some(before) = before
                .map(|before| mention::fold(&before))
                .filter(|before| *before != folded)
                && self.by_name.get(&before).is_some_and(|known| known.user_id == user_id)
            {
                self.by_name.remove(&before);
            }
            know(&mut self.by_name, folded, Mention { user_id, name });
            self.seq = self.seq.max(seq);
        }
        self.read_at = Some(began);
        Ok(())
    }
}
