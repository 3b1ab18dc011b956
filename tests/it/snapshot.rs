//! Snapshots: whatever happens, a snapshot with the entries after it folded in is the next snapshot.

mod fold;
mod hall;
mod past;

use std::collections::BTreeSet;

use grandstand::domain::entry::EntryKind;
use serde_json::{Value, json};

use crate::support::{Dice, TestServer};
use hall::{Hall, text};

#[tokio::test]
#[expect(
    clippy::too_many_lines,
    reason = "one thing after the other; reads best in one piece"
)]
async fn every_type_of_entry_folds_into_the_next_snapshot() {
    let mut hall = Hall::opens("football").await;
    let (host, ana) = (hall.host.clone(), hall.ana.clone());
    host.changes_event(&hall.event, &json!({"title": "Another title", "venue": "Park"}))
        .await;
    hall.agrees("a new title").await;
    for verb in ["start", "pause", "resume"] {
        hall.host_does(verb).await;
    }

    let first = hall.said(&ana, json!({"text": "first", "client_id": "1"})).await;
    let id = first.rsplit('/').next().unwrap().to_owned();
    let reply = hall.said(&host, json!({"text": "reply", "parent_id": id})).await;
    let fire = format!("{first}/reactions/%F0%9F%94%A5");
    hall.did("an edit", ana.patch(&first, &json!({"text": "first!"})).await)
        .await;
    hall.did("a pin", host.put(&format!("{first}/pin"), &Value::Null).await)
        .await;
    hall.did("a reaction", ana.put(&fire, &Value::Null).await).await;
    hall.tallied("reactions.changed").await;
    hall.did(
        "an edit of a pinned message",
        ana.patch(&first, &json!({"text": "first?"})).await,
    )
    .await;
    hall.did(
        "applause",
        ana.post(&format!("{}/applause", hall.base), &json!({"kind": "wow", "count": 3}))
            .await,
    )
    .await;
    hall.tallied("applause.changed").await;
    gives_and_takes_badges(&mut hall).await;
    ana.says(&hall.event, "@assistant what is the score?").await;
    hall.tallied("assistant.answered").await;
    hall.did("a reply taken back", host.delete(&reply).await).await;
    // Counted, but gone before it was told.
    hall.did("a last reaction", host.put(&fire, &Value::Null).await).await;
    hall.did(
        "a report",
        host.post(&format!("{first}/reports"), &json!({"reason": "spam"})).await,
    )
    .await;
    hall.did(
        "a pinned message hidden",
        host.post(&format!("{first}/hide"), &Value::Null).await,
    )
    .await;
    hall.did(
        "an appeal",
        ana.post(&format!("{first}/appeal"), &json!({"text": "why?"})).await,
    )
    .await;

    host.holds_messages(&hall.event).await;
    let held = hall.said(&ana, json!({"text": "held"})).await;
    hall.did(
        "an edit of a held message",
        ana.patch(&held, &json!({"text": "held!"})).await,
    )
    .await;
    hall.did("a release", host.post(&format!("{held}/release"), &Value::Null).await)
        .await;
    let parent = held.rsplit('/').next().unwrap().to_owned();
    let held = hall
        .said(&ana, json!({"text": "held reply", "parent_id": parent}))
        .await;
    hall.did(
        "a held message hidden",
        host.post(&format!("{held}/hide"), &Value::Null).await,
    )
    .await;
    let held = hall
        .said(&ana, json!({"text": "held reply", "parent_id": parent}))
        .await;
    hall.did("a held message taken back", ana.delete(&held).await).await;
    let held = hall
        .said(&ana, json!({"text": "held reply", "parent_id": parent}))
        .await;
    hall.did(
        "a reply released",
        host.post(&format!("{held}/release"), &Value::Null).await,
    )
    .await;

    for update in [
        json!({"type": "period_start", "period": {"number": 1}}),
        json!({"type": "goal", "participant_id": "home", "player": "Ana", "minute": 7}),
        json!({"type": "amend", "target_source_id": "2", "participant_id": "away", "minute": 8}),
        json!({"type": "goal", "participant_id": "home", "minute": 9}),
        json!({"type": "retract", "target_source_id": "4", "reason": "offside"}),
        json!({"type": "card", "participant_id": "home", "player": "Bea", "color": "yellow", "minute": 10}),
        json!({"type": "substitution", "participant_id": "home", "player_in": "C", "player_out": "D", "minute": 11}),
        json!({"type": "clock", "running": false, "elapsed_ms": 700_000}),
        json!({"type": "period_end", "period": {"number": 1}}),
        json!({"type": "result", "outcome": "win", "winner_id": "away"}),
    ] {
        hall.reported(update).await;
    }
    let setup = json!({"participants": [{"id": "home", "name": "New name"}, {"id": "away", "name": "Away"}]});
    hall.did(
        "a new set-up",
        host.put(&format!("{}/contest", hall.base), &setup).await,
    )
    .await;
    hall.host_does("end").await;

    let other = another_hall().await;

    let seen: BTreeSet<_> = hall.staff.seen.union(&other.staff.seen).map(String::as_str).collect();
    // Before the first entry there is nothing to take a snapshot of, and only a model scores sessions.
    let all: BTreeSet<_> = EntryKind::ALL
        .iter()
        .map(|kind| kind.name())
        .filter(|name| !["event.created", "session.scored"].contains(name))
        .collect();
    assert_eq!(seen, all);
}

