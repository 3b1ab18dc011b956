//! Several servers that are one house, and one that dies: each message is decided on once.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures_util::future::join_all;
use grandstand::{bus::LocalBus, config::Config};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{RUDE, becomes, posts, record, screened};
use crate::support::{Act, Model, Process, TestServer, postgres, redis::Redis};

/// How often each message was decided on, by action.
fn counted(decisions: &[Value]) -> BTreeMap<(String, String), usize> {
    let mut counts = BTreeMap::new();
    for one in decisions.iter().filter(|one| !one["model"].is_null()) {
        let text = |name: &str| one[name].as_str().unwrap().to_owned();
        *counts.entry((text("message_id"), text("action"))).or_default() += 1;
    }
    counts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_decide_on_each_message_once() {
    let (redis, model) = (Redis::start(), Model::start().await);
    model.scores("idiot", RUDE);
    let bus = redis.config();
    let change = |config: &mut Config| {
        config.bus = bus.clone();
        model.set_up_judging(config);
        config.screening.late_after_ms = 600_000;
        config.screening.batch_most = 4;
    };
    let dirs = [Arc::new(TempDir::new().unwrap()), Arc::new(TempDir::new().unwrap())];
    let database = postgres::lay_ground(dirs[0].path()).await;
    postgres::assign(dirs[1].path(), &database);
    let [first, second] = dirs;
    let servers = [
        Box::pin(TestServer::start_on(first, Arc::<LocalBus>::default(), &change)).await,
        Box::pin(TestServer::start_on(second, Arc::<LocalBus>::default(), &change)).await,
    ];
    let hanna = servers[0].host();
    let event = screened(&hanna, "before", "keep").await;
    model.next_judgement(Act::say("").after(Duration::from_millis(500)));
    let said = join_all((0..60).map(|number: usize| {
        let fan = servers[number % 2].user(&format!("fan{number}"), &[]);
        let (event, word) = (event.clone(), if number.is_multiple_of(3) { "idiot" } else { "fine" });
        async move { posts(&fan, &event, &format!("{word} {number}")).await }
    }))
    .await;
    assert!(said.iter().all(|reply| reply.status == 202), "{:?}", said[0]);
    let decided = async {
        while counted(&record(&hanna, &event).await).len() < 60 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    crate::support::soon("sixty verdicts", decided).await;
    let counts = counted(&record(&hanna, &event).await);
    assert!(
        counts.len() == 60 && counts.values().all(|count| *count == 1),
        "{counts:?}"
    );
    let kept = counts.keys().filter(|(_, action)| action == "message.held").count();
    assert_eq!(kept, 20);
    let log = servers[1].user("ana", &[]).reads_log(&event).await;
    let appeared = log.iter().filter(|entry| entry["type"] == "message.released").count();
    assert_eq!(appeared, 40);
    model.assert_no_complaints();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_outlives_the_server_that_was_at_it() {
    let (dir, model) = (TempDir::new().unwrap(), Model::start().await);
    model.scores("idiot", RUDE);
    let mut settings = model.variables();
    settings.extend(
        [
            ("LLM__MODERATION", "endpoint"),
            ("SCREENING__ANSWER_WITHIN_MS", "2000"),
            ("SCREENING__LATE_AFTER_MS", "600000"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    let settings: Vec<(&str, &str)> = settings
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let server = Process::start(dir.path(), &settings).await;
    let host = server.user("hanna", &["host"]);
    let (before, after) = (
        screened(&host, "before", "keep").await,
        screened(&host, "after", "keep").await,
    );
    model.next_judgement(Act::hang());
    model.next_judgement(Act::hang());
    let ben = server.user("ben", &[]);
    let held = posts(&ben, &before, "well played").await;
    let rude = posts(&ben, &after, "you idiot").await;
    assert_eq!((held.status.as_u16(), rude.status.as_u16()), (202, 201));
    model.judged(1).await;
    server.gets_killed().await;
    let server = Process::start(dir.path(), &settings).await;
    let ben = server.user("ben", &[]);
    becomes(&ben, &before, &held.body, "active").await;
    becomes(&ben, &after, &rude.body, "hidden").await;
    let host = server.user("hanna", &["host"]);
    for event in [before, after] {
        let counts = counted(&record(&host, &event).await);
        assert_eq!(counts.values().copied().collect::<Vec<_>>(), [1]);
    }
    let log = json!(ben.reads_log(&screened(&host, "off", "keep").await).await);
    assert!(!log.to_string().contains("screening_late"));
    model.assert_no_complaints();
}
