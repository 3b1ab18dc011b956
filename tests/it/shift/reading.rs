//! Reading with a delay: lists and single things as everybody could see them then.

use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::fine_steps;
use crate::support::{Actor, TestServer};

async fn scores(host: &Actor, event: &str, number: u32) {
    let update = json!({"type": "goal", "participant_id": "home", "minute": number, "source_id": number.to_string()});
    let batch = json!({"source": "feed", "updates": [update]});
    host.post(&format!("/v1/events/{event}/contest/updates"), &batch)
        .await
        .ok();
}

fn points(board: &Value) -> &Value {
    let home = board["score"].as_array().unwrap().iter();
    &home.clone().find(|line| line["participant_id"] == "home").unwrap()["points"]
}

#[tokio::test]
async fn lists_show_what_everybody_could_see_then() {
    let server = TestServer::start_with(fine_steps).await;
    let (host, ana, ben) = (server.host(), server.user("ana", &[]), server.user("ben", &[]));
    let event = host.starts_event("football").await;
    let base = format!("/v1/events/{event}");
    let start = json!({"type": "period_start", "period": {"number": 1}, "source_id": "kick-off"});
    host.post(
        &format!("{base}/contest/updates"),
        &json!({"source": "feed", "updates": [start]}),
    )
    .await
    .ok();
    let old = ana.says(&event, "an old one").await;
    let id = old["id"].as_str().unwrap();
    let old = format!("{base}/messages/{id}");
    let reply = json!({"text": "a reply", "parent_id": id});
    ben.post(&format!("{base}/messages"), &reply).await.ok();
    // The old one is not among the latest any more.
    for number in 0..52 {
        ana.says(&event, &format!("filler {number}")).await;
    }
    let recent = ana.says(&event, "a recent one").await;
    let recent = format!("{base}/messages/{}", recent["id"].as_str().unwrap());
    let poll = json!({"question": "Who wins?", "options": ["home", "away"]});
    let poll = host.post(&format!("{base}/polls"), &poll).await.ok();
    let poll = format!("{base}/polls/{}", poll["id"].as_str().unwrap());
    scores(&host, &event, 1).await;
    // All this was an hour ago.
    let database = server.database().await;
    let shift = "UPDATE log_entry SET at_ms = at_ms - 3600000";
    database.execute_unprepared(shift).await.unwrap();
    database.close().await.unwrap();

    let mut seat = host.watches(&event).await;
    for message in [&old, &recent] {
        ana.patch(message, &json!({"text": "changed since"})).await.ok();
        host.put(&format!("{message}/reactions/%F0%9F%94%A5"), &Value::Null)
            .await
            .ok();
        seat.hears("reactions.changed").await;
        host.put(&format!("{message}/pin"), &Value::Null).await.ok();
    }
    ben.post(&format!("{base}/messages"), &reply).await.ok();
    let new = ben.says(&event, "what a goal").await;
    let new = format!("{base}/messages/{}", new["id"].as_str().unwrap());
    scores(&host, &event, 2).await;
    ana.put(&format!("{poll}/vote"), &json!({"options": [1]})).await.ok();
    host.post(&format!("{poll}/close"), &json!({})).await.ok();

    let read = async |path: &str| {
        let sep = if path.contains('?') { '&' } else { '?' };
        ana.get(&format!("{path}{sep}delay=120")).await
    };
    for (message, text, replies) in [(&old, "an old one", 1), (&recent, "a recent one", 0)] {
        let then = read(message).await.ok();
        assert_eq!((&then["text"], &then["reply_count"]), (&json!(text), &json!(replies)));
        assert_eq!((&then["pinned"], &then["reactions"]), (&json!(false), &json!([])));
        let now = ana.get(message).await.ok();
        assert_eq!((&now["text"], &now["pinned"]), (&json!("changed since"), &json!(true)));
    }
    assert_eq!(read(&new).await.refused(404), "message-not-found");
    let page = read(&format!("{base}/messages?limit=1")).await.ok();
    assert_eq!(page["items"][0]["text"], "a recent one");
    let from_there = page["next_cursor"].as_str().unwrap();
    let page = read(&format!("{base}/messages?limit=1&before={from_there}")).await.ok();
    assert_eq!(page["items"][0]["text"], "filler 51");
    let towards_now = page["prev_cursor"].as_str().unwrap();
    let page = read(&format!("{base}/messages?after={towards_now}")).await.ok();
    assert_eq!(page["items"].as_array().unwrap().len(), 1, "no further than then");
    let thread = read(&format!("{old}/replies")).await.ok();
    assert_eq!(thread["items"].as_array().unwrap().len(), 1);
    for (words, found) in [("goal", 0), ("changed", 0), ("filler", 50)] {
        let page = read(&format!("{base}/messages/search?q={words}")).await.ok();
        assert_eq!(page["items"].as_array().unwrap().len(), found, "{words}");
    }

    assert_eq!(points(&read(&format!("{base}/contest")).await.ok()), &json!(1));
    assert_eq!(points(&ana.get(&format!("{base}/contest")).await.ok()), &json!(2));
    let then = read(&poll).await.ok();
    assert_eq!((&then["status"], &then["voters"]), (&json!("open"), &json!(0)));
    assert_eq!(then["mine"], json!([1]), "one's own vote is no secret");
    for (status, found) in [("", 1), ("status=open", 1), ("status=closed", 0)] {
        let page = read(&format!("{base}/polls?{status}")).await.ok();
        assert_eq!(page["items"].as_array().unwrap().len(), found, "{status}");
    }
    let here = read(&format!("{base}/participants")).await.ok();
    assert_eq!((&here["items"], &here["users"]), (&json!([]), &Value::Null));
    let status = read(&format!("{base}/status")).await.ok();
    assert_eq!(status["messages"], 55);
}