async fn gives_and_takes_badges(hall: &mut Hall) {
    let host = hall.host.clone();
    for (badge, given) in [
        ("WINNER", true),
        ("MVP", true),
        ("WINNER", false),
        ("MVP", false),
        ("MVP", true),
    ] {
        let path = format!("{}/badges/ana/{badge}", hall.base);
        let done = if given {
            host.put(&path, &Value::Null).await
        } else {
            host.delete(&path).await
        };
        hall.did("an award", done).await;
    }
}

/// What cannot happen in the first one.
async fn another_hall() -> Hall {
    let mut other = Hall::opens("session").await;
    asks(&mut other).await;
    let setup = json!({"kind": "football"});
    let made = other.host.put(&format!("{}/contest", other.base), &setup).await;
    other.did("a first set-up", made).await;
    its_room_changes(&mut other).await;
    other
}

/// More polls than a snapshot shows, ended in one way or another.
async fn asks(hall: &mut Hall) {
    let (host, ana, path) = (hall.host.clone(), hall.ana.clone(), format!("{}/polls", hall.base));
    let mut polls = Vec::new();
    for number in 0..8 {
        let results = if number % 2 == 0 { "live" } else { "when_closed" };
        let body = json!({"question": "?", "options": ["a", "b"], "results": results, "change_allowed": true});
        let poll = host.post(&path, &body).await.ok();
        polls.push(format!("{path}/{}", text(&poll["id"])));
        hall.agrees("a poll").await;
    }
    for (number, poll) in polls.iter().enumerate() {
        let vote = json!({"options": [1 + number % 2]});
        hall.did("a vote", ana.put(&format!("{poll}/vote"), &vote).await).await;
    }
    hall.tallied("poll.changed").await;
    for (poll, verb) in [
        (5, "close"),
        (0, "close"),
        (7, "retract"),
        (0, "retract"),
        (3, "close"),
        (1, "retract"),
        (4, "close"),
        (2, "close"),
    ] {
        let reply = host.post(&format!("{}/{verb}", polls[poll]), &json!({})).await;
        hall.did(&format!("{verb} {poll}"), reply).await;
    }
    // Too long ago to be shown.
    let reply = host.post(&format!("{}/retract", polls[5]), &json!({})).await;
    hall.did("an old poll retracted", reply).await;
    let vote = ana.put(&format!("{}/vote", polls[6]), &json!({"options": [2]})).await;
    hall.did("another vote", vote).await;
    hall.tallied("poll.changed").await;
}

/// It behaves otherwise, closes because the kick-off is moved away, opens again, and closes with it for good.
async fn its_room_changes(other: &mut Hall) {
    let room = format!("{}/room", other.base);
    other
        .did("another room", other.host.patch(&room, &json!({"locked": true})).await)
        .await;
    for time in ["2099-01-01T00:00:00Z", "2020-01-01T00:00:00Z"] {
        let edit = other
            .host
            .request(reqwest::Method::PATCH, &other.base)
            .header("If-Match", "*");
        let moved = other.host.send(edit.json(&json!({"scheduled_at": time}))).await;
        other.did("another time", moved).await;
    }
    other.host_does("cancel").await;
}

