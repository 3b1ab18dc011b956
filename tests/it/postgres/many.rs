//! Two servers, or ten, that are one.

use std::{collections::BTreeSet, sync::Arc};

use futures_util::future::join_all;
use grandstand::bus::LocalBus;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::{fresh_database, server_alone_at, server_at};
use crate::support::{Actor, Line, Reader, TestServer, postgres, public_log, server, staff_log};

/// People at both servers say things in several events at once; gives the events.
async fn a_lively_evening(servers: &[TestServer; 2]) -> Vec<String> {
    let host = servers[0].host();
    let mut events = Vec::new();
    for kind in ["session", "football", "session"] {
        events.push(host.starts_event(kind).await);
    }
    let people = (0..12).map(|number| {
        let ana = servers[number % 2].user(&format!("fan{number}"), &[]);
        let events = events.clone();
        async move {
            for round in 0..20 {
                let event = &events[(number + round) % events.len()];
                let said = ana.says(event, &format!("{number} says {round}")).await;
                if round % 4 == 0 {
                    let id = said["id"].as_str().unwrap();
                    let path = format!("/v1/events/{event}/messages/{id}");
                    ana.put(&format!("{path}/reactions/%E2%9A%BD"), &Value::Null).await.ok();
                    ana.post(
                        &format!("/v1/events/{event}/applause"),
                        &json!({"kind": "like", "count": 3}),
                    )
                    .await
                    .ok();
                }
            }
        }
    });
    join_all(people).await;
    events
}

