//! Personas: hosts write characters, a model plays each for one person in a private room, and scores how it went.
//!
//! What is owed follows from the rows: an open session whose learner's last message was not answered is owed an answer. So
//! nothing has to be handed on when an instance dies; whoever looks next takes the session for a while and goes on
//! (`turn.rs`), and what comes of it is written behind the event's lock, if nothing was written meanwhile.

pub mod api;
mod prompt;
mod rows;
mod score;
mod turn;
mod watch;

use std::{sync::Arc, time::Duration};

use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use crate::{
    clock,
    domain::{
        EventId, PersonaId, Reason, Refusal, UserId,
        event::{AssistantSettings, EventSettings},
        persona::{Persona, Session, SessionStatus, Sheet},
        user::User,
    },
    http::{
        judge::Judge,
        podium::{Podium, Quill},
        stage::{Scene, Stage},
    },
    llm::Llm,
    store::{Error, Scribe, Store},
    stream::Stream,
};
use rows::{Held, Kept};

/// Personas of one house.
const PERSONAS_MOST: u64 = 1_000;
/// Open sessions of one user.
const OPEN_MOST: u64 = 5;
/// A session in which nobody writes ends after this.
const IDLE_MS: i64 = 30 * 60_000;
/// Sessions that this instance sees to at once.
const AT_ONCE: usize = 32;

/// What it stands on.
#[derive(Clone)]
pub struct Means {
    pub store: Store,
    pub stream: Stream,
    pub llm: Llm,
    pub stage: Arc<dyn Stage>,
    pub podium: Arc<dyn Podium>,
    pub quill: Arc<dyn Quill>,
    pub judge: Arc<dyn Judge>,
    /// Who says what the persona cannot.
    pub house: User,
    /// Settings of the rooms.
    pub settings: EventSettings,
    /// For one question to the model.
    pub deadline: Duration,
    pub tasks: TaskTracker,
}

/// The feature.
#[derive(Clone)]
pub struct Personas {
    means: Arc<Means>,
    places: Arc<Semaphore>,
}

fn shown(kept: Kept, whole: bool) -> Persona {
    let sheet = kept.sheet;
    Persona {
        id: kept.id,
        name: sheet.name.clone(),
        avatar_url: sheet.avatar_url.clone(),
        scenario: sheet.scenario.clone(),
        language: sheet.language.clone(),
        turns_most: sheet.turns_most,
        minutes_most: sheet.minutes_most,
        created_at: kept.created_at,
        sheet: whole.then_some(sheet),
    }
}

fn no_such_persona() -> Error {
    Refusal::new(Reason::NotFound, "No such persona.").into()
}

fn no_such_session() -> Error {
    Refusal::new(Reason::NotFound, "No such session.").into()
}

