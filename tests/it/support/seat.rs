//! A reader of a stream, as a client library reads it.

use eventsource_stream::Eventsource;
use futures_util::{Stream, StreamExt};
use serde_json::Value;
use std::pin::Pin;

use super::{PATIENCE, soon};

/// One SSE frame.
#[derive(Debug, Clone)]
pub struct Frame {
    pub id: String,
    pub event: String,
    /// When to reconnect, if the frame said so.
    pub retry: Option<std::time::Duration>,
    /// The whole `data:`, an entry or a signal.
    pub json: Value,
}

impl Frame {
    /// The `data` member of the entry or signal.
    pub fn data(&self) -> &Value {
        &self.json["data"]
    }

    pub fn seq(&self) -> Option<u64> {
        self.json["seq"].as_u64()
    }
}

type Frames = Pin<Box<dyn Stream<Item = Frame> + Send>>;

/// An open stream.
pub struct Seat {
    frames: Frames,
    /// The id of the last frame that had one.
    pub last_id: Option<String>,
}

impl Seat {
    pub fn new(response: reqwest::Response) -> Self {
        Self::reading(response.bytes_stream())
    }

    /// A seat that reads whatever carries a stream's bytes.
    pub fn reading<E: Send + 'static>(bytes: impl Stream<Item = Result<bytes::Bytes, E>> + Send + 'static) -> Self {
        let frames = bytes
            .eventsource()
            .take_while(|event| std::future::ready(event.is_ok()))
            .filter_map(|event| std::future::ready(event.ok()))
            .map(|event| {
                let json = serde_json::from_str(&event.data).expect("data is JSON");
                Frame {
                    id: event.id,
                    event: event.event,
                    retry: event.retry,
                    json,
                }
            });
        Self {
            frames: Box::pin(frames),
            last_id: None,
        }
    }

    /// The next frame; `None` when the server has closed the stream.
    pub async fn next(&mut self) -> Option<Frame> {
        let frame = soon("a frame", self.frames.next()).await?;
        if !frame.id.is_empty() {
            self.last_id = Some(frame.id.clone());
        }
        Some(frame)
    }

    /// Waits for a frame of that type and passes over all others.
    pub async fn hears(&mut self, kind: &str) -> Frame {
        self.hears_that(kind, |frame| frame.event == kind).await
    }

    /// Waits for a frame that fits.
    pub async fn hears_that(&mut self, what: &str, fits: impl Fn(&Frame) -> bool) -> Frame {
        // Heartbeats go on whatever is missing, so each frame's own time says nothing.
        let waiting = async {
            loop {
                let frame = self
                    .next()
                    .await
                    .unwrap_or_else(|| panic!("the stream ended before {what}"));
                if fits(&frame) {
                    return frame;
                }
            }
        };
        tokio::time::timeout(PATIENCE * 4, waiting)
            .await
            .unwrap_or_else(|_| panic!("still waiting: {what}"))
    }

    /// Reads on until the entry with that `seq` has come; gives all entries up to it.
    pub async fn entries_to(&mut self, seq: u64) -> Vec<Frame> {
        let mut entries = Vec::new();
        while entries.last().and_then(Frame::seq).unwrap_or(0) < seq {
            let frame = self
                .next()
                .await
                .unwrap_or_else(|| panic!("the stream ended before entry {seq}"));
            if frame.seq().is_some() {
                entries.push(frame);
            }
        }
        entries
    }
}
