//! What is still to be done about something that was written: a row, written in the same transaction as its cause, so that
//! neither is there without the other.
//!
//! Whoever takes a job has it for a while (a *lease*); when the while is over and it was not finished, somebody else
//! takes it, on any instance. It is finished in the transaction that carries its result, so the result stands once,
//! however many were at it. Instances' clocks may differ by less than a lease.

use std::time::Duration;

use entity::job;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, Statement,
    prelude::Uuid,
    sea_query::{Expr, OnConflict},
};

use super::{Error, Store};
use crate::domain::{EventId, Stamp};

/// A kind of job, by the name in its row.
pub type JobKind = &'static str;

/// Something to be done, before it is known about what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewJob {
    pub kind: JobKind,
    /// Not before this time.
    pub due: Stamp,
}

/// Something to be done about something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobAbout {
    job: NewJob,
    event: EventId,
    subject: Uuid,
}

impl NewJob {
    #[must_use]
    pub fn about(self, event: EventId, subject: Uuid) -> JobAbout {
        JobAbout {
            job: self,
            event,
            subject,
        }
    }
}

/// A job that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    row_no: i64,
    version: i64,
    leased_ms: i64,
    pub event: EventId,
    pub subject: Uuid,
    pub created_at: Stamp,
    /// How often it was taken, this time included.
    pub attempts: u32,
}

/// Writes jobs down. The same asked for again begins anew: whoever is at it is told so when they are done.
pub async fn add_all(txn: &impl ConnectionTrait, now: Stamp, jobs: Vec<JobAbout>) -> Result<(), Error> {
    use job::Column as C;
    if jobs.is_empty() {
        return Ok(());
    }
    let rows = jobs.into_iter().map(|about| job::ActiveModel {
        kind: Set(about.job.kind.to_owned()),
        event_id: Set(about.event.uuid()),
        subject: Set(about.subject),
        version: Set(1),
        created_ms: Set(now.ms()),
        due_ms: Set(about.job.due.ms()),
        leased_ms: Set(0),
        attempts: Set(0),
        ..Default::default()
    });
    let mut again = OnConflict::columns([C::Kind, C::Subject]);
    again
        .update_columns([C::CreatedMs, C::DueMs, C::LeasedMs, C::Attempts])
        .value(C::Version, Expr::col((job::Entity, C::Version)).add(1));
    job::Entity::insert_many(rows)
        .on_conflict(again)
        .exec_without_returning(txn)
        .await?;
    Ok(())
}

/// Ends a job, in the transaction that carries its result. False: it was taken by somebody else meanwhile, asked for anew,
/// or done; then the result must not be written.
pub async fn done(txn: &impl ConnectionTrait, job: &Job) -> Result<bool, Error> {
    let ended = job::Entity::delete_many().filter(ours(job)).exec(txn).await?;
    Ok(ended.rows_affected > 0)
}

/// Gives a job back, for another try from that time on. False: as with [`done`].
pub async fn put_off(txn: &impl ConnectionTrait, job: &Job, until: Stamp) -> Result<bool, Error> {
    use job::Column as C;
    let update = job::Entity::update_many()
        .col_expr(C::DueMs, until.ms().into())
        .col_expr(C::LeasedMs, 0i64.into())
        .filter(ours(job));
    Ok(update.exec(txn).await?.rows_affected > 0)
}

/// As [`put_off`], for a job whose time has not come: it was not tried.
pub async fn set_aside(txn: &impl ConnectionTrait, job: &Job, until: Stamp) -> Result<bool, Error> {
    use job::Column as C;
    let update = job::Entity::update_many()
        .col_expr(C::DueMs, until.ms().into())
        .col_expr(C::LeasedMs, 0i64.into())
        .col_expr(C::Attempts, Expr::col(C::Attempts).sub(1))
        .filter(ours(job));
    Ok(update.exec(txn).await?.rows_affected > 0)
}

/// Has jobs about those subjects done now, if they wait for a later time and nobody is at them.
async fn hasten(txn: &impl ConnectionTrait, kind: JobKind, subjects: Vec<Uuid>, now: Stamp) -> Result<(), Error> {
    use job::Column as C;
    let update = job::Entity::update_many()
        .col_expr(C::DueMs, now.ms().into())
        .filter(C::Kind.eq(kind))
        .filter(C::Subject.is_in(subjects))
        .filter(C::DueMs.gt(now.ms()))
        .filter(C::LeasedMs.lte(now.ms()));
    update.exec(txn).await?;
    Ok(())
}

