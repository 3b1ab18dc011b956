//! Forgetting: what was taken away loses its text in the log as well, however often it was told.
//!
//! The only change the log ever sees. Entries keep their place, their kind and their time, so nobody who resumes misses a
//! number; the text is gone.

use entity::log_entry;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, sea_query::Expr};

use super::{
    LogEntry,
    log::{audience_code, signed},
};
use crate::domain::{Audience, EventId, entry::MessageGone};

/// Entries that tell of a message again, or for the first time to staff. To the letter the condition of the index
/// `log_entry_retold`, or the index is not used.
pub(super) const RETOLD: &str = "kind IN ('message.updated', 'message.held')";

/// A message to forget, and where in the public log it appeared.
#[derive(Debug, Clone)]
pub struct Forgotten {
    pub event: EventId,
    /// 0: it never appeared.
    pub seq: u64,
    pub gone: MessageGone,
}

/// Empties all entries that tell of the message. Runs last in a batch, so that it finds those of the batch, too.
pub(super) async fn forget(txn: &DatabaseTransaction, forgotten: &Forgotten) -> Result<(), sea_orm::DbErr> {
    use log_entry::Column as C;
    let of_event = || log_entry::Entity::find().filter(C::EventId.eq(forgotten.event.uuid()));
    let first = of_event()
        .filter(C::Audience.eq(audience_code(Audience::Public)))
        .filter(C::Seq.eq(signed(forgotten.seq)));
    let again = of_event()
        .filter(Expr::cust(RETOLD))
        .filter(C::Data.contains(forgotten.gone.message_id.to_string()));
    let mut rows = first.all(txn).await?;
    rows.extend(again.all(txn).await?);
    for row in rows {
        // An entry that cannot be read is not told to anybody either.
        let entry = LogEntry::read(&row, 0).ok();
        if let Some(emptied) = entry.and_then(|entry| entry.forgetting(&forgotten.gone)) {
            let change = log_entry::Entity::update_many().col_expr(C::Data, Expr::value(emptied.data()));
            change
                .filter(C::EventId.eq(row.event_id))
                .filter(C::Audience.eq(row.audience))
                .filter(C::Seq.eq(row.seq))
                .exec(txn)
                .await?;
        }
    }
    Ok(())
}
