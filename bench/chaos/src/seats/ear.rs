//! What frames mean to a seat: entries are written down, what the stream says of itself decides how it goes on.

use std::time::Duration;

use serde_json::Value;

use super::{Heard, Record};
use crate::{
    clock::Ms,
    entry::{Place, digest},
    sse::Frame,
};

/// Before a server has said anything else.
const FIRST_RETRY: Duration = Duration::from_secs(2);

pub(super) struct Ear {
    pub(super) record: Record,
    /// For `Last-Event-ID`.
    pub(super) last_id: Option<String>,
    pub(super) retry: Duration,
    /// The reason of this connection's `stream.bye`.
    pub(super) bye: Option<String>,
    /// This connection said `stream.ready`, and when.
    pub(super) ready: Option<Ms>,
    /// This connection was opened with a place to go on from.
    pub(super) resuming: bool,
}

impl Ear {
    pub(super) fn new(record: Record) -> Self {
        Self {
            record,
            last_id: None,
            retry: FIRST_RETRY,
            bye: None,
            ready: None,
            resuming: false,
        }
    }

    pub(super) fn begins_connection(&mut self) {
        (self.bye, self.ready) = (None, None);
        self.resuming = self.last_id.is_some();
    }

    pub(super) fn fails(&mut self, now: Ms, what: impl Into<String>) {
        self.record.failures.push((now, what.into()));
    }

    pub(super) fn hears(&mut self, frame: Frame, now: Ms) {
        if let Some(retry) = frame.retry {
            self.retry = retry;
        }
        let data = || serde_json::from_str::<Value>(&frame.data).unwrap_or_default()["data"].take();
        match frame.event.as_str() {
            "stream.ready" => self.ready = Some(now),
            "stream.snapshot" => {
                if self.resuming {
                    self.fails(now, format!("a snapshot in place of going on from {:?}", self.last_id));
                }
                self.record.began = frame.id.as_deref().and_then(|id| id.parse().ok());
                self.record.heard.clear();
            }
            "stream.reset" => {
                let reason = data()["reason"].as_str().unwrap_or("no reason").to_owned();
                let asked = self.last_id.clone().unwrap_or_default();
                self.record.resets.push((now, format!("{reason}, asked for {asked}")));
            }
            "stream.bye" => {
                let bye = data();
                let reason = bye["reason"].as_str().unwrap_or("no reason").to_owned();
                if bye["reconnect"] != true {
                    self.fails(now, format!("turned away for good: {reason}"));
                }
                *self.record.byes.entry(reason.clone()).or_default() += 1;
                self.bye = Some(reason);
            }
            _ if frame.id.is_some() => self.writes_down(&frame, now),
            _ => {}
        }
        if let Some(id) = frame.id {
            self.last_id = Some(id);
        }
    }

    fn writes_down(&mut self, frame: &Frame, now: Ms) {
        let place: Option<Place> = frame.id.as_deref().and_then(|id| id.parse().ok());
        match (place, digest(&frame.data)) {
            (Some(place), Some(digest)) => self.record.heard.push(Heard {
                place,
                digest,
                at: now,
                since: self.ready.unwrap_or(now),
            }),
            _ => self.fails(now, format!("not an entry: id {:?}, {}", frame.id, frame.event)),
        }
    }

    /// The last place it knows.
    pub(super) fn place(&self) -> Option<Place> {
        self.record.heard.last().map(|heard| heard.place).or(self.record.began)
    }
}
