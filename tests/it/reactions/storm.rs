//! A storm of reactions in the middle of which servers are killed: what was acknowledged is stored once, and what is stored
//! is told, to the last one.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use reqwest::Method;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::totals;
use crate::support::{Actor, Process, percent, postgres, redis::Redis as RedisServer, server::database, soon};

const EMOJI: [&str; 4] = ["❤", "👍", "⚽", "🔥"];
const CLAPS: u64 = 3;

/// Who put which emoji there.
type Put = BTreeSet<(String, String)>;

/// What was acknowledged.
#[derive(Default)]
struct Done {
    put: Put,
    claps: u64,
    /// Claps whose answer never came; they may count or not.
    doubtful: u64,
}

/// Reacts and claps under ever new names until the server is gone, or has taken so many.
async fn reacts_on(
    server: Arc<Process>,
    base: String,
    message: String,
    name: String,
    most: u32,
    acknowledged: Arc<AtomicUsize>,
) -> Done {
    let mut done = Done::default();
    for number in 0..most {
        let fan = server.user(&format!("{name}-{number}"), &[]);
        for emoji in &EMOJI[..=(number as usize % 4)] {
            let path = format!("{base}/messages/{message}/reactions/{}", percent(emoji));
            if fan.tries(fan.request(Method::PUT, &path)).await.is_none() {
                return done;
            }
            done.put.insert((fan.id.clone(), (*emoji).to_owned()));
            acknowledged.fetch_add(1, Ordering::Relaxed);
        }
        let claps = fan.request(Method::POST, &format!("{base}/applause"));
        let claps = claps.json(&json!({"kind": "wow", "count": CLAPS}));
        if fan.tries(claps).await.is_none() {
            done.doubtful += CLAPS;
            return done;
        }
        done.claps += CLAPS;
    }
    done
}

fn by_emoji(put: &Put) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for (_, emoji) in put {
        *counts.entry(emoji.clone()).or_default() += 1;
    }
    counts
}

/// The reactions themselves and the claps, as the database has them.
async fn stored(dir: &TempDir) -> (Put, u64) {
    let database = database(dir.path()).await;
    let ask = async |sql: &str| {
        let query = sea_orm::Statement::from_string(database.get_database_backend(), sql);
        database.query_all_raw(query).await.unwrap()
    };
    let text = |row: &sea_orm::QueryResult, name| row.try_get::<String>("", name).unwrap();
    let rows = ask("SELECT user_id, emoji FROM reaction").await;
    let put = rows.iter().map(|row| (text(row, "user_id"), text(row, "emoji")));
    let claps = ask("SELECT count FROM applause_total").await;
    let claps = claps.iter().map(|row| row.try_get::<i64>("", "count").unwrap());
    let all = (put.collect(), claps.sum::<i64>().try_into().unwrap());
    database.close().await.unwrap();
    all
}

/// What is stored has everything that was acknowledged, and everything told adds up to it.
async fn adds_up(reader: &Actor, event: &str, message: &Value, dir: &TempDir, done: &[Done]) {
    let (there, claps) = stored(dir).await;
    for done in done {
        assert!(done.put.is_subset(&there), "acknowledged and gone");
    }
    let acknowledged: u64 = done.iter().map(|done| done.claps).sum();
    let doubtful: u64 = done.iter().map(|done| done.doubtful).sum();
    assert!(
        (acknowledged..=acknowledged + doubtful).contains(&claps),
        "{acknowledged} and perhaps {doubtful} more: {claps}"
    );
    let exact = by_emoji(&there);
    // From the first entry on, until both totals are told as they are.
    let mut seat = reader.nobody().resumes(event, "1-0").await;
    let (mut told, mut bursts, mut applause) = (BTreeMap::new(), 0, 0);
    let listens = async {
        while told != exact || applause != claps {
            let frame = seat.next().await.unwrap();
            match frame.event.as_str() {
                "reactions.changed" => told = totals(&frame, message),
                "applause.changed" => {
                    bursts += frame.data()["burst"]["wow"].as_u64().unwrap();
                    applause = frame.data()["applause"]["wow"].as_u64().unwrap();
                    assert_eq!(bursts, applause, "each clap is in one burst");
                }
                _ => {}
            }
        }
    };
    soon("everything is told", listens).await;
    let path = format!("/v1/events/{event}/messages/{}", message["id"].as_str().unwrap());
    let read = reader.get(&path).await.ok()["reactions"].as_array().unwrap().clone();
    let read: BTreeMap<String, u64> = read
        .iter()
        .map(|one| {
            (
                one["emoji"].as_str().unwrap().to_owned(),
                one["count"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(read, exact);
}

/// Fans at each of these servers.
fn fans(
    servers: &[Arc<Process>],
    (event, message): (&str, &Value),
    round: usize,
    most: u32,
    acknowledged: &Arc<AtomicUsize>,
) -> JoinSet<Done> {
    let mut fans = JoinSet::new();
    for number in 0..12 {
        let server = Arc::clone(&servers[number % servers.len()]);
        let (base, id) = (
            format!("/v1/events/{event}"),
            message["id"].as_str().unwrap().to_owned(),
        );
        let name = format!("fan{round}-{number}");
        fans.spawn(reacts_on(server, base, id, name, most, Arc::clone(acknowledged)));
    }
    fans
}

async fn counted(acknowledged: &AtomicUsize, enough: usize) {
    let counting = async {
        while acknowledged.load(Ordering::Relaxed) < enough {
            tokio::task::yield_now().await;
        }
    };
    soon("reactions", counting).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_survives_kill_after_kill_to_the_last_reaction() {
    let dir = TempDir::new().unwrap();
    let mut server = Arc::new(Process::start(dir.path(), &[]).await);
    let host = server.user("hanna", &["host"]);
    let event = host.starts_event("session").await;
    let message = host.says(&event, "goal").await;
    let mut done = Vec::new();
    for round in 0..3 {
        let acknowledged = Arc::new(AtomicUsize::new(0));
        let mut fans = fans(
            &[Arc::clone(&server)],
            (&event, &message),
            round,
            u32::MAX,
            &acknowledged,
        );
        counted(&acknowledged, 120 + 53 * round).await;
        server.is_told("KILL").await;
        while let Some(one) = fans.join_next().await {
            done.push(one.unwrap());
        }
        server = Arc::new(Process::start(dir.path(), &[]).await);
    }
    adds_up(&server.user("hanna", &["host"]), &event, &message, &dir, &done).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_server_had_counted_the_other_one_tells() {
    let redis = RedisServer::start();
    let dirs = [TempDir::new().unwrap(), TempDir::new().unwrap()];
    let database = postgres::lay_ground(dirs[0].path()).await;
    postgres::assign(dirs[1].path(), &database);
    let url = redis.url();
    let settings = [("BUS__REDIS_URL", url.as_str())];
    let mut servers = Vec::new();
    for dir in &dirs {
        servers.push(Arc::new(Process::start(dir.path(), &settings).await));
    }
    let host = servers[1].user("hanna", &["host"]);
    let event = host.starts_event("session").await;
    let message = host.says(&event, "goal").await;
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let mut fans = fans(&servers, (&event, &message), 0, 60, &acknowledged);
    counted(&acknowledged, 200).await;
    servers[0].is_told("KILL").await;
    let mut done = Vec::new();
    while let Some(one) = fans.join_next().await {
        done.push(one.unwrap());
    }
    adds_up(&host, &event, &message, &dirs[1], &done).await;
}
