//! Histories of a contest and what is said of them.

use super::*;
use crate::domain::{
    EventId, IncidentId, MessageId, Stamp,
    contest::{ContestState, Report, UpdateIn},
    entry::{Entry, EventChanged},
    event::{Event, EventKind, EventSettings, EventStatus, Participant, Visibility},
    phrases::commentary::Naming,
    room::RoomSettings,
};

const PACE: Pace = Pace {
    stale_ms: 300_000,
    pause_ms: 60_000,
    most: 5,
};

fn at(ms: i64) -> Stamp {
    Stamp::from_ms(1_781_204_400_000 + ms)
}

/// A log of a contest that is written as it goes.
struct Play {
    state: ContestState,
    notes: Notes,
    seq: u64,
    now_ms: i64,
    unheard: Vec<Heard>,
}

fn event(kind: EventKind) -> Event {
    let participant = |id: &str, name: &str| Participant {
        id: id.into(),
        name: name.into(),
        short_name: None,
        image_url: None,
    };
    Event {
        id: EventId::generate(),
        slug: "final".into(),
        title: "Final".into(),
        kind,
        status: EventStatus::Live,
        participants: vec![participant("a", "Reds"), participant("b", "Blues")],
        venue: None,
        scheduled_at: at(0),
        started_at: Some(at(0)),
        ended_at: None,
        featured: false,
        visibility: Visibility::Public,
        cover_url: None,
        stream_url: None,
        settings: EventSettings {
            opens_before_seconds: 0,
            closes_after_seconds: 0,
            edit_window_seconds: 0,
            small_room_users: 0,
            room: RoomSettings::default(),
            starts_by_itself: false,
            ends_after_seconds: 0,
            assistant: crate::domain::event::AssistantSettings::default(),
            screening: crate::domain::screening::Screening::default(),
        },
        version: 1,
        created_at: at(0),
        demo: false,
    }
}

impl Play {
    fn of(kind: EventKind) -> Self {
        let event = event(kind);
        let mut play = Self {
            state: ContestState::new(kind, &event.participants, at(0)),
            notes: Notes::default(),
            seq: 0,
            now_ms: 0,
            unheard: Vec::new(),
        };
        play.says(Entry::EventCreated(EventChanged { event }));
        play
    }

    fn says(&mut self, entry: Entry) {
        self.seq += 1;
        let (seq, at) = (self.seq, at(self.now_ms));
        self.unheard.push(Heard { seq, at, entry });
    }

    fn reports(&mut self, body: &str) -> &mut Self {
        let mut json: serde_json::Value = serde_json::from_str(body).unwrap();
        self.now_ms += 1_000;
        if json["source_id"].is_null() {
            json["source_id"] = format!("u{}", self.seq).into();
        }
        let update: UpdateIn = serde_json::from_value(json).unwrap();
        let report = Report {
            source: "desk",
            source_id: &update.source_id,
            incident_id: IncidentId::generate(),
            now: at(self.now_ms),
        };
        let applied = self.state.apply(&report, &update.read().unwrap()).unwrap();
        applied.entries.into_iter().for_each(|entry| self.says(entry));
        self
    }

    /// What a look at what is new says, and which messages it marks with what.
    fn looks(&mut self) -> (Vec<String>, Vec<String>) {
        let heard = std::mem::take(&mut self.unheard);
        let look = self.notes.look(&heard, at(self.now_ms), PACE);
        for post in &look.posts {
            self.notes.posted(post, MessageId::generate());
        }
        let kept: Notes = serde_json::from_str(&serde_json::to_string(&self.notes).unwrap()).unwrap();
        assert_eq!(kept, self.notes, "notes read back as written");
        let posts = look.posts.iter().map(|post| post.text(Naming::All)).collect();
        (posts, look.marks.iter().map(|mark| mark.text(Naming::All)).collect())
    }
}