/// Whether something is still to be done about a subject, and whether somebody is at it. `None`: nothing is.
pub async fn is_taken(
    db: &impl ConnectionTrait,
    kind: JobKind,
    subject: Uuid,
    now: Stamp,
) -> Result<Option<bool>, Error> {
    use job::Column as C;
    let query = job::Entity::find()
        .filter(C::Kind.eq(kind))
        .filter(C::Subject.eq(subject));
    Ok(query.one(db).await?.map(|row| row.leased_ms > now.ms()))
}

/// Keeps a job for longer. False: as with [`done`].
pub async fn hold(txn: &impl ConnectionTrait, job: &mut Job, now: Stamp, lease: Duration) -> Result<bool, Error> {
    let until = leased_until(now, lease);
    let update = job::Entity::update_many()
        .col_expr(job::Column::LeasedMs, until.into())
        .filter(ours(job));
    let held = update.exec(txn).await?.rows_affected > 0;
    if held {
        job.leased_ms = until;
    }
    Ok(held)
}

fn ours(job: &Job) -> sea_orm::Condition {
    use job::Column as C;
    sea_orm::Condition::all()
        .add(C::RowNo.eq(job.row_no))
        .add(C::Version.eq(job.version))
        .add(C::LeasedMs.eq(job.leased_ms))
}

fn leased_until(now: Stamp, lease: Duration) -> i64 {
    now.plus_ms(i64::try_from(lease.as_millis()).unwrap_or(i64::MAX)).ms()
}

/// Jobs that somebody else takes at the same moment are passed over, not waited for.
const TAKE: &str = "UPDATE job SET leased_ms = $1, attempts = attempts + 1 WHERE row_no IN (\
    SELECT row_no FROM job WHERE kind = $2 AND due_ms <= $3 AND leased_ms <= $3 ORDER BY due_ms, row_no LIMIT $4 {lock}) \
    AND leased_ms <= $3 RETURNING *";

impl Store {
    /// As [`hasten`], and only then, if there are such jobs: mostly there are none.
    pub async fn hasten_jobs(&self, kind: JobKind, subjects: Vec<Uuid>, now: Stamp) -> Result<(), Error> {
        use job::Column as C;
        let waiting = job::Entity::find()
            .select_only()
            .column(C::RowNo)
            .filter(C::Kind.eq(kind))
            .filter(C::Subject.is_in(subjects.iter().copied()))
            .into_tuple::<i64>();
        if waiting.one(self.reader()).await?.is_none() {
            return Ok(());
        }
        self.write(move |txn| Box::pin(async move { hasten(txn, kind, subjects, now).await }))
            .await
    }

    /// Takes jobs of a kind that are due, the oldest first, for as long as `lease`.
    pub async fn take_jobs(&self, kind: JobKind, most: u64, now: Stamp, lease: Duration) -> Result<Vec<Job>, Error> {
        if !self.has_jobs(kind, now).await? {
            return Ok(Vec::new());
        }
        self.write(move |txn| {
            Box::pin(async move {
                let backend = txn.get_database_backend();
                let lock = if backend == DbBackend::Postgres {
                    "FOR UPDATE SKIP LOCKED"
                } else {
                    ""
                };
                let values = [
                    leased_until(now, lease).into(),
                    kind.into(),
                    now.ms().into(),
                    i64::try_from(most).unwrap_or(i64::MAX).into(),
                ];
                let query = Statement::from_sql_and_values(backend, TAKE.replace("{lock}", lock), values);
                let rows = job::Entity::find().from_raw_sql(query).all(txn).await?;
                let mut taken: Vec<Job> = rows.iter().map(read).collect();
                taken.sort_by_key(|job| (job.created_at, job.row_no));
                Ok(taken)
            })
        })
        .await
    }

    /// Whether any is due. Asked before anything is locked, because mostly there is none.
    async fn has_jobs(&self, kind: JobKind, now: Stamp) -> Result<bool, Error> {
        use job::Column as C;
        let due = job::Entity::find()
            .select_only()
            .column(C::RowNo)
            .filter(C::Kind.eq(kind))
            .filter(C::DueMs.lte(now.ms()))
            .filter(C::LeasedMs.lte(now.ms()))
            .order_by_asc(C::DueMs)
            .into_tuple::<i64>();
        Ok(due.one(self.reader()).await?.is_some())
    }
}

fn read(row: &job::Model) -> Job {
    Job {
        row_no: row.row_no,
        version: row.version,
        leased_ms: row.leased_ms,
        event: EventId::from_uuid(row.event_id),
        subject: row.subject,
        created_at: Stamp::from_ms(row.created_ms),
        attempts: u32::try_from(row.attempts).unwrap_or(0),
    }
}
