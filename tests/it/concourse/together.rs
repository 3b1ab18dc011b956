//! Two servers on one Redis are one house.

use std::time::Instant;

use grandstand::config::QuotaConfig;
use reqwest::Method;
use serde_json::{Value, json};

use super::{RedisServer, counts, participants, twins, until};
use crate::support::{Frame, Process, Reply, Seat, TestServer, soon};

async fn hears_counts(seat: &mut Seat, viewers: u64, users: u64) -> Frame {
    let fits = |frame: &Frame| {
        let told = |what: &str| frame.data()[what].as_u64();
        frame.event == "presence.changed" && (told("viewers"), told("users")) == (Some(viewers), Some(users))
    };
    seat.hears_that("those counts", fits).await
}

#[tokio::test]
async fn a_limit_spent_on_one_server_is_spent_on_the_other() {
    let redis = RedisServer::start();
    let (one, two, event) = twins(&redis, |config| {
        config.limits.post = QuotaConfig {
            quota: 4,
            window_seconds: 60,
        };
    })
    .await;
    let (here, there) = (one.user("ana", &[]), two.user("ana", &[]));
    let path = format!("/v1/events/{event}/messages");
    for (who, left) in [(&here, 3), (&there, 2), (&here, 1), (&there, 0)] {
        let posted = who.post(&path, &json!({"text": "hi"})).await;
        assert_eq!(posted.status, 201, "{}", posted.text);
        assert_eq!(posted.header("ratelimit-policy"), "\"post\";q=4;w=60");
        let limit = posted.header("ratelimit");
        assert!(limit.starts_with(&format!("\"post\";r={left};")), "{limit}");
    }
    for who in [&here, &there] {
        let refused = who.post(&path, &json!({"text": "hi"})).await;
        assert_eq!(refused.refused(429), "rate-limited");
    }
    two.user("ben", &[]).says(&event, "hi").await;
}

#[tokio::test]
async fn a_crowd_spread_over_both_servers_is_one_crowd() {
    let redis = RedisServer::start();
    let (one, two, event) = twins(&redis, |config| {
        config.limits.post_event = QuotaConfig {
            quota: 4,
            window_seconds: 60,
        };
    })
    .await;
    for (server, who) in [(&one, "ana"), (&two, "ben"), (&one, "cem"), (&two, "dan")] {
        server.user(who, &[]).says(&event, "hi").await;
    }
    let path = format!("/v1/events/{event}/messages");
    for (server, who) in [(&one, "eve"), (&two, "fay")] {
        let refused = server.user(who, &[]).post(&path, &json!({"text": "hi"})).await;
        assert_eq!(refused.refused(429), "rate-limited");
    }
    one.host().says(&event, "one after the other, please").await;
}

async fn ticket(server: &TestServer, user: &str, event: &str) -> String {
    let made = server
        .user(user, &[])
        .post(&format!("/v1/events/{event}/stream-tickets"), &Value::Null)
        .await
        .ok();
    made["ticket"].as_str().unwrap().to_owned()
}

/// What a browser without a cookie is told that opens a stream with that ticket.
async fn opens(server: &TestServer, event: &str, ticket: &str) -> Reply {
    let path = format!("/v1/events/{event}/stream?ticket={ticket}&poll=1");
    let anybody = server.anybody();
    anybody.send(anybody.request(Method::GET, &path)).await
}

#[tokio::test]
async fn a_ticket_made_on_one_server_opens_a_stream_on_the_other_once() {
    let redis = RedisServer::start();
    let (one, two, event) = twins(&redis, |_| {}).await;
    let made = ticket(&one, "ana", &event).await;
    let opened = opens(&two, &event, &made).await;
    assert_eq!(opened.status, 200, "{}", opened.text);
    assert!(opened.text.contains("stream.ready"), "{}", opened.text);
    for server in [&one, &two] {
        assert_eq!(opens(server, &event, &made).await.refused(401), "token-invalid");
    }
    // Whoever comes back with the pass that was given there is let in here.
    let cookie = opened.header("set-cookie").split(';').next().unwrap().to_owned();
    let anybody = one.anybody();
    let path = format!("/v1/events/{event}/stream?ticket={made}&poll=1");
    let again = anybody.request(Method::GET, &path).header("Cookie", cookie);
    assert_eq!(anybody.send(again).await.status, 200);
}

