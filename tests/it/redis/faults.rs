//! Two instances while their Redis is killed, frozen, deaf, slow, emptied: nobody misses anything, and it heals by itself.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;
use tokio::sync::watch;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::house::House;
use crate::support::{
    Actor, Reader, Toll, public_log,
    redis::{Cluster, Redis, config},
    soon,
};

/// People who talk and people who listen, at both instances.
struct Evening {
    house: House,
    event: String,
    talking: Vec<tokio::task::JoinHandle<(usize, Duration)>>,
    listening: Vec<tokio::task::JoinHandle<Reader>>,
    quiet: CancellationToken,
    /// The id of the last entry, when everything is said.
    last: watch::Sender<Option<String>>,
    tasks: TaskTracker,
}

impl Evening {
    async fn begins(house: House) -> Self {
        let host = house.servers[0].host();
        let event = host.starts_event("session").await;
        let mut evening = Self {
            house,
            event,
            talking: Vec::new(),
            listening: Vec::new(),
            quiet: CancellationToken::new(),
            last: watch::Sender::default(),
            tasks: TaskTracker::new(),
        };
        for seat in 0..8 {
            evening.sits_down(seat % 2, seat);
        }
        for instance in 0..2 {
            evening.talks(instance);
        }
        evening
    }

    /// Says something some forty times a second. Every answer has to be a success.
    fn talks(&mut self, instance: usize) {
        let (author, event) = (
            self.house.servers[instance].user(&format!("author{instance}"), &[]),
            self.event.clone(),
        );
        let quiet = self.quiet.clone();
        self.talking.push(self.tasks.spawn(async move {
            let (mut said, mut longest) = (0, Duration::ZERO);
            while !quiet.is_cancelled() {
                let begun = Instant::now();
                author.says(&event, "and another thing").await;
                (said, longest) = (said + 1, longest.max(begun.elapsed()));
                tokio::time::sleep(Duration::from_millis(25)).await;
            }
            (said, longest)
        }));
    }

    fn sits_down(&mut self, instance: usize, seat: usize) {
        let actor = self.house.servers[instance].user(&format!("viewer{seat}"), &[]);
        let (mut reader, mut closing) = (Reader::new(&actor, &self.event), self.last.subscribe());
        self.listening.push(self.tasks.spawn(async move {
            let mut link = reader.connects().await.unwrap();
            loop {
                let end = closing.borrow_and_update().clone();
                if end.is_some_and(|end| reader.has_heard(&end)) {
                    return reader;
                }
                tokio::select! {
                    open = reader.reads_on(&mut link) => assert!(open, "a stream ended: {:?}", reader.bye),
                    _ = closing.changed() => {}
                }
            }
        }));
    }

    /// Everybody falls silent; what was heard is what was said. Gives how many, and the longest wait for an answer.
    async fn ends(self) -> (usize, Duration) {
        self.quiet.cancel();
        let (mut said, mut longest) = (0, Duration::ZERO);
        for talker in self.talking {
            let (count, wait) = soon("the last word", talker).await.unwrap();
            (said, longest) = (said + count, longest.max(wait));
        }
        let log = public_log(&self.house.servers[0].anybody(), &self.event).await;
        let told = log
            .iter()
            .filter(|line| line.json.contains("and another thing"))
            .count();
        assert_eq!(told, said, "what was answered is in the log, once");
        self.last.send_replace(log.last().map(|line| line.id.clone()));
        for reader in soon("everybody's last word", join_all(self.listening)).await {
            let reader = reader.unwrap();
            assert_eq!(reader.resets, Vec::<String>::new());
            reader.agrees_with(&log);
        }
        (said, longest)
    }

    /// How long after the answer at one instance a seat at the other hears it, in an event where it is quiet otherwise: a
    /// stand that hears its own instance's next entry would notice by itself what it lacks.
    async fn crosses(&self, from: usize) -> Duration {
        let event = self.house.servers[from].host().starts_event("session").await;
        let author = self.house.servers[from].user("crossing", &[]);
        let mut seat = self.house.servers[1 - from].user("watching", &[]).watches(&event).await;
        seat.hears("stream.snapshot").await;
        let message = author.says(&event, "does it arrive?").await;
        let said = Instant::now();
        let heard = seat.hears_that("what was said", |frame| frame.data()["message"]["id"] == message["id"]);
        soon("what was said over there", heard).await;
        said.elapsed()
    }
}

/// About a second, where nothing else is going on. Here half a dozen builds may be.
const ABOUT_A_SECOND: Duration = Duration::from_secs(6);

