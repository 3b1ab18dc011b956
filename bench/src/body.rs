//! One HTTP/1.1 response, decoded as it arrives: head, then a body by length, in chunks, or until the end of the connection.
//!
//! It hands out slices of what it was given and keeps nothing of the body. It says how much it took, because with
//! pipelined requests the next response may begin in the same read.

use std::io::BufRead;

const HEAD_MAX_BYTES: usize = 16 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Head,
    /// Hex digits of a chunk's size.
    Size(u64),
    /// An extension after the size, which nobody uses; up to the line's end.
    SizeRest(u64),
    Data(u64),
    /// The line's end after a chunk.
    DataEnd,
    /// Lines after the last chunk, up to an empty one. Whether the present line has anything on it.
    Trailer(bool),
    Length(u64),
    UntilClose,
    Done,
}

/// The server sent something that is not HTTP/1.1 as we understand it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

#[derive(Debug)]
pub(crate) struct Body {
    stage: Stage,
    head: Vec<u8>,
    status: u16,
    /// The server will close the connection after this response.
    closes: bool,
}

impl Default for Body {
    fn default() -> Self {
        Self {
            stage: Stage::Head,
            head: Vec::new(),
            status: 0,
            closes: false,
        }
    }
}

impl Body {
    /// 0 until the head has arrived.
    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    pub(crate) fn closes(&self) -> bool {
        self.closes
    }

    pub(crate) fn done(&self) -> bool {
        self.stage == Stage::Done
    }

    /// Ready for the next response on the connection; keeps the buffer.
    pub(crate) fn reset(&mut self) {
        self.head.clear();
        (self.stage, self.status, self.closes) = (Stage::Head, 0, false);
    }

    /// Takes what belongs to this response and passes the body's bytes on. Returns how many bytes that were.
    pub(crate) fn feed(&mut self, bytes: &[u8], mut data: impl FnMut(&[u8])) -> Result<usize, Malformed> {
        let mut rest = bytes;
        while !rest.is_empty() && self.stage != Stage::Done {
            match self.stage {
                Stage::Head => rest = self.read_head(rest)?,
                Stage::UntilClose => {
                    data(rest);
                    rest = &[];
                }
                Stage::Data(left) => {
                    let (now, later) = split(rest, left);
                    data(now);
                    let left = left - now.len() as u64;
                    self.stage = if left == 0 { Stage::DataEnd } else { Stage::Data(left) };
                    rest = later;
                }
                Stage::Length(left) => {
                    let (now, later) = split(rest, left);
                    data(now);
                    let left = left - now.len() as u64;
                    self.stage = if left == 0 { Stage::Done } else { Stage::Length(left) };
                    rest = later;
                }
                Stage::Size(_) | Stage::SizeRest(_) | Stage::DataEnd | Stage::Trailer(_) | Stage::Done => {
                    if let Some((&byte, later)) = rest.split_first() {
                        self.stage = self.stage.after(byte)?;
                        rest = later;
                    }
                }
            }
        }
        Ok(bytes.len() - rest.len())
    }

    fn read_head<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8], Malformed> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let line = rest.skip_until(b'\n').map_err(|_| Malformed)?;
            self.head
                .extend_from_slice(&bytes[bytes.len() - rest.len() - line..bytes.len() - rest.len()]);
            if self.head.len() > HEAD_MAX_BYTES {
                return Err(Malformed);
            }
            if self.head.ends_with(b"\r\n\r\n") {
                self.understand_head()?;
                return Ok(rest);
            }
        }
        Ok(rest)
    }

    fn understand_head(&mut self) -> Result<(), Malformed> {
        let text = std::str::from_utf8(&self.head).map_err(|_| Malformed)?;
        let mut lines = text.split("\r\n");
        let mut status_line = lines.next().unwrap_or_default().split(' ');
        let version = status_line.next().unwrap_or_default();
        if !version.starts_with("HTTP/1.") {
            return Err(Malformed);
        }
        // Whoever speaks 1.0 closes unless it says otherwise.
        self.closes = version == "HTTP/1.0";
        let status = status_line.next().and_then(|code| code.parse().ok()).ok_or(Malformed)?;
        let mut stage = Stage::UntilClose;
        for line in lines {
            let Some((name, value)) = line.split_once(':') else {
                continue;
            };
            let value = value.trim();
            if name.eq_ignore_ascii_case("content-length") {
                let length = value.parse().map_err(|_| Malformed)?;
                stage = if length == 0 {
                    Stage::Done
                } else {
                    Stage::Length(length)
                };
            } else if name.eq_ignore_ascii_case("transfer-encoding") && value.eq_ignore_ascii_case("chunked") {
                stage = Stage::Size(0);
            } else if name.eq_ignore_ascii_case("connection") {
                self.closes |= value.eq_ignore_ascii_case("close");
                self.closes &= !value.eq_ignore_ascii_case("keep-alive");
            }
        }
        let bodiless = status == 204 || status == 304;
        (self.status, self.stage) = (status, if bodiless { Stage::Done } else { stage });
        if self.stage == Stage::UntilClose {
            self.closes = true;
        }
        Ok(())
    }
}

