//! The reading side of socket.io over a WebSocket, as small as the reader of server-sent events: where each packet ends, what
//! kind it is, its stamp, and what has to be answered.
//!
//! A WebSocket says its lengths beforehand, so a payload is passed over without looking for its end; this reader does a
//! little less than that of server-sent events. Works on pieces that end anywhere.

use crate::{
    frames::{Frame, Kind},
    stamp::Finder,
};

/// What asks for a WebSocket; the key may be any, since nobody checks the answer.
pub(crate) const UPGRADE: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                                  Sec-WebSocket-Key: R3JhbmRzdGFuZCBiZW5jaA==\r\n\r\n";

const TEXT: u8 = 1;
const CLOSE: u8 = 8;
/// Two bytes, and eight for the longest form of length.
const HEAD_BYTES: usize = 10;
/// Packet types of Engine.IO and, after a message's, of socket.io.
const OPEN: u8 = b'0';
const PING: u8 = b'2';
const MESSAGE: u8 = b'4';
const CONNECT: u8 = b'0';
const EVENT: u8 = b'2';

/// The server sent something that is not socket.io as we understand it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

#[derive(Debug)]
pub(crate) struct EngineIo {
    head: [u8; HEAD_BYTES],
    head_bytes: usize,
    /// Bytes of the payload still to come; `None` within a head.
    left: Option<u64>,
    /// The first two bytes of the payload say what it is.
    packet: [u8; 2],
    packet_bytes: usize,
    stamp: Finder,
    sampled: bool,
}

impl EngineIo {
    pub(crate) fn new(sampled: bool) -> Self {
        Self {
            head: [0; HEAD_BYTES],
            head_bytes: 0,
            left: None,
            packet: [0; 2],
            packet_bytes: 0,
            stamp: Finder::default(),
            sampled,
        }
    }

    /// What has to be sent back is appended to `replies`.
    pub(crate) fn feed(
        &mut self,
        bytes: &[u8],
        replies: &mut Vec<u8>,
        mut hear: impl FnMut(Frame, &[u8]),
    ) -> Result<(), Malformed> {
        let mut rest = bytes;
        while !rest.is_empty() || self.left == Some(0) {
            let Some(left) = self.left else {
                self.head[self.head_bytes] = rest[0];
                self.head_bytes += 1;
                rest = &rest[1..];
                self.left = self.length()?;
                continue;
            };
            let now = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
            let (payload, later) = rest.split_at(now);
            self.payload(payload);
            rest = later;
            self.left = Some(left - now as u64);
            if self.left == Some(0) {
                self.end_of_packet(replies, &mut hear)?;
            }
        }
        Ok(())
    }

    /// The length of the payload, once the head is whole.
    fn length(&self) -> Result<Option<u64>, Malformed> {
        if self.head_bytes < 2 {
            return Ok(None);
        }
        let whole = self.head[0] & 0x80 != 0 && matches!(self.head[0] & 0x0f, TEXT | CLOSE);
        let wide = match self.head[1] {
            126 => 2,
            127 => 8,
            length @ 0..126 if whole => return Ok(Some(length.into())),
            // A server that masks, splits its messages or sends bytes is not the one we came for.
            _ => return Err(Malformed),
        };
        let length = &self.head[2..self.head_bytes];
        let number = length.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        Ok((whole && length.len() == wide).then_some(number))
    }

    fn payload(&mut self, part: &[u8]) {
        for byte in part.iter().take(2 - self.packet_bytes) {
            self.packet[self.packet_bytes] = *byte;
            self.packet_bytes += 1;
        }
        if self.sampled {
            self.stamp.scan(part);
        }
    }

