//! The entries of a log that tell of the contest, the event, its polls and its room, among many messages.

use entity::log_entry;
use sea_orm::{ConnectionTrait, EntityTrait, Statement};

use super::{Error, LogEntry};
use crate::domain::EventId;

/// The latest of them that everybody may read, in the order of the log.
pub async fn latest(db: &impl ConnectionTrait, event: EventId, most: u32) -> Result<Vec<LogEntry>, Error> {
    let sql = format!(
        "SELECT * FROM log_entry WHERE event_id = $1 AND audience = 0 AND {} ORDER BY seq DESC LIMIT {most}",
        migration::TELLING
    );
    let query = Statement::from_sql_and_values(db.get_database_backend(), sql, [event.uuid().into()]);
    let rows = log_entry::Entity::find().from_raw_sql(query).all(db).await?;
    rows.iter().rev().map(|row| LogEntry::read(row, 0)).collect()
}

#[cfg(test)]
mod tests {
    use crate::domain::facts::Telling;

    #[test]
    fn the_index_knows_the_kinds_that_are_told_by() {
        let known: Vec<&str> = migration::TELLING.split('\'').skip(1).step_by(2).collect();
        let kinds: Vec<&str> = Telling::KINDS.iter().map(|kind| kind.name()).collect();
        assert_eq!(known, kinds);
    }
}
