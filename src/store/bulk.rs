//! Many rows with one statement on SQLite, where putting a statement together and compiling it costs more than carrying
//! it out: its text is one of a few, so that the connection knows most of them compiled already.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement, Value};

/// Rows per statement; with a good dozen columns each, below the 32,766 parameters that SQLite takes.
const ROWS_MAX: usize = 256;
/// Up to so many rows a statement has room for the next power of two, above for the next multiple of this.
const STEP: usize = 16;

/// Inserts rows of `columns`, the first of which is never null. `and` goes behind them, such as `ON CONFLICT …`.
pub async fn insert<const COLUMNS: usize>(
    db: &impl ConnectionTrait,
    table: &str,
    columns: [&str; COLUMNS],
    rows: Vec<[Value; COLUMNS]>,
    and: &str,
) -> Result<(), DbErr> {
    let mut rows = rows.into_iter();
    while rows.len() > 0 {
        let several = rows.len().min(ROWS_MAX);
        let sql = statement(table, &columns, room_for(several), and);
        let values = rows.by_ref().take(several).flatten();
        db.execute_raw(Statement::from_sql_and_values(DbBackend::Sqlite, sql, values))
            .await?;
    }
    Ok(())
}

fn room_for(rows: usize) -> usize {
    if rows < STEP {
        rows.next_power_of_two()
    } else {
        rows.next_multiple_of(STEP)
    }
}

/// Parameters that are given no value are null: rows that are not there are known by that.
fn statement(table: &str, columns: &[&str], rows: usize, and: &str) -> String {
    let row = format!("({})", vec!["?"; columns.len()].join(","));
    format!(
        "INSERT INTO {table} ({}) SELECT * FROM (VALUES {}) WHERE column1 IS NOT NULL {and}",
        columns.join(","),
        vec![row.as_str(); rows].join(","),
    )
}

#[cfg(test)]
mod tests {
    use sea_orm::{Database, QueryResult};

    use super::*;

    #[tokio::test]
    async fn all_rows_arrive_in_order_whatever_their_number() {
        let db = Database::connect("sqlite::memory:").await.unwrap();
        db.execute_unprepared("CREATE TABLE word (place INTEGER PRIMARY KEY AUTOINCREMENT, number BIGINT, text TEXT)")
            .await
            .unwrap();
        let mut next = 0_i64;
        for count in [0, 1, 2, 3, 15, 16, 17, 100, 256, 257, 600] {
            let rows = (next..next + count).map(|number| [Value::from(number), Value::from(format!("no {number}"))]);
            insert(&db, "word", ["number", "text"], rows.collect(), "")
                .await
                .unwrap();
            next += count;
        }
        let sql = "SELECT count(*) AS rows, sum(number = place - 1 AND text = 'no ' || number) AS right FROM word";
        let found: QueryResult = db
            .query_one_raw(Statement::from_string(DbBackend::Sqlite, sql))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (found.try_get("", "rows"), found.try_get("", "right")),
            (Ok(next), Ok(next))
        );
    }
}
