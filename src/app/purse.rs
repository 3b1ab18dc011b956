//! The account of tokens, kept in the database: what binds the model's room to the store, which are strangers.
//!
//! Windows are those of the clock (a day or an hour of UTC), so that all instances mean the same one. An account is named
//! after whose it is and which window.

use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    clock,
    config::LlmConfig,
    domain::Stamp,
    llm::{Payer, Purse, Reserved, Spent, Whose},
    store::{
        Store,
        account::{self, Account},
    },
};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Accounts are kept for so long after their window, for those whose clocks are behind and for people who look.
const KEEP_MS: i64 = 2 * DAY_MS;
const TIDY_EVERY: Duration = Duration::from_mins(10);

/// Keeps the account in the database.
#[derive(Clone)]
pub struct StorePurse {
    store: Store,
    tasks: TaskTracker,
    event_day: u64,
    user_hour: u64,
    house_day: u64,
}

impl StorePurse {
    #[must_use]
    pub fn new(store: Store, config: &LlmConfig, tasks: TaskTracker) -> Self {
        Self {
            store,
            tasks,
            event_day: config.tokens_event_day,
            user_hour: config.tokens_user_hour,
            house_day: config.tokens_house_day,
        }
    }

    /// Those that have a bound; the one that everybody shares comes last.
    fn accounts(&self, payer: &Payer, now: Stamp) -> Vec<(Whose, Account)> {
        let user = payer.user.as_ref().map(|user| format!("user:{}", user.as_str()));
        [
            (Whose::User, user, HOUR_MS, self.user_hour),
            (
                Whose::Event,
                Some(format!("event:{}", payer.event)),
                DAY_MS,
                self.event_day,
            ),
            (Whose::House, Some("house".to_owned()), DAY_MS, self.house_day),
        ]
        .into_iter()
        .filter_map(|(whose, name, length_ms, most)| {
            let name = name.filter(|_| most > 0)?;
            let window = now.ms().div_euclid(length_ms);
            let ends = Stamp::from_ms((window + 1) * length_ms);
            let begins = Stamp::from_ms(window * length_ms).to_string();
            // To the hour: 2026-06-11T19.
            let name = format!("{name}:{}", begins.get(..13).unwrap_or_default());
            Some((whose, Account { name, most, ends }))
        })
        .collect()
    }

    async fn take(&self, payer: &Payer, tokens: u32) -> Result<Reserved, Spent> {
        let now = clock::now();
        let accounts = self.accounts(payer, now);
        let asked: Vec<Account> = accounts.iter().map(|(_, account)| account.clone()).collect();
        let names = asked.iter().map(|account| account.name.clone()).collect();
        let over = account::reserve(&self.store, asked, tokens).await.map_err(|error| {
            tracing::warn!(error = %error, "the account of tokens cannot be kept");
            Spent::Unknown
        })?;
        match over.and_then(|place| accounts.get(place)) {
            None => Ok(Reserved {
                tokens,
                accounts: names,
            }),
            Some((whose, account)) => Err(Spent::Over {
                whose: *whose,
                retry_after_seconds: u32::try_from((account.ends.ms() - now.ms()) / 1_000 + 1).unwrap_or(1),
            }),
        }
    }

    async fn put_right(&self, reserved: Reserved, used: u32) {
        let by = i64::from(used) - i64::from(reserved.tokens);
        if let Err(error) = account::correct(&self.store, reserved.accounts, by).await {
            tracing::warn!(error = %error, tokens = by, "the account of tokens could not be corrected");
        }
    }

    /// Throws old accounts away, until `halt`.
    pub async fn tidy(self, halt: CancellationToken) {
        loop {
            tokio::select! {
                () = halt.cancelled() => return,
                () = tokio::time::sleep(TIDY_EVERY) => {}
            }
            let before = clock::now().plus_ms(-KEEP_MS);
            if let Err(error) = account::tidy(&self.store, before).await {
                tracing::debug!(error = %error, "old accounts of tokens stay for now");
            }
        }
    }
}

impl Purse for StorePurse {
    fn reserve<'a>(&'a self, payer: &'a Payer, tokens: u32) -> BoxFuture<'a, Result<Reserved, Spent>> {
        Box::pin(self.take(payer, tokens))
    }

    fn settle(&self, reserved: Reserved, used: u32) -> BoxFuture<'_, ()> {
        Box::pin(self.put_right(reserved, used))
    }

    fn settle_later(&self, reserved: Reserved, used: u32) {
        let purse = self.clone();
        self.tasks.spawn(async move { purse.put_right(reserved, used).await });
    }
}
