//! Stream tickets on the shelf: each opens one stream once, soon after it was made.
//!
//! Kept by digest, so that a look into memory or, later, a shared store does not open streams. How a used ticket still
//! serves a reconnecting browser is `pass.rs`.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::Identity;
use crate::{
    crypto,
    domain::{EventId, Reason, Refusal},
};

/// Tickets not yet used. A cheap clone.
#[derive(Clone)]
pub struct Tickets(Arc<Shelf>);

/// Where tickets are kept. Memory now: a ticket opens a stream on the instance that made it.
enum Shelf {
    Memory {
        most: usize,
        /// Never held over an await.
        kept: Mutex<HashMap<String, Kept>>,
    },
}

struct Kept {
    identity: Identity,
    event: EventId,
    until: Instant,
}

impl Tickets {
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self(Arc::new(Shelf::Memory {
            most,
            kept: Mutex::default(),
        }))
    }

    /// Puts a ticket on the shelf. A full shelf refuses rather than grow.
    #[expect(
        clippy::unused_async,
        reason = "tickets shared between instances will be kept by another process"
    )]
    pub(super) async fn keep(
        &self,
        ticket: &str,
        identity: Identity,
        event: EventId,
        ttl: Duration,
    ) -> Result<(), Refusal> {
        let Shelf::Memory { most, kept } = &*self.0;
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if kept.len() >= *most {
            kept.retain(|_, ticket| ticket.until > now);
        }
        if kept.len() >= *most {
            return Err(Refusal::new(Reason::Overloaded, "Too many tickets wait to be used.").retry_after(5));
        }
        let until = now + ttl;
        kept.insert(crypto::sha256_hex(ticket.as_bytes()), Kept { identity, event, until });
        Ok(())
    }

    /// Takes a ticket off the shelf. It can be taken once, by one.
    #[expect(
        clippy::unused_async,
        reason = "tickets shared between instances will be kept by another process"
    )]
    pub(super) async fn redeem(&self, ticket: &str) -> Option<(Identity, EventId)> {
        let Shelf::Memory { kept, .. } = &*self.0;
        let found = kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&crypto::sha256_hex(ticket.as_bytes()))?;
        (found.until > Instant::now()).then_some((found.identity, found.event))
    }
}
