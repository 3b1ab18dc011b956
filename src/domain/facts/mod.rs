//! What can be answered without a model: from the state of an event, in words of [`phrases`](super::phrases).
//!
//! `hear.rs` finds out what the words of a question mean, `topic.rs` what is asked, `say/` answers it. Whatever is not
//! recognised for certain is not answered here. What is not known is said to be so, and never guessed. Names of people,
//! teams and places are text of others: `name.rs` says how they are shown.

mod cite;
mod figures;
mod hear;
mod name;
mod say;
#[cfg(test)]
mod tests;
mod topic;

pub use cite::{Telling, label};
pub use figures::{agrees, figures};
pub use name::{plain, shown};
pub use say::{clock_text, score_text, time_text};

use super::{
    Stamp,
    assistant::{Citation, Freshness},
    phrases::{self, Phrases},
    presence::PresenceCounts,
    snapshot::Snapshot,
};
use hear::Heard;

/// So long nothing may be heard of a contest whose clock runs, before what is known of it may be out of date.
pub const STALE_AFTER_MS: i64 = 10 * 60_000;
/// A longer question is no question about facts.
const WORDS_MOST: usize = 24;

/// What is known of an event.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// As everybody may see it.
    pub snapshot: &'a Snapshot,
    pub presence: PresenceCounts,
    /// The latest entries that tell of the contest, the event, its polls and its room, in the order of the log.
    pub tellings: &'a [Telling],
    pub now: Stamp,
}

/// What is said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub text: String,
    pub state: Freshness,
    pub clock: Option<String>,
    pub citations: Vec<Citation>,
}

/// The language of a question: that of the tag, or the one that knows most of its words.
#[must_use]
pub fn language(view: &View<'_>, question: &str, tag: Option<&str>) -> &'static Phrases {
    tag.and_then(phrases::of)
        .unwrap_or_else(|| Heard::in_any(view, question).phrases)
}

/// The answer to a question, if it is one about facts, and nothing in it is left over.
#[must_use]
pub fn answer(view: &View<'_>, question: &str, tag: Option<&str>) -> Option<Reply> {
    let heard = Heard::by(view, question, tag);
    let is_plain = heard.strange == 0 && heard.words <= WORDS_MOST;
    let topic = topic::of(&heard).filter(|_| is_plain)?;
    Some(say::reply(view, &heard, topic))
}

/// What is known beside a question that cannot be answered: what most of its words speak of, or how it stands.
#[must_use]
pub fn instead(view: &View<'_>, question: &str, tag: Option<&str>) -> Reply {
    let heard = Heard::by(view, question, tag);
    let topic = topic::nearest(&heard).filter(|_| heard.words <= WORDS_MOST);
    let lines = heard.phrases.lines;
    let Some(topic) = topic.or_else(|| view.snapshot.contest.as_ref().map(|_| topic::Topic::Score)) else {
        return unknown(lines.unknown);
    };
    let reply = say::reply(view, &heard, topic);
    if reply.state == Freshness::Unknown {
        return reply;
    }
    Reply {
        text: format!("{} {}", lines.instead, reply.text),
        ..reply
    }
}

/// That it is not known.
#[must_use]
pub fn unknown(text: &str) -> Reply {
    Reply {
        text: text.to_owned(),
        state: Freshness::Unknown,
        clock: None,
        citations: Vec::new(),
    }
}
