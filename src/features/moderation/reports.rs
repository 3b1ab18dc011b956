//! What viewers report. Enough of them hide a message until staff decide.

use entity::{message, report};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, TryInsertResult,
};

use super::{Moderation, record};
use crate::{
    domain::{
        EventId, MessageId, Reason, Refusal, Stamp, UserId,
        chat::MessageStatus,
        entry::{Entry, ReportFiled},
        moderation::{Action, Deciding, Report, ReportCategory},
    },
    http::Problem,
    store::{Error, Scribe},
};

/// How the record calls it when reports decide.
const REPORTS: &str = "reports";

/// A report, checked.
#[derive(Debug, Clone)]
pub struct NewReport {
    pub message: MessageId,
    pub user: UserId,
    pub category: ReportCategory,
    pub note: Option<String>,
}

/// A message and whose it is.
pub(super) async fn message_of(
    db: &impl ConnectionTrait,
    event: EventId,
    id: MessageId,
) -> Result<(message::Model, MessageStatus), Error> {
    let query = message::Entity::find().filter(message::Column::Id.eq(id.uuid()));
    let found = query.filter(message::Column::EventId.eq(event.uuid())).one(db).await?;
    let row = found.ok_or_else(no_such_message)?;
    let status = MessageStatus::parse(&row.status)
        .ok_or_else(|| Error::unreadable("message status", format!("unknown value `{}`", row.status)))?;
    Ok((row, status))
}

pub(super) fn no_such_message() -> Refusal {
    Refusal::new(Reason::MessageNotFound, "No such message in this event.")
}

fn user(text: &str) -> Result<UserId, Error> {
    text.parse().map_err(|error| Error::unreadable("user id", error))
}

/// A report, and what follows from it.
struct Filed {
    report: Report,
    /// Nobody of the staff has said that it may stay.
    may_hide: bool,
}

impl Moderation {
    /// Takes a report in. The same viewer's report of the same message again changes nothing.
    pub async fn report(&self, event: EventId, new: NewReport) -> Result<Report, Problem> {
        let most = u64::from(self.rulebooks.in_use(Some(event)).await?.reports.hide_after);
        let id = new.message;
        let filing = self
            .stream
            .record(event, move |scribe| Box::pin(file(scribe, new)))
            .await?;
        let Filed { report, may_hide } = filing.value;
        if may_hide && most > 0 && report.reports >= most {
            let why = Deciding {
                code: Some(REPORTS.to_owned()),
                reason: Some(format!("{} viewers reported it.", report.reports)),
                ..Deciding::new(Action::MessageHidden, None)
            };
            self.desk.hide(event, id, why).await?;
        }
        Ok(report)
    }

    /// Reports of an event, latest first.
    pub async fn reports(
        &self,
        event: EventId,
        message: Option<MessageId>,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<(i64, Report)>, Error> {
        use report::Column as C;
        let db = self.store.reader();
        let mut query = report::Entity::find().filter(C::EventId.eq(event.uuid()));
        if let Some(message) = message {
            query = query.filter(C::MessageId.eq(message.uuid()));
        }
        if let Some(before) = before {
            query = query.filter(C::RowNo.lt(before));
        }
        let rows = query.order_by_desc(C::RowNo).limit(limit).all(db).await?;
        let authors: Vec<(uuid::Uuid, String)> = message::Entity::find()
            .select_only()
            .columns([message::Column::Id, message::Column::AuthorId])
            .filter(message::Column::Id.is_in(rows.iter().map(|row| row.message_id)))
            .into_tuple()
            .all(db)
            .await?;
        let mut reports = Vec::with_capacity(rows.len());
        for row in rows {
            let author = authors.iter().find(|(id, _)| *id == row.message_id);
            let author = author.map(|(_, author)| author.clone()).unwrap_or_default();
            let before = report::Entity::find()
                .filter(C::MessageId.eq(row.message_id))
                .filter(C::RowNo.lte(row.row_no));
            let count = before.count(db).await?;
            reports.push((row.row_no, read(row, user(&author)?, count)?));
        }
        Ok(reports)
    }
}

fn read(row: report::Model, author_id: UserId, reports: u64) -> Result<Report, Error> {
    let reason = ReportCategory::parse(&row.category)
        .ok_or_else(|| Error::unreadable("report", format!("unknown category `{}`", row.category)))?;
    Ok(Report {
        message_id: MessageId::from_uuid(row.message_id),
        author_id,
        user_id: user(&row.user_id)?,
        reason,
        note: row.note,
        created_at: Stamp::from_ms(row.created_ms),
        reports,
    })
}

async fn file(scribe: &mut Scribe<'_>, new: NewReport) -> Result<Filed, Error> {
    use report::Column as C;
    let (txn, event, now) = (scribe.txn(), scribe.event(), scribe.now());
    let (message, status) = message_of(txn, event, new.message).await?;
    let may_hide = status == MessageStatus::Active
        && !record::was_decided(txn, event, new.message, Action::MessageRestored).await?;
    if message.author_id == new.user.as_str() {
        return Err(Refusal::new(Reason::Forbidden, "That is your own message. Delete it.").into());
    }
    let of_message = || report::Entity::find().filter(C::MessageId.eq(new.message.uuid()));
    let author = user(&message.author_id)?;
    let earlier = of_message().filter(C::UserId.eq(new.user.as_str())).one(txn).await?;
    if let Some(earlier) = earlier {
        let count = of_message().count(txn).await?;
        let report = read(earlier, author, count)?;
        return Ok(Filed { report, may_hide });
    }
    match status {
        MessageStatus::Active => {}
        MessageStatus::Held | MessageStatus::Shadowed => return Err(no_such_message().into()),
        MessageStatus::Hidden | MessageStatus::Deleted => {
            return Err(Refusal::new(Reason::MessageDeleted, "The message is gone.").into());
        }
    }
    let row = report::ActiveModel {
        row_no: NotSet,
        event_id: Set(event.uuid()),
        message_id: Set(new.message.uuid()),
        user_id: Set(new.user.as_str().to_owned()),
        category: Set(new.category.name().to_owned()),
        note: Set(new.note.clone()),
        created_ms: Set(now.ms()),
    };
    let insert = report::Entity::insert(row).on_conflict_do_nothing_on([C::MessageId, C::UserId]);
    let is_first = matches!(
        insert.exec_without_returning(txn).await?,
        TryInsertResult::Inserted(1..)
    );
    let report = Report {
        message_id: new.message,
        author_id: author,
        user_id: new.user,
        reason: new.category,
        note: new.note,
        created_at: now,
        reports: of_message().count(txn).await?,
    };
    if is_first {
        scribe.say_to_staff(&Entry::ReportFiled(ReportFiled { report: report.clone() }));
    }
    Ok(Filed { report, may_hide })
}
