//! Any number of rows with one statement on PostgreSQL: an array for each column.
//!
//! A statement with a parameter for each value has another text for each number of rows, and PostgreSQL parses and plans
//! thousands of parameters anew, batch after batch. These keep one text, so each is prepared once in a connection's life.

use sea_orm::{DbBackend, Statement, Value};

/// A statement with an array for each column, to be taken apart by `unnest`.
#[must_use]
pub fn statement(sql: &str, columns: impl IntoIterator<Item = Value>) -> Statement {
    Statement::from_sql_and_values(DbBackend::Postgres, sql, columns)
}

/// One column of many rows. Nothing in it is null.
pub fn column<T>(values: impl Iterator<Item = T>) -> Value
where
    Vec<T>: Into<Value>,
{
    values.collect::<Vec<_>>().into()
}
