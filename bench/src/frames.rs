//! A server-sent event stream, read without keeping it: where each frame ends, what kind it is, its `seq` and its stamp.
//!
//! Most of a frame is passed over at the speed of `memchr`; only the first bytes of each line are copied. Works on pieces
//! that end anywhere.

use std::io::BufRead;

use crate::stamp::Finder;

/// Enough for `id: ` and the longest cursor, and for `event: ` and the longest type.
const LINE_HEAD_BYTES: usize = 64;
/// What a witness keeps of one frame at most.
const CAPTURE_MAX_BYTES: usize = 4 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Ready,
    Snapshot,
    Resumed,
    Reset,
    Heartbeat,
    Bye,
    Message,
    Reactions,
    /// An entry or signal the bench has no question about.
    Other,
    /// No `event:` line, as other servers send.
    Unnamed,
}

/// What is known at the end of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) kind: Kind,
    /// The place in the public log, of frames that carry an id.
    pub(crate) seq: Option<u64>,
    pub(crate) stamp_ns: Option<u64>,
    pub(crate) retry_ms: Option<u64>,
}

const NOTHING_YET: Frame = Frame {
    kind: Kind::Unnamed,
    seq: None,
    stamp_ns: None,
    retry_ms: None,
};

/// The text of an id, in place.
#[derive(Debug, Clone, Copy)]
struct Id {
    text: [u8; LINE_HEAD_BYTES],
    len: usize,
}

impl Default for Id {
    fn default() -> Self {
        Self {
            text: [0; LINE_HEAD_BYTES],
            len: 0,
        }
    }
}

impl Id {
    fn of(id: &[u8]) -> Self {
        let mut text = [0; LINE_HEAD_BYTES];
        let len = id.len().min(LINE_HEAD_BYTES);
        text[..len].copy_from_slice(&id[..len]);
        Self { text, len }
    }

    fn bytes(&self) -> &[u8] {
        &self.text[..self.len]
    }
}

#[derive(Debug)]
pub(crate) struct Frames {
    line: [u8; LINE_HEAD_BYTES],
    /// Length of the present line, also beyond what `line` holds.
    line_bytes: usize,
    frame: Frame,
    has_data: bool,
    stamp: Finder,
    /// Whether to look for stamps at all; at huge rates only some seats do.
    sampled: bool,
    /// The id of the present frame; it counts once the frame is whole.
    next_id: Id,
    last_id: Id,
    /// The data of the present frame, for a witness; bounded, the rest is dropped.
    capture: Option<Vec<u8>>,
}

impl Frames {
    pub(crate) fn new(sampled: bool) -> Self {
        Self {
            line: [0; LINE_HEAD_BYTES],
            line_bytes: 0,
            frame: NOTHING_YET,
            has_data: false,
            stamp: Finder::default(),
            sampled,
            next_id: Id::default(),
            last_id: Id::default(),
            capture: None,
        }
    }

    /// Keeps the data of each frame for whoever hears it.
    pub(crate) fn capturing(mut self) -> Self {
        self.capture = Some(Vec::new());
        self
    }

    /// Forgets a half-read frame, as after a broken connection; keeps the place.
    pub(crate) fn reconnect(&mut self) {
        self.line_bytes = 0;
        self.clear();
    }

    /// For `Last-Event-ID`; empty before the first id.
    pub(crate) fn last_id(&self) -> &[u8] {
        self.last_id.bytes()
    }

    pub(crate) fn feed(&mut self, bytes: &[u8], mut hear: impl FnMut(Frame, &[u8])) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let before = rest;
            let passed = rest.skip_until(b'\n').unwrap_or(before.len());
            match before[..passed].split_last() {
                Some((b'\n', part)) => {
                    self.part_of_line(part);
                    self.end_of_line(&mut hear);
                }
                _ => self.part_of_line(&before[..passed]),
            }
        }
    }

    fn part_of_line(&mut self, part: &[u8]) {
        if let Some(room) = self.line.get_mut(self.line_bytes..) {
            let kept = room.len().min(part.len());
            room[..kept].copy_from_slice(&part[..kept]);
        }
        self.line_bytes += part.len();
        if self.line[0] == b'd' && self.line_bytes > 0 {
            if self.sampled {
                self.stamp.scan(part);
            }
            if let Some(capture) = &mut self.capture {
                let room = CAPTURE_MAX_BYTES.saturating_sub(capture.len());
                capture.extend_from_slice(&part[..part.len().min(room)]);
            }
        }
    }

    fn end_of_line(&mut self, listener: &mut impl FnMut(Frame, &[u8])) {
        let head = &self.line[..self.line_bytes.min(LINE_HEAD_BYTES)];
        let head = head.strip_suffix(b"\r").unwrap_or(head);
        if head.is_empty() {
            self.line_bytes = 0;
            if self.next_id.len > 0 {
                self.last_id = self.next_id;
            }
            if self.has_data {
                self.frame.stamp_ns = self.stamp.found();
                let data = self.capture.as_deref().unwrap_or_default();
                listener(self.frame, value(data, b"data:").unwrap_or_default());
            }
            self.clear();
            return;
        }
        if head.starts_with(b"data:") {
            self.has_data = true;
        } else if let Some(id) = value(head, b"id:") {
            self.frame.seq = seq(id);
            self.next_id = Id::of(id);
        } else if let Some(event) = value(head, b"event:") {
            self.frame.kind = kind(event);
        } else if let Some(retry) = value(head, b"retry:") {
            self.frame.retry_ms = number(retry);
        }
        self.line_bytes = 0;
    }

    fn clear(&mut self) {
        (self.frame, self.has_data, self.stamp) = (NOTHING_YET, false, Finder::default());
        self.next_id.len = 0;
        if let Some(capture) = &mut self.capture {
            capture.clear();
        }
    }
}

fn value<'a>(line: &'a [u8], field: &[u8]) -> Option<&'a [u8]> {
    let value = line.strip_prefix(field)?;
    Some(value.strip_prefix(b" ").unwrap_or(value))
}

fn kind(event: &[u8]) -> Kind {
    match event {
        b"message.created" => Kind::Message,
        b"reactions.changed" => Kind::Reactions,
        b"stream.ready" => Kind::Ready,
        b"stream.snapshot" => Kind::Snapshot,
        b"stream.resumed" => Kind::Resumed,
        b"stream.reset" => Kind::Reset,
        b"stream.heartbeat" => Kind::Heartbeat,
        b"stream.bye" => Kind::Bye,
        _ => Kind::Other,
    }
}

/// The second part of `<epoch>-<seq>[-<staffseq>]`; other servers' ids have none.
fn seq(id: &[u8]) -> Option<u64> {
    number(id.split(|&byte| byte == b'-').nth(1)?)
}

fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
#[path = "frames_tests.rs"]
mod tests;
