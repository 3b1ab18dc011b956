//! Whether every instance tells the true number of viewers, and how soon after one of them died.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use tokio::time::{Instant, sleep};

use crate::{
    http::{Ask, once},
    world::World,
};

const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// "Within seconds".
pub(crate) const LIMIT: Duration = Duration::from_secs(20);
const EVERY: Duration = Duration::from_millis(100);

/// Waits until those doors tell of each event what is true; says how long that took, or who says what else.
pub(crate) async fn is_true(
    world: &World,
    here: &[AtomicI64],
    seats: usize,
    doors: &[usize],
) -> Result<Duration, String> {
    let began = Instant::now();
    loop {
        let Some(wrong) = first_wrong(world, here, seats, doors).await else {
            return Ok(began.elapsed());
        };
        if began.elapsed() > LIMIT {
            return Err(format!("{wrong}; {}", all_told(world, here, doors).await));
        }
        sleep(EVERY).await;
    }
}

/// What each door tells of each event, for people who look for a cause: by its status, and by its list of participants.
async fn all_told(world: &World, here: &[AtomicI64], doors: &[usize]) -> String {
    let mut lines = Vec::new();
    for (number, event) in world.events.iter().enumerate() {
        let mut told = Vec::new();
        for &door in doors {
            for what in ["status", "participants"] {
                let ask = Ask::get(format!("/v1/events/{}/{what}", event.id));
                let answer = once(world.doors[door], &ask, ANSWER_LIMIT).await.ok();
                let viewers = answer.and_then(|answer| answer.json()["viewers"].as_i64());
                told.push(viewers.map_or_else(|| "?".to_owned(), |viewers| viewers.to_string()));
            }
        }
        let truth = here[number].load(Ordering::Acquire);
        lines.push(format!("event {number}: {truth}, told {}", told.join(" ")));
    }
    lines.join("; ")
}

async fn first_wrong(world: &World, here: &[AtomicI64], seats: usize, doors: &[usize]) -> Option<String> {
    let sitting = || here.iter().map(|here| here.load(Ordering::Acquire)).sum::<i64>();
    if usize::try_from(sitting()) != Ok(seats) {
        return Some(format!("only {} of {seats} seats are taken", sitting()));
    }
    for &door in doors {
        for (number, event) in world.events.iter().enumerate() {
            let ask = Ask::get(format!("/v1/events/{}/status", event.id));
            let told = once(world.doors[door], &ask, ANSWER_LIMIT).await;
            let told = told.ok().and_then(|answer| answer.json()["viewers"].as_i64());
            let truth = here[number].load(Ordering::Acquire);
            if told != Some(truth) {
                return Some(format!(
                    "instance {door} tells {told:?} viewers of event {number}, there are {truth}"
                ));
            }
        }
    }
    None
}
