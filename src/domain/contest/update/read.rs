//! From the flat body to the exact update: the right fields for the type, with tidy text.

use super::{Details, Update, UpdateIn, UpdateType};
use crate::domain::{Fault, text};

/// What each type must have, and what it may have besides.
const fn fields(kind: UpdateType) -> (&'static [&'static str], &'static [&'static str]) {
    match kind {
        UpdateType::PeriodStart | UpdateType::PeriodEnd => (&["period"], &[]),
        UpdateType::Goal => (
            &["participant_id", "minute"],
            &["player", "stoppage", "penalty", "own_goal"],
        ),
        UpdateType::Card => (&["participant_id", "player", "color", "minute"], &["stoppage"]),
        UpdateType::Substitution => (&["participant_id", "player_in", "player_out", "minute"], &["stoppage"]),
        UpdateType::Score => (&["score"], &[]),
        UpdateType::Clock => (&["running", "elapsed_ms"], &[]),
        UpdateType::Result => (&["outcome"], &["winner_id", "method", "note"]),
        UpdateType::Amend => (
            &["target_source_id"],
            &[
                "participant_id",
                "player",
                "player_in",
                "player_out",
                "color",
                "minute",
                "stoppage",
                "penalty",
                "own_goal",
                "outcome",
                "winner_id",
                "method",
                "note",
            ],
        ),
        UpdateType::Retract => (&["target_source_id"], &["reason"]),
    }
}

/// A name a feed gives: of itself (`/source`, up to 64) or of a report (up to 128), kept to the letter.
pub fn check_feed_name(name: &str, max_len: usize, pointer: &str) -> Result<(), Fault> {
    if (1..=max_len).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(())
    } else {
        let detail = format!("Expected 1 to {max_len} visible ASCII characters.");
        Err(Fault::new(pointer, "malformed", detail))
    }
}

impl UpdateIn {
    fn present(&self) -> [(&'static str, bool); 19] {
        [
            ("period", self.period.is_some()),
            ("participant_id", self.participant_id.is_some()),
            ("player", self.player.is_some()),
            ("player_in", self.player_in.is_some()),
            ("player_out", self.player_out.is_some()),
            ("color", self.color.is_some()),
            ("minute", self.minute.is_some()),
            ("stoppage", self.stoppage.is_some()),
            ("penalty", self.penalty.is_some()),
            ("own_goal", self.own_goal.is_some()),
            ("score", self.score.is_some()),
            ("running", self.running.is_some()),
            ("elapsed_ms", self.elapsed_ms.is_some()),
            ("outcome", self.outcome.is_some()),
            ("winner_id", self.winner_id.is_some()),
            ("method", self.method.is_some()),
            ("note", self.note.is_some()),
            ("target_source_id", self.target_source_id.is_some()),
            ("reason", self.reason.is_some()),
        ]
    }

    /// The exact update, or every fault of the body, with pointers relative to it.
    pub fn read(&self) -> Result<Update, Vec<Fault>> {
        let (required, optional) = fields(self.kind);
        let mut faults = Vec::new();
        for (field, present) in self.present() {
            let pointer = format!("/{field}");
            if required.contains(&field) && !present {
                faults.push(Fault::new(pointer, "required", format!("This type needs `{field}`.")));
            } else if present && !required.contains(&field) && !optional.contains(&field) {
                faults.push(Fault::new(
                    pointer,
                    "unexpected-field",
                    format!("This type has no `{field}`."),
                ));
            }
        }
        faults.extend(check_feed_name(&self.source_id, 128, "/source_id").err());
        let details = self.details(&mut faults);
        let period_name = self.period.as_ref().and_then(|period| period.name.as_ref());
        if self.kind == UpdateType::PeriodEnd && period_name.is_some() {
            let detail = "A period is named when it starts.";
            faults.push(Fault::new("/period/name", "unexpected-field", detail));
        }
        let name = tidy(period_name, 60, "/period/name", &mut faults);
        let reason = tidy(self.reason.as_ref(), 280, "/reason", &mut faults);
        if faults.is_empty() {
            Ok(self.exact(details, name, reason))
        } else {
            Err(faults)
        }
    }

    fn details(&self, faults: &mut Vec<Fault>) -> Details {
        Details {
            participant_id: self.participant_id.clone(),
            player: tidy(self.player.as_ref(), 100, "/player", faults),
            player_in: tidy(self.player_in.as_ref(), 100, "/player_in", faults),
            player_out: tidy(self.player_out.as_ref(), 100, "/player_out", faults),
            color: self.color,
            minute: self.minute,
            stoppage: self.stoppage,
            penalty: self.penalty,
            own_goal: self.own_goal,
            outcome: self.outcome,
            winner_id: self.winner_id.clone(),
            method: tidy(self.method.as_ref(), 40, "/method", faults),
            note: tidy(self.note.as_ref(), 280, "/note", faults),
        }
    }

    /// Called when all required fields are known to be there; the defaults stand for none.
    fn exact(&self, details: Details, name: Option<String>, reason: Option<String>) -> Update {
        let number = self.period.as_ref().map_or(0, |period| period.number);
        let target = self.target_source_id.clone().unwrap_or_default();
        match self.kind {
            UpdateType::PeriodStart => Update::PeriodStart { number, name },
            UpdateType::PeriodEnd => Update::PeriodEnd { number },
            UpdateType::Goal => Update::Goal(details),
            UpdateType::Card => Update::Card(details),
            UpdateType::Substitution => Update::Substitution(details),
            UpdateType::Result => Update::Result(details),
            UpdateType::Score => Update::Score(self.score.clone().unwrap_or_default()),
            UpdateType::Clock => Update::Clock {
                running: self.running.unwrap_or_default(),
                elapsed_ms: self.elapsed_ms.unwrap_or_default(),
            },
            UpdateType::Amend => Update::Amend {
                target,
                changes: details,
            },
            UpdateType::Retract => Update::Retract { target, reason },
        }
    }
}

fn tidy(field: Option<&String>, max_graphemes: usize, pointer: &str, faults: &mut Vec<Fault>) -> Option<String> {
    match text::line(field?, max_graphemes) {
        Ok(text) => Some(text),
        Err(error) => {
            faults.push(error.at(pointer));
            None
        }
    }
}
