//! A loge: an open stream that is about one person, not about one event.
//!
//! It has the bounds, the heartbeats, the ends and the last words that seats have, and what it says comes from a
//! [`Teller`]. There is no stand and no ring behind it: what it tells has other truths than an event's log, and few frames.

use std::{
    net::IpAddr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use bytes::Bytes;
use futures_util::stream;
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

use super::{
    dismissal::Dismissals,
    frame::{Format, sse},
    hub::Hub,
    limits::Pass,
    parcel::{Packing, Parcel, pack},
    seat::{bye, jittered, turn},
};
use crate::{
    clock,
    domain::{
        NotificationId, Stamp, UserId,
        entry::{ByeReason, MeHeartbeat, MeReady, MeSignal},
        user::User,
    },
};

/// A frame of a loge, and its id, if one can go on from there.
pub type Told = (Option<NotificationId>, MeSignal);

/// What a loge has to say.
pub trait Teller: Send + 'static {
    /// The next frames; waits for them. Losing the future must lose nothing. Err: why the stream cannot go on.
    fn next(&mut self) -> impl Future<Output = Result<Vec<Told>, ByeReason>> + Send;
}

/// What all loges of an instance share.
#[derive(Default)]
pub(super) struct Loges {
    /// How many heartbeats there were; sent whenever loges have to look.
    beats: watch::Sender<u64>,
    dismissals: Dismissals,
}

impl Loges {
    pub(super) fn beat(&self) {
        self.beats.send_modify(|beats| *beats += 1);
    }

    /// Has all of them look whether they have to go.
    pub(super) fn stir(&self) {
        self.beats.send_modify(|_| {});
    }

    /// One user's have to end.
    pub(super) fn dismiss(&self, user: UserId, reason: ByeReason) {
        self.dismissals.add(Some(user), reason);
        self.stir();
    }
}

/// An open stream about one person.
pub struct Loge {
    hub: Arc<Hub>,
    number: u64,
    user: User,
    expires_at: Option<Stamp>,
    format: Format,
    beats: watch::Receiver<u64>,
    beat: u64,
    heard: u64,
    closed: Option<ByeReason>,
    _pass: Pass,
}

impl Loge {
    pub(super) async fn open(
        hub: &Arc<Hub>,
        user: User,
        address: IpAddr,
        expires_at: Option<Stamp>,
        format: Format,
    ) -> Result<Self, ByeReason> {
        if hub.drained.load(Ordering::Acquire) > 0 {
            return Err(ByeReason::Shutdown);
        }
        let heard = hub.loges.dismissals.count();
        let pass = hub.turnstile.enter(Some(&user.id), address).await?;
        hub.metrics.seats.inc();
        hub.metrics.seats_opened.inc();
        let mut beats = hub.loges.beats.subscribe();
        let beat = *beats.borrow_and_update();
        Ok(Self {
            hub: Arc::clone(hub),
            number: hub.next_seat.fetch_add(1, Ordering::Relaxed),
            user,
            expires_at,
            format,
            beats,
            beat,
            heard,
            closed: None,
            _pass: pass,
        })
    }

    /// All its bytes, to their end: first words, what `teller` has to say, heartbeats in between, last words.
    pub fn into_chunks<T: Teller>(self, teller: T) -> impl futures_util::Stream<Item = Bytes> + Send + use<T> {
        let ready = self.ready();
        stream::unfold(
            (self, teller, Some(ready)),
            |(mut loge, mut teller, ready)| async move {
                let parcel = match ready {
                    Some(ready) => ready,
                    None => loge.next(&mut teller).await?,
                };
                Some((parcel.into_body(), (loge, teller, None)))
            },
        )
    }

    fn ready(&self) -> Parcel {
        let retry_ms = jittered(self.hub.config.retry_ms, self.number);
        let ready = MeReady {
            user: self.user.clone(),
            heartbeat_ms: self.hub.config.heartbeat_ms,
            retry_ms,
        };
        frame(
            self.format,
            &(None, MeSignal::StreamReady(ready)),
            Some(retry_ms),
            clock::now(),
        )
    }

    async fn next(&mut self, teller: &mut impl Teller) -> Option<Parcel> {
        if self.closed.is_some() {
            return None;
        }
        loop {
            if let Some(reason) = self.must_leave() {
                return Some(self.ends(reason));
            }
            let ends_at = self.ends_at();
            tokio::select! {
                biased;
                _ = self.beats.changed() => {
                    let beat = *self.beats.borrow_and_update();
                    if std::mem::replace(&mut self.beat, beat) != beat && self.must_leave().is_none() {
                        let time = clock::now();
                        return Some(frame(self.format, &(None, MeSignal::StreamHeartbeat(MeHeartbeat { time })), None, time));
                    }
                }
                () = sleep_until(ends_at.unwrap_or_else(Instant::now)), if ends_at.is_some() => {}
                told = teller.next() => match told {
                    Ok(told) => {
                        let (mut packing, now) = (Packing::new(), clock::now());
                        for one in &told {
                            packing.add(frame(self.format, one, None, now).body());
                        }
                        if let Some(parcel) = packing.seal() {
                            return Some(parcel);
                        }
                    }
                    Err(reason) => return Some(self.ends(reason)),
                },
            }
        }
    }

    /// When its right to listen ends, as timers know time.
    fn ends_at(&self) -> Option<Instant> {
        let left = self.expires_at?.ms() - clock::now().ms();
        Some(Instant::now() + Duration::from_millis(u64::try_from(left).unwrap_or(0).saturating_add(1)))
    }

    /// As a seat: it was dismissed, its right has ended, or the house is closing and it is its turn.
    fn must_leave(&mut self) -> Option<ByeReason> {
        let dismissed = self.hub.loges.dismissals.since(&mut self.heard, Some(&self.user.id));
        if dismissed.is_some() {
            return dismissed;
        }
        if self.expires_at.is_some_and(|end| clock::now() >= end) {
            return Some(ByeReason::TokenExpired);
        }
        let drained = u64::from(self.hub.drained.load(Ordering::Acquire));
        (drained > 0 && turn(self.number) < drained).then_some(ByeReason::Shutdown)
    }

    fn ends(&mut self, reason: ByeReason) -> Parcel {
        self.closed = Some(reason);
        bye(self.format, reason, &self.hub.config, self.number)
    }
}

impl Drop for Loge {
    fn drop(&mut self) {
        self.hub.metrics.seats.dec();
        self.hub
            .metrics
            .seat_closed(self.closed.map_or("client", ByeReason::name));
    }
}

fn frame(format: Format, (id, signal): &Told, retry_ms: Option<u64>, at: Stamp) -> Parcel {
    let data = serde_json::to_string(signal).unwrap_or_else(|error| {
        // Our own structs of strings and numbers; a failure is a bug, and an empty object is what clients can bear.
        tracing::error!(error = %error, "a frame of a person's stream could not be written as JSON");
        "{}".to_owned()
    });
    let kind = signal.kind().name();
    let json = format!(r#"{{"type":"{kind}","at":"{at}","data":{data}}}"#);
    match format {
        Format::Sse => sse(*id, kind, retry_ms, json.as_bytes()),
        Format::Ndjson => pack(&[json.as_bytes(), b"\n"]),
    }
}
