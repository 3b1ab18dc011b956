//! What language models may still cost (tokens used up in a window, by account), and what they thought of messages.

#[allow(
    clippy::wildcard_imports,
    reason = "the vocabulary of column types, two dozen short functions"
)]
use sea_orm_migration::{prelude::*, schema::*};

use crate::table::{key, lay, table};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0012_llm"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    // The lifetime stays unwritten as in the trait, which was declared so.
    #[expect(elided_lifetimes_in_paths, reason = "must match the trait's declaration")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let account = table("llm_account")
            .col(string("account"))
            .col(big_integer("tokens"))
            .col(big_integer("ends_ms"))
            .primary_key(&mut key(&["account"]))
            .take();
        lay(manager, [account]).await?;
        let model = ColumnDef::new(Alias::new("model")).json_binary().null().take();
        let mut alter = Table::alter();
        manager
            .alter_table(alter.table(Alias::new("audit")).add_column(model).take())
            .await?;
        manager
            .get_connection()
            .execute_unprepared("CREATE INDEX llm_account_by_end ON llm_account (ends_ms)")
            .await?;
        Ok(())
    }
}
