//! The house's own fold, held to account: what it makes of the log up to a place is the snapshot that was there.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    hall::{Hall, text},
    random_act,
};
use crate::support::Dice;

/// Messages that are gone by now have lost their text in the log as well, and are shown without reactions.
fn without(gone: &BTreeSet<String>, mut snapshot: Value) -> Value {
    for list in ["messages", "pinned"] {
        for message in snapshot[list].as_array_mut().unwrap() {
            if gone.contains(&text(&message["id"])) {
                for name in ["text", "status", "reactions"] {
                    message[name] = Value::Null;
                }
            }
        }
    }
    snapshot
}

#[tokio::test]
async fn the_state_at_any_place_is_the_snapshot_that_was_there() {
    let mut hall = Hall::opens("football").await;
    hall.host_does("start").await;
    hall.reported(json!({"type": "period_start", "period": {"number": 1}}))
        .await;
    let (mut dice, mut messages, mut holds) = (Dice(7), Vec::new(), false);
    let mut snapshots = Vec::new();
    for turn in 0..160 {
        random_act(&mut hall, &mut dice, &mut messages, &mut holds).await;
        if dice.of(0..10) == 0 {
            hall.agrees(&format!("turn {turn}")).await;
            snapshots.push(hall.public.state.clone());
        }
    }
    let poll = json!({"question": "?", "options": ["a", "b"]});
    hall.host.post(&format!("{}/polls", hall.base), &poll).await.ok();
    hall.agrees("a poll").await;
    snapshots.push(hall.public.state.clone());
    hall.host_does("end").await;
    // What was hidden and is shown again moves to the end of the log.
    let back = &messages[messages.len() - 20..];
    for message in back {
        for verb in ["hide", "restore"] {
            drop(hall.host.post(&format!("{message}/{verb}"), &json!({})).await);
        }
    }
    let last = hall.ana.reads_snapshot(&hall.event).await;
    snapshots.push(last);

    let log = hall.ana.reads_log(&hall.event).await;
    let gone = log
        .iter()
        .filter(|entry| entry["type"] == "message.deleted" || entry["type"] == "message.hidden");
    let gone: BTreeSet<_> = gone.map(|entry| text(&entry["data"]["message_id"])).collect();
    assert!(!gone.is_empty() && snapshots.len() > 5, "a lively evening");
    for there in snapshots {
        let query = format!("?poll=1&from={}", text(&there["cursor"]));
        let mut seat = hall.ana.watches_with(&hall.event, &query, None).await;
        let folded = without(&gone, seat.hears("stream.snapshot").await.data().clone());
        let there = without(&gone, there);
        for (name, value) in there.as_object().unwrap() {
            // Of the moment.
            if !["presence", "room"].contains(&name.as_str()) {
                assert_eq!(&folded[name], value, "`{name}` at {}", there["cursor"]);
            }
        }
        assert_eq!(folded.get("presence"), None);
    }
}
