//! One match of the demo, from its announcement to the end of the talk about it.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::{crowd::Crowd, fixtures};
use crate::{
    clock,
    play::{Breaks, Client, ClientError, Fixture, Player, timeline},
};

/// A match of more than two hours takes about seven minutes.
const SPEED: f64 = 20.0;
const BREAKS: Breaks = Breaks {
    half_time_ms: 4 * 60_000,
    extra_ms: 90_000,
    shoot_out_ms: 5 * 60_000,
};
const SOURCE: &str = "demo";
/// People talk on for so long after the end.
const AFTERGLOW: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_secs(3);
/// Talk must not hold up the match: what takes a fan longer is not done.
const ACT_TIMEOUT: Duration = Duration::from_secs(5);

/// What an event is made from; teams as participants.
pub(super) fn announcement(fixture: &Fixture, title: &str, starts_in: Duration) -> Value {
    let participants: Vec<Value> = fixture
        .sides
        .iter()
        .map(|side| json!({ "id": side.id, "name": side.name, "short_name": side.short_name }))
        .collect();
    let starts_ms = i64::try_from(starts_in.as_millis()).unwrap_or(0);
    json!({
        "title": title,
        "kind": "football",
        "participants": participants,
        "scheduled_at": clock::now().plus_ms(starts_ms),
        "demo": true,
    })
}

pub(super) fn id_of(event: &Value) -> Result<String, ClientError> {
    let id = event["id"].as_str().map(str::to_owned);
    id.ok_or_else(|| ClientError::Odd { url: "/events".into() })
}

/// Makes the event of the next match. Gives its id.
pub(super) async fn announce(client: &Client, starts_in: Duration) -> Result<String, ClientError> {
    let mut event = announcement(
        &fixtures::world_cup_final(),
        "Argentina – France (World Cup final 2022, replayed)",
        starts_in,
    );
    // A slug of its own, so that announcing twice is harmless.
    event["slug"] = format!("demo-final-{}", clock::now().ms() / 1_000).into();
    event["venue"] = "Lusail".into();
    event["featured"] = true.into();
    id_of(&client.create_event(&event).await?)
}

/// Waits for the time of the match, or until somebody comes to one of the demo's rooms.
pub(super) async fn wait(client: &Client, event: &str, neighbours: &[String], gap: Duration) {
    let until = Instant::now() + gap;
    while Instant::now() < until {
        tokio::time::sleep(LOOK_EVERY.min(until - Instant::now())).await;
        for room in neighbours.iter().map(String::as_str).chain([event]) {
            if viewers(client, room).await > 0 {
                return;
            }
        }
    }
}

async fn viewers(client: &Client, event: &str) -> u64 {
    let status = client.get(&format!("/events/{event}/status")).await;
    status.ok().and_then(|status| status["viewers"].as_u64()).unwrap_or(0)
}

/// Plays the match with the crowd talking. Says whether anybody watched.
pub(super) async fn play(client: &Client, event: &str, crowd: &mut Crowd) -> Result<bool, ClientError> {
    let fixture = fixtures::world_cup_final();
    client.pass(event, "start").await?;
    crowd.enter();
    let mut player = Player::start(timeline(&fixture, &BREAKS), SPEED);
    let mut watched = false;
    let mut end = None;
    loop {
        let now = Instant::now();
        if end.is_some_and(|end| now >= end) {
            break;
        }
        let next = [player.next_due(), crowd.next_due(), end].into_iter().flatten().min();
        let Some(next) = next else { break };
        tokio::time::sleep_until(next).await;
        let due = player.take_due();
        if !due.is_empty() {
            let updates: Vec<_> = due.iter().map(|moment| &moment.update).collect();
            client.report(event, SOURCE, &updates).await?;
            let index = |id: Option<&String>| fixture.sides.iter().position(|side| Some(&side.id) == id);
            for update in updates {
                crowd.hear(
                    update,
                    index(update.participant_id.as_ref()),
                    index(update.winner_id.as_ref()),
                );
            }
            watched = watched || viewers(client, event).await > 0;
        }
        // Talk is a side show; a server without guests, say, has a silent crowd.
        match tokio::time::timeout(ACT_TIMEOUT, crowd.act(client, event)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(error = %error, "a fan of the demo could not act"),
            Err(_) => tracing::debug!("a fan of the demo was too slow"),
        }
        if player.next_due().is_none() && end.is_none() {
            end = Some(Instant::now() + AFTERGLOW);
        }
    }
    client.pass(event, "end").await?;
    Ok(watched)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_is_short_enough_to_stay_for() {
        let moments = timeline(&fixtures::world_cup_final(), &BREAKS);
        let last_ms = moments.last().unwrap().at_ms / 20;
        assert!((6 * 60_000..8 * 60_000).contains(&last_ms), "{last_ms}");
    }
}
