//! What is loaded, as request bytes: how to make a channel, publish into it and subscribe to it.
//!
//! Grandstand is one target. A baseline to compare with in the same run is another implementation of the trait: give it
//! paths for publishing and subscribing and the scenarios run against it unchanged.

use std::fmt::Write as _;

use anyhow::Context as _;
use chrono::{SecondsFormat, Utc};
use serde_json::json;

use crate::{http::write_request, stamp};

/// Length of a published text. With the entry around it, a frame is some 500 bytes.
const TEXT_BYTES: usize = 300;

/// How streams are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Sse,
    /// socket.io over a WebSocket.
    EngineIo,
}

pub(crate) trait Target: Send + Sync {
    /// The request that makes a channel, or `None` where subscribing makes it.
    fn create(&self, name: &str) -> Option<Vec<u8>>;

    /// The channel's name on the wire, from the answer to `create`.
    fn created(&self, answer: &[u8]) -> anyhow::Result<String>;

    /// Appends the request with which `author` publishes `text`, which needs no escaping in JSON.
    fn publish(&self, channel: &str, author: usize, text: &str, out: &mut Vec<u8>);

    /// The request with which `reader` opens a stream, from `last_id` on when that is not empty.
    fn subscribe(&self, channel: &str, reader: usize, last_id: &str) -> Vec<u8>;

    /// Whether a stream begins with frames that say it is live; otherwise the response head has to do.
    fn greets(&self) -> bool;

    fn protocol(&self) -> Protocol {
        Protocol::Sse
    }
}

/// The product, by its public API.
pub(crate) struct Grandstand {
    /// `Authorization` of a host.
    pub(crate) host: String,
    /// `Authorization` of the crowd; authors and readers take turns with them.
    pub(crate) crowd: Vec<String>,
}

impl Grandstand {
    pub(crate) fn member(&self, index: usize) -> &str {
        let turn = index
            .checked_rem(self.crowd.len())
            .and_then(|turn| self.crowd.get(turn));
        turn.map_or(&self.host, String::as_str)
    }
}

impl Target for Grandstand {
    fn create(&self, name: &str) -> Option<Vec<u8>> {
        let now = Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true);
        let body = json!({ "title": name, "kind": "session", "scheduled_at": now }).to_string();
        let mut request = Vec::new();
        write_request(&mut request, "POST", "/v1/events", &self.host, Some(&body));
        Some(request)
    }

    fn created(&self, answer: &[u8]) -> anyhow::Result<String> {
        let event: serde_json::Value = serde_json::from_slice(answer).context("the created event is JSON")?;
        Ok(event["id"].as_str().context("the created event has an id")?.to_owned())
    }

    fn publish(&self, channel: &str, author: usize, text: &str, out: &mut Vec<u8>) {
        let path = format!("/v1/events/{channel}/messages");
        let body = format!(r#"{{"text":"{text}"}}"#);
        write_request(out, "POST", &path, self.member(author), Some(&body));
    }

    fn subscribe(&self, channel: &str, reader: usize, last_id: &str) -> Vec<u8> {
        let mut request = format!("GET /v1/events/{channel}/stream HTTP/1.1\r\nHost: localhost\r\n");
        request.push_str("Accept: text/event-stream\r\nAuthorization: ");
        request.push_str(self.member(reader));
        request.push_str("\r\n");
        if !last_id.is_empty() {
            request.push_str("Last-Event-ID: ");
            request.push_str(last_id);
            request.push_str("\r\n");
        }
        request.push_str("\r\n");
        request.into_bytes()
    }

    fn greets(&self) -> bool {
        true
    }
}

/// An entry as the product writes it, for servers that only pass on what they are given: the bytes per delivery are then
/// about the same for all.
pub(crate) fn entry(text: &str) -> String {
    const HEAD: &str = r#"{"seq":1234,"type":"message.created","at":"2026-01-01T00:00:00.000Z","data":{"message":{"id":"msg_01m7yqq6jsevya8b41vxs5xya8","seq":1234,"author":{"id":"gst_01m7yqq6jsevya8b41vxs5xya8","name":"Guest 12","badges":[]},"text":""#;
    const TAIL: &str = r#"","status":"active","reply_count":0,"pinned":false,"reactions":[],"created_at":"2026-01-01T00:00:00.000Z"}}}"#;
    [HEAD, text, TAIL].concat()
}

/// The request for a stream that nobody has to be let in to.
pub(crate) fn plain_subscribe(path: &str, last_id: &str) -> Vec<u8> {
    let mut request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n");
    if !last_id.is_empty() {
        request.push_str("Last-Event-ID: ");
        request.push_str(last_id);
        request.push_str("\r\n");
    }
    request.push_str("\r\n");
    request.into_bytes()
}

/// A text like no other: the stamp, a number, then words up to the usual length.
pub(crate) fn text(due_ns: u64, index: u64) -> String {
    const WORDS: [&str; 12] = [
        "what", "a", "save", "by", "the", "keeper", "and", "now", "they", "come", "again", "left",
    ];
    let mut text = String::with_capacity(TEXT_BYTES + 16);
    stamp::write(due_ns, &mut text);
    if write!(text, " {index}").is_err() {
        return text;
    }
    // A walk through the words that differs from message to message, so that no two look copied.
    let mut walk = index.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    while text.len() < TEXT_BYTES {
        walk = walk.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        let word = usize::try_from(walk >> 33).map_or(0, |turn| turn % WORDS.len());
        text.push(' ');
        text.push_str(WORDS[word]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_long_enough_plain_and_all_different() {
        let texts: std::collections::HashSet<String> = (0..500).map(|index| text(7, index)).collect();
        assert_eq!(texts.len(), 500);
        for text in texts {
            assert!((TEXT_BYTES..TEXT_BYTES + 8).contains(&text.len()));
            assert!(!text.contains(['"', '\\']) && text.is_ascii());
        }
    }

    #[test]
    fn without_a_crowd_the_host_does_everything() {
        let mut house = Grandstand {
            host: "Bearer host".into(),
            crowd: Vec::new(),
        };
        assert_eq!(house.member(3), "Bearer host");
        house.crowd = vec!["Bearer a".into(), "Bearer b".into()];
        assert_eq!(house.member(3), "Bearer b");
        let request = String::from_utf8(house.subscribe("evt_1", 0, "1-42")).unwrap();
        assert!(request.contains("Last-Event-ID: 1-42\r\n") && request.ends_with("\r\n\r\n"));
    }
}
