//! What every bus owes, checked on each of them.

use std::{sync::Arc, time::Duration};

use grandstand::{
    bus::{Bus, Envelope, LiveSignal, LocalBus, RedisBus, Stale},
    config::BusConfig,
    domain::{
        Audience, EventId, Stamp,
        entry::{ByeReason, EntryKind, SignalKind},
    },
    redis::Redis,
    store::LogEntry,
    telemetry::Metrics,
};
use tokio::sync::mpsc::Receiver;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::support::{
    PATIENCE,
    redis::{Cluster, Redis as Server},
    soon,
};

/// Where instances meet.
enum Meeting {
    InProcess,
    Redis(Server),
    Cluster(Cluster),
}

/// Two instances' ends of one bus.
struct Pair {
    one: Arc<dyn Bus>,
    other: Arc<dyn Bus>,
    /// Of the first one.
    metrics: Arc<Metrics>,
    other_metrics: Arc<Metrics>,
    meeting: Meeting,
    stop: CancellationToken,
}

impl Drop for Pair {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// An instance's end, and its numbers.
type End = (Arc<dyn Bus>, Arc<Metrics>);

fn over_redis(config: &BusConfig, stop: &CancellationToken) -> End {
    let (tasks, metrics) = (TaskTracker::new(), Arc::new(Metrics::default()));
    let redis = Redis::open(config, &tasks, stop).unwrap().unwrap();
    let bus = RedisBus::start(&redis, b"a secret of one house", Arc::clone(&metrics), &tasks, stop);
    (Arc::new(bus), metrics)
}

impl Pair {
    async fn meets(meeting: Meeting) -> Self {
        grandstand::crypto::install();
        let stop = CancellationToken::new();
        let config = match &meeting {
            Meeting::InProcess => None,
            Meeting::Redis(redis) => Some(redis.config()),
            Meeting::Cluster(cluster) => Some(cluster.config()),
        };
        let ends: (End, End) = if let Some(config) = config {
            (over_redis(&config, &stop), over_redis(&config, &stop))
        } else {
            let one = LocalBus::default();
            let other = one.neighbour();
            ((Arc::new(one), Arc::default()), (Arc::new(other), Arc::default()))
        };
        let ((one, metrics), (other, other_metrics)) = ends;
        for bus in [&one, &other] {
            let mut condition = bus.condition();
            soon("a healthy bus", condition.wait_for(|now| now.trouble.is_none()))
                .await
                .unwrap();
        }
        Self {
            one,
            other,
            metrics,
            other_metrics,
            meeting,
            stop,
        }
    }
}

fn entry(event: EventId, seq: u64, text: &str) -> LogEntry {
    let (kind, at) = (EntryKind::MessageCreated, Stamp::from_ms(1_000));
    let json = format!(
        r#"{{"seq":{seq},"type":"{}","at":"{at}","data":{{"text":"{text}"}}}}"#,
        kind.name()
    );
    LogEntry::carried(event, Audience::Public, (seq, 0, 1), kind, at, json.into()).unwrap()
}

fn entries(event: EventId, seq: u64, text: &str) -> Envelope {
    Envelope::Entries(event, vec![entry(event, seq, text)])
}

fn signal(event: EventId, text: &str) -> Envelope {
    let json = format!(r#"{{"type":"presence.changed","data":"{text}"}}"#).into();
    let kind = SignalKind::PresenceChanged;
    Envelope::Signal(event, LiveSignal { kind, json, only: None })
}

/// The next envelope about an event.
async fn next(inbox: &mut Receiver<Envelope>) -> Envelope {
    soon("an envelope", inbox.recv()).await.expect("the bus goes on")
}

async fn what_one_tells_the_other_hears_in_order(pair: Pair) {
    let event = EventId::generate();
    let interests = [pair.one.attend(event), pair.other.attend(event)];
    let (mut own, mut inbox) = (pair.one.listen(), pair.other.listen());
    for interest in &interests {
        assert!(interest.heard(PATIENCE).await);
    }
    for seq in 1..=300 {
        pair.one.publish(entries(event, seq, "hi"));
        if seq % 100 == 0 {
            tokio::task::yield_now().await;
        }
    }
    pair.one.publish(signal(event, "here"));
    pair.one.publish(Envelope::Dismissed(
        event,
        Some("ana".parse().unwrap()),
        ByeReason::RoleChanged,
    ));
    pair.one.publish(Envelope::Stale(Stale::Keys));
    // What concerns the house goes by another channel and may come at any time.
    let (mut seqs, mut rest) = (Vec::new(), Vec::new());
    while seqs.len() < 300 || rest.len() < 3 {
        match next(&mut inbox).await {
            Envelope::Entries(of, entries) if of == event => seqs.extend(entries.iter().map(|entry| {
                assert!(entry.json.ends_with(br#""data":{"text":"hi"}}"#));
                entry.seq
            })),
            other => rest.push(other),
        }
    }
    assert_eq!(seqs, (1..=300).collect::<Vec<_>>());
    let heard = |what: &dyn Fn(&Envelope) -> bool| rest.iter().any(what);
    assert!(heard(
        &|envelope| matches!(envelope, Envelope::Signal(of, signal) if *of == event && signal.json.ends_with(b"\"here\"}"))
    ));
    assert!(heard(
        &|envelope| matches!(envelope, Envelope::Dismissed(of, Some(user), ByeReason::RoleChanged) if *of == event && user.as_str() == "ana")
    ));
    assert!(heard(&|envelope| matches!(envelope, Envelope::Stale(Stale::Keys))));
    // Its own words have come back to it by now, if they ever do.
    pair.other.publish(entries(event, 301, "hi"));
    match next(&mut own).await {
        Envelope::Entries(_, entries) => assert_eq!(entries[0].seq, 301, "an instance hears itself"),
        other => panic!("an instance hears itself: {other:?}"),
    }
}

async fn large_entries_arrive_or_are_pointed_at(pair: Pair) {
    let event = EventId::generate();
    let interest = pair.other.attend(event);
    let mut inbox = pair.other.listen();
    assert!(interest.heard(PATIENCE).await);
    let large: Vec<_> = (1..=20).map(|seq| entry(event, seq, &"x".repeat(50_000))).collect();
    pair.one.publish(Envelope::Entries(event, large));
    pair.one.publish(entries(event, 21, &"x".repeat(1_000_000)));
    let mut reached = 0;
    while reached < 21 {
        match next(&mut inbox).await {
            Envelope::Entries(_, entries) => {
                for entry in entries {
                    assert_eq!(entry.seq, reached + 1);
                    assert!(entry.data().len() > 50_000);
                    reached = entry.seq;
                }
            }
            Envelope::Reached(_, head) => reached = head.public,
            other => panic!("{other:?}"),
        }
    }
}

async fn a_storm_of_comings_and_goings_leaves_what_is_wanted(pair: Pair) {
    let mut inbox = pair.other.listen();
    let (mut kept, mut left) = (Vec::new(), Vec::new());
    for number in 0..3_000 {
        let event = EventId::generate();
        let interest = pair.other.attend(event);
        if number % 50 == 0 {
            kept.push((event, interest));
        } else {
            left.push(event);
        }
        if number % 7 == 0 {
            tokio::task::yield_now().await;
        }
    }
    // Somebody who leaves and comes back at once is heard of all the same.
    let again: Vec<_> = left.drain(..20).collect();
    kept.extend(again.into_iter().map(|event| (event, pair.other.attend(event))));
    for (_, interest) in &kept {
        assert!(interest.heard(PATIENCE).await);
    }
    if let Meeting::Redis(redis) = &pair.meeting {
        // Leaving is not waited for by anybody; the end of it is seen at the server.
        let own = async {
            while redis.ask::<Vec<String>>(&["PUBSUB", "CHANNELS", "*:bus:{*"]).len() > kept.len() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        soon("the end of what nobody wants", own).await;
    }
    for event in left.iter().take(500) {
        pair.one.publish(entries(*event, 1, "nobody is here"));
    }
    for (event, _) in &kept {
        pair.one.publish(entries(*event, 1, "somebody is here"));
    }
    let mut missing: std::collections::HashSet<_> = kept.iter().map(|(event, _)| *event).collect();
    while !missing.is_empty() {
        match next(&mut inbox).await {
            Envelope::Entries(event, _) if missing.remove(&event) => {}
            Envelope::Entries(event, _) if matches!(pair.meeting, Meeting::Redis(_)) => panic!("nobody wants {event}"),
            Envelope::Entries(..) => {}
            other => panic!("{other:?}"),
        }
    }
}

async fn too_much_at_once_is_dropped_and_counted(pair: Pair) {
    let event = EventId::generate();
    let interest = pair.other.attend(event);
    let mut inbox = pair.other.listen();
    assert!(interest.heard(PATIENCE).await);
    for number in 0..30_000 {
        pair.one.publish(signal(event, &number.to_string()));
    }
    // Whoever has too much to say keeps room for what is kept in the log.
    // One hint may be lost all the same, so it is said until it is heard.
    let (speaker, quiet) = (Arc::clone(&pair.one), pair.stop.clone());
    TaskTracker::new().spawn(quiet.run_until_cancelled_owned(async move {
        loop {
            speaker.publish(entries(event, 1, "after all"));
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }));
    let mut heard = 0;
    loop {
        match next(&mut inbox).await {
            Envelope::Entries(..) => break,
            Envelope::Signal(..) => heard += 1,
            other => panic!("{other:?}"),
        }
        if heard > 4_000 && matches!(pair.meeting, Meeting::InProcess) {
            // That bus is nothing but inboxes.
            return;
        }
    }
    assert!(heard < 30_000);
    let text = pair.metrics.render();
    assert!(text.contains("bus_dropped_total{why=\"outbox\"}"), "{text}");
}

macro_rules! contract {
    ($($meeting:ident: $begin:expr),+ $(,)?) => {$(
        mod $meeting {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn what_one_tells_the_other_hears_in_order() {
                super::what_one_tells_the_other_hears_in_order(Pair::meets($begin).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn large_entries_arrive_or_are_pointed_at() {
                super::large_entries_arrive_or_are_pointed_at(Pair::meets($begin).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn a_storm_of_comings_and_goings_leaves_what_is_wanted() {
                super::a_storm_of_comings_and_goings_leaves_what_is_wanted(Pair::meets($begin).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn too_much_at_once_is_dropped_and_counted() {
                super::too_much_at_once_is_dropped_and_counted(Pair::meets($begin).await).await;
            }
        }
    )+};
}

contract! {
    in_one_process: Meeting::InProcess,
    over_redis: Meeting::Redis(Server::start()),
    over_redis_with_a_password: Meeting::Redis(Server::start_locked()),
    over_redis_with_tls: Meeting::Redis(Server::start_tls()),
    over_a_cluster: Meeting::Cluster(Cluster::start()),
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_from_this_house_is_dropped_and_counted() {
    let pair = Pair::meets(Meeting::Redis(Server::start())).await;
    let Meeting::Redis(redis) = &pair.meeting else { return };
    let event = EventId::generate();
    let interest = pair.other.attend(event);
    let mut inbox = pair.other.listen();
    assert!(interest.heard(PATIENCE).await);
    let stranger = {
        let tasks = TaskTracker::new();
        let opened = Redis::open(&redis.config(), &tasks, &pair.stop).unwrap().unwrap();
        RedisBus::start(
            &opened,
            b"the secret of another house",
            Arc::default(),
            &tasks,
            &pair.stop,
        )
    };
    let mut condition = stranger.condition();
    soon("the stranger", condition.wait_for(|now| now.trouble.is_none()))
        .await
        .unwrap();
    let channel = format!("grandstand:bus:{{{event}}}");
    let long = "x".repeat(1_000_000);
    for text in [
        "",
        "GSB",
        "GSB\x01",
        "{\"seq\":1}",
        "GSB\x01aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        &long,
    ] {
        let heard: i64 = redis.ask(&["PUBLISH", &channel, text]);
        assert_eq!(heard, 1, "somebody listens");
    }
    stranger.publish(Envelope::Dismissed(event, None, ByeReason::Forbidden));
    stranger.publish(entries(event, 1, "forged"));
    let counted = async {
        while !pair
            .other_metrics
            .render()
            .contains("bus_dropped_total{why=\"garbled\"} 8")
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    soon("eight counted", counted).await;
    pair.one.publish(entries(event, 1, "true"));
    match next(&mut inbox).await {
        Envelope::Entries(_, entries) => assert_eq!(entries[0].data(), r#"{"text":"true"}"#),
        other => panic!("{other:?}"),
    }
}
