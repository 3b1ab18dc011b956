//! Having a model look at what people say, after the rules of the house.
//!
//! Nobody who writes waits for a model: a [`Screen`] around the judge notes a job with the message (and holds it back, if the
//! event says so), and that is all a request does. The jobs are seen to here, by whichever instance takes them, until there
//! is a verdict or it is too late for one. Read on in `judge.rs` (what is noted), `work.rs` (who is asked) and `carry.rs`
//! (what becomes of it).

mod ask;
mod carry;
mod judge;
mod memory;
mod work;

use std::{sync::Arc, time::Duration};

use tokio::sync::Notify;

pub use judge::Screen;

use crate::{
    config::ScreeningConfig,
    domain::event::Event,
    domain::screening::ScreeningMode,
    http::judge::Desk,
    llm::Llm,
    store::{Store, jobs::JobKind},
    stream::Stream,
};
use memory::Memory;

/// A message that has appeared, or that others hold for their own reasons: a verdict can only take it away.
const AFTER: JobKind = "screening.after";
/// A message that waits for nothing but its verdict.
const BEFORE: JobKind = "screening.before";
/// When such a message has waited long enough.
const LATE: JobKind = "screening.late";

/// How the record calls that a message waits for, or passed, its verdict.
const CODE: &str = "screening";
/// How the record calls that it appeared without one.
const LATE_CODE: &str = "screening_late";

/// The feature.
#[derive(Clone)]
pub struct Screening {
    store: Store,
    stream: Stream,
    desk: Arc<dyn Desk>,
    llm: Llm,
    config: Arc<ScreeningConfig>,
    memory: Arc<Memory>,
    /// Somebody noted a job on this instance.
    noted: Arc<Notify>,
}

impl Screening {
    #[must_use]
    pub fn new(store: Store, stream: Stream, desk: Arc<dyn Desk>, llm: Llm, config: &ScreeningConfig) -> Self {
        Self {
            store,
            stream,
            desk,
            llm,
            memory: Arc::new(Memory::new(config.remembered_most)),
            config: Arc::new(config.clone()),
            noted: Arc::default(),
        }
    }

    /// Whether there is a model that looks at messages.
    #[must_use]
    pub fn can_look(&self) -> bool {
        self.llm.can_moderate()
    }

    /// When an event's messages are looked at; never, if there is nobody to look.
    fn mode(&self, event: &Event) -> ScreeningMode {
        if self.can_look() {
            event.settings.screening.mode
        } else {
            ScreeningMode::Off
        }
    }

    /// For how long a job is somebody's. Longer than a model is waited for, so that nobody else asks meanwhile.
    fn lease(&self) -> Duration {
        Duration::from_millis(self.config.answer_within_ms * 3 / 2 + 1_000)
    }
}
