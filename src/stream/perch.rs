//! A perch: an open stream that belongs to no event. It has no stand and no history, only somebody who tells it things.
//!
//! It begins, beats and ends as a seat does: counted at the same turnstile, with `stream.ready` first and `stream.bye` last,
//! and it leaves when its right ends, when its user has to go everywhere, or when the house closes. What it tells in between
//! is its teller's. The answer's body asks for one piece after the other, so a slow reader holds one at most.

use std::{
    fmt::Display,
    net::IpAddr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use serde::Serialize;
use tokio::{sync::watch, time::sleep};

use super::{
    frame::{Format, signal_json_raw, sse},
    hub::Hub,
    limits::Pass,
    seat::{bye, jittered, turn},
};
use crate::{
    clock,
    domain::{
        Stamp,
        entry::{ByeReason, PerchHeartbeat, PerchReady, SignalKind},
        user::User,
    },
};

/// Expiry is looked at no less often than this: clocks can be set.
const LOOK: Duration = Duration::from_mins(1);
/// The empty line that ends a frame, and the line's end before it.
const FRAME_END: usize = 2;

/// What somebody asks for when opening a stream that belongs to no event.
#[derive(Debug, Clone)]
pub struct PerchRequest {
    pub user: Option<User>,
    pub address: IpAddr,
    /// When the right to listen ends.
    pub expires_at: Option<Stamp>,
    pub format: Format,
}

/// Knows what a perch is told.
pub trait Teller: Send + 'static {
    /// The next frame to send; waits for it. Losing the future must lose nothing. Err: the stream ends, and this is why.
    fn next(&mut self) -> BoxFuture<'_, Result<Words, ByeReason>>;
}

/// One frame: what happened, as JSON. Made once and shared, in whatever format it is sent. A cheap clone.
#[derive(Debug, Clone)]
pub struct Words {
    sse: Bytes,
    /// Where in it the JSON begins.
    json_from: usize,
}

/// What all perches hear together.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    beats: u64,
    beat: Option<Words>,
}

/// An open stream that belongs to no event.
pub(super) struct Perch {
    hub: Arc<Hub>,
    teller: Box<dyn Teller>,
    number: u64,
    user: Option<User>,
    expires_at: Option<Stamp>,
    format: Format,
    pulse: watch::Receiver<Pulse>,
    /// How many heartbeats and dismissals it has heard.
    beats: u64,
    heard: u64,
    is_ready: bool,
    closed: Option<ByeReason>,
    _pass: Pass,
}

impl Words {
    /// A frame of that kind. Kind and id are ours, never a user's text.
    #[must_use]
    pub fn of<T: Serialize>(kind: &'static str, data: &T, id: Option<&dyn Display>) -> Self {
        match serde_json::to_string(data) {
            Ok(data) => Self::of_json(kind, &data, id),
            Err(error) => {
                // Our own structs of strings and numbers; a failure is a bug, and an empty object is what clients can bear.
                tracing::error!(error = %error, "a frame could not be written as JSON");
                Self::of_json(kind, "{}", id)
            }
        }
    }

    /// As [`Words::of`], of data that is JSON already, on one line.
    #[must_use]
    pub fn of_json(kind: &'static str, data: &str, id: Option<&dyn Display>) -> Self {
        Self::make(kind, data, id, None)
    }

    fn make(kind: &'static str, data: &str, id: Option<&dyn Display>, retry_ms: Option<u64>) -> Self {
        let json = signal_json_raw(kind, clock::now(), data);
        let sse = sse(id, kind, retry_ms, &json).into_body();
        Self {
            json_from: sse.len() - json.len() - FRAME_END,
            sse,
        }
    }

    #[must_use]
    pub fn into_bytes(self, format: Format) -> Bytes {
        match format {
            Format::Sse => self.sse,
            // The JSON and the first of the line ends after it.
            Format::Ndjson => self.sse.slice(self.json_from..self.sse.len() - 1),
        }
    }
}

impl Pulse {
    pub(super) fn beat(&mut self) {
        let time = clock::now();
        self.beats += 1;
        self.beat = Some(Words::of(
            SignalKind::StreamHeartbeat.name(),
            &PerchHeartbeat { time },
            None,
        ));
    }
}

