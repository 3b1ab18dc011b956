//! A server-sent event stream, read without keeping it: where each frame ends, what kind it is, its `seq` and its stamp.
//!
//! Most of a frame is passed over at the speed of a byte search, nothing is copied but ids and lines that a read cut in two. Works on pieces
//! that end anywhere. A message that lies whole in one read, which at high rates nearly all do, takes a shorter way.

use memchr::memchr;

use crate::{
    stamp::Finder,
    whole::{Whole, message, points_ns},
};

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
    /// Its stamp is in the points of the first participant: milliseconds since the window began.
    Score,
    Reactions,
    Presence,
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
    fn set(&mut self, id: &[u8]) {
        self.len = id.len().min(LINE_HEAD_BYTES);
        self.text[..self.len].copy_from_slice(&id[..self.len]);
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
        let mut rest = self.messages(bytes, &mut hear);
        while let Some(end) = memchr(b'\n', rest) {
            let (line, later) = (&rest[..end], &rest[end + 1..]);
            if self.line_bytes == 0 {
                self.data(line);
                self.end_of_line(line, &mut hear);
            } else {
                self.part_of_line(line);
                let (line, len) = (self.line, self.line_bytes.min(LINE_HEAD_BYTES));
                self.line_bytes = 0;
                self.end_of_line(&line[..len], &mut hear);
            }
            rest = if line.is_empty() {
                self.messages(later, &mut hear)
            } else {
                later
            };
        }
        self.part_of_line(rest);
    }

    /// Takes the whole messages that `bytes` begin with; what is left.
    fn messages<'a>(&mut self, bytes: &'a [u8], hear: &mut impl FnMut(Frame, &[u8])) -> &'a [u8] {
        if self.capture.is_some() || self.has_data || self.line_bytes > 0 || self.frame != NOTHING_YET {
            return bytes;
        }
        let (mut rest, mut last_id) = (bytes, None);
        while let Some(whole) = message(rest) {
            let Whole {
                id,
                seq,
                kind,
                data,
                later,
            } = whole;
            let mut stamp = Finder::default();
            let stamp_ns = match kind {
                _ if !self.sampled => None,
                Kind::Score => points_ns(data),
                _ => {
                    stamp.scan(data);
                    stamp.found()
                }
            };
            let frame = Frame {
                kind,
                seq: Some(seq),
                stamp_ns,
                retry_ms: None,
            };
            hear(frame, b"");
            (rest, last_id) = (later, Some(id));
        }
        if let Some(id) = last_id {
            self.last_id.set(id);
        }
        rest
    }

    /// A piece of a line that the read cut in two: its head is kept.
    fn part_of_line(&mut self, part: &[u8]) {
        if part.is_empty() {
            return;
        }
        if let Some(room) = self.line.get_mut(self.line_bytes..) {
            let kept = room.len().min(part.len());
            room[..kept].copy_from_slice(&part[..kept]);
        }
        if self.line_bytes == 0 || self.line[0] == b'd' {
            self.data(part);
        }
        self.line_bytes += part.len();
    }

    /// What may belong to a line of data, in order.
    fn data(&mut self, part: &[u8]) {
        if self.line_bytes == 0 && part.first() != Some(&b'd') {
            return;
        }
        if self.sampled {
            self.stamp.scan(part);
        }
        if let Some(capture) = &mut self.capture {
            let room = CAPTURE_MAX_BYTES.saturating_sub(capture.len());
            capture.extend_from_slice(&part[..part.len().min(room)]);
        }
    }

    /// `line` is whole, or the head of a long one.
    fn end_of_line(&mut self, line: &[u8], hear: &mut impl FnMut(Frame, &[u8])) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match line.first() {
            None => self.end_of_frame(hear),
            Some(b'd') => self.has_data |= line.starts_with(b"data:"),
            Some(b'i') => {
                if let Some(id) = value(line, b"id:") {
                    self.frame.seq = seq(id);
                    self.next_id.set(id);
                }
            }
            Some(b'e') => {
                if let Some(event) = value(line, b"event:") {
                    self.frame.kind = kind(event);
                }
            }
            Some(b'r') => self.frame.retry_ms = value(line, b"retry:").and_then(number),
            Some(_) => {}
        }
    }

    fn end_of_frame(&mut self, hear: &mut impl FnMut(Frame, &[u8])) {
        if self.next_id.len > 0 {
            std::mem::swap(&mut self.last_id, &mut self.next_id);
        }
        if self.has_data {
            self.frame.stamp_ns = self.stamp.found();
            let data = self.capture.as_deref().unwrap_or_default();
            hear(self.frame, value(data, b"data:").unwrap_or_default());
        }
        self.clear();
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
        b"score.changed" => Kind::Score,
        b"reactions.changed" => Kind::Reactions,
        b"presence.changed" => Kind::Presence,
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

pub(crate) fn number(digits: &[u8]) -> Option<u64> {
    let plain = (1..=19).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    plain.then(|| {
        digits
            .iter()
            .fold(0, |number, digit| number * 10 + u64::from(digit - b'0'))
    })
}

#[cfg(test)]
#[path = "frames_tests.rs"]
mod tests;
