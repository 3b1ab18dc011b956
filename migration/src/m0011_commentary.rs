//! How far logs were looked at for what the house says by itself.

#[allow(
    clippy::wildcard_imports,
    reason = "the vocabulary of column types, two dozen short functions"
)]
use sea_orm_migration::{prelude::*, schema::*};

use crate::table::{id, lay, table};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0011_commentary"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    // The lifetime stays unwritten as in the trait, which was declared so.
    #[expect(elided_lifetimes_in_paths, reason = "must match the trait's declaration")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let commentary = table("commentary")
            .col(id("event_id").primary_key())
            .col(big_integer("seq"))
            .col(big_integer("contest_version"))
            .col(big_integer("event_version"))
            .col(text("notes"))
            .take();
        lay(manager, [commentary]).await
    }
}