impl Perch {
    pub(super) async fn open(
        hub: &Arc<Hub>,
        request: PerchRequest,
        teller: Box<dyn Teller>,
    ) -> Result<Self, ByeReason> {
        if hub.drained.load(Ordering::Acquire) > 0 {
            return Err(ByeReason::Shutdown);
        }
        let heard = hub.perch_dismissals.count();
        let user = request.user.as_ref().map(|user| &user.id);
        let pass = hub.turnstile.enter(user, request.address).await?;
        let pulse = hub.pulse.subscribe();
        let beats = pulse.borrow().beats;
        hub.metrics.seats.inc();
        hub.metrics.seats_opened.inc();
        Ok(Self {
            hub: Arc::clone(hub),
            teller,
            number: hub.next_seat.fetch_add(1, Ordering::Relaxed),
            user: request.user,
            expires_at: request.expires_at,
            format: request.format,
            pulse,
            beats,
            heard,
            is_ready: false,
            closed: None,
            _pass: pass,
        })
    }

    /// The next bytes to send; waits for them. `None` when the stream is over. Losing the future loses nothing.
    pub(super) async fn next(&mut self) -> Option<Bytes> {
        if self.closed.is_some() {
            return None;
        }
        if !std::mem::replace(&mut self.is_ready, true) {
            return Some(self.first_words());
        }
        loop {
            // Before anything is looked at that could wake us.
            let beat = self.hears_beat();
            if let Some(reason) = self.must_leave() {
                return Some(self.last_words(reason));
            }
            if let Some(beat) = beat {
                return Some(beat.into_bytes(self.format));
            }
            let rest = self.expires_at.map_or(LOOK, rest_until);
            tokio::select! {
                biased;
                // The hub outlives its perches, so the sender is never gone.
                _ = self.pulse.changed() => {}
                told = self.teller.next() => {
                    return Some(match told {
                        Ok(words) => words.into_bytes(self.format),
                        Err(reason) => self.last_words(reason),
                    });
                }
                () = sleep(rest) => {}
            }
        }
    }

    /// The last heartbeat, if it was not heard yet.
    fn hears_beat(&mut self) -> Option<Words> {
        let pulse = self.pulse.borrow_and_update();
        if pulse.beats == self.beats {
            return None;
        }
        self.beats = pulse.beats;
        pulse.beat.clone()
    }

    fn must_leave(&mut self) -> Option<ByeReason> {
        let user = self.user.as_ref().map(|user| &user.id);
        let dismissed = self.hub.perch_dismissals.since(&mut self.heard, user);
        if dismissed.is_some() {
            return dismissed;
        }
        if self.expires_at.is_some_and(|expires_at| clock::now() >= expires_at) {
            return Some(ByeReason::TokenExpired);
        }
        let drained = u64::from(self.hub.drained.load(Ordering::Acquire));
        (drained > 0 && turn(self.number) < drained).then_some(ByeReason::Shutdown)
    }

    fn first_words(&self) -> Bytes {
        let retry_ms = jittered(self.hub.config.retry_ms, self.number);
        let ready = PerchReady {
            user: self.user.clone(),
            heartbeat_ms: self.hub.config.heartbeat_ms,
            retry_ms,
        };
        let data = serde_json::to_string(&ready).unwrap_or_else(|_| "{}".to_owned());
        Words::make(SignalKind::StreamReady.name(), &data, None, Some(retry_ms)).into_bytes(self.format)
    }

    fn last_words(&mut self, reason: ByeReason) -> Bytes {
        self.closed = Some(reason);
        bye(self.format, reason, &self.hub.config, self.number).into_body()
    }
}

impl Drop for Perch {
    fn drop(&mut self) {
        self.hub.metrics.seats.dec();
        self.hub
            .metrics
            .seat_closed(self.closed.map_or("client", ByeReason::name));
    }
}

fn rest_until(at: Stamp) -> Duration {
    let ms = u64::try_from(at.ms().saturating_sub(clock::now().ms())).unwrap_or(0);
    Duration::from_millis(ms + 1).min(LOOK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_one_frame_or_one_line() {
        let words = Words::of("lobby.changed", &"é\n", Some(&"ntf_1"));
        let sse = words.clone().into_bytes(Format::Sse);
        let line = words.into_bytes(Format::Ndjson);
        let (sse, line) = (std::str::from_utf8(&sse).unwrap(), std::str::from_utf8(&line).unwrap());
        assert_eq!(sse, format!("id: ntf_1\nevent: lobby.changed\ndata: {line}\n"));
        assert!(line.starts_with(r#"{"type":"lobby.changed","at":""#), "{line}");
        assert!(line.ends_with("\"data\":\"é\\n\"}\n"), "{line}");
    }
}
