//! What the assistant says, and what it goes by: an answer in a thread, a post of its own, and the entries they cite.
//!
//! The words themselves are a message like any other; here is what stands beside them.

use serde::{Deserialize, Serialize};

use super::{MessageId, QuestionId, Stamp};

/// By this user id the house itself speaks. Nobody signs in as it.
pub const ASSISTANT_ID: &str = "assistant";
/// The badge on its messages, which nobody else is given.
pub const ASSISTANT_BADGE: &str = "ASSISTANT";
/// Entries that one message cites.
pub const CITATIONS_MOST: usize = 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Enum)]
#[serde(rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
pub enum RemarkKind {
    /// To a question.
    Answer,
    /// By itself.
    Post,
    /// The closing words about an event.
    Summary,
}

/// Where the words come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Enum)]
#[serde(rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
pub enum RemarkSource {
    /// From the state of the event, without a model.
    Facts,
    Model,
}

/// How far what is said can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Enum)]
#[serde(rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
pub enum Freshness {
    Current,
    /// Nothing was heard of the contest for a while; the message says since when.
    Stale,
    /// It is not known here.
    Unknown,
}

/// An entry of the log that what is said goes by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
pub struct Citation {
    /// Its place in the public log.
    pub seq: u64,
    /// What it says, in a few words: `67' Goal, Ana (Reds)`.
    pub label: String,
    pub at: Stamp,
}

/// What was quoted is not so any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
pub struct Correction {
    pub at: Stamp,
    /// The entry that corrects it.
    pub seq: u64,
    /// What holds instead, as a sentence.
    pub text: String,
}

/// What stands beside the words of the assistant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Remark {
    pub kind: RemarkKind,
    pub by: RemarkSource,
    pub state: Freshness,
    /// The question it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question_id: Option<QuestionId>,
    /// What gave cause for a post: `goal`, `period_end`, `lead_change`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occasion: Option<String>,
    /// The contest's clock when it was said, as people read it: `67'`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<String>,
    /// At most 10.
    pub citations: Vec<Citation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected: Option<Correction>,
}

/// How a question ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Enum)]
#[serde(rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
pub enum QuestionOutcome {
    Answered,
    /// There was something to say, and it could not be found out or said.
    Failed,
    /// It may not be asked, or not now.
    Refused,
}

/// A question is at its end. Each has exactly one such entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(skip_serializing_if_is_none)]
pub struct AssistantAnswered {
    pub question_id: QuestionId,
    /// The message that asks it.
    pub message_id: MessageId,
    pub outcome: QuestionOutcome,
    /// The message that answers it, if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_id: Option<MessageId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<RemarkSource>,
    /// Why not, as a stable word: `timeout`, `budget`, `interrupted`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A piece of an answer that is being written. Live only: whoever misses pieces gets the whole with the message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
pub struct AssistantDelta {
    pub question_id: QuestionId,
    /// The thread it will stand in.
    pub parent_id: MessageId,
    /// Where the piece begins, in characters (Unicode scalar values) from the answer's beginning. 0 begins anew.
    pub offset: u32,
    pub text: String,
}
