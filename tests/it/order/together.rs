//! Two servers that are one house: what one decides holds at the other.

use std::sync::Arc;

use grandstand::bus::LocalBus;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{sanctions, says};
use crate::{
    concourse,
    support::{Seat, TestServer, postgres, redis::Redis, soon},
};

/// Two servers on one database, with buses that know each other or not.
async fn twins(buses: [Arc<LocalBus>; 2]) -> [TestServer; 2] {
    let dirs = [Arc::new(TempDir::new().unwrap()), Arc::new(TempDir::new().unwrap())];
    let database = postgres::lay_ground(dirs[0].path()).await;
    postgres::assign(dirs[1].path(), &database);
    let [one, two] = buses;
    let [first, second] = dirs;
    [
        Box::pin(TestServer::start_on(first, one, |_| {})).await,
        Box::pin(TestServer::start_on(second, two, |_| {})).await,
    ]
}

async fn says_bye(seat: &mut Seat) -> Value {
    seat.hears("stream.bye").await.data()["reason"].clone()
}

async fn bans_hold_on_both(servers: [TestServer; 2]) {
    let (hanna, root) = (servers[0].host(), servers[0].user("root", &["admin"]));
    let events = [hanna.starts_event("session").await, hanna.starts_event("session").await];
    let (ana, ben) = (servers[1].user("ana", &[]), servers[1].user("ben", &[]));
    let mut anas = ana.watches(&events[0]).await;
    let mut bens = [ben.watches(&events[0]).await, ben.watches(&events[1]).await];
    for seat in bens.iter_mut().chain([&mut anas]) {
        seat.hears("stream.snapshot").await;
    }
    sanctions(&hanna, &events[0], "ana", "ban", json!({})).await;
    assert_eq!(says_bye(&mut anas).await, "banned");
    assert_eq!(says(&ana, &events[0], "but").await.refused(403), "banned");
    let everywhere = json!({"user_id": "ben", "kind": "ban", "reason": "enough"});
    root.post("/v1/sanctions", &everywhere).await.ok();
    for seat in &mut bens {
        assert_eq!(says_bye(seat).await, "banned");
    }
    assert_eq!(says(&ben, &events[1], "but").await.refused(403), "banned");
    // A mute, too, and soon even if the servers do not hear of each other.
    let cem = servers[1].user("cem", &[]);
    assert_eq!(says(&cem, &events[0], "hello").await.status, 201);
    sanctions(&hanna, &events[0], "cem", "mute", json!({})).await;
    let silent = async { while says(&cem, &events[0], "hello").await.status != 403 {} };
    soon("silence", silent).await;
}

#[tokio::test]
async fn a_ban_ends_streams_at_the_other_server() {
    let bus = LocalBus::default();
    let neighbour = bus.neighbour();
    bans_hold_on_both(twins([Arc::new(bus), Arc::new(neighbour)]).await).await;
}

#[tokio::test]
async fn a_ban_ends_streams_at_a_server_that_hears_nothing() {
    bans_hold_on_both(twins([Arc::default(), Arc::default()]).await).await;
}

#[tokio::test]
async fn a_ban_ends_streams_at_the_other_server_over_redis() {
    let redis = Redis::start();
    let (one, two, _) = concourse::twins(&redis, |_| {}).await;
    bans_hold_on_both([one, two]).await;
}
