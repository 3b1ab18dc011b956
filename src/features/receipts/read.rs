//! Moving marks: all that wait for the same commit are moved together, with three statements.

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;

use super::rows;
use crate::{
    domain::{EventId, MessageId, Reason, Refusal, UserId, receipt::Receipt},
    store::{Asked, Error, Outcomes, Scribes, Together},
};

/// Somebody has read up to a message.
#[derive(Debug, Clone)]
pub(super) struct Read {
    pub(super) user: UserId,
    pub(super) message: MessageId,
}

/// Where their mark is now, and whether it moved.
#[derive(Debug, Clone)]
pub(super) struct Marked {
    pub(super) receipt: Receipt,
    pub(super) moved: bool,
}

impl Together for Read {
    type Done = Marked;
    const GIVES_WAY: bool = true;

    fn together<'a>(all: &'a [Asked<Self>], scribes: &'a mut Scribes<'_>) -> BoxFuture<'a, Outcomes<Marked>> {
        Box::pin(async move {
            let (txn, now) = (scribes.txn(), scribes.now());
            let places = rows::places(txn, all.iter().map(|asked| asked.change.message)).await?;
            let keys = all.iter().map(|asked| (asked.event, asked.change.user.clone()));
            let mut marks = rows::find_all(txn, keys.collect()).await?;
            let (mut moved, mut outcomes) = (BTreeMap::new(), Vec::with_capacity(all.len()));
            for Asked { event, change } in all {
                let place = places.get(&change.message).filter(|place| place.0 == *event);
                let Some((_, seq)) = place.filter(|place| place.1 > 0) else {
                    // A held message has no place yet.
                    let refusal = Refusal::new(Reason::MessageNotFound, "No such message in this event.");
                    outcomes.push(Err(refusal.into()));
                    continue;
                };
                let key: (EventId, UserId) = (*event, change.user.clone());
                let known = marks.get(&key).filter(|mark| mark.seq >= *seq);
                if let Some(receipt) = known.cloned() {
                    outcomes.push(Ok(Marked { receipt, moved: false }));
                    continue;
                }
                let receipt = Receipt {
                    user_id: change.user.clone(),
                    message_id: change.message,
                    seq: *seq,
                    read_at: now,
                };
                marks.insert(key.clone(), receipt.clone());
                moved.insert(key, receipt.clone());
                outcomes.push(Ok(Marked { receipt, moved: true }));
            }
            rows::put_all(txn, moved).await?;
            Ok::<Vec<Result<Marked, Error>>, Error>(outcomes)
        })
    }
}
