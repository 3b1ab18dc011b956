//! Reads `data:` lines of a stream, within bounds. Other fields mean nothing here.

use bytes::{Buf, BytesMut};

/// A piece of an answer is a few hundred bytes; a line beyond this is none.
const LINE_BYTES: usize = 256 * 1_024;

/// What a stream said.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    Data(String),
    /// `[DONE]`
    Done,
}

/// The line is too long, or not text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotLines;

/// Bytes on their way to lines.
#[derive(Default)]
pub(super) struct Lines {
    bytes: BytesMut,
}

impl Lines {
    pub(super) fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next `data:` line that has arrived whole.
    pub(super) fn next(&mut self) -> Result<Option<Line>, NotLines> {
        loop {
            let Some(end) = self.bytes.iter().position(|byte| *byte == b'\n') else {
                return if self.bytes.len() > LINE_BYTES {
                    Err(NotLines)
                } else {
                    Ok(None)
                };
            };
            let line = self.bytes.split_to(end);
            self.bytes.advance(1);
            let line = std::str::from_utf8(&line).map_err(|_| NotLines)?;
            let Some(data) = line.trim_end_matches('\r').strip_prefix("data:") else {
                continue;
            };
            match data.trim() {
                "" => {}
                "[DONE]" => return Ok(Some(Line::Done)),
                data => return Ok(Some(Line::Data(data.to_owned()))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_however_they_arrive() {
        let text = ": hello\r\nevent: x\r\ndata: {\"a\":1}\r\n\r\ndata:{\"b\":\"é\"}\n\ndata: [DONE]\n\n";
        let wanted = [
            Line::Data("{\"a\":1}".to_owned()),
            Line::Data("{\"b\":\"é\"}".to_owned()),
            Line::Done,
        ];
        for step in 1..text.len() {
            let (mut lines, mut found) = (Lines::default(), Vec::new());
            for piece in text.as_bytes().chunks(step) {
                lines.put(piece);
                while let Some(line) = lines.next().unwrap() {
                    found.push(line);
                }
            }
            assert_eq!(found, wanted, "in steps of {step}");
        }
    }

    #[test]
    fn a_line_without_end_or_letters_is_none() {
        let mut lines = Lines::default();
        lines.put(&vec![b'x'; LINE_BYTES + 1]);
        assert_eq!(lines.next(), Err(NotLines));
        let mut lines = Lines::default();
        lines.put(b"data: \xff\n");
        assert_eq!(lines.next(), Err(NotLines));
    }
}