async fn both_tell_the_same(buses: [Arc<LocalBus>; 2]) {
    let url = fresh_database().await;
    let [one, two] = buses;
    let servers = [server_at(&url, one, |_| {}).await, server_at(&url, two, |_| {}).await];
    let events = a_lively_evening(&servers).await;
    for event in &events {
        let host = servers[0].host();
        for server in &servers {
            server.user("last", &[]).says(event, "good night").await;
        }
        let log = public_log(&host, event).await;
        assert!(log.len() >= 80, "{} entries", log.len());
        for (number, line) in (1..).zip(&log) {
            let entry: Value = serde_json::from_str(&line.json).unwrap();
            assert_eq!(entry["seq"], number, "no holes");
        }
        // Totals of reactions may be told in between, so the log that is read later may go on.
        assert_eq!(log, public_log(&servers[1].host(), event).await[..log.len()]);
        let staff = staff_log(&host, event).await;
        assert_eq!(staff, staff_log(&servers[1].host(), event).await[..staff.len()]);
        for server in &servers {
            let mut reader = Reader::new(&server.anybody(), event);
            reader.last_id = Some("1-0".to_owned());
            reader.reads_to(&log.last().unwrap().id).await;
            assert!(reader.resets.is_empty(), "{:?}", reader.resets);
            assert_eq!(reader.heard[..log.len()], log[..]);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_that_know_nothing_of_each_other_tell_the_same() {
    both_tell_the_same([Arc::default(), Arc::default()]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_on_one_bus_tell_the_same() {
    let bus = LocalBus::default();
    both_tell_the_same([Arc::new(bus.neighbour()), Arc::new(bus)]).await;
}

#[tokio::test]
async fn what_is_said_at_one_is_heard_at_the_other_by_the_sweep_alone() {
    let url = fresh_database().await;
    let (one, two) = (server_alone_at(&url, |_| {}).await, server_alone_at(&url, |_| {}).await);
    let event = one.host().starts_event("session").await;
    let mut seat = two.anybody().watches(&event).await;
    seat.hears("stream.snapshot").await;
    for text in ["anybody there?", "hello?"] {
        let said = one.user("ana", &[]).says(&event, text).await;
        let heard = seat.hears("message.created").await;
        assert_eq!(heard.data()["message"]["id"], said["id"]);
        assert_eq!(heard.seq(), said["seq"].as_u64());
    }
    let state = two.anybody().reads_snapshot(&event).await;
    assert_eq!(state["messages"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_client_id_through_both_at_once_is_one_message() {
    let url = fresh_database().await;
    let servers = [server_alone_at(&url, |_| {}).await, server_alone_at(&url, |_| {}).await];
    let event = servers[0].host().starts_event("session").await;
    let path = format!("/v1/events/{event}/messages");
    let says = |who: Actor, number: i32| {
        let path = path.clone();
        async move {
            let body = json!({"text": format!("number {number}"), "client_id": format!("c{number}")});
            who.post(&path, &body).await.ok()
        }
    };
    let both = (0..40).map(|number| {
        let [one, two] = [&servers[0], &servers[1]].map(|server| server.user("ana", &[]));
        let (one, two) = (says(one, number), says(two, number));
        async move { tokio::join!(one, two) }
    });
    let mut ids = BTreeSet::new();
    for (one, two) in join_all(both).await {
        assert_eq!(one, two);
        ids.insert(one["id"].as_str().unwrap().to_owned());
    }
    assert_eq!(ids.len(), 40);
    let said: Vec<Line> = public_log(&servers[1].host(), &event).await;
    assert_eq!(said.len(), 2 + 40);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts_are_exact_when_both_count() {
    let url = fresh_database().await;
    let servers = [server_alone_at(&url, |_| {}).await, server_alone_at(&url, |_| {}).await];
    let event = servers[0].host().starts_event("session").await;
    let said = [
        servers[0].host().says(&event, "one").await,
        servers[0].host().says(&event, "two").await,
    ];
    let paths: Vec<String> = said
        .iter()
        .map(|said| format!("/v1/events/{event}/messages/{}", said["id"].as_str().unwrap()))
        .collect();
    // Each server takes them in another order: rows locked in the order of arrival would lock each other out.
    let people = (0..40).map(|number| {
        let who = servers[number % 2].user(&format!("fan{number}"), &[]);
        let mut paths = paths.clone();
        if number % 2 == 1 {
            paths.reverse();
        }
        async move {
            for path in paths {
                who.put(&format!("{path}/reactions/%E2%9A%BD"), &Value::Null).await.ok();
            }
        }
    });
    join_all(people).await;
    for (server, path) in [(0, 0), (1, 1)] {
        let host = servers[server].host();
        let told = async {
            loop {
                let message = host.get(&paths[path]).await.ok();
                if message["reactions"][0]["count"] == 40 {
                    return;
                }
            }
        };
        crate::support::soon("all forty", told).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_who_want_one_slug_at_once_one_gets_it() {
    let url = fresh_database().await;
    let servers = [server_alone_at(&url, |_| {}).await, server_alone_at(&url, |_| {}).await];
    let hosts = [servers[0].host(), servers[1].host()];
    let body = |slug: Option<String>| {
        let mut body = json!({"title": "The final", "kind": "session", "scheduled_at": "2026-11-21T12:00:00Z"});
        if let Some(slug) = slug {
            body["slug"] = slug.into();
        }
        body
    };
    for number in 0..10 {
        let body = body(Some(format!("final-{number}")));
        let (one, two) = tokio::join!(hosts[0].post("/v1/events", &body), hosts[1].post("/v1/events", &body));
        let (won, lost) = if one.status.is_success() {
            (one, two)
        } else {
            (two, one)
        };
        won.ok();
        assert_eq!(lost.refused(409), "slug-taken");
    }
    // Who does not insist gets another.
    let body = body(None);
    let made = join_all((0..20).map(|number| hosts[number % 2].post("/v1/events", &body))).await;
    let slugs: BTreeSet<String> = made
        .into_iter()
        .map(|made| made.ok()["slug"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(slugs.len(), 20, "{slugs:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_servers_may_start_at_once_on_an_empty_database_and_sign_with_one_secret() {
    let url = fresh_database().await;
    let database = postgres::connect(&url).await;
    database
        .execute_unprepared("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        .await
        .unwrap();
    let servers = join_all((0..10).map(|_| server_alone_at(&url, |config| config.auth.secret = None))).await;
    let hosts = postgres::secret_of(&database).await;
    let token = server::token_signed(&hosts, "hanna", &json!({"roles": ["host"]}));
    let event = servers[0].bearing(&token).starts_event("session").await;
    let guest = servers[0].guest("Gina").await;
    for server in &servers {
        let said = server.bearing(guest.token()).says(&event, "hello").await;
        assert_eq!(said["author"]["id"], guest.id, "{said}");
    }
    let dirs: Vec<_> = servers.iter().map(TestServer::dir).collect();
    assert!(dirs.iter().all(|dir| !dir.path().join("secret").exists()));
}

#[tokio::test]
async fn the_command_line_works_on_the_same_database() {
    let url = fresh_database().await;
    let server = server_alone_at(&url, |config| config.auth.secret = None).await;
    let run = async |args: &[&str]| {
        let command = tokio::process::Command::new(env!("CARGO_BIN_EXE_grandstand"))
            .env_clear()
            .args(["--database-url", &url])
            .args(args)
            .output();
        let output = crate::support::soon("the command's end", command).await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(run(&["migrate"]).await, "The database is up to date.\n");
    let token = run(&["token", "--user", "root", "--name", "Root", "--role", "admin"]).await;
    let root = server.bearing(token.trim());
    let made = run(&["key", "create", "--name", "Feed", "--scope", "read"]).await;
    let secret = made.lines().nth(1).unwrap();
    let keys = root.get("/v1/keys").await.ok();
    assert_eq!(keys["items"][0]["name"], "Feed", "{keys}");
    let machine = Actor::new(&server, Some(("X-API-Key", secret.to_owned())), "");
    machine.get("/v1/events").await.ok();
    let id = keys["items"][0]["id"].as_str().unwrap();
    run(&["key", "revoke", id]).await;
    assert_eq!(root.get("/v1/keys").await.ok()["items"], json!([]));
}
