//! A second instance that reads the same database and is told of it by a bus as bad as a bus may be.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::{StreamExt, future::join_all};
use grandstand::{
    bus::{Bus, Condition, Envelope, Interest, LocalBus},
    concourse::{Bounds, Concourse},
    config::StreamConfig,
    domain::{EventId, user::Role},
    store::Store,
    stream::{Format, SeatRequest, Stream, Telling, TypeFilter},
    telemetry::Metrics,
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::{mpsc, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::support::{Crowd, Dice, Frame, Line, Seat, TestServer, public_log, server::store_config, staff_log};

/// Loses, doubles, delays and reorders what arrives, and tells of what never was.
struct BadBus {
    inner: LocalBus,
    mood: Arc<Mood>,
}

#[derive(Default)]
struct Mood {
    /// From now on nothing arrives at all.
    is_deaf: AtomicBool,
    /// From now on everything arrives, as it should.
    is_well: AtomicBool,
}

impl Bus for BadBus {
    fn publish(&self, envelope: Envelope) {
        self.inner.publish(envelope);
    }

    fn listen(&self) -> mpsc::Receiver<Envelope> {
        let (inbox, envelopes) = mpsc::channel(4_096);
        let (mut real, mood) = (self.inner.listen(), Arc::clone(&self.mood));
        tokio::spawn(async move {
            let (mut dice, mut late) = (Dice(7), Vec::new());
            while let Some(envelope) = real.recv().await {
                if mood.is_deaf.load(Ordering::Acquire) {
                    continue;
                }
                let arriving = match dice.of(0..10) {
                    _ if mood.is_well.load(Ordering::Acquire) => vec![envelope],
                    0..3 => vec![],
                    3 => vec![envelope.clone(), envelope],
                    4..7 => {
                        late.push(envelope);
                        if late.len() > 4 {
                            late.drain(..).rev().collect()
                        } else {
                            vec![]
                        }
                    }
                    7 => vec![from_nowhere(envelope.clone()), envelope],
                    _ => vec![envelope],
                };
                for envelope in arriving {
                    if inbox.send(envelope).await.is_err() {
                        return;
                    }
                }
            }
        });
        envelopes
    }

    fn attend(&self, event: EventId) -> Interest {
        self.inner.attend(event)
    }

    fn condition(&self) -> watch::Receiver<Condition> {
        self.inner.condition()
    }
}

/// Entries far after the end of the log.
fn from_nowhere(envelope: Envelope) -> Envelope {
    match envelope {
        Envelope::Entries(event, mut entries) => {
            for entry in &mut entries {
                entry.seq += 1_000_000;
            }
            Envelope::Entries(event, entries)
        }
        other => other,
    }
}

/// The second instance. Stopped when dropped.
struct Neighbour {
    stream: Stream,
    mood: Arc<Mood>,
    stop: CancellationToken,
}

impl Drop for Neighbour {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Neighbour {
    /// A server and its neighbour on one database.
    async fn moves_in(config: StreamConfig) -> (TestServer, Self) {
        let (dir, bus, mood) = (Arc::new(TempDir::new().unwrap()), LocalBus::default(), Arc::default());
        let far = BadBus {
            inner: bus.neighbour(),
            mood: Arc::clone(&mood),
        };
        let server = TestServer::start_on(Arc::clone(&dir), Arc::new(bus), |_| {}).await;
        let store = Store::open_tool(&store_config(dir.path())).await.unwrap();
        let (metrics, tasks, stop) = (
            Arc::new(Metrics::default()),
            TaskTracker::new(),
            CancellationToken::new(),
        );
        let places = Concourse::alone(Bounds { keys: 16, tickets: 1 }).places;
        let stream = Stream::start(store, Arc::new(far), places, config, metrics, tasks, stop.clone());
        let neighbour = Self { stream, mood, stop };
        (server, neighbour)
    }

    /// A seat there, from the beginning of the log on.
    async fn seat(&self, event: &str, role: Role) -> Seat {
        let request = SeatRequest {
            small_room_users: 50,
            receipts: grandstand::domain::room::Receipts::Auto,
            event: event.parse().unwrap(),
            user: None,
            role,
            address: [127, 0, 0, 1].into(),
            resume: Some("0".to_owned()),
            filter: TypeFilter::EVERYTHING,
            format: Format::Sse,
            once: false,
            telling: Telling::AsItHappens,
            expires_at: None,
        };
        Seat::reading(self.stream.open(request).await.into_chunks().map(Ok::<_, Infallible>))
    }
}

/// Everything the seat hears up to an entry.
async fn hears_to(seat: &mut Seat, id: &str) -> Vec<Frame> {
    let mut heard: Vec<Frame> = Vec::new();
    while heard.last().is_none_or(|frame| frame.id != id) {
        heard.push(seat.hears_that(id, |frame| frame.seq().is_some()).await);
    }
    heard
}

#[track_caller]
fn agree(heard: &[Frame], log: &[Line]) {
    let parsed = |json: &str| serde_json::from_str::<Value>(json).unwrap().to_string();
    for (frame, line) in heard.iter().zip(log) {
        let line = Line {
            id: line.id.clone(),
            json: parsed(&line.json),
        };
        let heard = Line {
            id: frame.id.clone(),
            json: frame.json.to_string(),
        };
        assert!(heard.is_told_by(&line), "{heard:?} is not {line:?}");
    }
    assert_eq!(heard.len(), log.len());
}

async fn a_busy_evening_next_door(config: StreamConfig, last_hint_is_lost: bool) {
    let (server, neighbour) = Neighbour::moves_in(config).await;
    let mut crowd = Crowd::gathers(&server).await;
    let roles = [
        Role::Viewer,
        Role::Viewer,
        Role::Moderator,
        Role::Viewer,
        Role::Moderator,
    ];
    let mut seats = join_all(roles.map(|role| neighbour.seat(&crowd.event, role))).await;
    let mut first = Vec::new();
    // As long as the neighbour hears of a good part of it.
    while first.len() < 150 {
        first.push(seats[0].hears_that("an entry", |frame| frame.seq().is_some()).await);
    }
    crowd.leaves().await;
    neighbour.mood.is_deaf.store(last_hint_is_lost, Ordering::Release);
    let (host, event) = (&crowd.host, &crowd.event);
    for _ in 0..12 {
        host.says(event, "good night").await;
    }
    // Only the sweep could find that a last hint was lost. One that arrives tells of whatever was lost before it.
    neighbour.mood.is_well.store(true, Ordering::Release);
    host.says(event, "the lights go out").await;
    let said = Instant::now();
    let (public, staff) = (public_log(host, event).await, staff_log(host, event).await);
    for (number, (seat, role)) in seats.iter_mut().zip(roles).enumerate() {
        let log = if role.is_staff() { &staff } else { &public };
        let mut heard = if number == 0 {
            std::mem::take(&mut first)
        } else {
            Vec::new()
        };
        heard.extend(hears_to(seat, &log.last().unwrap().id).await);
        agree(&heard, log);
    }
    if last_hint_is_lost {
        assert!(said.elapsed() < Duration::from_secs(6), "took {:?}", said.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn seats_next_door_hear_exactly_the_log_over_a_bad_bus_even_if_the_last_hint_is_lost() {
    a_busy_evening_next_door(StreamConfig::default(), true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holes_are_mended_without_the_sweep_and_through_a_tiny_ring() {
    let config = StreamConfig {
        sweep_ms: 3_600_000,
        ring_entries: 8,
        ..StreamConfig::default()
    };
    a_busy_evening_next_door(config, false).await;
}

#[tokio::test]
async fn without_any_bus_the_sweep_alone_brings_everything() {
    let (server, neighbour) = Neighbour::moves_in(StreamConfig::default()).await;
    neighbour.mood.is_deaf.store(true, Ordering::Release);
    let host = server.host();
    let event = host.starts_event("session").await;
    let mut seat = neighbour.seat(&event, Role::Viewer).await;
    for seq in 3..6 {
        host.says(&event, "anybody there?").await;
        let heard = seat.hears("message.created").await;
        assert_eq!(heard.seq(), Some(seq));
    }
}
