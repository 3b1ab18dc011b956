//! Many rows with one statement whose text is one of a few, so that a connection knows most of them compiled already:
//! putting statements together and compiling them costs more than carrying them out.
//!
//! SQLite gets a parameter for each value, with room for some more rows than there are; PostgreSQL an array for each
//! column (`unnest.rs` has the same for statements of another shape).

use sea_orm::{ConnectionTrait, DbBackend, DbErr, EntityTrait, Statement, Value, sea_query::ArrayType};

/// Rows per statement; with a good dozen columns each, below the 32,766 parameters that SQLite takes.
const ROWS_MAX: usize = 256;
/// Up to so many rows a statement has room for the next power of two, above for the next multiple of this.
const STEP: usize = 16;

/// Inserts rows of `columns`, the first of which is never null; on PostgreSQL none is. `and` goes behind them, such as
/// `ON CONFLICT …`.
pub async fn insert<const COLUMNS: usize>(
    db: &impl ConnectionTrait,
    table: &str,
    columns: [&str; COLUMNS],
    rows: Vec<[Value; COLUMNS]>,
    and: &str,
) -> Result<(), DbErr> {
    let columns = columns.join(",");
    for Source { sql, values } in Source::of(db.get_database_backend(), rows)? {
        // Parameters that are given no value are null: rows that are not there are known by that.
        let sql =
            format!("INSERT INTO {table} ({columns}) SELECT * FROM ({sql}) AS given WHERE column1 IS NOT NULL {and}");
        let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
        db.execute_raw(statement).await?;
    }
    Ok(())
}

/// The rows that have one of these keys; `key` names columns that an index begins with. Nothing in a key is null.
pub async fn find<E: EntityTrait, const COLUMNS: usize>(
    db: &impl ConnectionTrait,
    key: [&str; COLUMNS],
    keys: Vec<[Value; COLUMNS]>,
) -> Result<Vec<E::Model>, DbErr> {
    let entity = E::default();
    let (table, same) = (entity.table_name(), same(entity.table_name(), &key));
    let mut found = Vec::new();
    for Source { sql, values } in Source::of(db.get_database_backend(), keys)? {
        // SQLite carries a `CROSS JOIN` out from left to right: for each key a look into the table's index.
        let sql = format!("SELECT {table}.* FROM ({sql}) AS given CROSS JOIN {table} WHERE {same}");
        let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
        found.extend(E::find().from_raw_sql(statement).all(db).await?);
    }
    Ok(found)
}

/// Deletes the rows that [`find`] would find.
pub async fn delete<E: EntityTrait, const COLUMNS: usize>(
    db: &impl ConnectionTrait,
    key: [&str; COLUMNS],
    keys: Vec<[Value; COLUMNS]>,
) -> Result<(), DbErr> {
    let entity = E::default();
    let (table, same) = (entity.table_name(), same(entity.table_name(), &key));
    for Source { sql, values } in Source::of(db.get_database_backend(), keys)? {
        let sql = match db.get_database_backend() {
            DbBackend::Postgres => format!("DELETE FROM {table} USING ({sql}) AS given WHERE {same}"),
            _ => format!(
                "DELETE FROM {table} WHERE rowid IN \
                (SELECT {table}.rowid FROM ({sql}) AS given CROSS JOIN {table} WHERE {same})"
            ),
        };
        let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
        db.execute_raw(statement).await?;
    }
    Ok(())
}

fn same(table: &str, key: &[&str]) -> String {
    let places = key.iter().zip(1..);
    let each = places.map(|(column, place)| format!("{table}.{column} = given.column{place}"));
    each.collect::<Vec<_>>().join(" AND ")
}

/// Rows within a statement, as a query whose columns are `column1`, `column2`, …
struct Source {
    sql: String,
    values: Vec<Value>,
}

impl Source {
    /// As many as it takes.
    fn of<const COLUMNS: usize>(backend: DbBackend, rows: Vec<[Value; COLUMNS]>) -> Result<Vec<Self>, DbErr> {
        let mut rows = rows.into_iter();
        let mut all = Vec::with_capacity(rows.len().div_ceil(ROWS_MAX));
        while rows.len() > 0 {
            let some = rows.by_ref().take(ROWS_MAX);
            all.push(match backend {
                DbBackend::Postgres => Self::by_column(some)?,
                _ => Self::by_row(some),
            });
        }
        Ok(all)
    }

    fn by_row<const COLUMNS: usize>(rows: impl ExactSizeIterator<Item = [Value; COLUMNS]>) -> Self {
        let row = format!("({})", ["?"; COLUMNS].join(","));
        let all = vec![row.as_str(); room_for(rows.len())].join(",");
        Self {
            sql: format!("VALUES {all}"),
            values: rows.flatten().collect(),
        }
    }

    fn by_column<const COLUMNS: usize>(rows: impl Iterator<Item = [Value; COLUMNS]>) -> Result<Self, DbErr> {
        let mut columns = [const { Vec::new() }; COLUMNS];
        for row in rows {
            for (column, value) in columns.iter_mut().zip(row) {
                column.push(value);
            }
        }
        let (mut arrays, mut names, mut values) = (Vec::new(), Vec::new(), Vec::new());
        for (column, place) in columns.into_iter().zip(1..) {
            let array = array_of(column)?;
            arrays.push(format!("${place}::{}[]", array.0));
            names.push(format!("column{place}"));
            values.push(array.1);
        }
        Ok(Self {
            sql: format!(
                "SELECT * FROM unnest({}) AS sent ({})",
                arrays.join(","),
                names.join(",")
            ),
            values,
        })
    }
}

/// The values of a column, and what PostgreSQL calls their type. Nulls have no place in an array here.
fn array_of(column: Vec<Value>) -> Result<(&'static str, Value), DbErr> {
    let kind = column.first().map_or(ArrayType::String, Value::array_type);
    let name = match kind {
        ArrayType::Uuid => "uuid",
        ArrayType::String => "text",
        ArrayType::Bool => "bool",
        ArrayType::SmallInt => "int2",
        ArrayType::Int => "int4",
        ArrayType::BigInt => "int8",
        other => return Err(DbErr::Type(format!("no arrays of {other:?} are written"))),
    };
    if column
        .iter()
        .any(|value| value.array_type() != kind || *value == value.as_null())
    {
        return Err(DbErr::Type(format!("an array of {name} with something else in it")));
    }
    Ok((name, Value::Array(kind, Some(Box::new(column)))))
}

fn room_for(rows: usize) -> usize {
    if rows < STEP {
        rows.next_power_of_two()
    } else {
        rows.next_multiple_of(STEP)
    }
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

    #[test]
    fn nulls_and_mixtures_are_no_arrays() {
        array_of(vec![Value::from(1_i64), Value::from(2_i64)]).unwrap();
        array_of(vec![Value::from(1_i64), Value::BigInt(None)]).unwrap_err();
        array_of(vec![Value::from(1_i64), Value::from("one")]).unwrap_err();
    }
}
