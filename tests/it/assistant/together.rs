//! Several servers that are one house, and servers that die.

use std::{sync::Arc, time::Duration};

use grandstand::bus::LocalBus;
use serde_json::json;
use tempfile::TempDir;

use super::{all_ends, model::answer, piece, plays, text};
use crate::support::{Act, Model, Process, TestServer, postgres, redis::Redis};

#[tokio::test]
async fn a_question_at_one_server_is_answered_once_and_read_at_both() {
    let (redis, model) = (Redis::start(), Model::start().await);
    let dirs = [Arc::new(TempDir::new().unwrap()), Arc::new(TempDir::new().unwrap())];
    let database = postgres::lay_ground(dirs[0].path()).await;
    postgres::assign(dirs[1].path(), &database);
    let bus = redis.config();
    let mut servers = Vec::new();
    for dir in dirs {
        let started = TestServer::start_on(dir, Arc::new(LocalBus::default()), |config| {
            config.bus = bus.clone();
            model.set_up(config);
        });
        servers.push(Box::pin(started).await);
    }
    let event = plays(&servers[0]).await;
    let (ana, ben) = (servers[0].user("ana", &[]), servers[1].user("ben", &[]));
    let mut seats = [ana.watches(&event).await, ben.watches(&event).await];
    let whole = "It is loud. Very loud. Louder than ever. So it is.";
    let json: Vec<char> = answer(whole, &[]).chars().collect();
    let pieces: Vec<String> = json.chunks(4).map(|piece| piece.iter().collect()).collect();
    model.acting(move |_| Act::pieces(pieces.clone()).pausing(Duration::from_millis(25)));
    for round in 0..4 {
        let asker = if round % 2 == 0 { &ana } else { &ben };
        asker
            .says(&event, &format!("@assistant why is it so loud in round {round}?"))
            .await;
        let mut texts = Vec::new();
        for seat in &mut seats {
            let mut shown = String::new();
            let message = loop {
                let frame = seat.next().await.unwrap();
                match frame.event.as_str() {
                    "assistant.delta" => {
                        let (offset, text) = piece(&frame);
                        shown = shown.chars().take(offset).collect::<String>() + &text;
                    }
                    "message.created" if frame.data()["message"]["author"]["id"] == "assistant" => {
                        break frame.data()["message"].clone();
                    }
                    _ => {}
                }
            };
            assert_eq!(text(&message), whole);
            assert_eq!(shown, whole);
            texts.push(message);
        }
        assert_eq!(texts[0], texts[1]);
    }
    assert_eq!(model.asked_so_far(), 4, "each is asked by one of them");
    assert_eq!(all_ends(&ana, &event).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_it_answers_the_question_is_answered_once_by_whoever_comes_next() {
    let model = Model::start().await;
    let dir = TempDir::new().unwrap();
    let variables: Vec<(String, String)> = model
        .variables()
        .into_iter()
        .map(|(name, value)| (name.trim_start_matches("GRANDSTAND_").to_owned(), value))
        .collect();
    let more: Vec<(&str, &str)> = variables
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let server = Process::start(dir.path(), &more).await;
    let event = server.user("hanna", &["host"]).starts_event("session").await;
    model.next(Act::pieces([r#"{"answer": "It is loud. Ve"#]).then_hang());
    let ana = server.user("ana", &[]);
    let mut seat = ana.watches(&event).await;
    let said = ana.says(&event, "@assistant why is it so loud?").await;
    seat.hears("assistant.delta").await;
    server.gets_killed().await;
    model.answering(|_| answer("It is loud. Very loud.", &[]));
    let server = Process::start(dir.path(), &more).await;
    let ana = server.user("ana", &[]);
    let mut seat = ana.watches(&event).await;
    let message = loop {
        let frame = seat.hears("message.created").await;
        if frame.data()["message"]["author"]["id"] == "assistant" {
            break frame.data()["message"].clone();
        }
    };
    assert_eq!(message["parent_id"], said["id"]);
    assert_eq!(text(&message), "It is loud. Very loud.");
    let end = seat.hears("assistant.answered").await;
    assert_eq!(end.data()["outcome"], json!("answered"));
    assert_eq!(all_ends(&ana, &event).await.len(), 1);
}