#[tokio::test]
async fn a_long_random_evening_folds_into_its_last_snapshot() {
    for seed in [1, 2] {
        let mut hall = Hall::opens("football").await;
        hall.host_does("start").await;
        hall.reported(json!({"type": "period_start", "period": {"number": 1}}))
            .await;
        let mut dice = Dice(seed);
        let (mut messages, mut holds): (Vec<String>, bool) = (Vec::new(), false);
        for turn in 0..220 {
            random_act(&mut hall, &mut dice, &mut messages, &mut holds).await;
            if dice.of(0..12) == 0 {
                hall.agrees(&format!("turn {turn} of evening {seed}")).await;
            }
        }
        hall.agrees("the evening").await;
        assert!(hall.public.state["message_count"].as_u64().unwrap() > 20);
        assert_eq!(
            hall.public.state["messages"].as_array().unwrap().len(),
            50,
            "the window was full"
        );
    }
}

/// Something or other; refusals are as lawful as anything.
async fn random_act(hall: &mut Hall, dice: &mut Dice, messages: &mut Vec<String>, holds: &mut bool) {
    let (host, ana) = (hall.host.clone(), hall.ana.clone());
    let who = if dice.of(0..2) == 0 { &host } else { &ana };
    let none = String::from("/v1/nowhere");
    let any = if messages.is_empty() {
        &none
    } else {
        dice.pick(messages)
    }
    .clone();
    match dice.of(0..20) {
        0..8 => {
            let mut body = json!({"text": format!("message {}", messages.len())});
            if dice.of(0..3) == 0 && !messages.is_empty() {
                body["parent_id"] = json!(any.rsplit('/').next().unwrap());
            }
            let said = who.post(&format!("{}/messages", hall.base), &body).await;
            if said.status.is_success() {
                messages.push(format!("{}/messages/{}", hall.base, text(&said.body["id"])));
            }
        }
        8 => drop(ana.patch(&any, &json!({"text": format!("edit {}", dice.roll())})).await),
        9 => drop(who.delete(&any).await),
        10 => drop(host.put(&format!("{any}/pin"), &Value::Null).await),
        11 => drop(host.delete(&format!("{any}/pin")).await),
        12 => drop(who.put(&format!("{any}/reactions/%F0%9F%94%A5"), &Value::Null).await),
        13 => drop(who.delete(&format!("{any}/reactions/%F0%9F%94%A5")).await),
        14 => drop(who.put(&format!("{any}/reactions/%E2%9D%A4"), &Value::Null).await),
        15 => drop(
            ana.post(&format!("{}/applause", hall.base), &json!({"kind": "like", "count": 2}))
                .await,
        ),
        16 => drop(host.post(&format!("{any}/hide"), &Value::Null).await),
        17 => drop(host.post(&format!("{any}/release"), &Value::Null).await),
        18 => {
            let side = *dice.pick(&["home", "away"]);
            let update = if dice.of(0..3) == 0 {
                let target = dice.of(1..u64::from(hall.reports) + 1).to_string();
                json!({"type": "retract", "target_source_id": target})
            } else {
                json!({"type": "goal", "participant_id": side, "minute": 5})
            };
            hall.report(update).await;
        }
        _ => {
            *holds = !*holds;
            host.changes_event(&hall.event, &json!({"settings": {"hold_messages": *holds}}))
                .await;
        }
    }
}

#[tokio::test]
async fn whoever_wrote_and_then_reads_sees_what_they_wrote() {
    let server = TestServer::start().await;
    let (host, ana) = (server.host(), server.user("ana", &[]));
    let event = host.starts_event("session").await;
    for _ in 0..20 {
        let said = ana.says(&event, "now").await;
        let snapshot = ana.get(&format!("/v1/events/{event}/snapshot")).await.ok();
        assert_eq!(snapshot["messages"].as_array().unwrap().last(), Some(&said));
        let mut seat = ana.watches_with(&event, "?poll=1", None).await;
        let polled = seat.hears("stream.snapshot").await;
        assert_eq!(polled.data()["messages"].as_array().unwrap().last(), Some(&said));
    }
    let status = ana.get(&format!("/v1/events/{event}/status")).await.ok();
    assert_eq!((&status["messages"], &status["cursor"]), (&json!(20), &json!("1-22")));
}
