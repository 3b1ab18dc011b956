//! The reader's side: a scoreboard plus the entries after it is the next scoreboard.
//!
//! This is what a client does with the stream, and the tests hold us to it: folding the entries of any history into a
//! snapshot gives the same as asking for a fresh snapshot.

use super::{IncidentType, Scoreboard};
use crate::domain::entry::Entry;

impl Scoreboard {
    /// Takes one entry in; entries that are not about the contest change nothing.
    pub fn fold(&mut self, entry: &Entry) {
        match entry {
            Entry::IncidentRecorded(told) => self.incidents.push(told.incident.clone()),
            Entry::IncidentCorrected(told) => {
                if let Some(known) = self.incidents.iter_mut().find(|known| known.id == told.incident.id) {
                    known.clone_from(&told.incident);
                }
            }
            Entry::IncidentRetracted(gone) => self.incidents.retain(|known| known.id != gone.incident_id),
            Entry::ScoreChanged(changed) => self.score.clone_from(&changed.score),
            Entry::ClockChanged(changed) => {
                self.clock.clone_from(&changed.clock);
                self.period.clone_from(&changed.period);
                self.periods.clone_from(&changed.periods);
            }
            Entry::ContestChanged(changed) => self.clone_from(&changed.contest),
            _ => {}
        }
        self.result = self
            .incidents
            .iter()
            .rfind(|incident| incident.kind == IncidentType::Result)
            .and_then(|incident| incident.result.clone());
    }
}
