use serde_json::json;

use super::*;
use crate::{entry::Place, ledger::Acknowledged};

/// A log of these entries, all public.
fn tale(entries: &[Value]) -> Tale {
    let mut log = EventLog::default();
    for (seq, entry) in (1..).zip(entries) {
        let place = Place {
            epoch: 1,
            public: seq,
            staff: 0,
        };
        let json = entry.to_string();
        log.staff.push(Logged { place, digest: 0, json });
    }
    Tale::of(&[log])
}

fn entry(kind: &str, client_id: &str, says: &str) -> Value {
    json!({"type": kind, "data": {"message": {"id": format!("msg_{client_id}"), "client_id": client_id, "text": says}}})
}

fn gone(client_id: &str) -> Value {
    json!({"type": "message.deleted", "data": {"message_id": format!("msg_{client_id}"), "by": "author"}})
}

/// Two messages, both acknowledged, as entries 1 and 2.
fn ledger() -> Ledger {
    let mut ledger = Ledger::default();
    for (seq, client_id) in [(1, "a-1"), (2, "a-2")] {
        let acknowledged = Acknowledged {
            message: format!("msg_{client_id}"),
            seq: Some(seq),
            at: seq,
        };
        let post = Post {
            acknowledged: Some(acknowledged),
            text: "hi".into(),
            ..Post::default()
        };
        ledger.posts.insert(client_id.into(), post);
    }
    ledger
}

fn found(ledger: &Ledger, entries: &[Value]) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = check(ledger, &tale(entries))
        .into_iter()
        .map(|finding| finding.kind)
        .collect();
    kinds.sort();
    kinds
}

fn both() -> Vec<Value> {
    vec![
        entry("message.created", "a-1", "hi"),
        entry("message.created", "a-2", "hi"),
    ]
}

#[test]
fn what_was_acknowledged_and_is_there_once_is_well() {
    assert_eq!(found(&ledger(), &both()), []);
}

#[test]
fn an_acknowledged_message_that_is_gone_is_found() {
    assert_eq!(found(&ledger(), &both()[..1]), [Kind::Lost]);
}

#[test]
fn a_doubled_message_is_found_under_the_same_id_and_under_another() {
    let mut entries = both();
    entries.push(entry("message.created", "a-2", "hi"));
    // It is also not where it was acknowledged any more.
    assert_eq!(found(&ledger(), &entries), [Kind::Doubled, Kind::Altered]);
    let mut other = entry("message.created", "a-2", "hi");
    other["data"]["message"]["id"] = "msg_other".into();
    let entries = [both(), vec![other]].concat();
    assert_eq!(found(&ledger(), &entries), [Kind::Doubled]);
}

#[test]
fn one_without_an_answer_may_be_there_once_or_not_at_all() {
    let mut ledger = ledger();
    ledger.posts.insert(
        "a-3".into(),
        Post {
            text: "hi".into(),
            ..Post::default()
        },
    );
    assert_eq!(found(&ledger, &both()), []);
    let once = [both(), vec![entry("message.created", "a-3", "hi")]].concat();
    assert_eq!(found(&ledger, &once), []);
    let twice = [once, vec![entry("message.created", "a-3", "hi")]].concat();
    assert_eq!(found(&ledger, &twice), [Kind::Doubled]);
}

#[test]
fn another_number_another_id_or_a_stranger_is_found() {
    let swapped: Vec<Value> = both().into_iter().rev().collect();
    assert_eq!(found(&ledger(), &swapped), [Kind::Altered, Kind::Altered]);
    let stranger = [both(), vec![entry("message.created", "b-1", "hi")]].concat();
    assert_eq!(found(&ledger(), &stranger), [Kind::Altered]);
}

#[test]
fn edits_and_deletions_have_to_hold() {
    let mut ledger = ledger();
    if let Some(post) = ledger.posts.get_mut("a-1") {
        post.text = "edited".into();
        post.texts_in_doubt.push("late".into());
    }
    if let Some(post) = ledger.posts.get_mut("a-2") {
        post.deleted = Fate::Done;
    }
    assert_eq!(found(&ledger, &both()), [Kind::Lost, Kind::Altered]);
    let emptied = vec![
        entry("message.created", "a-1", "hi"),
        entry("message.created", "a-2", ""),
    ];
    for says in ["edited", "late"] {
        let done = [
            emptied.clone(),
            vec![gone("a-2"), entry("message.updated", "a-1", says)],
        ]
        .concat();
        assert_eq!(found(&ledger, &done), [], "{says}");
    }
    let wrong = [
        emptied.clone(),
        vec![gone("a-2"), entry("message.updated", "a-1", "other")],
    ]
    .concat();
    assert_eq!(found(&ledger, &wrong), [Kind::Altered]);
    let twice = [
        emptied,
        vec![gone("a-2"), gone("a-2"), entry("message.updated", "a-1", "edited")],
    ]
    .concat();
    assert_eq!(found(&ledger, &twice), [Kind::Doubled]);
    let unforgotten = [both(), vec![gone("a-2"), entry("message.updated", "a-1", "edited")]].concat();
    assert_eq!(found(&ledger, &unforgotten), [Kind::Altered]);
}

#[test]
fn goals_are_counted() {
    let mut ledger = Ledger::default();
    for (name, recorded, retracted) in [
        ("g1", Fate::Done, Fate::Done),
        ("g2", Fate::InDoubt, Fate::NotTried),
        ("g3", Fate::Done, Fate::NotTried),
    ] {
        ledger.goals.insert(
            name.into(),
            crate::ledger::Goal {
                at: 0,
                recorded,
                retracted,
            },
        );
    }
    let goal = |name: &str| json!({"type": "incident.recorded", "data": {"incident": {"id": format!("inc_{name}"), "source_id": name}}});
    let retracted = json!({"type": "incident.retracted", "data": {"incident_id": "inc_g1"}});
    assert_eq!(found(&ledger, &[goal("g1"), retracted.clone(), goal("g3")]), []);
    assert_eq!(found(&ledger, &[goal("g1"), goal("g2")]), [Kind::Lost, Kind::Lost]);
    assert_eq!(
        found(&ledger, &[goal("g1"), retracted, goal("g3"), goal("g3")]),
        [Kind::Doubled]
    );
}

#[test]
fn reactions_are_told_in_full() {
    let mut ledger = Ledger::default();
    let count = Count { done: 2, in_doubt: 1 };
    ledger.reactions.insert(("msg_1".into(), "🔥".into()), count);
    let told = |count: u32| {
        json!({"type": "reactions.changed", "data": {"messages": [
            {"message_id": "msg_1", "reactions": [{"emoji": "🔥", "count": count}]}]}})
    };
    assert_eq!(found(&ledger, &[told(1), told(2)]), []);
    assert_eq!(found(&ledger, &[told(3)]), []);
    assert_eq!(found(&ledger, &[told(1)]), [Kind::Lost]);
    assert_eq!(found(&ledger, &[told(4)]), [Kind::Doubled]);
    assert_eq!(found(&ledger, &[]), [Kind::Lost]);
}
