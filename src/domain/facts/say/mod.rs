//! The sentences: one function a topic, each from the state alone.

mod contest;
mod event;
mod incidents;
mod room;

use super::{Reply, View, cite, hear::Heard, name, shown, topic::Topic};
use crate::domain::{
    Stamp,
    assistant::{Citation, Freshness},
    contest::{Contestant, Incident, IncidentType, ScoreLine, Scoreboard},
    event::{EventKind, EventStatus},
    phrases::{Lines, fill},
};

pub use contest::{clock_text, score_text};
pub(super) use contest::{in_front, score_of, team};
pub(super) use incidents::minute;

/// What an answer is made of.
struct Said {
    text: String,
    citations: Vec<Citation>,
    known: bool,
    /// Whether it speaks of what a feed reports, and so may be out of date.
    of_contest: bool,
}

impl Said {
    fn known(text: String, citations: Vec<Citation>) -> Self {
        Self {
            text,
            citations,
            known: true,
            of_contest: false,
        }
    }

    fn unknown(text: String) -> Self {
        Self {
            known: false,
            ..Self::known(text, Vec::new())
        }
    }

    fn of_contest(self) -> Self {
        Self {
            of_contest: true,
            ..self
        }
    }
}

/// What the sentences go by.
struct Ground<'a> {
    view: &'a View<'a>,
    heard: &'a Heard,
    lines: &'static Lines,
}

pub(super) fn reply(view: &View<'_>, heard: &Heard, topic: Topic) -> Reply {
    let lines = heard.phrases.lines;
    let ground = Ground { view, heard, lines };
    let said = match topic {
        Topic::Score => contest::score(&ground),
        Topic::Leader => contest::leader(&ground),
        Topic::Winner => contest::winner(&ground),
        Topic::Clock => contest::clock(&ground),
        Topic::Goals => incidents::goals(&ground),
        Topic::Cards => incidents::cards(&ground),
        Topic::Substitutions => incidents::substitutions(&ground),
        Topic::Happened => incidents::lately(&ground),
        Topic::Statistics => incidents::statistics(&ground),
        Topic::Start => event::start(&ground),
        Topic::End => event::end(&ground),
        Topic::Duration => event::duration(&ground),
        Topic::Venue => event::venue(&ground),
        Topic::Participants => event::participants(&ground),
        Topic::Presence => room::presence(&ground),
        Topic::Poll => room::poll(&ground),
        Topic::Rules => room::rules(&ground),
        Topic::Slow => room::slow(&ground),
        Topic::Links => room::links(&ground),
        Topic::Members => room::members(&ground),
        Topic::Window => room::window(&ground),
        Topic::Help => Said::known(lines.help.to_owned(), Vec::new()),
    };
    finish(view, lines, said)
}

/// Says how far it can be relied on.
fn finish(view: &View<'_>, lines: &Lines, said: Said) -> Reply {
    let contest = view.snapshot.contest.as_ref();
    let silent_since = contest
        .filter(|_| said.of_contest && said.known)
        .and_then(|contest| silent_since(view, contest));
    let mut text = said.text;
    if let Some(since) = silent_since {
        let note = fill(lines.stale, &[("time", &time_text(since))]);
        text = format!("{text} {note}");
    }
    let state = match (said.known, silent_since) {
        (false, _) => Freshness::Unknown,
        (true, Some(_)) => Freshness::Stale,
        (true, None) => Freshness::Current,
    };
    let mut citations = said.citations;
    citations.dedup_by_key(|citation| citation.seq);
    Reply {
        text,
        state,
        clock: contest.and_then(|contest| clock_text(contest, view.now)),
        citations,
    }
}

/// Since when nothing was heard of a contest whose clock runs, if that is long.
fn silent_since(view: &View<'_>, contest: &Scoreboard) -> Option<Stamp> {
    if !contest.clock.running || view.snapshot.event.status != EventStatus::Live {
        return None;
    }
    let told = view.tellings.iter().rev().find(|telling| telling.is_of_contest());
    let last = told.map_or(contest.clock.as_of, |told| told.at.max(contest.clock.as_of));
    (view.now.ms() - last.ms() > super::STALE_AFTER_MS).then_some(last)
}

/// A time as it is said: `2026-06-11 19:00 UTC`.
#[must_use]
pub fn time_text(at: Stamp) -> String {
    let text = at.to_string();
    let (day, time) = text.split_once('T').unwrap_or((&text, ""));
    format!("{day} {} UTC", time.get(..5).unwrap_or(time))
}
