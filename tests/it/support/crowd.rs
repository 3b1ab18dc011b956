//! Load: people who say, react, score and moderate until told to leave.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{Actor, Dice, TestServer};

/// A busy evening: held and published messages, goals, reactions and applause until told to stop.
pub struct Crowd {
    pub event: String,
    pub host: Actor,
    done: Arc<AtomicBool>,
    people: JoinSet<()>,
}

impl Crowd {
    pub async fn gathers(server: &TestServer) -> Self {
        let host = server.host();
        let settings = json!({"hold_messages": true});
        let event = host
            .creates_event(json!({"kind": "football", "settings": settings}))
            .await;
        host.post(&format!("/v1/events/{event}/start"), &Value::Null).await.ok();
        let period = json!({"source_id": "0", "type": "period_start", "period": {"number": 1}});
        let updates = format!("/v1/events/{event}/contest/updates");
        host.post(&updates, &json!({"source": "feed", "updates": [period]}))
            .await
            .ok();
        let done = Arc::new(AtomicBool::new(false));
        let mut people = JoinSet::new();
        for number in 0..4 {
            let name = format!("fan{number}");
            // Two moderators among them: what they say appears, and they look after what is held.
            let roles: &[&str] = if number < 2 { &["moderator"] } else { &[] };
            let (who, host) = (server.user(&name, roles), host.clone());
            let (event, done) = (event.clone(), Arc::clone(&done));
            people.spawn(async move {
                let mut dice = Dice(number);
                for turn in 0.. {
                    if done.load(Ordering::Acquire) {
                        return;
                    }
                    act(&who, &host, &event, &mut dice, number < 2, turn).await;
                }
            });
        }
        Self {
            event,
            host,
            done,
            people,
        }
    }

    pub async fn leaves(&mut self) {
        self.done.store(true, Ordering::Release);
        while let Some(person) = self.people.join_next().await {
            person.unwrap();
        }
    }
}

async fn act(who: &Actor, host: &Actor, event: &str, dice: &mut Dice, staff: bool, turn: u64) {
    let base = format!("/v1/events/{event}");
    let said = who
        .says(event, &"goal! ".repeat(usize::try_from(dice.of(1..30)).unwrap()))
        .await;
    let message = format!("{base}/messages/{}", said["id"].as_str().unwrap());
    match dice.of(0..6) {
        0 if staff => drop(
            who.put(&format!("{message}/reactions/%F0%9F%94%A5"), &Value::Null)
                .await
                .ok(),
        ),
        1 => {
            who.post(&format!("{base}/applause"), &json!({"kind": "wow", "count": 3}))
                .await
                .ok();
            // Given and taken back, as it comes; taking back what was not given is refused.
            let badge = format!("{base}/badges/{}/B{}", who.id, turn % 3);
            if turn.is_multiple_of(2) {
                host.put(&badge, &Value::Null).await.ok();
            } else {
                host.delete(&badge).await;
            }
        }
        2 => {
            let goal = json!({"source_id": format!("{}-{turn}", who.id), "type": "goal", "participant_id": "home",
                "player": "Ana", "minute": 5});
            let updates = json!({"source": "feed", "updates": [goal]});
            host.post(&format!("{base}/contest/updates"), &updates).await.ok();
        }
        3 if !staff => drop(host.post(&format!("{message}/release"), &Value::Null).await.ok()),
        4 => drop(host.post(&format!("{message}/hide"), &Value::Null).await.ok()),
        5 => assert_eq!(who.delete(&message).await.status, 204),
        _ => {}
    }
}
