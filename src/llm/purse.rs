//! Who pays, and the account of it. The account is kept outside of this room, over all instances and restarts.
//!
//! Before a request the most it can cost is reserved; afterwards the account is corrected to what it was. Whoever dies in
//! between leaves the reservation, so a budget is never overdrawn, only used up early.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::domain::{EventId, UserId};

/// Whose budget a question is asked on. The house pays along for everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payer {
    pub event: EventId,
    pub user: Option<UserId>,
}

/// A budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    Event,
    User,
    House,
}

impl Whose {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::User => "user",
            Self::House => "house",
        }
    }
}

/// Tokens set aside, and the accounts they were taken from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reserved {
    pub tokens: u32,
    pub accounts: Vec<String>,
}

/// Why nothing could be reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spent {
    /// It would be more than that budget has left.
    Over { whose: Whose, retry_after_seconds: u32 },
    /// The account cannot be read or written now. Nobody is asked on an account that nobody keeps.
    Unknown,
}

/// Who keeps account of tokens.
pub trait Purse: Send + Sync {
    /// Before the request: the most it can cost.
    fn reserve<'a>(&'a self, payer: &'a Payer, tokens: u32) -> BoxFuture<'a, Result<Reserved, Spent>>;

    /// After it: what it was. Nothing to be done if that fails, but to say so.
    fn settle(&self, reserved: Reserved, used: u32) -> BoxFuture<'_, ()>;

    /// The same when nobody is left to wait for it: whoever asked has gone.
    fn settle_later(&self, reserved: Reserved, used: u32);
}

/// A purse without a bottom, for those who keep no account.
#[derive(Debug, Clone, Copy, Default)]
pub struct Bottomless;

impl Purse for Bottomless {
    fn reserve<'a>(&'a self, _payer: &'a Payer, tokens: u32) -> BoxFuture<'a, Result<Reserved, Spent>> {
        let accounts = Vec::new();
        Box::pin(async move { Ok(Reserved { tokens, accounts }) })
    }

    fn settle(&self, _reserved: Reserved, _used: u32) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }

    fn settle_later(&self, _reserved: Reserved, _used: u32) {}
}

/// A reservation under way. Dropped before it was settled (whoever asked has gone), it is settled by what was noted.
pub(super) struct Tab {
    purse: Arc<dyn Purse>,
    reserved: Option<Reserved>,
    used: u32,
}

impl Tab {
    pub(super) async fn open(purse: &Arc<dyn Purse>, payer: &Payer, tokens: u32) -> Result<Self, Spent> {
        Ok(Self {
            reserved: Some(purse.reserve(payer, tokens).await?),
            purse: Arc::clone(purse),
            used: 0,
        })
    }

    /// More was used, as far as we know.
    pub(super) fn note(&mut self, tokens: u32) {
        self.used = self.used.saturating_add(tokens);
    }

    pub(super) fn used(&self) -> u32 {
        self.used
    }

    /// Takes back what was noted.
    pub(super) fn reset(&mut self, used: u32) {
        self.used = used;
    }

    pub(super) async fn settle(mut self, used: u32) {
        if let Some(reserved) = self.reserved.take() {
            // Should this be dropped while it waits, the reservation stands: too much rather than too little.
            self.purse.settle(reserved, used).await;
        }
    }
}

impl Drop for Tab {
    fn drop(&mut self) {
        if let Some(reserved) = self.reserved.take() {
            self.purse.settle_later(reserved, self.used);
        }
    }
}
