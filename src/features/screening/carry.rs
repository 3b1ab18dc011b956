//! What becomes of a verdict: in one change with the end of its job, so that it is carried out once, whoever dies when.

use std::sync::Arc;

use entity::{audit, event, message};
use futures_util::future::join_all;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::{BEFORE, CODE, LATE_CODE, Screening};
use crate::{
    domain::{
        MessageId,
        chat::{Message, MessageStatus},
        moderation::{Action, Deciding},
        screening::{Late, ModelVerdict, sentence},
    },
    http::judge::Desk,
    store::{
        Error, Scribe, audit as record, event as events,
        jobs::{self, Job, JobKind},
    },
};

/// What is to be done, when the job is still ours.
enum Step {
    Release,
    Hide,
    /// It goes on waiting, for a person who should know why.
    Keep,
}

impl Screening {
    pub(super) async fn carry_out(&self, kind: JobKind, judged: Vec<(Job, ModelVerdict)>) -> Result<(), Error> {
        let (mut nothing, mut steps) = (Vec::new(), Vec::new());
        for (job, verdict) in judged {
            match verdict.held_against(&self.config.thresholds) {
                None if kind == BEFORE => {
                    let why = self.because(Action::MessageReleased, CODE, None, verdict);
                    steps.push(self.step(job, Step::Release, why));
                }
                None => nothing.push(job),
                Some(label) => {
                    let reason = Some(sentence(label));
                    let is_kept = kind == BEFORE && !self.config.reject;
                    let action = match (kind == BEFORE, is_kept) {
                        (true, true) => Action::MessageHeld,
                        (true, false) => Action::MessageRejected,
                        (false, _) => Action::MessageHidden,
                    };
                    let why = self.because(action, label.name(), reason, verdict);
                    steps.push(self.step(job, if is_kept { Step::Keep } else { Step::Hide }, why));
                }
            }
        }
        self.are_done(nothing).await?;
        for outcome in join_all(steps).await {
            outcome?;
        }
        Ok(())
    }

    fn because(&self, action: Action, code: &str, reason: Option<&str>, verdict: ModelVerdict) -> Deciding {
        Deciding {
            code: Some(code.to_owned()),
            reason: reason.map(str::to_owned),
            rule_version: Some(self.config.version),
            model: Some(verdict),
            ..Deciding::new(action, None)
        }
    }

    async fn step(&self, job: Job, step: Step, why: Deciding) -> Result<(), Error> {
        let (desk, event) = (Arc::clone(&self.desk), job.event);
        let told = why.clone();
        let change = self.stream.record(event, move |scribe: &mut Scribe<'_>| {
            Box::pin(async move {
                let id = MessageId::from_uuid(job.subject);
                // Whoever asked anew, or a person who decided meanwhile, is right.
                if !jobs::done(scribe.txn(), &job).await? || has_person_decided(scribe, id).await? {
                    return Ok(None);
                }
                carry(&*desk, scribe, id, step, why).await
            })
        });
        if let Some(message) = change.await?.value {
            self.desk.tell_author(event, &message, &told);
        }
        Ok(())
    }

    /// A message has waited for its verdict long enough: its event says what becomes of it.
    pub(super) async fn is_late(&self, job: Job) -> Result<(), Error> {
        let (desk, event, version) = (Arc::clone(&self.desk), job.event, self.config.version);
        let why = Deciding {
            code: Some(LATE_CODE.to_owned()),
            rule_version: Some(version),
            ..Deciding::new(Action::MessageReleased, None)
        };
        let told = why.clone();
        let change = self.stream.record(event, move |scribe: &mut Scribe<'_>| {
            Box::pin(async move {
                let id = MessageId::from_uuid(job.subject);
                if !jobs::done(scribe.txn(), &job).await?
                    || has_verdict(scribe, id).await?
                    || late(scribe).await? == Late::Keep
                {
                    return Ok(None);
                }
                carry(&*desk, scribe, id, Step::Release, why).await
            })
        });
        if let Some(message) = change.await?.value {
            self.desk.tell_author(event, &message, &told);
        }
        Ok(())
    }
}

async fn carry(
    desk: &dyn Desk,
    scribe: &mut Scribe<'_>,
    id: MessageId,
    step: Step,
    why: Deciding,
) -> Result<Option<Message>, Error> {
    let Some(row) = row(scribe, id).await? else {
        return Ok(None);
    };
    let is_held = MessageStatus::parse(&row.status) == Some(MessageStatus::Held);
    match step {
        Step::Release => desk.release_within(scribe, id, why).await,
        Step::Keep if is_held => {
            let why = Deciding {
                user: row.author_id.parse().ok(),
                message: Some(id),
                ..why
            };
            record::decide(scribe, why).await?;
            Ok(None)
        }
        // It was late and has appeared.
        Step::Keep => {
            let action = Action::MessageHidden;
            desk.hide_within(scribe, id, Deciding { action, ..why }).await
        }
        Step::Hide => {
            let action = if is_held { why.action } else { Action::MessageHidden };
            desk.hide_within(scribe, id, Deciding { action, ..why }).await
        }
    }
}

async fn row(scribe: &Scribe<'_>, id: MessageId) -> Result<Option<message::Model>, Error> {
    let query = message::Entity::find().filter(message::Column::Id.eq(id.uuid()));
    Ok(query.one(scribe.txn()).await?)
}

/// Somebody released or restored it: a model does not overrule people.
async fn has_person_decided(scribe: &Scribe<'_>, id: MessageId) -> Result<bool, Error> {
    use audit::Column as C;
    let by_people = audit::Entity::find()
        .filter(C::MessageId.eq(id.uuid()))
        .filter(C::ById.is_not_null())
        .filter(C::Action.is_in([Action::MessageReleased.name(), Action::MessageRestored.name()]));
    Ok(by_people.count(scribe.txn()).await? > 0)
}

async fn has_verdict(scribe: &Scribe<'_>, id: MessageId) -> Result<bool, Error> {
    use audit::Column as C;
    let verdicts = audit::Entity::find()
        .filter(C::MessageId.eq(id.uuid()))
        .filter(C::Model.is_not_null());
    Ok(verdicts.count(scribe.txn()).await? > 0)
}

async fn late(scribe: &Scribe<'_>) -> Result<Late, Error> {
    let row = event::Entity::find_by_id(scribe.event().uuid())
        .one(scribe.txn())
        .await?;
    Ok(match row {
        Some(row) => events::read(row)?.settings.screening.late,
        None => Late::Keep,
    })
}
