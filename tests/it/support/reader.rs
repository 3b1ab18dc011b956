//! A reader that loses its connection anywhere, also in the middle of a frame, and comes back.

use bytes::Bytes;
use reqwest::Method;
use serde_json::Value;

use super::{Actor, soon};

/// An entry as it came: its id and its JSON, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub id: String,
    pub json: String,
}

/// Everything one reader heard over all its connections.
pub struct Reader {
    actor: Actor,
    event: String,
    /// Where it goes on.
    pub last_id: Option<String>,
    /// Where its list begins: the cursor of the last snapshot.
    pub began: String,
    pub heard: Vec<Line>,
    /// Reasons of `stream.reset`.
    pub resets: Vec<String>,
    /// Reason of the last `stream.bye`.
    pub bye: Option<Value>,
}

/// One connection of a reader.
pub struct Link {
    response: reqwest::Response,
    text: Vec<u8>,
}

impl Reader {
    pub fn new(actor: &Actor, event: &str) -> Self {
        Self {
            actor: actor.clone(),
            event: event.to_owned(),
            last_id: None,
            began: String::new(),
            heard: Vec::new(),
            resets: Vec::new(),
            bye: None,
        }
    }

    /// The same reader, at a server that moved.
    pub fn moves_to(&mut self, actor: Actor) {
        self.actor = actor;
    }

    pub async fn connects(&self) -> reqwest::Result<Link> {
        let path = format!("/v1/events/{}/stream", self.event);
        let mut request = self.actor.request(Method::GET, &path);
        if let Some(last_id) = &self.last_id {
            request = request.header("Last-Event-ID", last_id);
        }
        let response = soon("a stream", request.send()).await?.error_for_status()?;
        Ok(Link {
            response,
            text: Vec::new(),
        })
    }

    /// Reads so many bytes and hangs up.
    pub async fn reads_bytes(&mut self, mut budget: usize) {
        let mut link = self.connects().await.unwrap();
        while budget > 0 {
            let Some(mut bytes) = link.chunk().await else { return };
            bytes.truncate(budget);
            budget -= bytes.len();
            self.take(&mut link, &bytes);
        }
    }

    /// Reads one chunk; false: the stream is over.
    pub async fn reads_on(&mut self, link: &mut Link) -> bool {
        let Some(bytes) = link.chunk().await else { return false };
        self.take(link, &bytes);
        true
    }

    /// Stays until it has heard the entry with that id.
    pub async fn reads_to(&mut self, id: &str) {
        let mut link = self.connects().await.unwrap();
        while !self.has_heard(id) {
            assert!(self.reads_on(&mut link).await, "the stream ended before {id}");
        }
    }

    fn take(&mut self, link: &mut Link, bytes: &[u8]) {
        link.text.extend_from_slice(bytes);
        self.hears_bytes(&mut link.text);
    }

    /// Takes the whole frames from the front of what was read.
    pub fn hears_bytes(&mut self, text: &mut Vec<u8>) {
        while let Some(end) = text.windows(2).position(|pair| pair == b"\n\n") {
            let frame: Vec<u8> = text.drain(..end + 2).collect();
            self.hear(std::str::from_utf8(&frame).expect("frames are UTF-8"));
        }
    }

    /// Whether it knows of that entry: heard it, or began after it.
    pub fn has_heard(&self, id: &str) -> bool {
        self.began == id || self.heard.iter().rev().any(|line| line.id == id)
    }

    fn hear(&mut self, frame: &str) {
        let field = |name: &str| frame.lines().find_map(|line| line.strip_prefix(name));
        let (id, json) = (field("id: "), field("data: ").expect("a frame has data"));
        let data = || serde_json::from_str::<Value>(json).unwrap()["data"].clone();
        match field("event: ").expect("a frame has a type") {
            "stream.snapshot" => {
                id.expect("a snapshot has a place").clone_into(&mut self.began);
                self.heard.clear();
            }
            "stream.reset" => self.resets.push(data()["reason"].as_str().unwrap().to_owned()),
            "stream.bye" => self.bye = Some(data()),
            _ if id.is_some() => self.heard.push(Line {
                id: id.unwrap_or_default().to_owned(),
                json: json.to_owned(),
            }),
            _ => {}
        }
        if let Some(id) = id {
            self.last_id = Some(id.to_owned());
        }
    }

    /// What it heard is what the log says after where it began: no loss, no double, no other order. It may have heard
    /// more since the log was read.
    #[track_caller]
    pub fn agrees_with(&self, log: &[Line]) {
        let began = log.iter().position(|line| line.id == self.began).map_or(0, |at| at + 1);
        for (heard, logged) in self.heard.iter().zip(&log[began..]) {
            assert!(
                heard.is_told_by(logged),
                "began at {}: {heard:?} is not {logged:?}",
                self.began
            );
        }
        assert!(self.heard.len() >= log.len() - began, "began at {}", self.began);
    }
}

impl Line {
    /// Whether the log says the same, byte for byte; or the same but for a text that was taken away since it was heard.
    pub fn is_told_by(&self, logged: &Self) -> bool {
        self == logged
            || self.id == logged.id && without_text(&self.json) == without_text(&logged.json) && logged.is_empty()
    }

    fn is_empty(&self) -> bool {
        let json: Value = serde_json::from_str(&self.json).unwrap();
        json["data"]["message"]["text"] == ""
    }
}

/// An entry without what taking a message away changes in it.
fn without_text(json: &str) -> Value {
    let mut json: Value = serde_json::from_str(json).unwrap();
    if let Some(message) = json["data"]["message"].as_object_mut() {
        for field in ["text", "status", "pinned", "reactions"] {
            message.remove(field);
        }
    }
    json
}

impl Link {
    async fn chunk(&mut self) -> Option<Bytes> {
        soon("bytes", self.response.chunk()).await.ok().flatten()
    }
}

/// The public log byte for byte, with the ids that viewers' streams have.
pub async fn public_log(actor: &Actor, event: &str) -> Vec<Line> {
    let with_id = |(index, json)| Line {
        id: format!("1-{}", index + 1),
        json,
    };
    raw_log(&actor.nobody(), event)
        .await
        .into_iter()
        .enumerate()
        .map(with_id)
        .collect()
}

/// The whole log as staff read it. Each entry is the next of the public log or, if not, one for staff alone.
pub async fn staff_log(staff: &Actor, event: &str) -> Vec<Line> {
    let all = raw_log(staff, event).await;
    let public_log = public_log(staff, event).await;
    let (mut public, mut alone) = (0, 0);
    let mut lines = Vec::new();
    for json in all {
        if public_log.get(public).is_some_and(|line| line.json == json) {
            public += 1;
        } else {
            alone += 1;
        }
        let id = format!("1-{public}-{alone}");
        lines.push(Line { id, json });
    }
    lines
}

async fn raw_log(actor: &Actor, event: &str) -> Vec<String> {
    #[derive(serde::Deserialize)]
    struct Page {
        items: Vec<Box<serde_json::value::RawValue>>,
        next_cursor: String,
    }
    let (mut entries, mut after) = (Vec::new(), "0".to_owned());
    loop {
        let reply = actor
            .get(&format!("/v1/events/{event}/log?limit=200&after={after}"))
            .await;
        let page: Page = serde_json::from_str(&reply.text).expect(&reply.text);
        if page.items.is_empty() {
            return entries;
        }
        entries.extend(page.items.iter().map(|item| item.get().to_owned()));
        after = page.next_cursor;
    }
}
