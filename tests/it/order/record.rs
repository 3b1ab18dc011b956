//! The record of decisions, read and exported.

use serde_json::{Value, json};

use super::{at, below, sanctions};
use crate::support::TestServer;

#[tokio::test]
async fn the_record_is_read_in_pages_and_exported_whole() {
    let server = TestServer::start().await;
    let (hanna, ana) = (server.host(), server.user("ana", &[]));
    let event = hanna.starts_event("session").await;
    for number in 0..3 {
        let reason = json!({"reason": format!("=cmd{number}, \"quoted\"")});
        sanctions(&hanna, &event, &format!("fan{number}"), "mute", reason).await;
    }
    let said = ana.says(&event, "hello").await;
    hanna.post(&at(&event, &said, "/hide"), &Value::Null).await.ok();
    let page = hanna.get(&below(&event, "audit?limit=2")).await.ok();
    let newest = &page["items"][0];
    assert_eq!(
        (
            &newest["action"],
            &newest["by"],
            &newest["user_id"],
            &newest["message_id"]
        ),
        (&json!("message.hidden"), &json!("hanna"), &json!("ana"), &said["id"])
    );
    let rest = format!("audit?limit=2&after={}", page["next_cursor"].as_str().unwrap());
    let rest = hanna.get(&below(&event, &rest)).await.ok();
    assert_eq!(
        (rest["items"].as_array().unwrap().len(), rest.get("next_cursor")),
        (2, None)
    );

    let lines = hanna.get(&below(&event, "audit?format=ndjson")).await;
    assert_eq!(lines.header("content-type"), "application/x-ndjson");
    let users: Vec<Value> = lines
        .text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["user_id"].clone())
        .collect();
    assert_eq!(users, ["fan0", "fan1", "fan2", "ana"]);
    let table = hanna.get(&below(&event, "audit?format=csv&user=fan1")).await;
    assert_eq!(table.header("content-type"), "text/csv");
    assert_eq!(table.text.lines().count(), 2);
    assert!(table.text.contains("\"'=cmd1, \"\"quoted\"\"\""), "{}", table.text);
    assert_eq!(ana.get(&below(&event, "audit")).await.refused(403), "forbidden");
    assert_eq!(hanna.get("/v1/audit").await.refused(403), "forbidden");
    let root = server.user("root", &["admin"]);
    let body = json!({"user_id": "ana", "kind": "mute", "reason": "enough"});
    root.post("/v1/sanctions", &body).await.ok();
    assert_eq!(root.get("/v1/audit").await.ok()["items"][0]["user_id"], "ana");
    let machine = server.machine(&["moderate"]).await;
    let by = machine.post(&below(&event, "sanctions"), &body).await.ok()["by"].clone();
    assert!(by.as_str().unwrap().starts_with("key_"), "{by}");
}

#[tokio::test]
async fn a_long_record_is_exported_without_a_gap() {
    let server = TestServer::start().await;
    let hanna = server.host();
    let event = hanna.starts_event("session").await;
    let path = below(&event, "raid");
    for _ in 0..260 {
        hanna.put(&path, &json!({"on": true})).await.ok();
        hanna.put(&path, &json!({"on": false})).await.ok();
    }
    let lines = hanna.get(&below(&event, "audit?format=ndjson")).await;
    let actions: Vec<&str> = lines
        .text
        .lines()
        .map(|line| if line.contains("raid.started") { "on" } else { "off" })
        .collect();
    assert_eq!(actions, ["on", "off"].repeat(260));
}
