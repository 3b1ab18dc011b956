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
