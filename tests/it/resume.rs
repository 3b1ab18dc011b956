//! Coming back: after a cut anywhere, from any place, right or wrong, in any form, a reader hears exactly the log.

mod places;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Actor, Crowd, Dice, Frame, Line, Reader, TestServer, percent, public_log, staff_log};

/// Ten readers, three of them staff, each cut off fifty times after a few or a few thousand bytes.
async fn five_hundred_cuts(server: TestServer) {
    const CUTS: usize = 50;
    let mut crowd = Crowd::gathers(&server).await;
    let readers = (0..10).map(|number| {
        let actor = match number {
            0..3 => server.user(&format!("steward{number}"), &["moderator"]),
            3..6 => server.user(&format!("viewer{number}"), &[]),
            _ => server.anybody(),
        };
        let mut reader = Reader::new(&actor, &crowd.event);
        async move {
            let mut dice = Dice(100 + number);
            for _ in 0..CUTS {
                let most = *dice.pick(&[300, 1_000, 4_000, 20_000]);
                reader.reads_bytes(usize::try_from(dice.of(1..most)).unwrap()).await;
            }
            reader
        }
    });
    let mut readers = join_all(readers).await;
    crowd.leaves().await;
    server
        .user("fan0", &["moderator"])
        .says(&crowd.event, "good night")
        .await;
    let (public, staff) = (
        public_log(&crowd.host, &crowd.event).await,
        staff_log(&crowd.host, &crowd.event).await,
    );
    for (number, reader) in readers.iter_mut().enumerate() {
        let log: &[Line] = if number < 3 { &staff } else { &public };
        reader.reads_to(&log.last().unwrap().id).await;
        assert!(reader.resets.is_empty(), "{:?}", reader.resets);
        reader.agrees_with(log);
    }
    assert!(
        staff.len() > public.len() && public.len() > 100,
        "{} entries",
        public.len()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_cut_off_five_hundred_times_under_load_hear_exactly_the_log() {
    five_hundred_cuts(TestServer::start().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_cut_off_five_hundred_times_hear_exactly_the_log_through_a_tiny_ring() {
    five_hundred_cuts(TestServer::start_with(|config| config.stream.ring_entries = 16).await).await;
}

/// Makes the public log end at 7 and the staff log at 2: three of the event and its room, held, 4, held, 5, 6, 7.
async fn fill(server: &TestServer, event: &str) {
    let (host, ana) = (server.host(), server.user("ana", &[]));
    host.post(&format!("/v1/events/{event}/start"), &Value::Null).await.ok();
    host.holds_messages(event).await;
    for (who, text) in [
        (&ana, "held"),
        (&host, "4"),
        (&ana, "held"),
        (&host, "5"),
        (&host, "6"),
        (&host, "7"),
    ] {
        who.says(event, text).await;
    }
}

async fn small_log(server: &TestServer) -> String {
    let event = server.host().creates_event(json!({})).await;
    fill(server, &event).await;
    event
}

/// All frames of a stream that ends by itself.
async fn frames(who: &Actor, event: &str, query: &str, last_id: Option<&str>) -> Vec<Frame> {
    let mut seat = who.watches_with(event, &format!("?poll=1{query}"), last_id).await;
    let mut frames = Vec::new();
    while let Some(frame) = seat.next().await {
        frames.push(frame);
    }
    frames
}

fn types(frames: &[Frame]) -> Vec<&str> {
    frames.iter().map(|frame| frame.event.as_str()).collect()
}

fn ids(frames: &[Frame]) -> Vec<&str> {
    frames
        .iter()
        .filter(|frame| frame.seq().is_some())
        .map(|frame| frame.id.as_str())
        .collect()
}

async fn check_places(server: &TestServer, event: &str, as_header: bool) {
    let (viewer, staff) = (server.anybody(), server.host());
    for (is_staff, asked, expected) in places::PLACES {
        let who = if *is_staff { &staff } else { &viewer };
        let encoded = percent(asked);
        let heard = if as_header {
            frames(who, event, "", Some(asked)).await
        } else {
            frames(who, event, &format!("&after={encoded}"), None).await
        };
        let context = format!("{asked:?}, staff: {is_staff}, header: {as_header}");
        assert_eq!(heard[0].event, "stream.ready", "{context}");
        match expected {
            Ok(missed) => {
                assert_eq!(ids(&heard), *missed, "{context}");
                let resumed = heard.last().unwrap();
                assert_eq!(
                    (resumed.event.as_str(), &resumed.data()["entries"]),
                    ("stream.resumed", &json!(missed.len())),
                    "{context}"
                );
                assert_eq!(heard.len(), missed.len() + 2, "{context}");
            }
            Err(reason) => {
                assert_eq!(
                    types(&heard),
                    ["stream.ready", "stream.reset", "stream.snapshot"],
                    "{context}"
                );
                assert_eq!(heard[1].data()["reason"], *reason, "{context}");
                assert_eq!(heard[2].id, if *is_staff { "1-7-2" } else { "1-7" }, "{context}");
            }
        }
    }
}

#[tokio::test]
async fn every_place_is_gone_on_from_or_refused_by_name_whether_the_ring_or_the_log_answers() {
    let server = TestServer::start().await;
    // The first stream opens after all was said, so the log answers.
    let event = small_log(&server).await;
    check_places(&server, &event, true).await;
    check_places(&server, &event, false).await;
    // Somebody has been watching all the time, so the ring answers.
    let event = server.host().creates_event(json!({})).await;
    let _seat = server.anybody().watches(&event).await;
    fill(&server, &event).await;
    check_places(&server, &event, true).await;
}

#[tokio::test]
async fn the_header_wins_over_the_parameter_and_an_empty_header_is_none() {
    let server = TestServer::start().await;
    let event = small_log(&server).await;
    let anybody = server.anybody();
    for (header, query, first) in [
        (Some("1-6"), "&after=1-2", "1-7"),
        (Some("1-2"), "&after=nonsense", "1-3"),
        (None, "&after=1-4", "1-5"),
        (Some(""), "&after=1-4", "1-5"),
    ] {
        let heard = frames(&anybody, &event, query, header).await;
        assert_eq!(ids(&heard)[0], first, "{header:?} {query}");
    }
    let heard = frames(&anybody, &event, "&after=1-2", Some("nonsense")).await;
    assert_eq!(types(&heard), ["stream.ready", "stream.reset", "stream.snapshot"]);
    assert_eq!(
        types(&frames(&anybody, &event, "", Some("")).await),
        ["stream.ready", "stream.snapshot"]
    );
}

#[tokio::test]
async fn a_filter_passes_its_types_and_the_streams_own_words_only() {
    let server = TestServer::start().await;
    let event = small_log(&server).await;
    let host = server.host();
    let heard = frames(&host, &event, "&after=0&types=message.held,event.started", None).await;
    assert_eq!(
        types(&heard),
        [
            "stream.ready",
            "event.started",
            "message.held",
            "message.held",
            "stream.resumed"
        ]
    );
    assert_eq!(*heard[4].data(), json!({"from": "1-0-0", "to": "1-7-2", "entries": 3}));
    let fresh = frames(&host, &event, "&types=message.held", None).await;
    assert_eq!(types(&fresh), ["stream.ready", "stream.snapshot"]);
    let mut live = host.watches_with(&event, "?types=message.deleted", None).await;
    live.hears("stream.snapshot").await;
    let said = host.says(&event, "not for you").await;
    host.delete(&format!("/v1/events/{event}/messages/{}", said["id"].as_str().unwrap()))
        .await;
    let next = live.next().await.unwrap();
    assert_eq!((next.event.as_str(), next.id.as_str()), ("message.deleted", "1-9-2"));
    let wrong = host
        .get(&format!("/v1/events/{event}/stream?types=message.created,nonsense"))
        .await;
    assert_eq!(wrong.refused(400), "invalid-request");
}

#[tokio::test]
async fn entries_are_the_same_bytes_in_streams_pages_and_lines() {
    let server = TestServer::start().await;
    let mut crowd = Crowd::gathers(&server).await;
    let mut live = Reader::new(&crowd.host, &crowd.event);
    let mut link = live.connects().await.unwrap();
    while live.heard.len() < 60 {
        assert!(live.reads_on(&mut link).await);
    }
    crowd.leaves().await;
    crowd.host.says(&crowd.event, "good night").await;
    let (host, event) = (&crowd.host, &crowd.event);
    let log = staff_log(host, event).await;
    // Live, and from the ring or the log again.
    live.reads_to(&log.last().unwrap().id).await;
    live.agrees_with(&log);
    for (who, log) in [(host.clone(), log), (host.nobody(), public_log(host, event).await)] {
        let all: Vec<&str> = log.iter().map(|line| line.json.as_str()).collect();
        let base = format!("/v1/events/{event}");
        let lines = who.get(&format!("{base}/stream?format=ndjson&poll=1&after=0")).await;
        assert_eq!(lines.header("content-type"), "application/x-ndjson");
        let lines: Vec<&str> = lines.text.lines().collect();
        assert!(lines[0].starts_with(r#"{"type":"stream.ready""#));
        assert!(lines.last().unwrap().starts_with(r#"{"type":"stream.resumed""#));
        assert_eq!(lines[1..=all.len()], all);
        let mut paged = Vec::new();
        while paged.len() < all.len() {
            let after = paged.len().checked_sub(1).map_or("0", |last| log[last].id.as_str());
            let page = who
                .get(&format!("{base}/log?format=ndjson&limit=37&after={after}"))
                .await;
            assert_eq!(page.header("content-type"), "application/x-ndjson");
            paged.extend(page.text.lines().map(str::to_owned));
        }
        assert_eq!(paged[..all.len()], all);
    }
}

#[tokio::test]
async fn the_log_endpoint_refuses_what_is_no_place() {
    let server = TestServer::start().await;
    let event = small_log(&server).await;
    let (viewer, staff) = (server.anybody(), server.host());
    for (who, after) in [
        (&viewer, "1-8"),
        (&viewer, "2-1"),
        (&viewer, "x"),
        (&viewer, "1-9999999999999999999"),
        (&viewer, "-1"),
        (&staff, "1-7-3"),
        (&staff, "1-1-2"),
        (&staff, "1-0-9999999999999999999"),
        (&staff, "1-7-0"),
    ] {
        let refused = who.get(&format!("/v1/events/{event}/log?after={after}")).await;
        assert_eq!(refused.refused(400), "invalid-cursor", "{after}");
    }
    let page = staff
        .get(&format!("/v1/events/{event}/log?after=1-4&limit=1"))
        .await
        .ok();
    assert_eq!(
        (&page["items"][0]["type"], &page["next_cursor"]),
        (&json!("message.held"), &json!("1-4-2"))
    );
}
