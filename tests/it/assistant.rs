//! Questions to the assistant: in the room and by the endpoint, from the facts and by a model.

mod facts;
mod identity;
mod injections;
mod model;
mod together;

use serde_json::{Value, json};

use crate::support::{Actor, Frame, Seat, TestServer, soon};

/// A match in its second half, two to one; gives its id.
async fn plays(server: &TestServer) -> String {
    let host = server.host();
    let fields = json!({
        "title": "The final", "kind": "football", "venue": "Riverside Park",
        "participants": [{"id": "reds", "name": "Reds"}, {"id": "blues", "name": "Blues"}],
    });
    let event = host.creates_event(fields).await;
    host.post(&format!("/v1/events/{event}/start"), &Value::Null).await.ok();
    let feed = server.machine(&["ingest"]).await;
    reports(&feed, &event, &json!([
        {"source_id": "1", "type": "period_start", "period": {"number": 1}},
        {"source_id": "2", "type": "clock", "running": true, "elapsed_ms": 0},
        {"source_id": "3", "type": "goal", "participant_id": "reds", "player": "Ana Souza", "minute": 23},
        {"source_id": "4", "type": "card", "participant_id": "blues", "player": "Cem Kaya", "color": "yellow", "minute": 31},
        {"source_id": "5", "type": "goal", "participant_id": "blues", "player": "Ben Okafor", "minute": 40},
        {"source_id": "6", "type": "goal", "participant_id": "reds", "player": "Ana Souza", "minute": 44},
    ]))
    .await;
    event
}

async fn reports(feed: &Actor, event: &str, updates: &Value) {
    let body = json!({"source": "feed", "updates": updates});
    feed.post(&format!("/v1/events/{event}/contest/updates"), &body)
        .await
        .ok();
}

/// Waits for the end of a question, and gives it with the message that answers, if one does.
async fn ends(seat: &mut Seat) -> (Value, Option<Value>) {
    let mut messages = Vec::new();
    loop {
        let frame = seat.next().await.expect("the stream goes on");
        match frame.event.as_str() {
            "message.created" if frame.data()["message"]["assistant"].is_object() => {
                messages.push(frame.data()["message"].clone());
            }
            "assistant.answered" => {
                let answered = frame.data().clone();
                let answer = messages
                    .into_iter()
                    .find(|message| message["id"] == answered["answer_id"]);
                return (answered, answer);
            }
            _ => {}
        }
    }
}

/// Asks in the room; gives the message, the end of the question, and its answer.
async fn asks(who: &Actor, seat: &mut Seat, event: &str, text: &str) -> (Value, Value, Option<Value>) {
    let message = who.says(event, &format!("@assistant {text}")).await;
    let (answered, answer) = ends(seat).await;
    assert_eq!(answered["message_id"], message["id"]);
    (message, answered, answer)
}

fn text(message: &Value) -> &str {
    message["text"].as_str().unwrap()
}

/// Waits until a question is at its end; gives it.
async fn ended(who: &Actor, event: &str, question: &Value) -> Value {
    let path = format!(
        "/v1/events/{event}/assistant/questions/{}",
        question["id"].as_str().unwrap()
    );
    let looks = async {
        loop {
            let found = who.get(&path).await.ok();
            if !matches!(found["status"].as_str().unwrap(), "waiting" | "answering") {
                return found;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    soon("the end of a question", looks).await
}

/// All ends of questions in a log.
async fn all_ends(who: &Actor, event: &str) -> Vec<Value> {
    let log = who.reads_log(event).await;
    log.into_iter()
        .filter(|entry| entry["type"] == "assistant.answered")
        .collect()
}

/// The pieces of a frame that shows what is being written.
fn piece(frame: &Frame) -> (usize, String) {
    let data = frame.data();
    (
        usize::try_from(data["offset"].as_u64().unwrap()).unwrap(),
        data["text"].as_str().unwrap().to_owned(),
    )
}
