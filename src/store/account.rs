//! Accounts of what may be used up in a window: kept in rows, so that they hold over all instances and restarts.
//!
//! Each step is one guarded statement on one row, which needs no lock that outlives it. On PostgreSQL they go past the
//! writers, whose batches would keep the one row of the whole house locked; SQLite has one writer for everything, and
//! joining its batches costs nobody a disk flush.

use entity::llm_account;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, ExprTrait, QueryFilter, QuerySelect,
    sea_query::{CaseStatement, Expr, OnConflict},
};

use super::{Error, Store};
use crate::domain::Stamp;

/// An account and its bound.
#[derive(Debug, Clone)]
pub struct Account {
    pub name: String,
    pub most: u64,
    /// When its window ends and it can be forgotten.
    pub ends: Stamp,
}

/// Rows thrown away in one step.
const STEP: u64 = 1_000;

/// Takes so much from each account, or nothing from any: then the place of the one that has not enough left.
pub async fn reserve(store: &Store, accounts: Vec<Account>, amount: u32) -> Result<Option<usize>, Error> {
    match store.reader().get_database_backend() {
        DbBackend::Postgres => reserve_in(store.reader(), &accounts, amount).await,
        _ => {
            store
                .write(move |txn| Box::pin(async move { reserve_in(txn, &accounts, amount).await }))
                .await
        }
    }
}

/// Corrects what was taken from accounts. None goes below nothing.
pub async fn correct(store: &Store, names: Vec<String>, by: i64) -> Result<(), Error> {
    if names.is_empty() || by == 0 {
        return Ok(());
    }
    match store.reader().get_database_backend() {
        DbBackend::Postgres => correct_in(store.reader(), &names, by).await,
        _ => {
            store
                .write(move |txn| Box::pin(async move { correct_in(txn, &names, by).await }))
                .await
        }
    }
}

/// Throws away some accounts whose windows ended before then; gives back how many.
pub async fn tidy(store: &Store, before: Stamp) -> Result<u64, Error> {
    use llm_account::Column as C;
    store
        .write(move |txn| {
            Box::pin(async move {
                let query = llm_account::Entity::find().select_only().column(C::Account);
                let old: Vec<String> = query
                    .filter(C::EndsMs.lt(before.ms()))
                    .limit(STEP)
                    .into_tuple()
                    .all(txn)
                    .await?;
                if old.is_empty() {
                    return Ok(0);
                }
                let gone = llm_account::Entity::delete_many().filter(C::Account.is_in(old));
                Ok(gone.exec(txn).await?.rows_affected)
            })
        })
        .await
}

async fn reserve_in(db: &impl ConnectionTrait, accounts: &[Account], amount: u32) -> Result<Option<usize>, Error> {
    for (place, account) in accounts.iter().enumerate() {
        if !take(db, account, amount).await? {
            let taken: Vec<String> = accounts[..place].iter().map(|account| account.name.clone()).collect();
            correct_in(db, &taken, -i64::from(amount)).await?;
            return Ok(Some(place));
        }
    }
    Ok(None)
}

async fn take(db: &impl ConnectionTrait, account: &Account, amount: u32) -> Result<bool, Error> {
    use llm_account::Column as C;
    let most = i64::try_from(account.most).unwrap_or(i64::MAX);
    // A first row is inserted whatever its size.
    if i64::from(amount) > most {
        return Ok(false);
    }
    let row = llm_account::ActiveModel {
        account: Set(account.name.clone()),
        tokens: Set(i64::from(amount)),
        ends_ms: Set(account.ends.ms()),
    };
    let used = || Expr::col((llm_account::Entity, C::Tokens));
    let mut more = OnConflict::column(C::Account);
    more.value(C::Tokens, used().add(i64::from(amount)))
        .action_and_where(used().lte(most - i64::from(amount)));
    let taken = llm_account::Entity::insert(row)
        .on_conflict(more)
        .exec_without_returning(db)
        .await?;
    Ok(taken > 0)
}

async fn correct_in(db: &impl ConnectionTrait, names: &[String], by: i64) -> Result<(), Error> {
    use llm_account::Column as C;
    for name in names {
        let corrected = || Expr::col(C::Tokens).add(by);
        let least = CaseStatement::new().case(corrected().lt(0), 0_i64).finally(corrected());
        llm_account::Entity::update_many()
            .col_expr(C::Tokens, least.into())
            .filter(C::Account.eq(name))
            .exec(db)
            .await?;
    }
    Ok(())
}
