//! What our tables promise on PostgreSQL that SQLite promises by itself.

use sea_orm::{ConnectionTrait, DbBackend, Statement};

use super::fresh_database;
use crate::support::postgres;

#[tokio::test]
async fn every_text_of_every_table_is_in_the_order_of_its_bytes() {
    let database = postgres::connect(&fresh_database().await).await;
    let sql = "SELECT table_name || '.' || column_name AS place FROM information_schema.columns \
               WHERE table_schema = 'public' AND table_name <> 'seaql_migrations' \
               AND data_type IN ('text', 'character varying', 'character') AND collation_name IS DISTINCT FROM 'C' \
               ORDER BY 1";
    let rows = database
        .query_all_raw(Statement::from_string(DbBackend::Postgres, sql))
        .await
        .unwrap();
    let others: Vec<String> = rows.iter().map(|row| row.try_get("", "place").unwrap()).collect();
    assert!(others.is_empty(), "collated by another language: {others:?}");
}