impl Personas {
    #[must_use]
    pub fn new(means: Means) -> Self {
        let quiet = AssistantSettings {
            answers: false,
            posts: false,
        };
        let settings = EventSettings {
            assistant: quiet,
            ..means.settings
        };
        Self {
            means: Arc::new(Means { settings, ..means }),
            places: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    async fn create(&self, sheet: Sheet, owner: Option<UserId>) -> Result<Persona, Error> {
        let kept = Kept {
            id: PersonaId::generate(),
            owner,
            sheet,
            created_at: clock::now(),
        };
        let written = kept.clone();
        let write = self.means.store.write(move |txn| {
            Box::pin(async move {
                if rows::count(txn).await? >= PERSONAS_MOST {
                    let detail = format!("A house has at most {PERSONAS_MOST} personas.");
                    return Err(Refusal::new(Reason::Conflict, detail).into());
                }
                rows::insert(txn, &written).await
            })
        });
        write.await?;
        Ok(shown(kept, true))
    }

    async fn find(&self, id: PersonaId, whole: bool) -> Result<Persona, Error> {
        let kept = rows::find(self.means.store.reader(), id).await?;
        Ok(shown(kept.ok_or_else(no_such_persona)?, whole))
    }

    async fn page(&self, before: Option<PersonaId>, limit: u64, whole: bool) -> Result<Vec<Persona>, Error> {
        let page = rows::page(self.means.store.reader(), before, limit).await?;
        Ok(page.into_iter().map(|kept| shown(kept, whole)).collect())
    }

    async fn rewrite(&self, id: PersonaId, sheet: Sheet) -> Result<Persona, Error> {
        let write = self
            .means
            .store
            .write(move |txn| Box::pin(async move { rows::rewrite(txn, id, &sheet).await }));
        if !write.await? {
            return Err(no_such_persona());
        }
        self.find(id, true).await
    }

    async fn remove(&self, id: PersonaId) -> Result<(), Error> {
        let write = self
            .means
            .store
            .write(move |txn| Box::pin(async move { rows::remove(txn, id).await }));
        if write.await? { Ok(()) } else { Err(no_such_persona()) }
    }

    /// Opens a room for somebody and the persona.
    async fn begin(&self, id: PersonaId, learner: &User) -> Result<Session, Error> {
        if !self.means.llm.can_chat() {
            let detail = "No model is set up here, so nobody can play a persona.";
            return Err(Refusal::new(Reason::NoModel, detail).into());
        }
        let kept = rows::find(self.means.store.reader(), id).await?;
        let kept = kept.ok_or_else(no_such_persona)?;
        let (stage, settings) = (Arc::clone(&self.means.stage), self.means.settings.clone());
        let learner = learner.id.clone();
        let begun = self.means.stream.record(EventId::generate(), move |scribe| {
            Box::pin(async move { begin(scribe, stage.as_ref(), settings, kept, learner).await })
        });
        Ok(begun.await?.value.shown())
    }

    async fn session(&self, event: EventId) -> Result<Session, Error> {
        let held = rows::find_held(self.means.store.reader(), event).await?;
        Ok(held.ok_or_else(no_such_session)?.shown())
    }

    async fn sessions(&self, user: &UserId, before: Option<EventId>, limit: u64) -> Result<Vec<Session>, Error> {
        let held = rows::of_user(self.means.store.reader(), user, before, limit).await?;
        Ok(held.into_iter().map(Held::shown).collect())
    }

    /// Ends a session, or has one scored again that could not be scored.
    async fn end(&self, event: EventId) -> Result<Session, Error> {
        let stage = Arc::clone(&self.means.stage);
        let ended = self.means.stream.record(event, move |scribe| {
            Box::pin(async move {
                let held = rows::find_held(scribe.txn(), scribe.event()).await?;
                let mut held = held.ok_or_else(no_such_session)?;
                end(scribe, stage.as_ref(), &mut held).await?;
                Ok(held)
            })
        });
        let held = ended.await?.value;
        self.means.stage.changed(event);
        Ok(held.shown())
    }
}

async fn begin(
    scribe: &mut Scribe<'_>,
    stage: &dyn Stage,
    settings: EventSettings,
    kept: Kept,
    learner: UserId,
) -> Result<Held, Error> {
    if rows::open_of(scribe.txn(), &learner).await? >= OPEN_MOST {
        let detail = format!("At most {OPEN_MOST} sessions are open at a time; end one first.");
        return Err(Refusal::new(Reason::TooManySessions, detail).into());
    }
    let scene = Scene {
        title: kept.sheet.name.clone(),
        settings,
        host: kept.owner,
        member: learner.clone(),
    };
    let event = stage.set(scribe, scene).await?;
    let now = scribe.now();
    let last_ms = now.ms() + i64::from(kept.sheet.minutes_most) * 60_000;
    let held = Held {
        event: event.id,
        persona: kept.id,
        user: learner,
        sheet: kept.sheet,
        status: SessionStatus::Open,
        turns: 0,
        answered_seq: -1,
        failures: 0,
        due_ms: 0,
        ends_ms: last_ms.min(now.ms() + IDLE_MS),
        last_ms,
        started_ms: now.ms(),
        ended_ms: None,
        score: None,
        reason: None,
    };
    rows::begin(scribe.txn(), &held).await?;
    Ok(held)
}

/// From here on nobody writes, and the score sheet is owed.
async fn end(scribe: &mut Scribe<'_>, stage: &dyn Stage, held: &mut Held) -> Result<(), Error> {
    match held.status {
        SessionStatus::Scoring | SessionStatus::Scored => return Ok(()),
        SessionStatus::Open => {
            stage.strike(scribe).await?;
            held.ended_ms = Some(scribe.now().ms());
        }
        SessionStatus::Unscored => {}
    }
    held.status = SessionStatus::Scoring;
    held.reason = None;
    held.failures = 0;
    held.due_ms = 0;
    rows::update(scribe.txn(), held).await
}
