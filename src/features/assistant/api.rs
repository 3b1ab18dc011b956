//! Endpoints of questions.

use std::sync::Arc;

use poem_openapi::{
    ApiRequest, Enum, Object, OpenApi,
    param::{Header, Path},
    payload::PlainText,
};
use serde::Serialize;

use super::{Assistant, QUESTION, ask, rows};
use crate::{
    clock,
    domain::{
        MessageId, QuestionId, Reason, Refusal,
        assistant::QuestionOutcome,
        chat::{Message, MessageStatus},
        text::ClientId,
    },
    http::{
        Answer, Caller, Json, Posted, Problem, Tag,
        gate::{Admission, Gate},
        podium::{Floor, Spoken},
    },
    store::jobs::{self, NewJob},
};

pub struct AssistantApi {
    pub assistant: Assistant,
    pub gate: Arc<dyn Gate>,
    pub floor: Arc<dyn Floor>,
}

/// A question to ask.
#[derive(Debug, Object)]
#[oai(rename = "QuestionIn")]
struct QuestionIn {
    /// As a message's text. It appears in the room.
    #[oai(validator(min_length = 1, max_length = 4096))]
    text: String,
    /// The message it answers to.
    parent_id: Option<MessageId>,
    /// Your own id of this send, as with messages.
    #[oai(validator(min_length = 1, max_length = 64, pattern = "^[!-~]+$"))]
    client_id: Option<String>,
}

#[derive(ApiRequest)]
enum QuestionBody {
    Json(Json<QuestionIn>),
    Text(PlainText<String>),
}

/// Where a question stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Enum)]
#[serde(rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
pub enum QuestionStatus {
    /// Nobody is at it yet; if its message waits for a moderator, until that is released.
    Waiting,
    Answering,
    Answered,
    /// There is no answer, or only what is known instead; `reason` says why.
    Failed,
    Refused,
}

/// A question to the assistant.
#[derive(Debug, Clone, Serialize, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Question {
    pub id: QuestionId,
    /// The message that asks it.
    pub message: Message,
    pub status: QuestionStatus,
    /// The message that answers it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<Message>,
    /// Why not: `timeout`, `budget`, `rate_limited`, `unfounded`, … in an answer's place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

#[OpenApi(prefix_path = "/v1", tag = "Tag::Messages")]
impl AssistantApi {
    /// Ask the assistant
    ///
    /// Says the question in the room as you (everything that holds for messages holds for it) and has it answered in its
    /// thread: from the facts, or by a model where there is one. The answer comes as a message and the entry
    /// `assistant.answered`; while it is written, pieces come as `assistant.delta`. In chat, `@assistant …` does the same.
    #[oai(
        path = "/events/:event/assistant/questions",
        method = "post",
        operation_id = "ask_assistant"
    )]
    async fn ask(
        &self,
        caller: Caller,
        event: Path<String>,
        /// The same as `client_id`, for clients that set it per request.
        #[oai(name = "Idempotency-Key")]
        idempotency_key: Header<Option<String>>,
        body: QuestionBody,
    ) -> Result<Posted<Question>, Problem> {
        let who = self.gate.admit(&event, &caller).await?;
        who.require_user()?;
        who.require_open_room()?;
        if !who.event.settings.assistant.answers {
            let detail = "The assistant answers no questions in this event.";
            return Err(Refusal::new(Reason::AssistantOff, detail).into());
        }
        let (text, parent_id, client_id) = match body {
            QuestionBody::Json(Json(body)) => (body.text, body.parent_id, body.client_id),
            QuestionBody::Text(PlainText(text)) => (text, None, None),
        };
        let client_id = client_id.or(idempotency_key.0).map(|id| ClientId::parse(&id));
        ask::limit(&who, &caller).await?;
        let spoken = Spoken {
            text,
            parent_id,
            client_id: client_id.transpose()?,
            named: Vec::new(),
            jobs: vec![NewJob {
                kind: QUESTION,
                due: clock::now(),
            }],
        };
        let message = self.floor.say(&who, &caller, spoken).await?;
        self.assistant.wake();
        let is_held = message.status == MessageStatus::Held;
        let question = self.question(&who, message).await?;
        Ok(if is_held {
            Posted::Accepted(question)
        } else {
            Posted::Created(question)
        })
    }

    /// Read a question
    ///
    /// Where it stands, and the answer once there is one.
    #[oai(
        path = "/events/:event/assistant/questions/:question",
        method = "get",
        operation_id = "get_question"
    )]
    async fn get(&self, caller: Caller, event: Path<String>, question: Path<QuestionId>) -> Answer<Question> {
        let who = self.gate.admit(&event, &caller).await?;
        caller.limit(|limits| limits.read).await?;
        let message = self.floor.find(&who, MessageId::from_uuid(question.0.uuid())).await?;
        Ok(Json(self.question(&who, message).await?))
    }
}

impl AssistantApi {
    /// The question that a message asks.
    async fn question(&self, who: &Admission, message: Message) -> Result<Question, Problem> {
        let (id, store) = (QuestionId::from_uuid(message.id.uuid()), &self.assistant.0.means.store);
        let mut question = Question {
            id,
            message,
            status: QuestionStatus::Waiting,
            answer: None,
            reason: None,
        };
        if let Some(ended) = rows::ended(store.reader(), id).await? {
            // Whoever is shadowed is not told.
            let is_secret = ended.reason.as_deref() == Some("withheld")
                && !who.role.is_staff()
                && question.message.status == MessageStatus::Active;
            if is_secret {
                return Ok(question);
            }
            question.status = match ended.outcome {
                QuestionOutcome::Answered => QuestionStatus::Answered,
                QuestionOutcome::Failed => QuestionStatus::Failed,
                QuestionOutcome::Refused => QuestionStatus::Refused,
            };
            question.reason = ended.reason;
            if let Some(answer) = ended.answer {
                question.answer = self.floor.find(who, answer).await.ok();
            }
            return Ok(question);
        }
        let now = clock::now();
        match jobs::is_taken(store.reader(), QUESTION, id.uuid(), now).await? {
            Some(true) => question.status = QuestionStatus::Answering,
            Some(false) => {}
            // One too many is only to be said so.
            None if jobs::is_taken(store.reader(), super::TOO_MANY, id.uuid(), now)
                .await?
                .is_some() => {}
            None => {
                // It may have ended between the two looks.
                if rows::ended(store.reader(), id).await?.is_some() {
                    return Box::pin(self.question(who, question.message)).await;
                }
                return Err(Refusal::new(Reason::NotFound, "That message asks the assistant nothing.").into());
            }
        }
        Ok(question)
    }
}