    fn end_of_packet(&mut self, replies: &mut Vec<u8>, hear: &mut impl FnMut(Frame, &[u8])) -> Result<(), Malformed> {
        let frame = |kind, stamp_ns| Frame {
            kind,
            seq: None,
            stamp_ns,
            retry_ms: None,
        };
        match (self.head[0] & 0x0f, self.packet) {
            (CLOSE, _) => hear(frame(Kind::Bye, None), b""),
            (TEXT, [OPEN, _]) => write(&[MESSAGE, CONNECT], replies),
            (TEXT, [PING, _]) => write(b"3", replies),
            // From here on it is live, as other streams are after a snapshot.
            (TEXT, [MESSAGE, CONNECT]) => hear(frame(Kind::Snapshot, None), b""),
            (TEXT, [MESSAGE, EVENT]) => hear(frame(Kind::Message, self.stamp.found()), b""),
            _ => return Err(Malformed),
        }
        *self = Self::new(self.sampled);
        Ok(())
    }
}

/// A short text from a client, which has to mask it: with zeros, which change nothing.
fn write(text: &[u8], out: &mut Vec<u8>) {
    let length = u8::try_from(text.len()).unwrap_or(0);
    out.extend_from_slice(&[0x80 | TEXT, 0x80 | length, 0, 0, 0, 0]);
    out.extend_from_slice(text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stamp;

    fn packet(text: &str) -> Vec<u8> {
        let mut wire = vec![0x81];
        match u16::try_from(text.len()).unwrap() {
            short @ 0..126 => wire.push(u8::try_from(short).unwrap()),
            long => {
                wire.push(126);
                wire.extend_from_slice(&long.to_be_bytes());
            }
        }
        wire.extend_from_slice(text.as_bytes());
        wire
    }

    type Heard = Vec<(Kind, Option<u64>)>;

    /// What was heard, and what was sent back.
    fn heard(wire: &[u8], step: usize) -> Result<(Heard, Vec<u8>), Malformed> {
        let (mut reader, mut replies, mut heard) = (EngineIo::new(true), Vec::new(), Vec::new());
        for piece in wire.chunks(step) {
            reader.feed(piece, &mut replies, |frame, _| heard.push((frame.kind, frame.stamp_ns)))?;
        }
        Ok((heard, replies))
    }

    #[test]
    fn a_conversation_reads_the_same_at_every_split() {
        let mut message = String::from(r#"42["message.created",{"text":""#);
        stamp::write(987_654_321, &mut message);
        message.push_str(&"x".repeat(300));
        message.push_str("\"}]");
        let mut wire = [packet(r#"0{"sid":"a"}"#), packet(r#"40{"sid":"b"}"#)].concat();
        wire.extend(packet(&message));
        wire.extend(packet("2"));
        wire.extend(packet("42[\"short\"]"));
        wire.extend([0x88, 2, 3, 0xe8]);
        let answers = [0x81, 0x82, 0, 0, 0, 0, b'4', b'0', 0x81, 0x81, 0, 0, 0, 0, b'3'];
        for step in 1..=wire.len() {
            let (heard, replies) = heard(&wire, step).unwrap();
            assert_eq!(
                heard,
                [
                    (Kind::Snapshot, None),
                    (Kind::Message, Some(987_654_321)),
                    (Kind::Message, None),
                    (Kind::Bye, None),
                ],
                "step {step}"
            );
            assert_eq!(replies, answers, "step {step}");
        }
    }

    #[test]
    fn the_longest_form_of_length_is_understood() {
        let text = format!("42[\"{}\"]", "y".repeat(70_000));
        let mut wire = vec![0x81, 127];
        wire.extend_from_slice(&(text.len() as u64).to_be_bytes());
        wire.extend_from_slice(text.as_bytes());
        assert_eq!(heard(&wire, 4096).unwrap().0, [(Kind::Message, None)]);
    }

    #[test]
    fn what_is_no_socket_io_is_refused() {
        for wire in [
            packet("44{\"message\":\"no\"}"),
            packet("x"),
            packet(""),
            vec![0x82, 1, b'4'],
            vec![0x01, 1, b'4'],
            vec![0x81, 0x81, 0, 0, 0, 0, b'2'],
        ] {
            assert_eq!(heard(&wire, 1), Err(Malformed), "{wire:?}");
        }
    }
}