fn goal(id: &str, side: &str, player: &str, minute: u32) -> String {
    format!(r#"{{"source_id":"{id}","type":"goal","participant_id":"{side}","player":"{player}","minute":{minute}}}"#)
}

const KICK_OFF: &str = r#"{"type":"period_start","period":{"number":1}}"#;

#[test]
fn goals_say_who_leads_now() {
    let mut play = Play::of(EventKind::Football);
    play.reports(r#"{"type":"period_start","period":{"number":1}}"#);
    for (id, side, player, said) in [
        ("1", "a", "Ana", "Ana puts Reds ahead. Reds 1–0 Blues."),
        ("2", "b", "Ben", "Ben equalises for Blues. Reds 1–1 Blues."),
        ("3", "a", "Ana", "Ana puts Reds ahead. Reds 2–1 Blues."),
        (
            "4",
            "a",
            "Ana",
            "Ana scores for Reds. A hat-trick for Ana! Reds 3–1 Blues.",
        ),
        ("5", "b", "Ben", "Ben scores for Blues. Reds 3–2 Blues."),
    ] {
        let (posts, marks) = play.reports(&goal(id, side, player, 10)).looks();
        assert_eq!(posts, [format!("10' Goal! {said}")]);
        assert!(marks.is_empty());
    }
}

#[test]
fn what_is_old_is_passed_over_but_for_the_summary() {
    let mut play = Play::of(EventKind::Football);
    play.reports(KICK_OFF).reports(&goal("1", "a", "Ana", 10));
    play.now_ms += 301_000;
    assert!(play.looks().0.is_empty());
    let mut ended = event(EventKind::Football);
    ended.status = EventStatus::Completed;
    play.says(Entry::EventEnded(EventChanged { event: ended }));
    play.now_ms += 301_000;
    assert_eq!(play.looks().0, ["Final score: Reds 1–0 Blues.\nGoals: 10' Ana (Reds)."]);
}

#[test]
fn a_page_is_cut_between_reports() {
    let mut play = Play::of(EventKind::Football);
    play.reports(KICK_OFF);
    play.unheard.clear();
    play.reports(&goal("0", "a", "Ana", 9));
    play.reports(&goal("1", "a", "Ana", 10))
        .reports(&goal("2", "a", "Ana", 11));
    // A goal and its score, three times.
    assert_eq!(play.unheard.len(), 6);
    for (length, complete) in [(6, 4), (5, 4), (4, 2), (3, 2), (2, 2), (1, 1)] {
        assert_eq!(Notes::complete(&play.unheard[..length]), complete, "{length}");
    }
}

#[test]
fn chatty_occasions_keep_their_distance() {
    let mut play = Play::of(EventKind::Basketball);
    let score = |a: i64, b: i64| {
        format!(
            r#"{{"type":"score","score":[{{"participant_id":"a","points":{a}}},{{"participant_id":"b","points":{b}}}]}}"#
        )
    };
    play.reports(r#"{"type":"period_start","period":{"number":1}}"#)
        .reports(&score(2, 0));
    assert!(play.looks().0.is_empty());
    assert_eq!(
        play.reports(&score(2, 3)).looks().0,
        ["Blues take the lead: Reds 2–3 Blues."]
    );
    assert!(play.reports(&score(4, 3)).looks().0.is_empty());
    play.now_ms += 60_000;
    assert_eq!(
        play.reports(&score(51, 3)).looks().0,
        ["Reds reach 50: Reds 51–3 Blues."]
    );
}

#[test]
fn a_close_finish_is_told_once() {
    let mut play = Play::of(EventKind::Football);
    for number in [1, 2] {
        play.reports(&format!(r#"{{"type":"period_start","period":{{"number":{number}}}}}"#));
        if number == 1 {
            play.reports(r#"{"type":"period_end","period":{"number":1}}"#);
        }
    }
    play.looks();
    play.now_ms += 60_000;
    let card = |minute: u32| {
        format!(r#"{{"type":"card","participant_id":"a","player":"Ana","color":"yellow","minute":{minute}}}"#)
    };
    assert!(play.reports(&card(84)).looks().0.is_empty());
    assert_eq!(play.reports(&card(86)).looks().0, ["A close finish: Reds 0–0 Blues."]);
    play.now_ms += 60_000;
    // Enough to count by now.
    assert_eq!(
        play.reports(&card(88)).looks().0,
        ["So far: 3 yellow cards. Reds 0–0 Blues."]
    );
    play.now_ms += 60_000;
    assert!(play.reports(&card(89)).looks().0.is_empty());
}
