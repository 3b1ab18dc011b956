//! What the house says by itself about a contest: goals, ends, a closing summary, and which of it holds no more.
//!
//! A reader of logs. How far each log was looked at is a row, moved on in the transaction that says what came of it: so of
//! any number of instances one speaks, once, whatever dies. What is said and what is not is `domain::commentary`'s.

mod reword;
mod rows;
mod watch;
mod wording;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::Notify;

use crate::{
    clock,
    config::AssistantConfig,
    domain::{
        EventId, MessageId, Stamp,
        assistant::{Correction, Freshness, Remark},
        commentary::{Look, Mark, Notes, Pace, Post},
        entry::EntryKind,
        event::EventKind,
        room::RoomWindow,
        user::User,
    },
    http::{
        judge::Judge,
        podium::{Podium, Statement},
    },
    llm::Llm,
    store::{Error, LogEntry, Scribe, Store, claim},
    stream::{EventListener, Stream},
};
use rows::Watched;
use wording::Worded;

/// Entries taken in at once.
const PAGE: u64 = 200;
/// Posts that one look gives; what is more is told in one.
const POSTS_MOST: usize = 5;
/// Events that wait to be looked at. What does not fit is found by the sweep.
const WAITING_MOST: usize = 10_000;

/// The feature.
#[derive(Clone)]
pub struct Commentary {
    store: Store,
    stream: Stream,
    podium: Arc<dyn Podium>,
    judge: Arc<dyn Judge>,
    llm: Llm,
    /// For one question to the model; zero: it is not asked.
    patience: Duration,
    speaker: User,
    pace: Pace,
    waiting: Arc<Mutex<BTreeSet<EventId>>>,
    wake: Arc<Notify>,
}

/// How far one look came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Came {
    ToTheEnd,
    /// There is more, or somebody else was faster.
    Further,
}

impl Commentary {
    #[must_use]
    pub fn new(
        store: Store,
        stream: Stream,
        podium: Arc<dyn Podium>,
        judge: Arc<dyn Judge>,
        llm: Llm,
        config: &AssistantConfig,
    ) -> Self {
        let seconds = |seconds: u32| i64::from(seconds) * 1_000;
        Self {
            store,
            stream,
            podium,
            judge,
            llm,
            patience: Duration::from_millis(config.post_deadline_ms),
            speaker: User::assistant(&config.name),
            pace: Pace {
                stale_ms: seconds(config.post_late_seconds),
                pause_ms: seconds(config.post_pause_seconds),
                most: POSTS_MOST,
            },
            waiting: Arc::default(),
            wake: Arc::default(),
        }
    }

    /// Looks at an event's log up to its end, and says what there is to say.
    async fn look(&self, event: EventId) -> Result<(), Error> {
        while self.look_once(event).await? == Came::Further {}
        Ok(())
    }

    async fn look_once(&self, id: EventId) -> Result<Came, Error> {
        let db = self.store.reader();
        // First what it is held against later, then the log: what comes in between is looked at once more.
        let Some(watched) = rows::watched(db, id).await? else {
            return Ok(Came::ToTheEnd);
        };
        let known = rows::find(db, id).await?.unwrap_or_default();
        let mut heard = rows::entries(db, id, known.seq, PAGE).await?;
        let is_page = heard.len() as u64 >= PAGE;
        if is_page {
            heard.truncate(Notes::complete(&heard));
        }
        let now = clock::now();
        let mut notes = known.notes.clone();
        let mut look = notes.look(&heard, now, self.pace);
        if !RoomWindow::of(&watched.event).at(now).open {
            look.posts.clear();
        }
        let seq = heard
            .last()
            .map_or(known.seq, |last| i64::try_from(last.seq).unwrap_or(i64::MAX));
        let Some(said) = self.word(id, seq, look).await? else {
            return Ok(Came::ToTheEnd);
        };
        let turn = Turn {
            commentary: self.clone(),
            from: known.seq,
            next: rows::Mark { seq, notes },
            watched,
        };
        let first = self
            .stream
            .record(id, move |scribe| Box::pin(turn.take(scribe, said)))
            .await?;
        Ok(if is_page || !first.value {
            Came::Further
        } else {
            Came::ToTheEnd
        })
    }