#[tokio::test]
async fn streams_on_both_servers_count_against_one_limit() {
    let redis = RedisServer::start();
    let (one, two, event) = twins(&redis, |config| config.stream.max_seats_per_user = 20).await;
    let servers = [&one, &two];
    // The first streams count for both as soon as the servers know of each other.
    let mut seats = Vec::new();
    for number in 0..20 {
        let mut seat = servers[number % 2].user("ana", &[]).watches(&event).await;
        seat.hears("stream.snapshot").await;
        seats.push(seat);
    }
    for server in servers {
        let turned_away = || async {
            let bye = server.user("ana", &[]).watches(&event).await.next().await.unwrap();
            bye.event == "stream.bye" && bye.data()["reason"] == json!("too-many-connections")
        };
        until("no more streams", turned_away).await;
        server
            .user("ben", &[])
            .watches(&event)
            .await
            .hears("stream.snapshot")
            .await;
    }
    drop(seats.pop());
    let let_in = || async { one.user("ana", &[]).watches(&event).await.next().await.unwrap().event != "stream.bye" };
    until("room for another", let_in).await;
}

#[tokio::test]
async fn people_are_counted_once_over_both_servers() {
    let redis = RedisServer::start();
    let (one, two, event) = twins(&redis, |_| {}).await;
    let (hanna, ana) = (one.host(), one.user("ana", &[]));
    let mut seat = hanna.watches(&event).await;
    hears_counts(&mut seat, 1, 1).await;
    let _phone = ana.watches(&event).await;
    let told = hears_counts(&mut seat, 2, 2).await;
    assert_eq!(told.data()["joined"][0]["id"], "ana");
    // The same person on the other server, and somebody without a name.
    let tablet = two.user("ana", &[]).watches(&event).await;
    let _stranger = two.anybody().watches(&event).await;
    hears_counts(&mut seat, 4, 2).await;
    let _ben = two.user_with("ben", &json!({"badges": ["VIP"]})).watches(&event).await;
    let told = hears_counts(&mut seat, 5, 3).await;
    assert_eq!(
        (&told.data()["joined"][0]["id"], &told.data()["joined"][0]["badges"][0]),
        (&json!("ben"), &json!("VIP"))
    );
    for server in [&one, &two] {
        let page = participants(&server.anybody(), &event).await;
        let ids: Vec<_> = page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|person| &person["user"]["id"])
            .collect();
        assert_eq!(ids, ["ana", "ben", "hanna"]);
        assert_eq!((&page["viewers"], &page["users"]), (&json!(5), &json!(3)));
        // The status is shared for up to a second by everybody who asks.
        let counts_three = || async {
            let status = server.anybody().get(&format!("/v1/events/{event}/status")).await.ok();
            status["users"] == 3
        };
        until("the status of three people", counts_three).await;
    }
    // She says on the one that she looks away, and has her streams on both; ben says it where he has none.
    let path = format!("/v1/events/{event}/presence");
    for away in [two.user("ana", &[]), one.user("ben", &[])] {
        assert_eq!(away.put(&path, &json!({"status": "away"})).await.status, 204);
        until("the other server knows", || async {
            let pages = [
                participants(&one.anybody(), &event).await,
                participants(&two.anybody(), &event).await,
            ];
            pages.iter().all(|page| {
                let mut people = page["items"].as_array().unwrap().iter();
                people.any(|person| person["user"]["id"] == json!(away.id) && person["status"] == "away")
            })
        })
        .await;
    }
    drop(tablet);
    hears_counts(&mut seat, 4, 3).await;
}

