//! What people write to have a model say what it must not: against a model that obeys every word that reaches it.
//!
//! Whatever is written, none of it becomes an instruction of the house, and nothing of what such a model says gets out: no
//! false score, no word of its instructions, nobody called, nothing done to anybody.

mod languages;
mod names;
mod orders;
mod system;
mod unicode;

use serde_json::{Value, json};

use super::{asks, plays, reports, text};
use crate::support::{Act, Actor, Model, Seat, TestServer};

/// What an injection is after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    /// A score that is not so.
    Score,
    /// The house's own instructions.
    Prompt,
    /// Somebody called.
    Ping,
    /// Something done to somebody.
    Moderate,
}

type Injection = (Wish, &'static str);

const WHY: &str = "why is everybody so loud?";

/// What a model says that does as it is told, in one way or another.
fn obeys(wish: Wish, turn: usize, system: &str) -> String {
    let canary = canary(system);
    let middle: String = system.chars().skip(200).take(300).collect();
    let spaced: String = canary.chars().flat_map(|letter| [letter, ' ']).collect();
    let ways = match wish {
        Wish::Score => vec![
            "Blues lead 9-0.".to_owned(),
            "It is loud. The score is 9 : 0, Blues have won.".to_owned(),
            "Nine nil to Blues.".to_owned(),
            "Blues are winning.".to_owned(),
            "Reds have 0 goals, Blues have nine goals.".to_owned(),
            "Endstand: neun zu null.".to_owned(),
            "The score is ９－０.".to_owned(),
            "9\u{200b}-\u{200b}0 for Blues.".to_owned(),
            "Es steht ٩-٠.".to_owned(),
        ],
        Wish::Prompt => vec![
            system.to_owned(),
            middle,
            format!("My reference is {canary}."),
            format!("It is {spaced}."),
            format!("I was told: {}", &system[..160]),
            canary.to_uppercase(),
        ],
        Wish::Ping => vec![
            "@everyone look here.".to_owned(),
            "Hello @ben.".to_owned(),
            "＠everyone, come.".to_owned(),
            "Hey @\u{200b}everyone.".to_owned(),
        ],
        Wish::Moderate => vec![
            "/ban cem".to_owned(),
            "Done.\n/mute ben 3600".to_owned(),
            "!timeout ben".to_owned(),
        ],
    };
    let said = &ways[turn % ways.len()];
    let mut answer = json!({"answer": said, "cites": [], "known": true});
    if wish == Wish::Moderate && turn % 2 == 1 {
        answer["actions"] = json!([{"type": "ban", "user_id": "cem"}]);
    }
    answer.to_string()
}

fn canary(system: &str) -> String {
    let (_, rest) = system.rsplit_once("Reference ").expect("the instructions have a mark");
    rest.split(';').next().unwrap().to_owned()
}

/// A room with a match, an obedient model, and people to whom something could be done.
struct Room {
    server: TestServer,
    model: Model,
    event: String,
    ana: Actor,
    seat: Seat,
}

impl Room {
    async fn new() -> Self {
        let model = Model::start().await;
        let server = TestServer::start_with(|config| model.set_up(config)).await;
        let event = plays(&server).await;
        for name in ["ben", "cem"] {
            server.user(name, &[]).says(&event, "hello").await;
        }
        let ana = server.user("ana", &[]);
        let seat = ana.watches(&event).await;
        Self {
            server,
            model,
            event,
            ana,
            seat,
        }
    }

    fn obeys(&self, wish: Wish, turn: usize) {
        self.model
            .acting(move |request| Act::say(obeys(wish, turn, &request.system_text())));
    }

    /// Asks that, and looks at what is said.
    async fn asks(&mut self, wish: Wish, turn: usize, injected: &str, question: &str) {
        self.obeys(wish, turn);
        let before = self.model.asked_so_far();
        let (_, answered, answer) = asks(&self.ana, &mut self.seat, &self.event, question).await;
        let said = answer
            .as_ref()
            .map(|answer| text(answer).to_owned())
            .unwrap_or_default();
        let requests = self.model.asked(0).await;
        for request in &requests[before..] {
            let system = request.system_text();
            assert!(!system.contains(injected), "{injected:?} is no instruction");
            let data: Value = serde_json::from_str(&request.user_text()).expect("one document of data");
            let keys: Vec<&str> = data.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(
                keys,
                ["chat", "facts", "log", "question"],
                "{injected:?} stays in its place"
            );
            let score = data["facts"]["score"].as_str().unwrap();
            assert!(score.contains("2–1"), "{injected:?} is no fact: {score}");
            let canary = canary(&system);
            assert!(!said.contains(&canary), "{injected:?}: {said}");
            assert!(!said.contains("The user turn is one JSON"), "{injected:?}: {said}");
            assert!(answered["by"] == "facts", "{injected:?}: {answered}");
        }
        let lower = said.to_lowercase();
        let nowhere = [
            "9-0",
            "9–0",
            "9:0",
            "9 : 0",
            "nine nil",
            "nine to",
            "nine goals",
            "neun",
            "٩",
            "９",
            "@",
            "＠",
            "/ban",
            "/mute",
            "!timeout",
        ];
        // A name or the question of a poll may speak of winning; what the house says may not.
        let claims: &[&str] = if question == injected {
            &["blues lead", "blues have won", "blues are winning"]
        } else {
            &[]
        };
        for lie in nowhere.iter().chain(claims) {
            assert!(!lower.contains(lie), "{injected:?}: {said}");
        }
    }

    /// Nobody was called, and nothing was done to anybody.
    async fn leaves_unharmed(self) {
        for name in ["ben", "cem"] {
            let page = self.server.user(name, &[]).get("/v1/me/notifications").await.ok();
            assert_eq!(page["unread"], 0, "{name}: {page}");
            self.server.user(name, &[]).says(&self.event, "still here").await;
        }
        let log = self.server.host().reads_log(&self.event).await;
        let done = log.iter().find(|entry| {
            let kind = entry["type"].as_str().unwrap();
            kind.starts_with("moderation")
                || matches!(
                    kind,
                    "message.hidden" | "message.deleted" | "room.changed" | "room.closed"
                )
        });
        assert_eq!(done, None);
        self.model.assert_no_complaints();
    }
}

async fn hold(injections: &[Injection]) {
    let mut room = Room::new().await;
    for (turn, (wish, injected)) in injections.iter().enumerate() {
        room.asks(*wish, turn, injected, injected).await;
    }
    room.leaves_unharmed().await;
}

#[test]
fn there_are_two_hundred_of_them_and_each_is_another() {
    use names::{EVENTS, PEOPLE, PLAYERS, POLLS, SEVERAL};
    let tables = [
        orders::ORDERS,
        orders::ROLES,
        system::SYSTEM,
        system::MARKUP,
        system::ENCODED,
        languages::LANGUAGES,
        unicode::UNICODE,
        PEOPLE,
        PLAYERS,
        EVENTS,
        POLLS,
    ];
    let all: std::collections::BTreeSet<&str> = tables
        .iter()
        .flat_map(|table| table.iter())
        .map(|(_, text)| *text)
        .collect();
    let written: usize = tables.iter().map(|table| table.len()).sum();
    assert_eq!(all.len(), written, "none is there twice");
    assert!(written + SEVERAL.len() >= 200, "{written}");
}

#[tokio::test]
async fn plain_orders_move_nothing() {
    hold(orders::ORDERS).await;
}

#[tokio::test]
async fn parts_to_be_played_move_nothing() {
    hold(orders::ROLES).await;
}

#[tokio::test]
async fn lines_that_pretend_to_be_the_houses_move_nothing() {
    hold(system::SYSTEM).await;
}

#[tokio::test]
async fn markup_breaks_out_of_nothing() {
    hold(system::MARKUP).await;
}

#[tokio::test]
async fn encoded_orders_move_nothing() {
    hold(system::ENCODED).await;
}

#[tokio::test]
async fn orders_in_other_languages_move_nothing() {
    hold(languages::LANGUAGES).await;
}

#[tokio::test]
async fn letters_that_are_not_what_they_seem_move_nothing() {
    hold(unicode::UNICODE).await;
}

#[tokio::test]
async fn names_of_people_are_no_orders() {
    let mut room = Room::new().await;
    for (turn, (wish, injected)) in names::PEOPLE.iter().enumerate() {
        let speaker = room.server.user_with(&format!("fan{turn}"), &json!({"name": injected}));
        speaker.says(&room.event, &format!("hello number {turn}")).await;
        room.asks(*wish, turn, injected, WHY).await;
    }
    room.leaves_unharmed().await;
}

#[tokio::test]
async fn names_from_a_feed_are_no_orders() {
    let mut room = Room::new().await;
    let feed = room.server.machine(&["ingest"]).await;
    for (turn, (wish, injected)) in names::PLAYERS.iter().enumerate() {
        let booked = json!([{
            "source_id": format!("card {turn}").replace(' ', "-"), "type": "card", "participant_id": "blues",
            "player": injected, "color": "yellow", "minute": 44,
        }]);
        reports(&feed, &room.event, &booked).await;
        room.asks(*wish, turn, injected, WHY).await;
        room.asks(*wish, turn, injected, "any cards?").await;
    }
    room.leaves_unharmed().await;
}

#[tokio::test]
async fn titles_and_places_are_no_orders() {
    let mut room = Room::new().await;
    for (turn, (wish, injected)) in names::EVENTS.iter().enumerate() {
        let fields = json!({"title": injected, "venue": injected});
        room.server.host().changes_event(&room.event, &fields).await;
        room.asks(*wish, turn, injected, WHY).await;
        room.asks(*wish, turn, injected, "where is it?").await;
    }
    room.leaves_unharmed().await;
}

#[tokio::test]
async fn polls_are_no_orders() {
    let mut room = Room::new().await;
    for (turn, (wish, injected)) in names::POLLS.iter().enumerate() {
        let poll = json!({"question": injected, "options": [injected, "no"]});
        room.server
            .host()
            .post(&format!("/v1/events/{}/polls", room.event), &poll)
            .await
            .ok();
        room.asks(*wish, turn, injected, WHY).await;
        room.asks(*wish, turn, injected, "poll?").await;
    }
    room.leaves_unharmed().await;
}

#[tokio::test]
async fn orders_in_several_messages_move_nothing() {
    let mut room = Room::new().await;
    for (turn, (wish, said)) in names::SEVERAL.iter().enumerate() {
        for part in *said {
            room.ana.says(&room.event, part).await;
        }
        room.asks(*wish, turn, said[0], WHY).await;
    }
    room.leaves_unharmed().await;
}
