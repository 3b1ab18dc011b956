//! What holds for an instance alone holds for several together.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use futures_util::future::join_all;
use grandstand::{
    concourse::{Claim, Concourse, Full, NoPlace, Policy, Scope},
    config::BusConfig,
};

use super::{BOUNDS, Instance, RedisServer, until};
use crate::support::redis::Cluster;

/// Two ends of one concourse, and what keeps them.
struct Pair {
    kind: &'static str,
    one: Concourse,
    other: Concourse,
    _kept: Vec<Instance>,
}

impl Pair {
    fn alone() -> Self {
        let alone = Concourse::alone(BOUNDS);
        Self {
            kind: "alone",
            one: alone.clone(),
            other: alone,
            _kept: Vec::new(),
        }
    }

    /// Two instances that know each other.
    async fn on(kind: &'static str, config: BusConfig) -> Self {
        let instances = vec![Instance::on(&config).await, Instance::on(&config).await];
        let pair = Self {
            kind,
            one: instances[0].concourse.clone(),
            other: instances[1].concourse.clone(),
            _kept: instances,
        };
        // Before it has heard of the other, an instance does not count its places. Each probe is somebody else: that places
        // are free again is heard a moment later.
        let probes = AtomicU32::new(0);
        let known = || async {
            let mut known = true;
            for [here, there] in [[&pair.one, &pair.other], [&pair.other, &pair.one]] {
                let probe = probes.fetch_add(1, Ordering::Relaxed);
                let claims = claims(&format!("probe {probe}"), &format!("::{probe:x}"));
                let mut held = Vec::new();
                for end in [here, there, there, there] {
                    held.push(end.places.take(&claims).await);
                }
                known &= held.iter().filter(|place| place.is_ok()).count() == 3 && held[3].is_err();
            }
            known
        };
        until("instances that know each other", known).await;
        pair
    }
}

/// Everything at once, for kinds of Redis that take a while to start.
async fn all_of_it(pair: &Pair) {
    a_quota_is_one_quota(pair).await;
    a_quota_holds(pair).await;
    what_is_put_down_is_taken_once(pair).await;
    a_full_shelf_refuses(pair).await;
    places_are_counted(pair).await;
    places_hold(pair).await;
}

#[tokio::test]
async fn an_instance_alone_keeps_the_contract() {
    all_of_it(&Pair::alone()).await;
}

#[tokio::test]
async fn instances_on_one_redis_keep_the_contract() {
    let redis = RedisServer::start();
    all_of_it(&Pair::on("redis", redis.config()).await).await;
}

#[tokio::test]
async fn instances_with_no_more_rights_than_they_need_keep_the_contract() {
    let redis = RedisServer::start_locked();
    all_of_it(&Pair::on("password", redis.config()).await).await;
}

#[tokio::test]
async fn instances_on_a_cluster_keep_the_contract() {
    let cluster = Cluster::start();
    all_of_it(&Pair::on("cluster", cluster.config()).await).await;
}

const FOUR_A_MINUTE: Policy = Policy {
    name: "post",
    quota: 4,
    window_seconds: 60,
};

/// A moment on the clock of an instance. Its clock is not everybody's.
const NOW: u64 = 1_781_204_400_000_000;

async fn a_quota_is_one_quota(Pair { kind, one, other, .. }: &Pair) {
    for (end, remaining) in [(one, 3), (other, 2), (other, 1), (one, 0)] {
        let (decision, scope) = end.rates.spend(FOUR_A_MINUTE, "user:ana", NOW).await;
        assert_eq!(
            (decision.allowed, decision.remaining, scope),
            (true, remaining, Scope::All),
            "{kind}"
        );
    }
    // Twice on each: by what the others say, and by what is known here.
    for end in [one, other, one, other] {
        let (decision, scope) = end.rates.spend(FOUR_A_MINUTE, "user:ana", NOW).await;
        assert_eq!(
            (decision.allowed, decision.remaining, scope),
            (false, 0, Scope::All),
            "{kind}"
        );
        assert!((1..=15).contains(&decision.retry_after_seconds), "{kind}: {decision:?}");
        assert!((45..=60).contains(&decision.reset_seconds), "{kind}: {decision:?}");
    }
    let elsewhere = Policy {
        name: "react",
        ..FOUR_A_MINUTE
    };
    for (policy, key) in [(FOUR_A_MINUTE, "user:ben"), (elsewhere, "user:ana")] {
        assert!(other.rates.spend(policy, key, NOW).await.0.allowed, "{kind}");
    }
}

