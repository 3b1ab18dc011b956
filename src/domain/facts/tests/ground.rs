//! A match that the tables ask about: its event, its incidents, and the entries that told of them.

use serde_json::{Value, json};

use super::super::*;
use crate::domain::{entry::EntryKind, snapshot::Snapshot};

/// 67 minutes after its start.
pub(super) fn now() -> Stamp {
    "2026-06-11T20:22:00Z".parse().unwrap()
}

pub(super) fn event(status: &str) -> Value {
    let started = (status != "scheduled").then_some("2026-06-11T19:00:30.000Z");
    let ended = (status == "completed").then_some("2026-06-11T20:58:00.000Z");
    let mut event = json!({
        "id": "evt_01h2xcejqtf2nbrexx3vqjhp41", "slug": "final", "title": "The final", "kind": "football", "status": status,
        "participants": [
            {"id": "reds", "name": "Reds"},
            {"id": "blues", "name": "Blues United", "short_name": "BLU"},
        ],
        "venue": "Riverside Park", "scheduled_at": "2026-06-11T19:00:00.000Z", "featured": false, "visibility": "public",
        "settings": {
            "opens_before_seconds": 3600, "closes_after_seconds": 1800, "edit_window_seconds": 300, "small_room_users": 20,
            "slow_mode_seconds": 30, "links": "members",
        },
        "version": 3, "created_at": "2026-06-01T00:00:00.000Z", "demo": false,
    });
    if let Some(started) = started {
        event["started_at"] = started.into();
    }
    if let Some(ended) = ended {
        event["ended_at"] = ended.into();
    }
    event
}

pub(super) fn incident(number: u32, more: &Value) -> Value {
    let mut incident = json!({
        "id": format!("inc_01h2xcejqtf2nbrexx3vqjhp{number:02}"), "source": "feed", "source_id": number.to_string(),
        "at": "2026-06-11T19:30:00.000Z", "corrected": false,
    });
    incident
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    incident
}

pub(super) fn incidents() -> Vec<Value> {
    vec![
        incident(
            10,
            &json!({"type": "period_start", "period": {"number": 1, "name": "First half"}}),
        ),
        incident(
            11,
            &json!({"type": "goal", "participant_id": "reds", "player": "Ana Souza", "minute": 23}),
        ),
        incident(
            12,
            &json!({"type": "card", "participant_id": "blues", "player": "Cem Kaya", "color": "yellow", "minute": 31}),
        ),
        incident(
            13,
            &json!({"type": "goal", "participant_id": "blues", "player": "Ben Okafor", "minute": 45, "stoppage": 2, "penalty": true}),
        ),
        incident(
            14,
            &json!({"type": "period_end", "period": {"number": 1, "name": "First half"}}),
        ),
        incident(
            15,
            &json!({"type": "period_start", "period": {"number": 2, "name": "Second half"}}),
        ),
        incident(
            16,
            &json!({"type": "substitution", "participant_id": "reds", "player_in": "Dora Lind", "player_out": "Eva Maas", "minute": 60}),
        ),
        incident(
            17,
            &json!({"type": "goal", "participant_id": "reds", "player": "Ana Souza", "minute": 62}),
        ),
    ]
}

pub(super) fn contest() -> Value {
    json!({
        "kind": "football",
        "participants": [
            {"id": "reds", "name": "Reds"}, {"id": "blues", "name": "Blues United", "short_name": "BLU"},
        ],
        "score": [{"participant_id": "reds", "points": 2}, {"participant_id": "blues", "points": 1}],
        "period": {"number": 2, "name": "Second half", "state": "running"},
        "periods": [
            {"number": 1, "name": "First half", "state": "ended", "score": [
                {"participant_id": "reds", "points": 1}, {"participant_id": "blues", "points": 1}]},
            {"number": 2, "name": "Second half", "state": "running"},
        ],
        "clock": {"running": true, "elapsed_ms": 3_960_000, "as_of": "2026-06-11T20:21:30.000Z"},
        "incidents": incidents(),
    })
}

pub(super) fn polls() -> Value {
    json!([{
        "id": "pol_01h2xcejqtf2nbrexx3vqjhp41", "seq": 30, "question": "Who wins?", "max_choices": 1, "results": "live",
        "options": [{"id": 1, "text": "Reds", "votes": 12}, {"id": 2, "text": "Blues", "votes": 7}],
        "change_allowed": true, "guests": true, "status": "open", "opened_at": "2026-06-11T20:00:00.000Z", "voters": 19,
    }])
}

/// An event as it was told, entry by entry.
pub(super) struct Ground {
    pub(super) snapshot: Snapshot,
    pub(super) tellings: Vec<Telling>,
}

impl Ground {
    pub(super) fn new(event: &Value, contest: Option<&Value>) -> Self {
        let mut snapshot = json!({
            "cursor": "1-40", "event": event, "room": {"open": true, "opens_at": "2026-06-11T18:00:00.000Z"}, "messages": [],
            "pinned": [], "applause": {"claps": 0}, "message_count": 321, "polls": polls(),
        });
        if let Some(contest) = contest {
            snapshot["contest"] = contest.clone();
        }
        snapshot["applause"] = serde_json::to_value(crate::domain::reaction::Applause::default()).unwrap();
        let mut ground = Self {
            snapshot: serde_json::from_value(snapshot).unwrap(),
            tellings: Vec::new(),
        };
        ground.tells(1, EntryKind::EventCreated, &json!({"event": event}));
        ground.tells(5, EntryKind::EventStarted, &json!({"event": event}));
        for (seq, incident) in (10..).zip(incidents()) {
            ground.tells(seq, EntryKind::IncidentRecorded, &json!({"incident": incident}));
        }
        if let Some(contest) = contest {
            ground.tells(20, EntryKind::ScoreChanged, &json!({"score": contest["score"]}));
            ground.tells(
                21,
                EntryKind::ClockChanged,
                &json!({"clock": contest["clock"], "periods": contest["periods"]}),
            );
        }
        ground.tells(30, EntryKind::PollOpened, &json!({"poll": polls()[0]}));
        ground
    }

    pub(super) fn tells(&mut self, seq: u64, kind: EntryKind, data: &Value) {
        self.tellings.push(Telling {
            seq,
            at: "2026-06-11T20:21:00Z".parse().unwrap(),
            entry: kind.read(&data.to_string()).unwrap(),
        });
    }

    pub(super) fn view(&self) -> View<'_> {
        View {
            snapshot: &self.snapshot,
            presence: PresenceCounts {
                viewers: 250,
                users: 40,
            },
            tellings: &self.tellings,
            now: now(),
        }
    }

    /// What is answered, and by which entries; empty if nothing is.
    #[track_caller]
    pub(super) fn check(&self, question: &str, expected: &str, cites: &[u64]) {
        let reply = answer(&self.view(), question, None);
        let text = reply.as_ref().map_or("", |reply| reply.text.as_str());
        assert_eq!(text, expected, "{question}");
        let found: Vec<u64> = reply
            .iter()
            .flat_map(|reply| &reply.citations)
            .map(|citation| citation.seq)
            .collect();
        assert_eq!(found, cites, "{question}");
    }
}

pub(super) fn live() -> Ground {
    Ground::new(&event("live"), Some(&contest()))
}
