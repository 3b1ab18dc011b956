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

use std::sync::Arc;

use tokio::sync::{Notify, Semaphore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    config::AssistantConfig,
    domain::{
        EventId, UserId,
        assistant::{ASSISTANT_BADGE, ASSISTANT_ID},
        entry::EntryKind,
        user::User,
    },
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
    /// Bounds the questions that are worked on here at once.
    places: Arc<Semaphore>,
    halt: CancellationToken,
}

impl Assistant {
    #[must_use]
    pub fn new(means: Means, config: &AssistantConfig) -> Self {
        Self(Arc::new(Inner {
            user: speaker(config),
            prompt: prompt::Prompt::new(),
            called: Notify::new(),
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

/// Who speaks.
#[must_use]
pub fn speaker(config: &AssistantConfig) -> User {
    User {
        // Visible ASCII.
        id: ASSISTANT_ID.parse().unwrap_or_else(|_| UserId::before_all()),
        name: config.name.trim().to_owned(),
        avatar_url: None,
        badges: vec![ASSISTANT_BADGE.to_owned()],
        guest: false,
    }
}

impl EventListener for Assistant {
    fn said(&self, event: EventId, entries: &[LogEntry]) {
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
        if !released.is_empty() {
            self.hasten(event, released);
        } else if entries.iter().any(may_ask) {
            self.wake();
        }
    }
}
