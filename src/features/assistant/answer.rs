//! Finding an answer: from the facts, from a model, or that there is none.

use super::{Assistant, address, rows::Asked, sight::Sight};
use crate::{
    domain::{
        assistant::{QuestionOutcome, Remark, RemarkKind, RemarkSource},
        facts::{self, Reply},
        phrases::Phrases,
        text::MessageText,
    },
    store::{Error, jobs::Job},
};

/// What is to be said, and how the question ends.
pub(super) struct Draft {
    pub(super) said: Option<(MessageText, Remark)>,
    pub(super) by: Option<RemarkSource>,
    pub(super) outcome: QuestionOutcome,
    pub(super) reason: Option<String>,
}

impl Draft {
    /// The question ends without a word.
    pub(super) fn unsaid(reason: &str) -> Self {
        Self {
            said: None,
            by: None,
            outcome: QuestionOutcome::Refused,
            reason: Some(reason.to_owned()),
        }
    }

    pub(super) fn failed(self) -> Self {
        Self {
            outcome: QuestionOutcome::Failed,
            ..self
        }
    }

    /// Why what is said is not what was asked for.
    fn because(self, reason: &str) -> Self {
        Self {
            reason: Some(reason.to_owned()),
            ..self.failed()
        }
    }
}

impl Assistant {
    pub(super) async fn answer(&self, job: &mut Job, asked: &Asked) -> Result<Draft, Error> {
        let Some(sight) = self.look(job.event).await? else {
            return Ok(Draft::unsaid("withheld"));
        };
        if !sight.snapshot.event.settings.assistant.answers {
            return Ok(Draft::unsaid("assistant-off"));
        }
        let question = address::without_call(&asked.text, &self.0.user.name);
        let view = sight.view();
        if let Some(reply) = facts::answer(&view, &question, None) {
            return self.says(&sight, asked, reply, RemarkSource::Facts).await;
        }
        let phrases = facts::language(&view, &question, None);
        if !self.0.means.llm.can_chat() {
            return self
                .says(
                    &sight,
                    asked,
                    facts::unknown(phrases.lines.unknown),
                    RemarkSource::Facts,
                )
                .await;
        }
        match self.ask_model(job, asked, &sight, &question).await? {
            Ok(reply) => self.says(&sight, asked, reply, RemarkSource::Model).await,
            Err(reason) => {
                let reply = fallback(&sight, &question, phrases);
                let draft = self.says(&sight, asked, reply, RemarkSource::Facts).await?;
                Ok(draft.because(reason))
            }
        }
    }

    /// What is said, if the rules let it be said.
    async fn says(&self, sight: &Sight, asked: &Asked, reply: Reply, by: RemarkSource) -> Result<Draft, Error> {
        let remark = Remark {
            kind: RemarkKind::Answer,
            by,
            state: reply.state,
            question_id: Some(asked.question()),
            occasion: None,
            clock: reply.clock,
            citations: reply.citations,
            corrected: None,
        };
        let event = sight.snapshot.event.id;
        // Made of bounded parts.
        if let Ok(text) = MessageText::parse(&reply.text)
            && let Some(text) = self.0.means.judge.judge_own(event, text).await?
        {
            return Ok(Draft {
                said: Some((text, remark)),
                by: Some(by),
                outcome: QuestionOutcome::Answered,
                reason: None,
            });
        }
        // Names from a feed that may not be said here, or a model that says what nobody may.
        let trouble = facts::language(&sight.view(), &asked.text, None).lines.trouble;
        let trouble = facts::unknown(trouble);
        let remark = Remark {
            by: RemarkSource::Facts,
            state: trouble.state,
            citations: Vec::new(),
            ..remark
        };
        let said = MessageText::parse(&trouble.text).ok().map(|text| (text, remark));
        Ok(Draft {
            by: Some(RemarkSource::Facts),
            said,
            outcome: QuestionOutcome::Failed,
            reason: Some("rules".to_owned()),
        })
    }
}

/// What is said where the model has failed.
fn fallback(sight: &Sight, question: &str, phrases: &'static Phrases) -> Reply {
    let view = sight.view();
    if sight.snapshot.contest.is_none() {
        return facts::unknown(phrases.lines.trouble);
    }
    facts::instead(&view, question, None)
}
