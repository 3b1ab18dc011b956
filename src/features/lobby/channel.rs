//! A channel: everybody who watches the lobby through one filter. What changed is written once and shared by all of them.

use std::sync::{Arc, OnceLock};

use tokio::sync::watch;

use super::book::{Book, Line};
use crate::{
    domain::{
        EventId,
        lobby::{LobbyFilter, LobbySignalKind},
    },
    stream::Words,
};

/// Events that one stream shows.
pub(super) const SHOWN: usize = 200;

/// What a channel's watchers see.
pub(super) struct View {
    number: u64,
    lines: Vec<Arc<Line>>,
    /// What changed since the view before.
    change: Option<Words>,
    snapshot: OnceLock<Words>,
}

pub(super) struct Channel {
    filter: LobbyFilter,
    view: watch::Sender<Arc<View>>,
}

/// One watcher's place: the last view they have.
pub(super) struct Place {
    view: watch::Receiver<Arc<View>>,
    at: Option<u64>,
}

impl View {
    fn snapshot(&self) -> Words {
        let write = || {
            let data = format!(r#"{{"events":[{}]}}"#, joined(&self.lines));
            Words::of_json(LobbySignalKind::LobbySnapshot.name(), &data, None)
        };
        self.snapshot.get_or_init(write).clone()
    }

    /// The view after this one, if anything is different.
    fn next(&self, lines: Vec<Arc<Line>>) -> Option<Self> {
        let before: std::collections::HashMap<EventId, &Arc<Line>> =
            self.lines.iter().map(|line| (line.event.id, line)).collect();
        let is_new = |line: &&Arc<Line>| before.get(&line.event.id).is_none_or(|old| !Arc::ptr_eq(old, line));
        let changed: Vec<Arc<Line>> = lines.iter().filter(is_new).cloned().collect();
        let now: std::collections::HashSet<EventId> = lines.iter().map(|line| line.event.id).collect();
        let gone: Vec<String> = self
            .lines
            .iter()
            .filter(|line| !now.contains(&line.event.id))
            .map(|line| format!("\"{}\"", line.event.id))
            .collect();
        if changed.is_empty() && gone.is_empty() {
            return None;
        }
        let data = format!(r#"{{"events":[{}],"gone":[{}]}}"#, joined(&changed), gone.join(","));
        Some(Self {
            number: self.number + 1,
            lines,
            change: Some(Words::of_json(LobbySignalKind::LobbyChanged.name(), &data, None)),
            snapshot: OnceLock::new(),
        })
    }
}

fn joined(lines: &[Arc<Line>]) -> String {
    let json: Vec<&str> = lines.iter().map(|line| &*line.json).collect();
    json.join(",")
}

impl Channel {
    pub(super) fn new(filter: LobbyFilter, book: &Book) -> Self {
        let view = View {
            number: 1,
            lines: book.pick(&filter, SHOWN),
            change: None,
            snapshot: OnceLock::new(),
        };
        Self {
            filter,
            view: watch::Sender::new(Arc::new(view)),
        }
    }

    /// Shows what is different in the book, if anything.
    pub(super) fn show(&self, book: &Book) {
        let lines = book.pick(&self.filter, SHOWN);
        let next = self.view.borrow().next(lines);
        if let Some(next) = next {
            self.view.send_replace(Arc::new(next));
        }
    }

    pub(super) fn enter(&self) -> Place {
        Place {
            view: self.view.subscribe(),
            at: None,
        }
    }
}

impl Place {
    /// What is new since the last time; waits for it. Whoever missed a view gets the whole lobby instead. Losing the future
    /// loses nothing. `None`: the channel is gone.
    pub(super) async fn next(&mut self) -> Option<Words> {
        loop {
            let view = Arc::clone(&self.view.borrow_and_update());
            let words = match self.at {
                Some(at) if at == view.number => None,
                Some(at) if at + 1 == view.number => view.change.clone(),
                _ => Some(view.snapshot()),
            };
            self.at = Some(view.number);
            if words.is_some() {
                return words;
            }
            self.view.changed().await.ok()?;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use serde_json::Value;

    use super::*;
    use crate::{
        domain::{
            Stamp,
            event::{EventKind, EventStatus},
            lobby::{LobbyEvent, Turnout},
        },
        stream::Format,
    };

    fn line(slug: &str, connections: u64) -> Arc<Line> {
        let id = slug.bytes().fold(0, |id, byte| id << 8 | u128::from(byte));
        Arc::new(Line::new(LobbyEvent {
            id: EventId::from_uuid(sea_orm::prelude::Uuid::from_u128(id)),
            slug: slug.to_owned(),
            title: slug.to_owned(),
            kind: EventKind::Session,
            status: EventStatus::Live,
            venue: None,
            cover_url: None,
            starts_at: Stamp::from_ms(0),
            started_at: None,
            ended_at: None,
            participants: vec![],
            featured: false,
            demo: false,
            score: None,
            clock: None,
            period: None,
            result: None,
            viewers: Turnout { connections, users: 0 },
            changed_at: Stamp::from_ms(0),
        }))
    }

    /// What the place hears now: the kind, slugs with their viewers, and how many are gone.
    fn hears(place: &mut Place) -> Option<(String, Vec<String>, usize)> {
        let words = place.next().now_or_never()??;
        let frame: Value = serde_json::from_slice(&words.into_bytes(Format::Ndjson)).unwrap();
        let told = |event: &Value| {
            format!(
                "{}:{}",
                event["slug"].as_str().unwrap(),
                event["viewers"]["connections"]
            )
        };
        let data = &frame["data"];
        Some((
            frame["type"].as_str().unwrap().to_owned(),
            data["events"].as_array().unwrap().iter().map(told).collect(),
            data["gone"].as_array().map_or(0, Vec::len),
        ))
    }

    fn frame(kind: &str, events: &[&str], gone: usize) -> (String, Vec<String>, usize) {
        let events = events.iter().map(|event| (*event).to_owned()).collect();
        (format!("lobby.{kind}"), events, gone)
    }

    #[test]
    fn who_follows_hears_what_changed_and_who_fell_behind_gets_the_whole_lobby() {
        let (derby, final_, open) = (line("derby", 1), line("final", 1), line("open", 1));
        let book = |lines: &[&Arc<Line>]| Book {
            lines: lines.iter().map(|line| Arc::clone(line)).collect(),
        };
        let channel = Channel::new(LobbyFilter::default(), &book(&[&derby, &final_]));
        let (mut quick, mut slow) = (channel.enter(), channel.enter());
        for place in [&mut quick, &mut slow] {
            assert_eq!(hears(place), Some(frame("snapshot", &["derby:1", "final:1"], 0)));
            assert_eq!(hears(place), None);
        }
        channel.show(&book(&[&derby, &final_]));
        assert_eq!(hears(&mut quick), None, "nothing is different");
        let fuller = line("derby", 2);
        channel.show(&book(&[&fuller, &open]));
        assert_eq!(hears(&mut quick), Some(frame("changed", &["derby:2", "open:1"], 1)));
        channel.show(&book(&[&open]));
        assert_eq!(hears(&mut quick), Some(frame("changed", &[], 1)));
        assert_eq!(
            hears(&mut slow),
            Some(frame("snapshot", &["open:1"], 0)),
            "one frame, whatever was missed"
        );
        channel.show(&book(&[&open, &final_]));
        assert_eq!(
            hears(&mut slow),
            Some(frame("changed", &["final:1"], 0)),
            "and it is up to date again"
        );
    }

    #[test]
    fn no_more_is_shown_than_one_stream_bears_and_what_falls_out_is_gone() {
        let many: Vec<Arc<Line>> = (0..=SHOWN).map(|number| line(&format!("m{number}"), 0)).collect();
        let channel = Channel::new(LobbyFilter::default(), &Book { lines: many.clone() });
        let mut place = channel.enter();
        let (_, events, _) = hears(&mut place).unwrap();
        assert_eq!(events.len(), SHOWN);
        let lines = [line("first", 0)].into_iter().chain(many).collect();
        channel.show(&Book { lines });
        assert_eq!(hears(&mut place), Some(frame("changed", &["first:0"], 1)));
    }
}
