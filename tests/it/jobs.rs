//! What is still to be done: written down with its cause, done once, taken up again when whoever had it died.

use std::{sync::Arc, time::Duration};

use grandstand::{
    domain::{EventId, Stamp},
    store::{
        Error, Store,
        jobs::{self, Job, NewJob},
    },
    telemetry::Metrics,
};
use sea_orm::prelude::Uuid;
use tempfile::TempDir;

use crate::support::{postgres, server::store_config};

const LEASE: Duration = Duration::from_secs(10);

fn at(seconds: i64) -> Stamp {
    Stamp::from_ms(1_781_204_400_000 + seconds * 1_000)
}

struct Bench {
    store: Store,
    event: EventId,
    _dir: TempDir,
}

impl Bench {
    async fn new() -> Self {
        let dir = TempDir::new().unwrap();
        if postgres::is_asked_for() {
            postgres::lay_ground(dir.path()).await;
        }
        let store = Store::open(&store_config(dir.path()), Arc::new(Metrics::default())).await;
        Self {
            store: store.unwrap(),
            event: EventId::generate(),
            _dir: dir,
        }
    }

    async fn asks(&self, kind: &'static str, subjects: &[Uuid], due: Stamp) {
        let job = NewJob { kind, due };
        let about: Vec<_> = subjects.iter().map(|subject| job.about(self.event, *subject)).collect();
        let asked = self.store.write(move |txn| {
            let about = about.clone();
            Box::pin(async move { jobs::add_all(txn, at(0), about).await })
        });
        asked.await.unwrap();
    }

    async fn takes(&self, kind: &'static str, most: u64, now: Stamp) -> Vec<Job> {
        self.store.take_jobs(kind, most, now, LEASE).await.unwrap()
    }

    async fn ends(&self, job: &Job) -> bool {
        let job = job.clone();
        let ended = self.store.record(self.event, move |scribe| {
            Box::pin(async move { jobs::done(scribe.txn(), &job).await })
        });
        ended.await.unwrap().value
    }
}

#[tokio::test]
async fn jobs_are_taken_oldest_first_when_they_are_due_and_by_one_only() {
    let bench = Bench::new().await;
    let subjects: Vec<Uuid> = (0..5).map(|_| Uuid::now_v7()).collect();
    for (number, subject) in (0..).zip(&subjects) {
        bench.asks("test", &[*subject], at(number)).await;
    }
    bench.asks("other", &subjects[..1], at(0)).await;
    let first: Vec<_> = bench
        .takes("test", 2, at(3))
        .await
        .iter()
        .map(|job| job.subject)
        .collect();
    assert_eq!(first, subjects[..2]);
    let second = bench.takes("test", 9, at(3)).await;
    let second: Vec<_> = second.iter().map(|job| (job.subject, job.attempts)).collect();
    assert_eq!(second, [(subjects[2], 1), (subjects[3], 1)], "the last is not due");
    assert!(bench.takes("test", 9, at(3)).await.is_empty());
    assert_eq!(bench.takes("other", 9, at(3)).await.len(), 1);
}

#[tokio::test]
async fn of_two_who_had_a_job_only_the_one_who_has_it_still_ends_it() {
    let bench = Bench::new().await;
    let subject = Uuid::now_v7();
    bench.asks("test", &[subject], at(0)).await;
    let slow = bench.takes("test", 1, at(0)).await.remove(0);
    assert!(bench.takes("test", 1, at(9)).await.is_empty(), "it is leased");
    let other = bench.takes("test", 1, at(10)).await.remove(0);
    assert_eq!((other.subject, other.attempts), (subject, 2));
    assert!(!bench.ends(&slow).await);
    assert!(bench.ends(&other).await);
    assert!(!bench.ends(&other).await, "it is done");
    assert!(bench.takes("test", 1, at(99)).await.is_empty());
}

#[tokio::test]
async fn what_is_asked_for_anew_meanwhile_is_not_ended_by_who_was_at_it() {
    let bench = Bench::new().await;
    let subject = Uuid::now_v7();
    bench.asks("test", &[subject], at(0)).await;
    let before = bench.takes("test", 1, at(0)).await.remove(0);
    bench.asks("test", &[subject], at(1)).await;
    let again = bench.takes("test", 1, at(1)).await.remove(0);
    assert!(!bench.ends(&before).await);
    assert!(bench.ends(&again).await);
}

#[tokio::test]
async fn a_job_is_put_off_or_held_for_longer() {
    let bench = Bench::new().await;
    bench.asks("test", &[Uuid::now_v7()], at(0)).await;
    let mut job = bench.takes("test", 1, at(0)).await.remove(0);
    let held = bench.store.write({
        let mut job = job.clone();
        move |txn| Box::pin(async move { Ok::<_, Error>((jobs::hold(txn, &mut job, at(5), LEASE).await?, job)) })
    });
    let (held, longer) = held.await.unwrap();
    assert!(held);
    assert!(!bench.ends(&job).await, "the lease is another one");
    assert!(bench.takes("test", 1, at(12)).await.is_empty());
    job = longer;
    let put_off = bench
        .store
        .write(move |txn| Box::pin(async move { jobs::put_off(txn, &job, at(20)).await }));
    assert!(put_off.await.unwrap());
    assert!(bench.takes("test", 1, at(19)).await.is_empty());
    assert_eq!(bench.takes("test", 1, at(20)).await[0].attempts, 2);
}

#[tokio::test]
async fn a_job_whose_time_has_not_come_is_set_aside_as_often_as_need_be_and_was_never_tried() {
    let bench = Bench::new().await;
    bench.asks("test", &[Uuid::now_v7()], at(0)).await;
    for look in 0..20 {
        let job = bench.takes("test", 1, at(look)).await.remove(0);
        assert_eq!(job.attempts, 1, "at look {look}");
        let aside = bench
            .store
            .write(move |txn| Box::pin(async move { jobs::set_aside(txn, &job, at(look + 1)).await }));
        assert!(aside.await.unwrap());
        assert!(bench.takes("test", 1, at(look)).await.is_empty());
    }
}

#[tokio::test]
async fn many_who_take_at_once_never_take_the_same() {
    let bench = Bench::new().await;
    let subjects: Vec<Uuid> = (0..200).map(|_| Uuid::now_v7()).collect();
    bench.asks("test", &subjects, at(0)).await;
    let takers = (0..20).map(|_| bench.takes("test", 25, at(1)));
    let taken = futures_util::future::join_all(takers).await;
    let mut taken: Vec<_> = taken.into_iter().flatten().map(|job| job.subject).collect();
    while let Some(more) = Some(bench.takes("test", 25, at(1)).await).filter(|more| !more.is_empty()) {
        taken.extend(more.iter().map(|job| job.subject));
    }
    taken.sort_unstable();
    assert_eq!(taken, subjects);
}
