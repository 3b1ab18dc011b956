//! What the assistant sees of an event: what everybody may see, as of now.

use crate::{
    clock,
    domain::{
        Audience, EventId, Stamp,
        facts::{Telling, View},
        presence::PresenceCounts,
        snapshot::Snapshot,
    },
    store::{Error, tellings},
};

use super::Assistant;

/// Entries about the contest and the event that are looked through. The busiest match has about two hundred.
const TELLINGS_MOST: u32 = 400;

pub(super) struct Sight {
    pub(super) snapshot: Snapshot,
    presence: PresenceCounts,
    tellings: Vec<Telling>,
    now: Stamp,
}

impl Sight {
    pub(super) fn view(&self) -> View<'_> {
        View {
            snapshot: &self.snapshot,
            presence: self.presence,
            tellings: &self.tellings,
            now: self.now,
        }
    }
}

impl Assistant {
    /// `None`: there is no such event any more.
    pub(super) async fn look(&self, event: EventId) -> Result<Option<Sight>, Error> {
        let means = &self.0.means;
        let Some(shot) = means.stream.snapshot(event, Audience::Public).await? else {
            return Ok(None);
        };
        let snapshot = serde_json::from_slice(&shot.json).map_err(|error| Error::unreadable("snapshot", error))?;
        let latest = tellings::latest(means.store.reader(), event, TELLINGS_MOST).await?;
        let telling = |entry: &crate::store::LogEntry| {
            Some(Telling {
                seq: entry.seq,
                at: entry.at,
                entry: entry.kind.read(entry.data()).ok()?,
            })
        };
        Ok(Some(Sight {
            snapshot,
            presence: means.crowd.everywhere(event).await,
            tellings: latest.iter().filter_map(telling).collect(),
            now: clock::now(),
        }))
    }
}
