//! The assistant: questions in the room or by the endpoint, answered from the facts, or by a model where there is one.
//!
//! A question is a message. A job is written down with it (`ask.rs`), and some instance takes it (`work.rs`): it looks at the
//! event (`sight.rs`), finds an answer (`answer.rs`, with a model: `model.rs`) and says it, in the same transaction that ends
//! the question. So each is answered once, whoever crashes. What a model says is held against the facts before anybody sees
//! it (`check.rs`); what people wrote is data to it, never instruction (`prompt.rs`).

mod address;
mod answer;
pub mod api;
mod ask;
mod check;
mod model;
mod pen;
mod prompt;
mod rows;
mod sight;
mod unfold;
mod work;

use std::sync::{Arc, Mutex, PoisonError};

use sea_orm::prelude::Uuid;
use tokio::sync::{Notify, Semaphore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    config::AssistantConfig,
    domain::{EventId, entry::EntryKind, user::User},
    http::{
        judge::Judge,
        podium::{Podium, Quill},
    },
    llm::Llm,
    store::{LogEntry, Store, jobs::JobKind},
    stream::{EventListener, HeadCount, Stream},
};

pub use ask::Asking;

/// A question to be answered.
const QUESTION: JobKind = "question";
/// A question that was one too many: it is only to be said so.
const TOO_MANY: JobKind = "question_too_many";

/// What the assistant works with.
pub struct Means {
    pub store: Store,
    pub stream: Stream,
    pub podium: Arc<dyn Podium>,
    /// The rules alone.
    pub judge: Arc<dyn Judge>,
    pub quill: Arc<dyn Quill>,
    pub crowd: Arc<dyn HeadCount>,
    pub llm: Llm,
    pub tasks: TaskTracker,
}

/// The feature.
#[derive(Clone)]
pub struct Assistant(Arc<Inner>);

struct Inner {
    means: Means,
    config: AssistantConfig,
    user: User,
    prompt: prompt::Prompt,
    called: Notify,
    /// Messages that appeared after they were held. Bounded by [`RELEASED_MOST`]; the lock is held to add or take them.
    released: Mutex<Vec<Uuid>>,
    /// Bounds the questions that are worked on here at once.
    places: Arc<Semaphore>,
    halt: CancellationToken,
}

impl Assistant {
    #[must_use]
    pub fn new(means: Means, config: &AssistantConfig) -> Self {
        Self(Arc::new(Inner {
            user: User::assistant(&config.name),
            prompt: prompt::Prompt::new(),
            called: Notify::new(),
            released: Mutex::default(),
            places: Arc::new(Semaphore::new(config.most_at_once)),
            halt: CancellationToken::new(),
            config: config.clone(),
            means,
        }))
    }

    /// Has the next look at once.
    fn wake(&self) {
        self.0.called.notify_one();
    }
}

/// Released messages that wait to be looked at. What does not fit is looked at in its turn.
const RELEASED_MOST: usize = 1_000;

impl EventListener for Assistant {
    fn said(&self, _event: EventId, entries: &[LogEntry]) {
        let may_ask = |entry: &LogEntry| match entry.kind {
            // A question by the endpoint has no `@`; the endpoint calls by itself.
            EntryKind::MessageCreated => entry.data().contains('@'),
            _ => false,
        };
        let released: Vec<_> = entries
            .iter()
            .filter(|entry| entry.kind == EntryKind::MessageReleased)
            .filter_map(rows::message_of)
            .collect();
        let is_release = !released.is_empty();
        if is_release {
            let mut waiting = self.0.released.lock().unwrap_or_else(PoisonError::into_inner);
            let room = RELEASED_MOST.saturating_sub(waiting.len());
            waiting.extend(released.into_iter().take(room));
        }
        if is_release || entries.iter().any(may_ask) {
            self.wake();
        }
    }
}
