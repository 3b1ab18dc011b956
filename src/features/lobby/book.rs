//! The book: the lobby's lines as this instance last saw them. Made anew at most once a second, whoever asks, and only while
//! somebody does.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{StreamExt, stream};

use super::rows::{self, Marks};
use crate::{
    clock,
    domain::{
        EventId,
        lobby::{LobbyEvent, LobbyFilter, Turnout, When},
    },
    store::{Error, Reader, event::Eyes},
    stream::HeadCount,
};

/// So many rows are read at once; a contest's state can be long.
const ROWS_AT_ONCE: usize = 100;
/// Events whose people are counted in one go. With more of them, each is counted less often.
const COUNTS_AT_ONCE: usize = 256;
/// Questions about people under way at the same time.
const QUESTIONS_AT_ONCE: usize = 16;
/// What is not live is counted this often.
const QUIET: Duration = Duration::from_secs(5);

/// One event of the lobby.
pub(super) struct Line {
    pub(super) event: LobbyEvent,
    words: String,
    /// The event as JSON, made once for everybody.
    pub(super) json: Box<str>,
}

/// The lobby as of one moment, in its order.
#[derive(Default)]
pub(super) struct Book {
    pub(super) lines: Vec<Arc<Line>>,
}

/// What is known of the lines in the book.
#[derive(Default)]
pub(super) struct Desk {
    kept: HashMap<EventId, Kept>,
    book: Arc<Book>,
    looked_at: Option<Instant>,
    /// The last look came to nothing.
    has_failed: bool,
}

struct Kept {
    marks: Marks,
    line: Arc<Line>,
    counted_at: Option<Instant>,
}

impl Line {
    pub(super) fn new(event: LobbyEvent) -> Self {
        Self {
            words: event.words(),
            json: serde_json::to_string(&event).unwrap_or_default().into(),
            event,
        }
    }
}

impl Book {
    /// The first so many that pass.
    pub(super) fn pick(&self, filter: &LobbyFilter, most: usize) -> Vec<Arc<Line>> {
        let passes = |line: &&Arc<Line>| filter.admits(&line.event, &line.words);
        self.lines.iter().filter(passes).take(most).cloned().collect()
    }
}

impl Desk {
    /// The book, if it is not older than `age`; else made anew. While the database is away nobody is kept waiting for it one
    /// after the other.
    pub(super) async fn book(
        &mut self,
        reader: &Reader,
        crowd: &dyn HeadCount,
        age: Duration,
    ) -> Result<Arc<Book>, Error> {
        if self.looked_at.is_some_and(|looked_at| looked_at.elapsed() < age) {
            return if self.has_failed {
                Err(Error::Overloaded)
            } else {
                Ok(Arc::clone(&self.book))
            };
        }
        let looked = self.look(reader, crowd).await;
        self.looked_at = Some(Instant::now());
        self.has_failed = looked.is_err();
        looked?;
        Ok(Arc::clone(&self.book))
    }

    async fn look(&mut self, reader: &Reader, crowd: &dyn HeadCount) -> Result<(), Error> {
        let marks = rows::marks(reader, clock::now()).await?;
        let is_known =
            |(id, marks, _): &&(EventId, Marks, When)| self.kept.get(id).is_some_and(|kept| kept.marks == *marks);
        let changed: Vec<EventId> = marks
            .iter()
            .filter(|mark| !is_known(mark))
            .map(|(id, ..)| *id)
            .collect();
        let mut lines = HashMap::new();
        for ids in changed.chunks(ROWS_AT_ONCE) {
            let read = rows::lines(reader, ids, &Eyes::Public).await?;
            lines.extend(read.into_iter().map(|line| (line.id, line)));
        }
        let there: HashSet<EventId> = marks.iter().map(|(id, ..)| *id).collect();
        self.kept.retain(|id, _| there.contains(id));
        for (id, marks, _) in marks.iter().filter(|(id, ..)| changed.contains(id)) {
            let Some(mut line) = lines.remove(id) else {
                // It went, or became private, between the two looks.
                self.kept.remove(id);
                continue;
            };
            let old = self.kept.get(id);
            line.viewers = old.map_or_else(Turnout::default, |kept| kept.line.event.viewers);
            let kept = Kept {
                marks: *marks,
                counted_at: old.and_then(|kept| kept.counted_at),
                line: Arc::new(Line::new(line)),
            };
            self.kept.insert(*id, kept);
        }
        self.count(&marks, crowd).await;
        let lines = marks.iter().filter_map(|(id, ..)| self.kept.get(id));
        self.book = Arc::new(Book {
            lines: lines.map(|kept| Arc::clone(&kept.line)).collect(),
        });
        Ok(())
    }

    /// Counts people: those of live events first, then whose turn it is.
    async fn count(&mut self, marks: &[(EventId, Marks, When)], crowd: &dyn HeadCount) {
        let now = Instant::now();
        let is_due =
            |when: When, at: Option<Instant>| when == When::Live || at.is_none_or(|at| now.duration_since(at) >= QUIET);
        let counted_at = |id: &EventId| self.kept.get(id).map(|kept| kept.counted_at);
        let mut due: Vec<(Option<Instant>, EventId)> = marks
            .iter()
            .filter_map(|(id, _, when)| Some((counted_at(id).filter(|at| is_due(*when, *at))?, *id)))
            .collect();
        // Who was never counted first, then those counted longest ago; of equals the live ones, which come first.
        due.sort_by_key(|(at, _)| *at);
        due.truncate(COUNTS_AT_ONCE);
        let counting = due
            .into_iter()
            .map(|(_, id)| async move { (id, crowd.everywhere(id).await) });
        let mut counting = stream::iter(counting).buffer_unordered(QUESTIONS_AT_ONCE);
        while let Some((id, counts)) = counting.next().await {
            let Some(kept) = self.kept.get_mut(&id) else { continue };
            kept.counted_at = Some(now);
            let viewers = Turnout::from(counts);
            if kept.line.event.viewers != viewers {
                let event = LobbyEvent {
                    viewers,
                    ..kept.line.event.clone()
                };
                kept.line = Arc::new(Line::new(event));
            }
        }
    }
}