#[tokio::test]
async fn moving_to_the_other_server_is_no_leave() {
    let redis = RedisServer::start();
    let (one, two, event) = twins(&redis, |_| {}).await;
    let mut seat = one.host().watches(&event).await;
    let (first, ben) = (
        one.user("ana", &[]).watches(&event).await,
        two.user("ben", &[]).watches(&event).await,
    );
    hears_counts(&mut seat, 3, 3).await;
    drop(first);
    drop(ben);
    let _again = two.user("ana", &[]).watches(&event).await;
    // Ben's leave, told after the grace, shows that hers would have been due as well.
    loop {
        let told = seat.hears("presence.changed").await;
        assert_eq!(told.data().get("joined"), None, "nobody came who was not here");
        let left = told.data()["left"].as_array().cloned().unwrap_or_default();
        assert!(!left.contains(&json!("ana")), "she never left");
        if left.contains(&json!("ben")) {
            break;
        }
    }
    assert_eq!(counts(&two.host(), &event).await, (2, 2));
}

#[tokio::test]
async fn whoever_watched_a_server_that_was_killed_is_missed_within_seconds() {
    let redis = RedisServer::start();
    let (one, two, event) = twins(&redis, |_| {}).await;
    let dir = two.leave().await;
    let url = redis.url();
    let process = Process::start(dir.path(), &[("BUS__REDIS_URL", url.as_str())]).await;
    let mut seat = one.host().watches(&event).await;
    let mut others = Vec::new();
    for name in ["ana", "ben", "cem"] {
        others.push(process.user(name, &[]).watches(&event).await);
    }
    others.push(process.user("ana", &[]).nobody().watches(&event).await);
    hears_counts(&mut seat, 5, 4).await;
    let ana = one.user("ana", &[]);
    process.gets_killed().await;
    // She comes back at once, to the server that lives.
    let _again = ana.watches(&event).await;
    let told = soon("the others' leave", async {
        loop {
            let told = seat.hears("presence.changed").await;
            let left: Vec<Value> = told.data()["left"].as_array().cloned().unwrap_or_default();
            assert!(!left.contains(&json!("ana")), "she never left");
            if !left.is_empty() {
                return told;
            }
        }
    })
    .await;
    assert_eq!(
        (&told.data()["left"], &told.data()["viewers"]),
        (&json!(["ben", "cem"]), &json!(2))
    );
    assert_eq!(counts(&ana, &event).await, (2, 2));
}

#[tokio::test]
async fn totals_counted_on_both_servers_are_told_exactly_and_no_more_often() {
    let redis = RedisServer::start();
    let (one, two, event) = twins(&redis, |_| {}).await;
    let mut seat = one.anybody().watches(&event).await;
    seat.hears("stream.snapshot").await;
    let (path, begun) = (format!("/v1/events/{event}/applause"), Instant::now());
    let claps = |server: &TestServer| {
        let (anybody, path) = (server.anybody(), path.clone());
        async move {
            for _ in 0..60 {
                anybody.post(&path, &json!({"kind": "wow"})).await.ok();
            }
        }
    };
    let hears = async {
        let (mut frames, mut bursts) = (0_u32, 0);
        loop {
            let told = seat.hears("applause.changed").await;
            frames += 1;
            bursts += told.data()["burst"]["wow"].as_u64().unwrap();
            if told.data()["applause"]["wow"] == json!(120) {
                return (frames, bursts);
            }
        }
    };
    let ((), (), (frames, bursts)) = tokio::join!(claps(&one), claps(&two), hears);
    assert_eq!(bursts, 120, "each clap is in one burst");
    // One turn in 250 ms over both, and the first at once.
    let turns = begun.elapsed().as_millis() / 250 + 2;
    assert!(u128::from(frames) <= turns, "{frames} frames in {turns} turns");
}