    /// `None`: another instance is asking the model for words.
    async fn word(&self, event: EventId, seq: i64, look: Look) -> Result<Option<Said>, Error> {
        let mut said = Said::default();
        let single = look.posts.len() == 1;
        for post in look.posts {
            let worded = wording::of_post(self.judge.as_ref(), event, &post).await?;
            let Some(mut worded) = worded else { continue };
            // A burst is not the time to look for fine words.
            if single && reword::is_worth_it(&post) && self.llm.can_chat() && !self.patience.is_zero() {
                if !self.may_ask(event, seq).await? {
                    return Ok(None);
                }
                said.asked = Some(occasion(event, seq));
                self.reword(event, &post, &mut worded).await?;
            }
            said.posts.push((post, worded));
        }
        for mark in look.marks {
            let text = wording::of_mark(self.judge.as_ref(), event, &mark).await?;
            said.marks.push((mark, text));
        }
        Ok(Some(said))
    }

    /// Of all instances one asks the model. If it dies, another does after a while.
    async fn may_ask(&self, event: EventId, seq: i64) -> Result<bool, Error> {
        let (occasion, now) = (occasion(event, seq), clock::now());
        let again_after = self.patience + ASK_GRACE;
        let write = self
            .store
            .write(move |txn| Box::pin(async move { claim(txn, &occasion, now, Some(again_after)).await }));
        write.await
    }

    /// Whether there can be anything to say. What is switched off is left to the sweep, which comes round seldom.
    async fn is_on(&self, event: EventId) -> Result<bool, Error> {
        let watched = rows::watched(self.store.reader(), event).await?;
        Ok(watched
            .is_some_and(|Watched { event, .. }| event.settings.assistant.posts && event.kind != EventKind::Session))
    }
}

/// How long after its patience ran out an instance that asked the model is taken for dead.
const ASK_GRACE: Duration = Duration::from_secs(3);

fn occasion(event: EventId, seq: i64) -> String {
    format!("words {event} {seq}")
}

/// What is to be said, in words.
#[derive(Default)]
struct Said {
    /// The claim under which the model was asked; it has served its time.
    asked: Option<String>,
    posts: Vec<(Post, Worded)>,
    marks: Vec<(Mark, String)>,
}

/// One look, to be written down.
struct Turn {
    commentary: Commentary,
    /// Where it began.
    from: i64,
    next: rows::Mark,
    watched: Watched,
}

impl Turn {
    /// Says it, unless somebody else was faster: then false, and nothing is written.
    async fn take(mut self, scribe: &mut Scribe<'_>, said: Said) -> Result<bool, Error> {
        if rows::seq(scribe.txn(), scribe.event()).await? != self.from {
            return Ok(false);
        }
        let podium = Arc::clone(&self.commentary.podium);
        for (mark, text) in said.marks {
            amend(podium.as_ref(), scribe, &mark, text).await?;
        }
        for (post, worded) in said.posts {
            let statement = Statement {
                author: self.commentary.speaker.clone(),
                text: worded.text,
                parent_id: None,
                client_id: None,
                remark: Some(Remark {
                    kind: post.kind(),
                    by: worded.by,
                    state: Freshness::Current,
                    question_id: None,
                    occasion: Some(post.occasion.name().to_owned()),
                    clock: post.clock.clone(),
                    citations: post.citations(worded.naming),
                    corrected: None,
                }),
            };
            if let Some(message) = podium.speak(scribe, statement).await? {
                self.next.notes.posted(&post, message.id);
            }
        }
        if let Some(occasion) = said.asked {
            rows::unclaim(scribe.txn(), &occasion).await?;
        }
        rows::put(scribe.txn(), &self.watched, &self.next).await?;
        Ok(true)
    }
}

async fn amend(podium: &dyn Podium, scribe: &mut Scribe<'_>, mark: &Mark, text: String) -> Result<(), Error> {
    let (message, seq, at): (MessageId, u64, Stamp) = (mark.message, mark.seq, mark.at);
    let Some(remark) = rows::remark(scribe.txn(), message).await? else {
        return Ok(());
    };
    let corrected = Some(Correction { at, seq, text });
    podium.amend(scribe, message, Remark { corrected, ..remark }).await?;
    Ok(())
}

/// What can be an occasion, or take one back.
const fn gives_cause(kind: EntryKind) -> bool {
    matches!(
        kind,
        EntryKind::IncidentRecorded
            | EntryKind::IncidentCorrected
            | EntryKind::IncidentRetracted
            | EntryKind::ScoreChanged
            | EntryKind::EventEnded
    )
}

impl EventListener for Commentary {
    fn said(&self, event: EventId, entries: &[LogEntry]) {
        if entries.iter().any(|entry| gives_cause(entry.kind)) {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            if waiting.len() < WAITING_MOST {
                waiting.insert(event);
            }
            drop(waiting);
            self.wake.notify_one();
        }
    }
}
