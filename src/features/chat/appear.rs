//! Held messages that appear by themselves when their time has come, unless staff decided before.
//!
//! Each such message says when (`release_ms`). Every instance looks, and lets it appear behind the event's lock: what is no
//! longer held is left as it is, so each appears once.

use std::time::Duration;

use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

use super::{Chat, change, rows};
use crate::{
    clock,
    domain::{EventId, MessageId},
    store::Error,
};

const LOOK: Duration = Duration::from_secs(1);
/// Messages let appear at once.
const AT_ONCE: u64 = 64;

impl Chat {
    /// Lets messages appear until told to stop.
    pub async fn let_appear(self, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_some() {
            match self.appear().await {
                Ok(()) => {}
                Err(Error::Closed) => return,
                Err(error) => {
                    let error: &dyn std::error::Error = &error;
                    tracing::warn!(error, "held messages could not be looked up");
                }
            }
        }
    }

    async fn appear(&self) -> Result<(), Error> {
        let now = clock::now();
        let mut last = 0;
        loop {
            let due = rows::due(self.store.reader(), now, last, AT_ONCE).await?;
            let appear = due.iter().map(|(_, event, message)| self.appears(*event, *message));
            for outcome in join_all(appear).await {
                match outcome {
                    Ok(()) => {}
                    Err(Error::Closed) => return Err(Error::Closed),
                    // One that fails holds nobody up.
                    Err(error) => {
                        let error: &dyn std::error::Error = &error;
                        tracing::warn!(error, "a held message waits for the next look");
                    }
                }
            }
            let Some((row_no, ..)) = due.last() else { return Ok(()) };
            last = *row_no;
        }
    }

    async fn appears(&self, event: EventId, message: MessageId) -> Result<(), Error> {
        let ripened = self
            .stream
            .record(event, move |scribe| Box::pin(change::ripen(scribe, message)));
        ripened.await.map(|_done| ())
    }
}
