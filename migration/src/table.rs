//! Tables and their columns, as all migrations write them.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

pub(crate) fn json(name: &str) -> ColumnDef {
    ColumnDef::new(Alias::new(name)).json_binary().not_null().take()
}

pub(crate) fn id(name: &str) -> ColumnDef {
    ColumnDef::new(Alias::new(name)).uuid().not_null().take()
}

pub(crate) fn key(columns: &[&str]) -> IndexCreateStatement {
    let mut index = Index::create();
    for column in columns {
        index.col(Alias::new(*column));
    }
    index.primary().take()
}

pub(crate) fn table(name: &str) -> TableCreateStatement {
    Table::create().table(Alias::new(name)).take()
}

/// Makes the tables.
pub(crate) async fn lay(
    manager: &SchemaManager<'_>,
    tables: impl IntoIterator<Item = TableCreateStatement>,
) -> Result<(), DbErr> {
    let backend = manager.get_database_backend();
    for table in tables {
        manager.create_table(collated(table, backend)).await?;
    }
    Ok(())
}

/// Texts sort by their bytes on both databases, whatever language the server speaks: lists are in one order everywhere, and
/// cursors made from texts stay good when the database moves.
fn collated(statement: TableCreateStatement, backend: DbBackend) -> TableCreateStatement {
    if backend != DbBackend::Postgres {
        return statement;
    }
    let mut table = Table::create();
    if let Some(name) = statement.get_table_name() {
        table.table(name.clone());
    }
    for column in statement.get_columns() {
        let mut column = column.clone();
        if matches!(column.get_column_type(), Some(ColumnType::String(_) | ColumnType::Text)) {
            column.extra("COLLATE \"C\"");
        }
        table.col(column);
    }
    for index in statement.get_indexes() {
        table.primary_key(&mut index.clone());
    }
    table
}
