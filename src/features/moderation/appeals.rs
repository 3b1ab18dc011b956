//! Appeals: an author's word, once, against what became of a message; and what staff decide then.

use entity::appeal;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};

use super::{
    Decider, Moderation,
    reports::{message_of, no_such_message},
};
use crate::{
    domain::{
        AppealId, EventId, MessageId, Reason, Refusal, Stamp, UserId,
        chat::MessageStatus,
        entry::{AppealFiled, Entry, ModerationTold, Signal},
        moderation::{Action, Appeal, AppealDecision, Deciding},
        notice::{Notice, NoticeKind},
    },
    store::{Error, Scribe, audit},
};

impl Moderation {
    /// Takes an appeal in.
    pub async fn appeal(
        &self,
        event: EventId,
        message: MessageId,
        author: UserId,
        text: String,
    ) -> Result<Appeal, Error> {
        let filing = self.stream.record(event, move |scribe| {
            Box::pin(async move { file(scribe, message, author, text).await })
        });
        Ok(filing.await?.value)
    }

    /// Appeals of an event, latest first.
    pub async fn appeals(
        &self,
        event: EventId,
        open: bool,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<(i64, Appeal)>, Error> {
        use appeal::Column as C;
        let mut query = appeal::Entity::find().filter(C::EventId.eq(event.uuid()));
        if open {
            query = query.filter(C::Decision.is_null());
        }
        if let Some(before) = before {
            query = query.filter(C::RowNo.lt(before));
        }
        let rows = query
            .order_by_desc(C::RowNo)
            .limit(limit)
            .all(self.store.reader())
            .await?;
        rows.into_iter().map(|row| Ok((row.row_no, read(row)?))).collect()
    }

    /// Decides an appeal, once. Overturned, the message is seen again.
    pub async fn decide_appeal(
        &self,
        event: EventId,
        id: AppealId,
        decision: AppealDecision,
        reason: String,
        by: Decider,
    ) -> Result<Appeal, Error> {
        let open = find(self.store.reader(), event, id).await?;
        require_open(&open)?;
        let why = |action| Deciding::new(action, by.id.clone()).because(Some(reason.clone()));
        if decision == AppealDecision::Overturned {
            // First, because it can be done again, should the second step be missed.
            self.desk
                .restore(event, open.message_id, why(Action::MessageRestored))
                .await?;
        }
        let action = match decision {
            AppealDecision::Upheld => Action::AppealUpheld,
            AppealDecision::Overturned => Action::AppealOverturned,
        };
        let deciding = why(action);
        let deciding_it = self.stream.record(event, move |scribe| {
            Box::pin(async move { decide(scribe, id, decision, deciding).await })
        });
        let appeal = deciding_it.await?.value;
        let told = ModerationTold {
            action,
            message_id: Some(appeal.message_id),
            reason: appeal.reason.clone(),
            code: None,
            until_at: None,
        };
        self.stream
            .signal_to(event, appeal.user_id.clone(), &Signal::ModerationTold(told));
        Ok(appeal)
    }
}

fn read(row: appeal::Model) -> Result<Appeal, Error> {
    let user =
        |text: &str| -> Result<UserId, Error> { text.parse().map_err(|error| Error::unreadable("user id", error)) };
    let decision = row.decision.as_deref().map(|name| {
        AppealDecision::parse(name).ok_or_else(|| Error::unreadable("appeal", format!("unknown decision `{name}`")))
    });
    Ok(Appeal {
        id: AppealId::from_uuid(row.id),
        message_id: MessageId::from_uuid(row.message_id),
        user_id: user(&row.user_id)?,
        text: row.text,
        created_at: Stamp::from_ms(row.created_ms),
        decision: decision.transpose()?,
        reason: row.reason,
        decided_by: row.decided_by.as_deref().map(user).transpose()?,
        decided_at: row.decided_ms.map(Stamp::from_ms),
    })
}

async fn find(db: &impl ConnectionTrait, event: EventId, id: AppealId) -> Result<Appeal, Error> {
    let query = appeal::Entity::find().filter(appeal::Column::Id.eq(id.uuid()));
    let row = query.filter(appeal::Column::EventId.eq(event.uuid())).one(db).await?;
    let nothing = || Refusal::new(Reason::NotFound, "No such appeal.");
    read(row.ok_or_else(nothing)?)
}

fn require_open(appeal: &Appeal) -> Result<(), Refusal> {
    if appeal.decision.is_none() {
        return Ok(());
    }
    Err(Refusal::new(Reason::Conflict, "The appeal was decided before."))
}

async fn file(scribe: &mut Scribe<'_>, message: MessageId, author: UserId, text: String) -> Result<Appeal, Error> {
    use appeal::Column as C;
    let (txn, event, now) = (scribe.txn(), scribe.event(), scribe.now());
    let (row, status) = message_of(txn, event, message).await?;
    if row.author_id != author.as_str() {
        // Whether somebody else's message was hidden is not theirs to find out.
        return Err(no_such_message().into());
    }
    if status != MessageStatus::Hidden {
        let detail = "There is nothing to appeal against: the message was not hidden.";
        return Err(Refusal::new(Reason::Conflict, detail).into());
    }
    let earlier = appeal::Entity::find().filter(C::MessageId.eq(message.uuid()));
    if earlier.one(txn).await?.is_some() {
        return Err(Refusal::new(Reason::AlreadyAppealed, "One appeal for each message.").into());
    }
    let appeal = Appeal {
        id: AppealId::generate(),
        message_id: message,
        user_id: author,
        text,
        created_at: now,
        decision: None,
        reason: None,
        decided_by: None,
        decided_at: None,
    };
    let row = appeal::ActiveModel {
        row_no: NotSet,
        id: Set(appeal.id.uuid()),
        event_id: Set(event.uuid()),
        message_id: Set(message.uuid()),
        user_id: Set(appeal.user_id.as_str().to_owned()),
        text: Set(appeal.text.clone()),
        created_ms: Set(now.ms()),
        decision: Set(None),
        reason: Set(None),
        decided_by: Set(None),
        decided_ms: Set(None),
    };
    appeal::Entity::insert(row).exec_without_returning(txn).await?;
    scribe.say_to_staff(&Entry::AppealFiled(AppealFiled { appeal: appeal.clone() }));
    Ok(appeal)
}

async fn decide(
    scribe: &mut Scribe<'_>,
    id: AppealId,
    decision: AppealDecision,
    deciding: Deciding,
) -> Result<Appeal, Error> {
    use appeal::Column as C;
    let open = find(scribe.txn(), scribe.event(), id).await?;
    require_open(&open)?;
    let appeal = Appeal {
        decision: Some(decision),
        reason: deciding.reason.clone(),
        decided_by: deciding.by.clone(),
        decided_at: Some(scribe.now()),
        ..open
    };
    let update = appeal::Entity::update_many()
        .col_expr(C::Decision, Expr::value(decision.name()))
        .col_expr(C::Reason, Expr::value(appeal.reason.clone()))
        .col_expr(
            C::DecidedBy,
            Expr::value(appeal.decided_by.as_ref().map(ToString::to_string)),
        )
        .col_expr(C::DecidedMs, Expr::value(scribe.now().ms()));
    update.filter(C::Id.eq(id.uuid())).exec(scribe.txn()).await?;
    let deciding = Deciding {
        user: Some(appeal.user_id.clone()),
        message: Some(appeal.message_id),
        ..deciding
    };
    audit::decide(scribe, deciding).await?;
    let reason = appeal.reason.as_deref().unwrap_or_default();
    scribe.notify(Notice {
        kind: NoticeKind::AppealDecided,
        to: vec![appeal.user_id.clone()],
        message: Some(appeal.message_id),
        text: Some(format!("{}: {reason}", decision.name())),
    });
    Ok(appeal)
}
