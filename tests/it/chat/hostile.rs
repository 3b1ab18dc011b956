//! Text that wants to be more than text. Read as bytes, because a friendly parser would hide what it was spared.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::messages;
use crate::support::{TestServer, soon};

const HOSTILE: [&str; 22] = [
    "id: 9\n\nevent: x\ndata: {}\n\n",
    "data: x",
    "event: stream.bye\ndata: {\"reason\":\"shutdown\"}",
    "a\r\nb",
    "a\rb",
    "a\n\nb",
    "\n:comment",
    "retry: 1",
    "a\u{2028}b\u{2029}c",
    "a\u{85}b",
    "a\u{b}b\u{c}c",
    "a\u{0}b",
    "a\u{1e}b",
    "\u{202e}txet desrever\u{202c}",
    "\u{feff}bom",
    "😀🏳️‍🌈👩🏽‍🚀",
    "\\n\\nevent: x",
    "\"}\n\nevent: x\ndata: {\"",
    "</script><img src=x onerror=alert(1)>",
    "\u{10ffff}",
    "\u{e0001}\u{e0041}",
    "\u{e9}\u{338}\u{322}\u{31b}\u{323}\u{324}\u{325}\u{326}\u{329}\u{32a}\u{32b}\u{32c}\u{32d}\u{32e}\u{32f}\u{330}\u{331}\u{332}\u{333}\u{339}\u{33a}\u{33b}\u{33c}\u{347}\u{348}\u{349}\u{34d}\u{34e}",
];

#[tokio::test]
async fn no_text_and_no_name_ever_forges_a_field_of_the_stream() {
    let server = TestServer::start().await;
    let hanna = server.host();
    let event = hanna.starts_event("session").await;
    let anybody = server.anybody();
    let request = anybody.request(Method::GET, &format!("/v1/events/{event}/stream"));
    let mut stream = soon("a stream", request.send()).await.unwrap();
    let mut said = Vec::new();
    for (number, text) in HOSTILE.iter().enumerate() {
        // The same words as a name; a token may say anything.
        let eve = server.user_with(
            &format!("eve{number}"),
            &json!({"name": format!("E{text}"), "badges": [text]}),
        );
        let _seat = eve.watches(&event).await;
        let reply = eve.post(&messages(&event), &json!({"text": text})).await;
        match reply.status.as_u16() {
            201 => said.push(reply.body),
            422 => assert_eq!(reply.refused(422), "invalid-content"),
            other => panic!("{other} for {text:?}: {}", reply.text),
        }
    }
    assert!(said.len() >= 14, "most can be said: {}", said.len());
    hanna.says(&event, "the end").await;
    let mut bytes = Vec::new();
    while !bytes.windows(9).any(|part| part == b"\"the end\"") || !bytes.ends_with(b"\n\n") {
        bytes.extend(
            soon("bytes", stream.chunk())
                .await
                .unwrap()
                .expect("the stream goes on"),
        );
    }
    let text = String::from_utf8(bytes).expect("a stream is UTF-8");
    let mut heard = Vec::new();
    let mut ids = BTreeSet::new();
    for frame in text.split_terminator("\n\n") {
        let fields: Vec<_> = frame
            .split('\n')
            .map(|line| line.split_once(": ").expect("each line is a field"))
            .collect();
        let names: Vec<_> = fields.iter().map(|(name, _)| *name).collect();
        let lawful = [
            &["event", "data"][..],
            &["id", "event", "data"],
            &["retry", "event", "data"],
        ];
        assert!(lawful.contains(&&names[..]), "{names:?}");
        let value = |name: &str| fields.iter().find(|(field, _)| *field == name).map(|(_, value)| *value);
        let data = value("data").unwrap();
        assert!(
            !data.contains(['\r', '\u{2028}', '\u{2029}', '\u{0}', '\u{85}']),
            "{data}"
        );
        let json: Value = serde_json::from_str(data).expect("data is JSON");
        assert_eq!(json["type"], value("event").unwrap());
        if let Some(id) = value("id") {
            assert!(
                id.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') && ids.insert(id.to_owned()),
                "{id}"
            );
        }
        if json["type"] == "message.created" {
            heard.push(json["data"]["message"].clone());
        }
    }
    heard.pop();
    assert_eq!(heard, said, "what is heard is what was answered");
    for message in &said {
        let read = server.anybody().get(&super::at(&event, message, "")).await.ok();
        assert_eq!(read, *message, "and what is read");
        let text = message["text"].as_str().unwrap();
        let again = hanna.says(&event, text).await;
        assert_eq!(again["text"], text, "tidy text is tidy");
    }
}