impl Stage {
    /// One byte of framing further.
    fn after(self, byte: u8) -> Result<Self, Malformed> {
        let after_size = |size| {
            if size == 0 {
                Self::Trailer(false)
            } else {
                Self::Data(size)
            }
        };
        Ok(match (self, byte) {
            (Self::Size(size) | Self::SizeRest(size), b'\n') => after_size(size),
            (Self::Size(size), b'\r' | b';') => Self::SizeRest(size),
            (Self::Size(size), digit) => {
                let digit = char::from(digit).to_digit(16).ok_or(Malformed)?;
                Self::Size(size.checked_mul(16).ok_or(Malformed)? + u64::from(digit))
            }
            (Self::DataEnd, b'\r') => Self::DataEnd,
            (Self::DataEnd, b'\n') => Self::Size(0),
            (Self::DataEnd, _) => return Err(Malformed),
            (Self::Trailer(false), b'\n') => Self::Done,
            (Self::Trailer(true), b'\n') => Self::Trailer(false),
            (Self::Trailer(something), b'\r') => Self::Trailer(something),
            (Self::Trailer(_), _) => Self::Trailer(true),
            (stage, _) => stage,
        })
    }
}

fn split(bytes: &[u8], at_most: u64) -> (&[u8], &[u8]) {
    let middle = usize::try_from(at_most).unwrap_or(usize::MAX).min(bytes.len());
    bytes.split_at(middle)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `wire` in pieces of `step` bytes; the body, the status and what was not taken.
    fn decode(wire: &[u8], step: usize) -> Result<(Vec<u8>, Body, usize), Malformed> {
        let (mut body, mut data, mut taken) = (Body::default(), Vec::new(), 0);
        for piece in wire.chunks(step) {
            taken += body.feed(piece, |bytes| data.extend_from_slice(bytes))?;
        }
        Ok((data, body, wire.len() - taken))
    }

    #[test]
    fn chunks_are_joined_wherever_the_reads_end() {
        let wire = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n10;x=y\r\n0123456789abcdef\r\n1\r\n\n\r\n0\r\n\r\n";
        for step in 1..=wire.len() {
            let (data, body, left) = decode(wire, step).unwrap();
            assert_eq!(data, b"abc0123456789abcdef\n", "step {step}");
            assert_eq!((body.status(), body.done(), body.closes(), left), (200, true, false, 0));
        }
    }

    #[test]
    fn a_length_leaves_the_next_response_alone() {
        let wire = b"HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}HTTP/1.1 200";
        let (data, body, left) = decode(wire, wire.len()).unwrap();
        assert_eq!(
            (data.as_slice(), body.status(), body.done(), left),
            (b"{}".as_slice(), 201, true, 12)
        );
    }

    #[test]
    fn no_content_is_done_at_once_and_no_length_lasts_until_the_close() {
        let (_, body, _) = decode(b"HTTP/1.1 204 No Content\r\n\r\n", 5).unwrap();
        assert!(body.done() && !body.closes());
        let (data, body, _) = decode(b"HTTP/1.1 200 OK\r\n\r\nabc", 5).unwrap();
        assert!(!body.done() && body.closes());
        assert_eq!(data, b"abc");
    }

    #[test]
    fn a_server_may_say_that_it_closes() {
        for (head, closes) in [
            ("HTTP/1.1 200 OK", false),
            ("HTTP/1.1 200 OK\r\nConnection: Close", true),
            ("HTTP/1.0 200 OK", true),
            ("HTTP/1.0 200 OK\r\nConnection: keep-alive", false),
        ] {
            let wire = format!("{head}\r\nContent-Length: 0\r\n\r\n");
            let (_, body, _) = decode(wire.as_bytes(), 5).unwrap();
            assert_eq!((body.done(), body.closes()), (true, closes), "{head}");
        }
    }

    #[test]
    fn trailers_are_skipped() {
        let wire = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx: y\r\nz: 1\r\n\r\n";
        for step in 1..=wire.len() {
            assert!(decode(wire, step).unwrap().1.done(), "step {step}");
        }
    }

    #[test]
    fn what_is_no_http_is_refused() {
        for wire in [
            "SSH-2.0-x\r\n\r\n",
            "HTTP/1.1 abc\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n",
        ] {
            assert_eq!(decode(wire.as_bytes(), 7).map(|_| ()), Err(Malformed), "{wire}");
        }
        let endless = vec![b'a'; HEAD_MAX_BYTES + 2];
        assert!(decode(&endless, 1000).is_err());
    }
}