#[track_caller]
fn is_short(what: &str, took: Duration) {
    eprintln!("{what}: {took:?}");
    assert!(took < ABOUT_A_SECOND, "{what}: {took:?}");
}

/// Something breaks, stays broken for a while in which people talk, and is mended.
async fn survives_for(
    lasts: Duration,
    house: House,
    reasons: &[&str],
    breaks: impl AsyncFnOnce(),
    mends: impl AsyncFnOnce(),
) {
    let evening = Evening::begins(house).await;
    evening.crosses(0).await;
    let broken = Instant::now();
    breaks().await;
    let reason = soon("both know", async {
        loop {
            let (one, other) = (evening.house.readiness(0).await, evening.house.readiness(1).await);
            if [&one, &other]
                .iter()
                .all(|said| said.0 == "degraded" && reasons.contains(&said.1.as_str()))
            {
                return one.1;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    is_short(&format!("known after ({reason})"), broken.elapsed());
    tokio::time::sleep(lasts).await;
    for from in [0, 1, 0] {
        is_short("crossed without the bus after", evening.crosses(from).await);
    }
    mends().await;
    let mended = Instant::now();
    evening.house.is("ready", "ok").await;
    eprintln!("well again after {:?}", mended.elapsed());
    for instance in 0..2 {
        // By the bus again, not by looking.
        let heard = evening.house.metric(instance, "grandstand_bus_heard_total").await;
        soon("hints again", async {
            while evening.house.metric(instance, "grandstand_bus_heard_total").await < heard + 5 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
    }
    let (said, longest) = evening.ends().await;
    eprintln!("{said} said, the longest answer took {longest:?}");
}

async fn survives(house: House, reasons: &[&str], breaks: impl AsyncFnOnce(), mends: impl AsyncFnOnce()) {
    survives_for(Duration::ZERO, house, reasons, breaks, mends).await;
}

const GONE: [&str; 3] = [
    "redis cannot be reached",
    "redis does not answer",
    "redis refuses to serve",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_is_killed_and_replaced_by_an_empty_one_loses_nothing() {
    let redis = Redis::start();
    let house = House::opens(&redis.config(), |_| {}).await;
    survives(house, &GONE, async || redis.dies(), async || redis.comes_back()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_freezes_holds_up_nobody() {
    let redis = Redis::start();
    let house = House::opens(&redis.config(), |_| {}).await;
    survives(house, &GONE, async || redis.freezes(), async || redis.thaws()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deaf_redis_is_found_out() {
    let redis = Redis::start();
    let toll = Toll::before(redis.port()).await;
    let house = House::opens(&config(&toll.url()), |_| {}).await;
    let deaf = ["redis does not deliver"];
    survives(house, &deaf, async || toll.is_deaf(true), async || toll.is_deaf(false)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_redis_is_found_out_and_waited_for_by_nobody() {
    let redis = Redis::start();
    let toll = Toll::before(redis.port()).await;
    let house = House::opens(&config(&toll.url()), |_| {}).await;
    let slow = ["redis is slow", "redis does not answer"];
    let slows = async || toll.delays(Duration::from_millis(180));
    survives(house, &slow, slows, async || toll.delays(Duration::ZERO)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_hangs_up_on_everybody_is_called_again() {
    let redis = Redis::start();
    let house = House::opens(&redis.config(), |_| {}).await;
    let evening = Evening::begins(house).await;
    for _ in 0..5 {
        redis.hangs_up();
        is_short("crossed after", evening.crosses(0).await);
    }
    evening.house.is("ready", "ok").await;
    evening.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_half_a_minute_without_redis_everything_comes_back_by_itself() {
    let redis = Redis::start();
    let house = House::opens(&redis.config(), |_| {}).await;
    let lasts = Duration::from_secs(35);
    survives_for(lasts, house, &GONE, async || redis.dies(), async || redis.comes_back()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_that_loses_a_node_loses_nothing_and_comes_back() {
    let cluster = Cluster::start();
    let house = House::opens(&cluster.config(), |_| {}).await;
    survives(
        house,
        &GONE,
        async || cluster.nodes[1].freezes(),
        async || {
            cluster.nodes[1].thaws();
            cluster.is_whole();
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_start_without_redis_and_find_it_when_it_comes() {
    let redis = Redis::start();
    redis.dies();
    let house = House::is_built(&redis.config(), |_| {}).await;
    house.is("degraded", "").await;
    let hosts = house.hosts();
    let event = hosts[0].starts_event("session").await;
    let mut seat = hosts[1].watches(&event).await;
    hosts[0].says(&event, "is this on?").await;
    seat.hears("message.created").await;
    redis.comes_back();
    house.is("ready", "ok").await;
    hosts[0].says(&event, "it is").await;
    seat.hears("message.created").await;
}

/// Looking at the database is put off for an hour: only the bus brings anything.
async fn by_the_bus_alone(house: House) {
    let hosts = house.hosts();
    let event = hosts[0].starts_event("session").await;
    let mut seats = [hosts[0].watches(&event).await, hosts[1].watches(&event).await];
    for seat in &mut seats {
        seat.hears("stream.snapshot").await;
    }
    for (number, host) in hosts.iter().cycle().take(10).enumerate() {
        host.says(&event, &format!("message {number}")).await;
    }
    for seat in &mut seats {
        for number in 0..10 {
            let heard = seat.hears("message.created").await;
            assert_eq!(heard.data()["message"]["text"], format!("message {number}"));
        }
    }
}

fn never_look(config: &mut grandstand::config::Config) {
    config.stream.sweep_ms = 3_600_000;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_instances_are_one_house_over_redis() {
    let redis = Redis::start();
    by_the_bus_alone(House::opens(&redis.config(), never_look).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_instances_are_one_house_with_a_password_over_tls_and_over_a_cluster() {
    let (locked, tls, cluster) = (Redis::start_locked(), Redis::start_tls(), Cluster::start());
    for config in [locked.config(), tls.config(), cluster.config()] {
        by_the_bus_alone(House::opens(&config, never_look).await).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_is_followed_when_its_slot_moves_to_another_node() {
    let cluster = Cluster::start();
    let house = House::opens(&cluster.config(), never_look).await;
    let hosts = house.hosts();
    let event = hosts[0].starts_event("session").await;
    let mut seat = hosts[1].watches(&event).await;
    hosts[0].says(&event, "before").await;
    seat.hears("message.created").await;
    cluster.moves(&format!("grandstand:bus:{{{event}}}"));
    // What is said during the move may be lost to the bus; what comes later brings it along.
    let quiet = CancellationToken::new();
    let (talker, topic, hush) = (hosts[0].clone(), event.clone(), quiet.clone());
    let talking = TaskTracker::new().spawn(async move {
        while !hush.is_cancelled() {
            talker.says(&topic, "meanwhile").await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    for _ in 0..10 {
        soon("what is said after the move", seat.hears("message.created")).await;
    }
    quiet.cancel();
    soon("the last word", talking).await.unwrap();
    house.is("ready", "ok").await;
    hosts[0].says(&event, "after").await;
    let after = seat.hears_that("what is said after", |frame| frame.data()["message"]["text"] == "after");
    soon("what is said after", after).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn roles_rights_and_keys_end_on_all_instances() {
    let redis = Redis::start();
    let house = House::opens(&redis.config(), |config| config.auth.key_cache_ms = 60_000).await;
    let hosts = house.hosts();
    let event = hosts[0].starts_event("session").await;
    let (ana, ben) = (house.servers[1].user("ana", &[]), house.servers[1].user("ben", &[]));
    let (mut anas, mut bens) = (ana.watches(&event).await, ben.watches(&event).await);
    anas.hears("stream.snapshot").await;
    bens.hears("stream.snapshot").await;
    hosts[0].appoints(&event, "ana", "moderator").await;
    assert_eq!(anas.hears("stream.bye").await.data()["reason"], "role-changed");
    let again = ana.watches(&event).await.hears("stream.ready").await;
    assert_eq!(
        again.data()["role"],
        "moderator",
        "the other instance has forgotten the old role"
    );
    hosts[0].changes_event(&event, &json!({"visibility": "private"})).await;
    assert_eq!(bens.hears("stream.bye").await.data()["reason"], "role-changed");

    let (root, elsewhere) = (house.servers[0].user("root", &["admin"]), &house.servers[1]);
    let made = root
        .post("/v1/keys", &json!({"name": "feed", "scopes": ["read"]}))
        .await
        .ok();
    let secret = made["secret"].as_str().unwrap().to_owned();
    let machine = Actor::new(elsewhere, Some(("X-API-Key", secret)), "");
    machine.get("/v1/events").await.ok();
    let id = made["key"]["id"].as_str().unwrap();
    assert_eq!(root.delete(&format!("/v1/keys/{id}")).await.status, 204);
    soon("the key's end there", async {
        while machine.get("/v1/events").await.status != 401 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}
