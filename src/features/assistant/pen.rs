//! Showing an answer while it is written: pieces that passed every check, a few a second.

use std::time::{Duration, Instant};

use super::Assistant;
use crate::domain::{EventId, MessageId, QuestionId, assistant::AssistantDelta, entry::Signal};

/// At most ten pieces a second, with something to spare for clocks.
pub(super) const BEAT: Duration = Duration::from_millis(120);

pub(super) struct Pen {
    event: EventId,
    question: QuestionId,
    thread: MessageId,
    /// What was shown.
    shown: String,
    last: Option<Instant>,
}

impl Pen {
    pub(super) fn new(event: EventId, question: QuestionId, thread: MessageId) -> Self {
        Self {
            event,
            question,
            thread,
            shown: String::new(),
            last: None,
        }
    }

    /// Shows what has come to it. What is no longer the same begins anew.
    pub(super) fn show(&mut self, assistant: &Assistant, text: &str) {
        let (offset, piece) = match text.strip_prefix(self.shown.as_str()) {
            Some("") => return,
            Some(piece) => (self.shown.chars().count(), piece),
            None => (0, text),
        };
        let delta = AssistantDelta {
            question_id: self.question,
            parent_id: self.thread,
            offset: u32::try_from(offset).unwrap_or(u32::MAX),
            text: piece.to_owned(),
        };
        assistant
            .0
            .means
            .stream
            .signal(self.event, &Signal::AssistantDelta(delta));
        text.clone_into(&mut self.shown);
        self.last = Some(Instant::now());
    }

    /// Shows the rest, in its time.
    pub(super) async fn finish(mut self, assistant: &Assistant, text: &str) {
        if let Some(last) = self.last.filter(|_| self.shown != text) {
            tokio::time::sleep_until((last + BEAT).into()).await;
        }
        self.show(assistant, text);
    }
}
