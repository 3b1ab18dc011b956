//! Claiming an occasion, so that of several instances one sees to it.
//!
//! The claim is a row, written in the same transaction as what it is for: both stand or neither, whatever dies. Nothing
//! outside the database is asked.

use std::time::Duration;

use entity::claim;
use sea_orm::{
    ActiveValue::Set,
    ConnectionTrait, EntityTrait, ExprTrait, TryInsertResult,
    sea_query::{Expr, OnConflict},
};

use super::Error;
use crate::domain::Stamp;

/// Whether the occasion is ours. It can be claimed once, or, with `again_after`, once more after each such time.
///
/// `now` is this instance's clock. A claim from a future beyond `again_after` is one of a clock that is wrong, and holds
/// nobody back.
pub async fn claim(
    txn: &impl ConnectionTrait,
    occasion: &str,
    now: Stamp,
    again_after: Option<Duration>,
) -> Result<bool, Error> {
    use claim::Column as C;
    let row = claim::ActiveModel {
        occasion: Set(occasion.to_owned()),
        claimed_ms: Set(now.ms()),
    };
    let Some(again_after) = again_after else {
        let once = claim::Entity::insert(row).on_conflict_do_nothing_on([C::Occasion]);
        let done = once.exec_without_returning(txn).await?;
        return Ok(matches!(done, TryInsertResult::Inserted(1..)));
    };
    let pause_ms = i64::try_from(again_after.as_millis()).unwrap_or(i64::MAX);
    let last = || Expr::col((claim::Entity, C::ClaimedMs));
    let is_due = last()
        .lte(now.ms().saturating_sub(pause_ms))
        .or(last().gt(now.ms().saturating_add(pause_ms)));
    let mut again = OnConflict::column(C::Occasion);
    again.update_column(C::ClaimedMs).action_and_where(is_due);
    let claimed = claim::Entity::insert(row)
        .on_conflict(again)
        .exec_without_returning(txn)
        .await?;
    Ok(claimed > 0)
}

#[cfg(test)]
mod tests {
    use migration::{Migrator, MigratorTrait};

    use super::*;

    #[tokio::test]
    async fn an_occasion_is_claimed_once_or_once_in_a_while() {
        crate::crypto::install();
        let mut options = sea_orm::ConnectOptions::new("sqlite::memory:");
        options.max_connections(1);
        let db = sea_orm::Database::connect(options).await.unwrap();
        Migrator::up(&db, None).await.unwrap();
        let at = |ms: i64| Stamp::from_ms(1_781_204_400_000 + ms);
        let pause = Some(Duration::from_millis(250));
        for (occasion, ms, again_after, ours) in [
            ("kick-off", 0, None, true),
            ("kick-off", 9_000, None, false),
            ("final whistle", 0, None, true),
            ("tally", 0, pause, true),
            ("tally", 249, pause, false),
            ("tally", 250, pause, true),
            ("tally", 400, pause, false),
            // A clock that is a little behind waits; one that is far behind would wait for ever.
            ("tally", 100, pause, false),
            ("tally", -60_000, pause, true),
            ("tally", 0, pause, true),
        ] {
            let claimed = claim(&db, occasion, at(ms), again_after).await.unwrap();
            assert_eq!(claimed, ours, "{occasion} at {ms}");
        }
    }
}