async fn a_quota_holds(Pair { kind, one, other, .. }: &Pair) {
    let acts = (0..40).map(|act| {
        let end = if act % 2 == 0 { one } else { other };
        end.rates.spend(FOUR_A_MINUTE, "user:dua", NOW)
    });
    let allowed = join_all(acts)
        .await
        .iter()
        .filter(|(decision, _)| decision.allowed)
        .count();
    assert_eq!(allowed, 4, "{kind}");
}

async fn what_is_put_down_is_taken_once(Pair { kind, one, other, .. }: &Pair) {
    let made = AtomicU32::new(0);
    let name = || format!("ticket {}", made.fetch_add(1, Ordering::Relaxed));
    let minute = Duration::from_mins(1);
    let kept = one.shelf.keep(name, b"ana".to_vec(), minute).await.unwrap();
    assert_eq!(other.shelf.take("another").await, None, "{kind}");
    let taken = join_all([one, other, one, other].map(|end| end.shelf.take(&kept))).await;
    let taken: Vec<_> = taken.into_iter().flatten().collect();
    assert_eq!(taken, [b"ana".to_vec()], "{kind}");
    assert_eq!(one.shelf.take(&kept).await, None, "{kind}");

    let short = one.shelf.keep(name, b"ben".to_vec(), Duration::ZERO).await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert_eq!(other.shelf.take(&short).await, None, "{kind}: it ended");
}

async fn a_full_shelf_refuses(Pair { kind, other: one, .. }: &Pair) {
    let made = AtomicU32::new(0);
    let name = || format!("ticket {}", made.fetch_add(1, Ordering::Relaxed));
    let [minute, moment] = [Duration::from_mins(1), Duration::from_millis(20)];
    for ttl in [minute, moment, moment] {
        one.shelf.keep(name, vec![1], ttl).await.unwrap();
    }
    assert_eq!(one.shelf.keep(name, vec![1], minute).await, Err(Full), "{kind}");
    tokio::time::sleep(moment * 2).await;
    assert!(one.shelf.keep(name, vec![1], minute).await.is_ok(), "{kind}");
}

fn claims(user: &str, address: &str) -> [Claim; 2] {
    [(format!("user:{user}"), 3), (format!("address:{address}"), 5)].map(|(holder, most)| Claim { holder, most })
}

async fn places_are_counted(Pair { kind, one, other, .. }: &Pair) {
    let mut held = Vec::new();
    for end in [one, other, other] {
        held.push(end.places.take(&claims("ana", "127.0.0.1")).await.unwrap());
    }
    for end in [one, other] {
        assert_eq!(
            end.places.take(&claims("ana", "127.0.0.2")).await.err(),
            Some(NoPlace),
            "{kind}: per user"
        );
    }
    for end in [one, other] {
        held.push(end.places.take(&claims("ben", "127.0.0.1")).await.unwrap());
    }
    for end in [one, other] {
        assert_eq!(
            end.places.take(&claims("cem", "127.0.0.1")).await.err(),
            Some(NoPlace),
            "{kind}: per address"
        );
        // Refused for the address, so nothing was spent for the user either.
        assert!(end.places.take(&claims("cem", "127.0.0.3")).await.is_ok(), "{kind}");
    }
    held.clear();
    until("room again", || async {
        let places = [
            one.places.take(&claims("ana", "127.0.0.1")).await,
            other.places.take(&claims("ana", "127.0.0.1")).await,
            one.places.take(&claims("ana", "127.0.0.1")).await,
        ];
        places.iter().all(Result::is_ok)
    })
    .await;
    assert_eq!(
        (one.places.holders(), other.places.holders()),
        (0, 0),
        "{kind}: nothing is kept"
    );
}

async fn places_hold(Pair { kind, one, other, .. }: &Pair) {
    let comers = (0..30).map(|comer| {
        let end = if comer % 2 == 0 { one } else { other };
        async move { end.places.take(&claims("dua", &format!("::{comer}"))).await.ok() }
    });
    let places: Vec<_> = join_all(comers).await.into_iter().flatten().collect();
    assert!((1..=3).contains(&places.len()), "{kind}: {}", places.len());
}
